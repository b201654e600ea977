"""Views and orders in SQL give what `domain.in_view` gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.clock import HOUR, MINUTE
from tui.domain import MAX_ID, SORT_WORDS, VIEW_BY_ID, VIEWS, Sort, Ticket, View, in_view
from tui.store import cache_writes, queries
from tui.store.cache import Cache

NOW = 1_790_000_000_000_000
SORTS: tuple[Sort, ...] = tuple(SORT_WORDS)
Put = Callable[..., Awaitable[object]]

moments = st.one_of(
    st.just(0),
    st.sampled_from((-1, 0, 1)).map(lambda step: NOW + step),
    st.sampled_from((-1, 0, 1)).map(lambda step: NOW + 4 * HOUR + step),
    st.integers(NOW - 9 * HOUR, NOW + 9 * HOUR),
    st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
names = texts | st.sampled_from(("", "Straße", "STRASSE", "Ömer", "ömer", "İnci", "ﬀ", "\U0001f600", "￿", "a\0b"))
mails = texts | st.sampled_from(("", "me@shop.de", "ME@Shop.DE", "weiß@shop.de", "WEISS@shop.de", "other@shop.de"))
tickets = st.builds(
    Ticket,
    id=st.integers(1, 40) | st.integers(1, MAX_ID),
    status=st.sampled_from(("OPEN", "PENDING", "SOLVED", "CLOSED", "", "REOPENED")),
    created_at=moments,
    updated_at=moments,
    customer_name=names,
    assignee_email=mails,
    overdue_at=moments,
    takeover_at=moments,
    seller_action_needed=st.booleans(),
    has_help_requests=st.booleans(),
)
views = st.sampled_from(VIEWS) | st.builds(
    View,
    id=st.just("own"),
    key=st.just("8"),
    title=st.just("Own"),
    statuses=st.lists(st.sampled_from(("OPEN", "PENDING", "SOLVED", "", "REOPENED", "it's")), max_size=4).map(tuple),
    needs_reply=st.booleans(),
    assignee=st.sampled_from(("", "me", "nobody")),
    sla_risk=st.booleans(),
    help_requests=st.booleans(),
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A database file with the cache's tables."""
    path = tmp_path_factory.mktemp("queries") / "cache.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("PRAGMA synchronous = OFF")
        for step in cache_writes.SPEC.steps:
            step(opened)
        yield opened


def fill(connection: sqlite3.Connection, found: list[Ticket]) -> None:
    connection.execute("BEGIN")
    connection.execute("DELETE FROM tickets")
    cache_writes.upsert(connection, found, [b"{}"] * len(found), NOW)
    connection.execute("COMMIT")


@settings(max_examples=150, deadline=None)
@given(st.lists(tickets, max_size=25, unique_by=lambda ticket: ticket.id), views, mails, moments)
def test_every_order_of_every_view_is_that_of_the_domain(
    connection: sqlite3.Connection, found: list[Ticket], view: View, me: str, now: int
) -> None:
    fill(connection, found)
    for sort in SORTS:
        query = queries.order(view, sort, now, me)
        joined = connection.execute(query.sql, query.values).fetchone()[0]
        ids = [int(each) for each in joined.split(",")] if joined else []
        assert ids == [ticket.id for ticket in in_view(found, view, sort, now, me)]


@settings(max_examples=60, deadline=None)
@given(st.lists(tickets, max_size=25, unique_by=lambda ticket: ticket.id), mails, moments)
def test_counts_are_the_lengths_of_the_views(
    connection: sqlite3.Connection, found: list[Ticket], me: str, now: int
) -> None:
    fill(connection, found)
    query = queries.counts(VIEWS, now, me)
    row = connection.execute(query.sql, query.values).fetchone()
    assert list(row) == [len(in_view(found, view, "created", now, me)) for view in VIEWS]


async def test_the_ladder_moves_with_the_clock(cache: Cache, put: Put, now: int) -> None:
    """A deadline that has passed makes way for the takeover, without any change to the ticket."""
    first = Ticket(1, "OPEN", created_at=1, overdue_at=now + 10 * MINUTE, takeover_at=now + 5 * HOUR)
    second = Ticket(2, "OPEN", created_at=2, overdue_at=now + HOUR)
    none = Ticket(3, "OPEN", created_at=0)
    await put(cache, none, second, first)
    view = VIEW_BY_ID["needs-reply"]
    assert list(await cache.order(view, "sla", now, "")) == [1, 2, 3]
    assert list(await cache.order(view, "sla", now + 20 * MINUTE, "")) == [2, 1, 3]
    assert list(await cache.order(VIEW_BY_ID["sla"], "sla", now, "")) == [1, 2]
    assert list(await cache.order(VIEW_BY_ID["sla"], "sla", now + 20 * MINUTE, "")) == [2]


async def test_without_an_address_nothing_is_mine(cache: Cache, put: Put, now: int) -> None:
    await put(cache, Ticket(1, "OPEN"), Ticket(2, "OPEN", assignee_email="Me@Shop.de"))
    mine = VIEW_BY_ID["mine"]
    assert list(await cache.order(mine, "sla", now, "")) == []
    assert list(await cache.order(mine, "sla", now, "me@shop.DE")) == [2]
    assert list(await cache.order(VIEW_BY_ID["unassigned"], "sla", now, "")) == [1]


async def test_counts_name_every_view(cache: Cache, put: Put, now: int) -> None:
    assert await cache.counts(now, "") == dict.fromkeys(VIEW_BY_ID, 0)
    await put(cache, Ticket(1, "OPEN", has_help_requests=True), Ticket(2, "PENDING"), Ticket(3, "CLOSED"))
    counts = await cache.counts(now, "me@shop.de")
    assert counts == {
        "active": 2,
        "needs-reply": 1,
        "mine": 0,
        "unassigned": 2,
        "waiting": 1,
        "sla": 0,
        "help": 1,
        "archive": 1,
    }


async def test_an_empty_cache_has_an_empty_order(cache: Cache, now: int) -> None:
    for view in VIEWS:
        order = await cache.order(view, "sla", now, "me@shop.de")
        assert (order.typecode, len(order)) == ("q", 0)


@pytest.mark.parametrize("sort", SORTS)
async def test_orders_never_read_the_tickets_themselves(cache: Cache, now: int, sort: Sort) -> None:
    """The index holds all that is asked: that is what makes 100,000 tickets quick."""
    query = queries.order(VIEW_BY_ID["active"], sort, now, "me@shop.de")

    def plan(connection: sqlite3.Connection) -> str:
        return str(connection.execute("EXPLAIN QUERY PLAN " + query.sql, query.values).fetchall())

    assert "COVERING INDEX by_view" in await cache._database.read(plan)
