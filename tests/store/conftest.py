"""A clock that stands still, and a cache on a real disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tui.clock import SECOND, FixedClock
from tui.domain import Message, Ticket
from tui.store.cache import Cache

NOW = 1_790_000_000 * SECOND


@pytest.fixture
def now() -> int:
    """The instant the tests take place, in 2026."""
    return NOW


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def cache(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Cache]:
    """An empty cache in a folder of its own."""
    opened = await Cache.open(tmp_path / "profile", clock)
    yield opened
    await opened.close()


@pytest.fixture
def put() -> Callable[..., Awaitable[object]]:
    """Take tickets in as a list would, each with some JSON."""

    async def run(cache: Cache, *tickets: Ticket) -> object:
        return await cache.upsert_tickets(tickets, [b'{"id": "%d"}' % ticket.id for ticket in tickets], NOW)

    return run


@pytest.fixture
def write_thread() -> Callable[..., Awaitable[bool]]:
    """Take a thread in; its messages' HTML is plain enough to be its text as well."""

    async def run(cache: Cache, ticket: Ticket, *messages: Message, read_at: int = NOW) -> bool:
        raws = [b'{"message": {"id": "%d"}}' % message.id for message in messages]
        texts = [message.body_html for message in messages]
        return await cache.put_thread(ticket, b"{}", messages, raws, read_at, texts)

    return run
