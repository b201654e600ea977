"""What a search finds, with FTS5 and without."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.clock import FixedClock
from tui.domain import VIEW_BY_ID, Message, Ticket
from tui.store import cache_writes, search
from tui.store.cache import Cache

Put = Callable[..., Awaitable[object]]
ALL = VIEW_BY_ID["active"]

ANNA = Ticket(
    1048,
    "OPEN",
    order_id=987_654_321,
    order_item_id=5_550_001,
    product="Apple iPhone 13 mini · 128 GB",
    topic="battery-issue",
    customer_name="Anna Müller-Lüdenscheidt",
    customer_email="anna.mueller@web.example",
    notes="Rückruf am Montag",
)
OMER = Ticket(
    2099,
    "PENDING",
    order_id=123,
    product="Galaxy S22",
    topic="return",
    customer_name="Ömer Łukasz Strauß",
    customer_email="omer@post.example",
)


@pytest.fixture(params=["fts5", "none"])
async def filled(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    clock: FixedClock,
    put: Put,
    write_thread: Put,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Cache]:
    """Two tickets, one with a thread, in a cache with or without an index."""
    if request.param == "none":
        monkeypatch.setattr(search, "available", lambda: False)
    cache = await Cache.open(tmp_path / request.param, clock)
    await put(cache, ANNA, OMER)
    await write_thread(
        cache,
        ANNA,
        Message(1, body_html="Guten Tag, der Akku hält nicht mehr. Bestellung nº 77-12"),
        Message(2, body_html="Bitte schicken Sie ein Foto an foto@shop.example"),
    )
    yield cache
    await cache.close()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [1048, 2099]),
        ("   ", [1048, 2099]),
        ("müller", [1048]),
        ("MULLER", [1048]),
        ("Mu\u0308ller", [1048]),
        ("mueller", [1048]),
        ("phone", [1048]),
        ("128gb", []),
        ("128 gb", [1048]),
        ("654321", [1048]),
        ("#1048", [1048]),
        ("5550001", [1048]),
        ("battery-issue", [1048]),
        ("anna.mueller@web.example", [1048]),
        ("@post.ex", [2099]),
        ("rückruf", [1048]),
        ("strauss", [2099]),
        ("STRAUß", [2099]),
        ("lukasz omer", [2099]),
        ("omer anna", []),
        ("akku", [1048]),
        ("AKK", [1048]),
        ("kku", []),
        ("akku iphone", [1048]),
        ("akku foto", [1048]),
        ("akku galaxy", []),
        ("hält", [1048]),
        ("halt nicht", [1048]),
        ("nº 77-12", [1048]),
        ("foto@shop.example", [1048]),
        ("foto@web.example", []),
        ("müller-lü", [1048]),
        ("-", [1048, 2099]),
        ("?!", [1048, 2099]),
        ("akku !", [1048]),
        ("zzz", []),
        ('"akku', [1048]),
        ("akku*", [1048]),
        ("akku OR galaxy", []),
        ("NOT akku", []),
        ("words:akku", []),
        ("'; DROP TABLE tickets; --", []),
        ("%", [1048, 2099]),
        ("a_b", []),
        ("\0akku", [1048]),
        ("x" * 10_000, []),
        ("a " * 5_000, [1048, 2099]),
    ],
)
async def test_what_a_search_finds(filled: Cache, now: int, words: str, found: list[int]) -> None:
    assert list(await filled.order(ALL, "created", now, "", words)) == found


async def test_a_search_stays_within_its_view_and_order(filled: Cache, now: int) -> None:
    assert list(await filled.order(VIEW_BY_ID["waiting"], "sla", now, "", "o")) == [2099]
    assert list(await filled.order(VIEW_BY_ID["archive"], "sla", now, "", "akku")) == []
    assert list(await filled.order(ALL, "customer", now, "", "example")) == [1048, 2099]


async def test_what_changes_is_found_by_new_words_only(filled: Cache, put: Put, write_thread: Put, now: int) -> None:
    await put(filled, Ticket(1048, "OPEN", updated_at=1, customer_name="Berta", product="Pixel"))
    for words, found in (("anna", []), ("iphone", []), ("berta pixel", [1048]), ("akku", [1048])):
        assert list(await filled.order(ALL, "created", now, "", words)) == found
    await write_thread(filled, Ticket(1048, "OPEN", updated_at=2), Message(1, body_html="Doch nicht"))
    for words, found in (("akku", []), ("foto", []), ("doch", [1048])):
        assert list(await filled.order(ALL, "created", now, "", words)) == found
    await filled.forget([1048])
    assert list(await filled.order(ALL, "created", now, "", "doch")) == []


async def test_an_index_that_was_left_behind_catches_up(
    tmp_path: Path, clock: FixedClock, put: Put, write_thread: Put, now: int
) -> None:
    """The cache is used by one Python with FTS5 and by another without, in turns."""
    cache = await Cache.open(tmp_path, clock)
    await put(cache, ANNA, OMER)
    await write_thread(cache, ANNA, Message(1, body_html="Akku"))
    await cache.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "available", lambda: False)
        cache = await Cache.open(tmp_path, clock)
        await write_thread(cache, ANNA, Message(1, body_html="Display"))
        await write_thread(cache, OMER, Message(2, body_html="Ladegerät"))
        assert list(await cache.order(ALL, "created", now, "", "lade")) == [2099]
        await cache.close()
    cache = await Cache.open(tmp_path, clock)
    for words, found in (("akku", []), ("display", [1048]), ("ladegerat", [2099])):
        assert list(await cache.order(ALL, "created", now, "", words)) == found
    assert await cache.verify() == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "available", lambda: False)
        other = await Cache.open(tmp_path, clock)
        await other.erase()
        await other.close()
    await cache.close()
    cache = await Cache.open(tmp_path, clock)
    await write_thread(cache, ANNA, Message(1, body_html="Neuanfang"))
    assert list(await cache.order(ALL, "created", now, "", "neu")) == [1048]
    assert list(await cache.order(ALL, "created", now, "", "display")) == []
    await cache.close()


async def test_this_machine_has_the_index(cache: Cache) -> None:
    """Every Python we know of has FTS5: should this fail, the other half of these tests ran twice."""
    assert search.available()
    assert await cache._database.read(lambda connection: not search.needs_care(connection, indexed=True))


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        for step in cache_writes.SPEC.steps:
            step(opened)
        search.prepare(opened, indexed=True)
        yield opened


letters = st.sampled_from("abAB1 .-@_\n\0äÄß\u0308éłİ中\U0001e900\u200d'\"*(")
words = st.text(letters | st.characters(exclude_categories=["Cs"]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(words, max_size=3), max_size=4), words)
def test_the_index_and_reading_through_agree(
    connection: sqlite3.Connection, threads: list[list[str]], asked: str
) -> None:
    for number, texts in enumerate(threads):
        search.put_thread(connection, number, texts, indexed=True)
    found: list[list[int]] = []
    for indexed in (True, False):
        conditions = search.conditions(asked, indexed=indexed)
        sql = " AND ".join(("1", *(each.sql for each in conditions)))
        values = {name: value for each in conditions for name, value in each.values.items()}
        rows = connection.execute(f"SELECT ticket_id AS id FROM thread_words WHERE {sql} ORDER BY 1", values)
        found.append([row[0] for row in rows])
    assert found[0] == found[1]
    search.remove_threads(connection, range(len(threads)), indexed=True)


@settings(max_examples=200, deadline=None)
@given(words)
def test_folding_is_stable_and_ignores_case_and_accents(text: str) -> None:
    folded = search.fold(text)
    assert search.fold(folded) == folded
    assert " ".join(folded.split()) == folded


@settings(max_examples=100, deadline=None)
@given(st.lists(words, min_size=1, max_size=3), st.data())
def test_every_word_of_a_text_finds_it(connection: sqlite3.Connection, texts: list[str], data: st.DataObject) -> None:
    search.put_thread(connection, 7, texts, indexed=True)
    whole = [word for word in " ".join(texts).split() if search.fold(word)]
    if whole:
        asked = data.draw(st.sampled_from(whole))[: search.LONGEST_TERM]
        conditions = search.conditions(asked, indexed=True)
        sql = " AND ".join(each.sql for each in conditions) or "1"
        values = {name: value for each in conditions for name, value in each.values.items()}
        assert connection.execute(f"SELECT 1 FROM (SELECT 7 AS id) WHERE {sql}", values).fetchone() == (1,)
    search.remove_threads(connection, [7], indexed=True)
