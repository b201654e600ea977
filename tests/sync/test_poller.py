"""The list is complete, and costs one request when nothing changed."""

from __future__ import annotations

import json

import pytest

from tests.sync.harness import Site
from tui.api.errors import Unclear
from tui.api.requests import TicketFilter
from tui.demo.faults import Fault
from tui.sync.walk import walk


def nothing() -> None:
    """Nobody listens for pages."""


async def test_the_first_sync_brings_the_whole_active_set_page_by_page(site: Site) -> None:
    worker = await site.worker()
    pages: list[int] = []
    await worker.poller.poll(lambda: pages.append(len(worker.changed())))
    active = {key for key, ticket in site.tickets.items() if ticket.status in ("OPEN", "PENDING")}
    assert set(await worker.cache.active()) == active
    assert len(pages) == len(site.calls("ListTickets")) == -(-len(active) // 100)


async def test_a_steady_poll_is_one_request(site: Site) -> None:
    worker = await site.worker()
    await worker.poller.poll(nothing)
    before = len(site.server.calls)
    for _ in range(6):
        await worker.poller.poll(nothing)
    assert len(site.server.calls) == before + 6


async def test_what_changed_arrives_with_the_next_poll(site: Site) -> None:
    worker = await site.worker()
    await worker.poller.poll(nothing)
    ticket_id = site.some("PENDING")
    site.customer_writes(ticket_id)
    worker.told.clear()
    await worker.poller.poll(nothing)
    assert worker.changed() == {ticket_id}
    ticket = await worker.cache.ticket(ticket_id)
    assert ticket is not None and ticket.status == "OPEN"


async def test_a_solved_ticket_leaves_within_three_polls(site: Site) -> None:
    worker = await site.worker()
    await worker.poller.poll(nothing)
    gone = [site.some("OPEN"), site.some("PENDING")]
    site.status(gone[0], "SOLVED")
    site.status(gone[1], "CLOSED")
    for _ in range(3):
        await worker.poller.poll(nothing)
    assert not set(gone) & set(await worker.cache.active())
    ticket = await worker.cache.ticket(gone[0])
    assert ticket is not None and ticket.status == "SOLVED"


async def test_reconciling_asks_after_what_is_missing_and_forgets_what_is_gone(site: Site) -> None:
    worker = await site.worker()
    await worker.poller.poll(nothing)
    solved, unknown = site.some("OPEN"), site.some("PENDING")
    site.status(solved, "SOLVED")
    world = site.server.service._world
    world.lists.leave(world.tickets[unknown])
    del world.tickets[unknown]
    await worker.poller.reconcile()
    assert await worker.cache.ticket(unknown) is None
    ticket = await worker.cache.ticket(solved)
    assert ticket is not None and ticket.status == "SOLVED"
    asked = [call for call in site.calls("ListTickets") if "ticket_id" in str(call.body)]
    assert len(asked) == 1


async def test_an_interrupted_first_sync_is_taken_up_again(site: Site) -> None:
    worker = await site.worker()
    seen = 0

    def once(operation: str, body: object) -> Fault | None:
        nonlocal seen
        seen += 1
        return Fault(status=500, body=b"{}", commit=False) if seen == 2 else None

    site.server.script = once
    big = await site.worker()
    with pytest.raises(Unclear):
        async for page in walk(big.client, TicketFilter()):
            await big.cache.upsert_tickets(page.tickets, page.raws, page.received.received_at)
    site.server.script = None
    await worker.poller.poll(nothing)
    active = {key for key, ticket in site.tickets.items() if ticket.status in ("OPEN", "PENDING")}
    assert set(await worker.cache.active()) == active


async def test_a_walk_gives_each_ticket_once_although_the_list_shifts(site: Site) -> None:
    worker = await site.worker()
    ids: list[int] = []
    moved = False
    async for page in walk(worker.client, TicketFilter()):
        ids += [ticket.id for ticket in page.tickets]
        if not moved:
            moved = True
            for key in ids[5:30]:
                site.customer_writes(key)
    assert len(ids) == len(set(ids))
    assert len(ids) >= 100


async def test_a_page_without_new_ids_ends_the_walk(site: Site) -> None:
    worker = await site.worker()
    page = site.server.service.handle("ListTickets", {"pagination": {"limit": 3}})
    page["has_more"] = True
    site.server.script = lambda operation, body: Fault(status=200, body=json.dumps(page).encode(), commit=False)
    pages = [page async for page in walk(worker.client, TicketFilter())]
    assert [len(page.tickets) for page in pages] == [3, 0]


async def test_the_archive_comes_page_by_page_on_demand(site: Site) -> None:
    worker = await site.worker()
    await worker.poller.poll(nothing)
    assert not site.calls("GetTicket")
    counts = await worker.cache.counts(worker.clock.now(), "")
    assert counts["archive"] == 0
    more = await worker.poller.archive(more=False)
    while more:
        more = await worker.poller.archive(more=True)
    archived = {key for key, ticket in site.tickets.items() if ticket.status in ("SOLVED", "CLOSED")}
    counts = await worker.cache.counts(worker.clock.now(), "")
    assert counts["archive"] == len(archived)


async def test_a_limit_stops_the_walk_exactly(site: Site) -> None:
    worker = await site.worker()
    pages = [page async for page in walk(worker.client, TicketFilter(), limit=120)]
    assert sum(len(page.tickets) for page in pages) == 120
