"""The cache on disk: what comes in comes out, the newer stays, what is damaged is rebuilt, what is purged is gone."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from array import array
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.clock import DAY, FixedClock
from tui.domain import MAX_ID, VIEW_BY_ID, Attachment, Message, Ticket
from tui.store import schema
from tui.store.cache import Cache
from tui.store.cache_writes import TICKET_COLUMNS
from tui.store.errors import StoreError
from tui.store.rows import Changes, ThreadState

Put = Callable[..., Awaitable[Changes]]
WriteThread = Callable[..., Awaitable[bool]]
ACTIVE = VIEW_BY_ID["active"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.just(0) | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
ids = st.integers(1, MAX_ID)
tickets = st.builds(
    Ticket,
    ids,
    *(texts for _ in range(2)),
    *(instants for _ in range(2)),
    texts,
    *(ids for _ in range(2)),
    *(texts for _ in range(7)),
    *(instants for _ in range(3)),
    st.booleans(),
    st.booleans(),
    texts,
    st.just(0) | ids,
    st.booleans(),
    st.booleans(),
)
messages = st.builds(
    Message,
    ids,
    texts,
    instants,
    texts,
    texts,
    texts,
    texts,
    st.lists(st.builds(Attachment, texts, texts, texts), max_size=2).map(tuple),
)


async def test_what_comes_in_comes_out(cache: Cache, now: int) -> None:
    @settings(max_examples=40, deadline=None)
    @given(
        tickets,
        st.lists(st.tuples(messages, st.binary(max_size=20)), max_size=4, unique_by=lambda pair: pair[0].id),
        st.binary(max_size=20),
    )
    def examples(ticket: Ticket, thread: list[tuple[Message, bytes]], raw: bytes) -> None:
        seen.append((ticket, thread, raw))

    seen: list[tuple[Ticket, list[tuple[Message, bytes]], bytes]] = []
    examples()
    for ticket, thread, raw in seen:
        await cache.forget([ticket.id])
        found, raws = [pair[0] for pair in thread], [pair[1] for pair in thread]
        assert await cache.put_thread(ticket, raw, found, raws, now, [m.body_html for m in found])
        assert await cache.ticket(ticket.id) == ticket
        assert repr(await cache.tickets([ticket.id, 5])) == repr({ticket.id: ticket})
        assert await cache.raw_ticket(ticket.id) == raw
        thread.sort(key=lambda pair: (pair[0].created_at, pair[0].id))
        assert await cache.thread(ticket.id) == tuple(pair[0] for pair in thread)
        assert await cache.raw_messages(ticket.id) == tuple(pair[1] for pair in thread)
        newest = thread[-1][0].id if thread else 0
        state = ThreadState(ticket.id, now, ticket.updated_at, newest, len(thread))
        assert await cache.thread_states([ticket.id]) == {ticket.id: state}


def test_every_field_of_a_ticket_has_its_column() -> None:
    """A new field of `domain.Ticket` needs a further step of the schema."""
    with closing(sqlite3.connect(":memory:")) as connection:
        from tui.store.cache_writes import SPEC

        for step in SPEC.steps:
            step(connection)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(tickets)")]
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tuple(columns[: len(TICKET_COLUMNS)]) == TICKET_COLUMNS
    assert columns[len(TICKET_COLUMNS) :] == ["raw_sum", "seen_at", "name_folded", "assignee_folded"]
    assert tables == SPEC.tables


async def test_changes_are_told_apart(cache: Cache, put: Put) -> None:
    first, second, third = Ticket(1, "OPEN", updated_at=5), Ticket(2, "OPEN", updated_at=5), Ticket(3, updated_at=5)
    assert await put(cache, first, second, third) == Changes((1, 2, 3), (), ())
    assert await put(cache, third, first) == Changes((), (), (3, 1))
    moved = Ticket(1, "PENDING", updated_at=6)
    same_time = Ticket(2, "PENDING", updated_at=5)
    older = Ticket(3, "SOLVED", updated_at=4)
    assert await put(cache, moved, same_time, older, Ticket(4)) == Changes((4,), (1, 2), (3,))
    assert await cache.tickets([1, 2, 3]) == {1: moved, 2: same_time, 3: third}


async def test_one_answer_may_name_a_ticket_twice(cache: Cache, put: Put) -> None:
    """Pages overlap while they shift: the newest of one id counts, wherever it stands."""
    newer, older = Ticket(1, "PENDING", updated_at=6), Ticket(1, "OPEN", updated_at=5)
    assert await put(cache, older, newer, older) == Changes((1,), (), ())
    assert await cache.ticket(1) == newer


async def test_an_answer_without_news_writes_nothing(cache: Cache, put: Put, write_thread: WriteThread) -> None:
    ticket = Ticket(1, "OPEN", updated_at=5)
    await put(cache, ticket)
    await cache.put("as_of", "5")
    version = await cache.data_version()
    assert await put(cache, ticket, Ticket(1, "SOLVED", updated_at=4)) == Changes((), (), (1,))
    await cache.put("as_of", "5")
    assert await cache.data_version() == version


async def test_json_that_differs_is_kept_though_nothing_visible_changed(cache: Cache) -> None:
    ticket = Ticket(1, "OPEN", updated_at=5)
    await cache.upsert_tickets([ticket], [b'{"id":"1"}'], 1)
    changes = await cache.upsert_tickets([ticket], [b'{"id":"1","new_field":2}'], 2)
    assert changes == Changes((), (), (1,))
    assert await cache.raw_ticket(1) == b'{"id":"1","new_field":2}'


async def test_a_thread_is_replaced_and_says_whether_anything_changed(
    cache: Cache, write_thread: WriteThread, now: int
) -> None:
    ticket = Ticket(1, "OPEN", updated_at=5)
    one, two = Message(10, created_at=1, body_html="one"), Message(11, created_at=2, body_html="two")
    assert await write_thread(cache, ticket, one, two)
    assert not await write_thread(cache, ticket, two, one, read_at=77)
    assert (await cache.thread_states([1]))[1].read_at == 77
    assert await write_thread(cache, ticket, dataclasses.replace(one, body_html="ONE"), two)
    assert await write_thread(cache, ticket, two)
    assert await cache.thread(1) == (two,)
    assert await write_thread(cache, dataclasses.replace(ticket, status="PENDING", updated_at=6), two)
    assert (await cache.thread_states([1, 2])) == {1: ThreadState(1, now, 6, 11, 1)}


async def test_an_empty_thread_is_news_once(cache: Cache, put: Put, write_thread: WriteThread) -> None:
    ticket = Ticket(1, "OPEN", updated_at=5)
    await put(cache, ticket)
    assert await cache.thread_states([1]) == {}
    assert await write_thread(cache, ticket)
    assert not await write_thread(cache, ticket)


async def test_a_late_answer_does_not_bring_back_an_older_thread(
    cache: Cache, put: Put, write_thread: WriteThread
) -> None:
    newer, older = Ticket(1, "PENDING", updated_at=6), Ticket(1, "OPEN", updated_at=5)
    one, two = Message(10, created_at=1), Message(11, created_at=2)
    await write_thread(cache, newer, one, two)
    assert not await write_thread(cache, older, one)
    assert await cache.thread(1) == (one, two)
    assert await cache.ticket(1) == newer
    await put(cache, Ticket(1, "OPEN", updated_at=8))
    assert await write_thread(cache, Ticket(1, "OPEN", updated_at=7), one, two, Message(12, created_at=3))
    assert (await cache.thread_states([1]))[1].for_updated_at == 7


async def test_known_active_and_forget(cache: Cache, put: Put, write_thread: WriteThread, now: int) -> None:
    await put(
        cache, Ticket(1, "OPEN", updated_at=5), Ticket(MAX_ID, "PENDING", updated_at=-6), Ticket(3, "CLOSED"), Ticket(4)
    )
    await write_thread(cache, Ticket(1, "OPEN", updated_at=5), Message(1))
    assert await cache.active() == {1: 5, MAX_ID: -6}
    assert await cache.known([1, 2, 3, MAX_ID]) == {1: 5, 3: 0, MAX_ID: -6}
    assert await cache.known([]) == {}
    await cache.forget([1, 2])
    await cache.forget([])
    assert await cache.active() == {MAX_ID: -6}
    assert await cache.ticket(1) is None
    assert await cache.thread(1) == ()
    assert await cache.raw_ticket(1) is None
    assert await cache.thread_states([1]) == {}
    assert await cache.order(ACTIVE, "created", now, "") == array("q", [MAX_ID])


async def test_facts(cache: Cache) -> None:
    assert await cache.get("as_of") == ""
    await cache.put("as_of", "17")
    await cache.put("as_of", "18")
    assert await cache.get("as_of") == "18"


async def test_customer_names_come_newest_first_and_once(cache: Cache, put: Put) -> None:
    await put(
        cache,
        Ticket(1, customer_name="Anna", updated_at=1),
        Ticket(2, customer_name="Ömer", updated_at=3),
        Ticket(3, customer_name="", updated_at=4),
        Ticket(4, customer_name="Anna", updated_at=2),
    )
    assert await cache.customer_names() == ("Ömer", "Anna")
    assert await cache.customer_names(1) == ("Ömer",)


async def test_ten_thousand_tickets_in_one_transaction(tmp_path: Path, clock: FixedClock, now: int) -> None:
    random = Random(5)
    found = [
        Ticket(
            number,
            random.choice(("OPEN", "PENDING")),
            created_at=now - random.randrange(30 * DAY),
            updated_at=now - random.randrange(DAY),
            product="Apple iPhone 13 mini 128 GB",
            customer_name=f"Customer Number {number}",
            customer_email=f"customer-{number}@example.com",
            overdue_at=now + random.randrange(-DAY, DAY),
        )
        for number in range(1, 10_001)
    ]
    raws = [b'{"padding": "%s"}' % (b"x" * 1200)] * len(found)
    cache = await Cache.open(tmp_path, clock)
    other = await Cache.open(tmp_path, clock)
    before = await other.data_version()
    began = time.perf_counter()
    changes = await cache.upsert_tickets(found, raws, now)
    taken = time.perf_counter() - began
    assert len(changes.new) == 10_000
    assert taken < 4
    after = await other.data_version()
    assert after != before
    began = time.perf_counter()
    order = await cache.order(ACTIVE, "sla", now, "")
    assert len(order) == 10_000
    window = await cache.tickets(order[5000:5060])
    assert len(window) == 60
    assert time.perf_counter() - began < 1
    await other.close()
    await cache.close()


def spoil(path: Path, how: str) -> None:
    """Damage a database file in one of the ways that were seen."""
    size = path.stat().st_size
    if how == "zeroed header":
        with path.open("r+b") as file:
            file.write(b"\0" * 100)
    elif how == "truncated":
        os.truncate(path, size // 2)
    elif how == "text file":
        path.write_text("these are not the bytes you are looking for\n" * 500)
    elif how == "empty file":
        os.truncate(path, 0)
    elif how == "other program":
        path.unlink()
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE tickets (id)")
    elif how == "bad page":
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\x55" * (size - 4096))
    elif how == "lost table":
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE messages")


@pytest.mark.parametrize(
    "how",
    ["zeroed header", "truncated", "text file", "empty file", "other program", "bad page", "lost table"],
)
async def test_a_damaged_cache_is_set_aside_and_the_desk_beside_it_untouched(
    tmp_path: Path, clock: FixedClock, put: Put, write_thread: WriteThread, now: int, how: str
) -> None:
    desk = tmp_path / "desk.db"
    desk.write_bytes(b"precious")
    cache = await Cache.open(tmp_path, clock)
    await put(cache, *(Ticket(number, "OPEN", customer_name="n" * 100) for number in range(1, 300)))
    await write_thread(cache, Ticket(1, "OPEN"), Message(1, body_html="b" * 5000))
    await cache.close()
    path = tmp_path / "cache.db"
    spoil(path, how)
    damaged = path.read_bytes()

    cache = await Cache.open(tmp_path, clock)
    assert cache.set_aside is not None
    assert cache.set_aside.read_bytes() == damaged
    assert cache.set_aside.name.startswith("quarantine-") and cache.set_aside.parent == tmp_path
    assert cache.set_aside.stat().st_mode & 0o777 == 0o600
    assert list(await cache.order(ACTIVE, "sla", now, "")) == []
    await put(cache, Ticket(7, "OPEN"))
    await cache.close()
    cache = await Cache.open(tmp_path, clock)
    assert cache.set_aside is None
    assert list(await cache.order(ACTIVE, "sla", now, "")) == [7]
    assert await cache.verify() == []
    await cache.close()
    assert desk.read_bytes() == b"precious"


async def test_only_the_last_damaged_cache_is_kept(tmp_path: Path, clock: FixedClock) -> None:
    """They hold what customers wrote. Also when two are set aside within one second."""
    for number in range(3):
        await (await Cache.open(tmp_path, clock)).close()
        (tmp_path / "cache.db").write_text(f"damaged {number}")
        cache = await Cache.open(tmp_path, clock)
        assert cache.set_aside is not None
        assert cache.set_aside.read_text() == f"damaged {number}"
        await cache.close()
        assert len(list(tmp_path.glob("quarantine-*cache.db"))) == 1


async def test_damage_met_while_running_is_mended_at_the_next_start(
    tmp_path: Path, clock: FixedClock, put: Put, now: int
) -> None:
    cache = await Cache.open(tmp_path, clock)
    await put(cache, *(Ticket(number, "OPEN", customer_name="n" * 100) for number in range(1, 3000)))
    await cache.close()
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as other:
        (page,) = other.execute("SELECT rootpage FROM sqlite_master WHERE name = 'by_view'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x55" * 4096)
    cache = await Cache.open(tmp_path, clock)
    assert cache.set_aside is None
    with pytest.raises(StoreError, match=r"The cache is damaged: .*cache\.db\. It is set aside and") as caught:
        await cache.order(ACTIVE, "sla", now, "")
    assert caught.value.kind == "damaged"
    await cache.close()
    cache = await Cache.open(tmp_path, clock)
    assert cache.set_aside is not None
    assert list(await cache.order(ACTIVE, "sla", now, "")) == []
    await cache.close()


async def test_a_cache_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, clock: FixedClock) -> None:
    await (await Cache.open(tmp_path, clock)).close()
    with closing(sqlite3.connect(tmp_path / "cache.db")) as other:
        other.execute("PRAGMA user_version = 99")
    before = (tmp_path / "cache.db").read_bytes()
    with pytest.raises(StoreError, match=r"newer version of refurbed-inbox \(format 99, this one knows 1\)") as caught:
        await Cache.open(tmp_path, clock)
    assert caught.value.kind == "newer"
    assert "nothing was opened or changed" in caught.value.sentence
    assert (tmp_path / "cache.db").read_bytes() == before


@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_files_are_ours_alone_whatever_the_umask(tmp_path: Path, clock: FixedClock, put: Put, umask: int) -> None:
    old = os.umask(umask)
    try:
        cache = await Cache.open(tmp_path / "profile", clock)
        await put(cache, Ticket(1))
        await cache.purge(5)
        await cache.close()
        (tmp_path / "profile" / "cache.db").write_text("damaged")
        await (await Cache.open(tmp_path / "profile", clock)).close()
    finally:
        os.umask(old)
    assert (tmp_path / "profile").stat().st_mode & 0o777 == 0o700
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "profile").iterdir()}
    assert len(modes) >= 2
    assert set(modes.values()) == {"0o600"}


async def test_a_cache_behind_a_symbolic_link_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    await (await Cache.open(tmp_path / "real", clock)).close()
    (tmp_path / "profile").mkdir(mode=0o700)
    (tmp_path / "profile" / "cache.db").symlink_to(tmp_path / "real" / "cache.db")
    with pytest.raises(StoreError, match="is a symbolic link"):
        await Cache.open(tmp_path / "profile", clock)


async def test_another_window_sees_what_is_written_here(tmp_path: Path, clock: FixedClock) -> None:
    cache = await Cache.open(tmp_path, clock)
    before = await cache.data_version()
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from tui.clock import SystemClock
        from tui.domain import Ticket
        from tui.store.cache import Cache

        async def main():
            cache = await Cache.open(Path(sys.argv[1]), SystemClock())
            await cache.upsert_tickets([Ticket(5, "OPEN")], [b"{}"], 1)
            await cache.close()

        asyncio.run(main())
    """)
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, tmp_path)
    assert await other.wait() == 0
    assert await cache.data_version() != before
    assert await cache.ticket(5) == Ticket(5, "OPEN")
    await cache.close()


def test_two_processes_may_make_it_at_the_same_moment(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from tui.clock import SystemClock
        from tui.domain import Ticket
        from tui.store.cache import Cache

        async def main():
            cache = await Cache.open(Path(sys.argv[1]), SystemClock())
            await cache.upsert_tickets([Ticket(int(sys.argv[2]), "OPEN")], [b"{}"], 1)
            print(cache.set_aside)
            await cache.close()

        asyncio.run(main())
    """)
    running = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(1, 5)
    ]
    assert [process.communicate(timeout=30)[0] for process in running] == ["None\n"] * 4
    with closing(sqlite3.connect(tmp_path / "cache.db")) as found:
        assert found.execute("SELECT group_concat(id) FROM (SELECT id FROM tickets ORDER BY id)").fetchone() == (
            "1,2,3,4",
        )


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def fill_with_canaries(cache: Cache, now: int) -> None:
    """Old tickets whose every text is a canary among new ones, written several times over so that pages split."""
    random = Random(3)
    for turn in range(3):
        numbers = list(range(1, 161))
        random.shuffle(numbers)
        for number in numbers:
            word = "canary" if number % 2 else "keeper"
            ticket = Ticket(
                number,
                "SOLVED" if number % 4 < 2 else "OPEN",
                updated_at=now + turn - (10 * DAY if number % 2 else 0),
                customer_name=("canary" if number % 4 == 1 else "keeper") + "n" * random.randrange(60),
                notes=("canary" if number % 4 == 1 else "keeper") * random.randrange(20),
            )
            thread = [
                Message(
                    number * 10 + place, body_html=f"<p>{word}{random.randrange(9999)} {word * random.randrange(90)}"
                )
                for place in range(random.randrange(1, 4))
            ]
            raws = [b'{"%s":1}' % word.encode()] * len(thread)
            raw = b'{"%s":1}' % ticket.customer_name[:6].encode() * random.randrange(1, 200)
            await cache.put_thread(ticket, raw, thread, raws, now, [message.body_html for message in thread])


async def test_purge_leaves_no_byte_of_what_is_old(tmp_path: Path, clock: FixedClock, now: int) -> None:
    cache = await Cache.open(tmp_path, clock)
    await fill_with_canaries(cache, now)
    assert bytes_of(tmp_path).count(b"canary") > 1000
    # 40 archive tickets (1, 5, 9 …) and the messages of 40 open ones (3, 7, 11 …).
    assert await cache.purge(now - DAY) == 80
    assert b"canary" not in bytes_of(tmp_path)
    assert set(await cache.tickets([1, 2, 3, 5])) == {2, 3}
    assert await cache.thread(3) == ()
    assert set(await cache.thread_states([2, 3])) == {2}
    assert len(await cache.order(ACTIVE, "sla", now, "", "keeper")) == 80
    assert len(await cache.order(VIEW_BY_ID["archive"], "sla", now, "")) == 40
    assert await cache.verify() == []
    version = await cache.data_version()
    assert await cache.purge(now - DAY) == 0
    assert await cache.data_version() == version
    await cache.close()


async def test_a_forgotten_ticket_is_gone_from_the_file_by_the_next_purge(
    cache: Cache, tmp_path: Path, write_thread: WriteThread, now: int
) -> None:
    await write_thread(cache, Ticket(1, "OPEN", updated_at=now, notes="canary"), Message(1, body_html="canary"))
    await cache.forget([1])
    assert await cache.purge(now - DAY) == 0
    assert b"canary" not in bytes_of(tmp_path / "profile")


async def test_erase_leaves_no_byte_at_all(tmp_path: Path, clock: FixedClock, now: int) -> None:
    cache = await Cache.open(tmp_path, clock)
    await fill_with_canaries(cache, now)
    await cache.close()
    full = (tmp_path / "cache.db").read_bytes()
    (tmp_path / "cache.db").write_bytes(b"spoilt" + full[6:])
    cache = await Cache.open(tmp_path, clock)
    assert cache.set_aside is not None
    await fill_with_canaries(cache, now)
    await cache.put("as_of", "5")
    await cache.erase()
    left = bytes_of(tmp_path)
    assert (left.count(b"canary"), left.count(b"keeper")) == (0, 0)
    assert list(tmp_path.glob("quarantine-*")) == []
    assert await cache.get("as_of") == ""
    assert (tmp_path / "cache.db").stat().st_size < 100_000
    await fill_with_canaries(cache, now)
    assert len(await cache.order(ACTIVE, "sla", now, "", "canary")) > 0
    await cache.close()


async def test_erase_says_when_another_program_is_in_the_way(
    tmp_path: Path, clock: FixedClock, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    cache = await Cache.open(tmp_path, clock)
    await put(cache, Ticket(1, notes="canary"))
    with closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM tickets").fetchone()
        with pytest.raises(StoreError, match="Close that program and try again"):
            await cache.erase()
        other.execute("ROLLBACK")
    await cache.erase()
    assert b"canary" not in bytes_of(tmp_path)
    await cache.close()
