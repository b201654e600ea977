"""Keeping the list: the active set incrementally, what left it, full walks now and then (DESIGN.md "Sync")."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final

from tui.api.answers import TicketPage
from tui.api.client import TicketClient
from tui.api.errors import NotFound
from tui.api.requests import MAX_PAGE, SortBy, SortOrder, TicketFilter
from tui.clock import SECOND, Clock
from tui.domain import ACTIVE_STATUSES, ARCHIVE_STATUSES, Ticket
from tui.store.cache import Cache
from tui.sync.events import Event, TicketsChanged
from tui.sync.walk import no_end, unending, walk

ACTIVE: Final = TicketFilter(status=ACTIVE_STATUSES)
ARCHIVE: Final = TicketFilter(status=ARCHIVE_STATUSES)
AS_OF: Final = "as_of"
"""The fact in the cache that says when the list was last answered whole."""
RECONCILED_AT: Final = "reconciled_at"
ARCHIVE_AFTER: Final = "archive_after"
DEPARTURES_EVERY: Final = 3


class Poller:
    """One profile's list, kept by whichever instance leads. Methods raise `ApiError` and `StoreError`."""

    def __init__(
        self, client: TicketClient, cache: Cache, *, clock: Clock, tell: Callable[[Event], None], reconcile: float
    ) -> None:
        self._client = client
        self._cache = cache
        self._clock = clock
        self._tell = tell
        self._reconcile_after = round(reconcile * SECOND)
        self._turn = 0

    async def poll(self, on_page: Callable[[], None]) -> int:
        """One turn; gives the instant the list is as of. `on_page` is told of each page, for the first sync.

        Usually one request: the newest changes of the active set, every third time the newest departures from it.
        """
        began = self._clock.now()
        self._turn += 1
        reconciled = await self._fact(RECONCILED_AT)
        if not reconciled:
            await self._first(on_page)
        elif began - reconciled > self._reconcile_after or reconciled > began:
            await self.reconcile()
        elif self._turn % DEPARTURES_EVERY == 0:
            await self._departures()
        else:
            await self._changes()
        await self._cache.put(AS_OF, str(began))
        return began

    async def as_of(self) -> int:
        """When the list was last answered, by whichever instance; 0 for never."""
        return await self._fact(AS_OF)

    async def _first(self, on_page: Callable[[], None]) -> None:
        """The whole active set, newest changes first, so that the list is usable after one page."""
        began = self._clock.now()
        known = set(await self._cache.active())
        seen: set[int] = set()
        async for page in self._walk(ACTIVE):
            await self._take(page)
            seen.update(ticket.id for ticket in page.tickets)
            on_page()
        await self._ask_after(known - seen)
        await self._cache.put(RECONCILED_AT, str(began))

    async def _changes(self) -> None:
        """Newest first, until a whole page is already known unchanged."""
        async for page in self._walk(ACTIVE):
            if not await self._take(page):
                return

    async def _departures(self) -> None:
        """What was solved or closed since: it just disappears from the active set (API.md trap 3)."""
        async for page in self._walk(ARCHIVE):
            active = await self._cache.active()
            left = [ticket for ticket in page.tickets if ticket.id in active]
            await self._take(page)
            if len(left) < len(page.tickets):
                return

    async def reconcile(self) -> None:
        """Every active ticket by its creation, which does not shift; what is missing then is asked after by id."""
        began = self._clock.now()
        known = set(await self._cache.active())
        seen: set[int] = set()
        async for page in self._walk(ACTIVE, by="CREATED_AT", order="ASC"):
            await self._take(page)
            seen.update(ticket.id for ticket in page.tickets)
        await self._ask_after(known - seen)
        await self._cache.put(RECONCILED_AT, str(began))

    async def _walk(
        self, filter: TicketFilter, *, by: SortBy = "UPDATED_AT", order: SortOrder = "DESC"
    ) -> AsyncIterator[TicketPage]:
        """The pages of a walk to its end; one that the service does not let end is no answer."""
        async for page in walk(self._client, filter, by=by, order=order):
            if unending(page):
                raise no_end(self._client, page)
            yield page

    async def _ask_after(self, missing: Iterable[int]) -> None:
        """Look at tickets by id, 100 in a call; those the service says it does not know any more are forgotten."""
        ids = sorted(missing)
        for start in range(0, len(ids), MAX_PAGE):
            asked = ids[start : start + MAX_PAGE]
            page = await self.look_at(asked)
            for ticket_id in sorted(set(asked) - {ticket.id for ticket in page.tickets}):
                await self._is_gone(ticket_id)

    async def _is_gone(self, ticket_id: int) -> None:
        """Forget a ticket only on a plain "not found": a list may be empty for other reasons."""
        try:
            thread = await self._client.get_ticket(ticket_id)
        except NotFound:
            await self._cache.forget((ticket_id,))
            self._tell(TicketsChanged(frozenset((ticket_id,))))
        else:
            await self._keep((thread.ticket,), (thread.raw_ticket,), thread.received.received_at)

    async def look_at(self, ids: Iterable[int]) -> TicketPage:
        """Take in how these tickets (at most 100) are now, without their messages."""
        page = await self._client.list_tickets(TicketFilter(ticket_id=tuple(ids)))
        await self._take(page)
        return page

    async def archive(self, *, more: bool) -> bool:
        """The newest page of the archive, or the next older one; True while there is more."""
        after = await self._fact(ARCHIVE_AFTER) if more else 0
        page = await self._client.list_tickets(ARCHIVE, after=after or None)
        await self._take(page)
        if unending(page, after):
            raise no_end(self._client, page)
        if page.tickets:
            await self._cache.put(ARCHIVE_AFTER, str(page.tickets[-1].id))
        return page.has_more

    async def _take(self, page: TicketPage) -> bool:
        """Store a page; True when anything on it was news."""
        return bool(page.tickets) and await self._keep(page.tickets, page.raws, page.received.received_at)

    async def _keep(self, tickets: Sequence[Ticket], raws: Sequence[bytes], received_at: int) -> bool:
        changes = await self._cache.upsert_tickets(tickets, raws, received_at)
        moved = frozenset((*changes.new, *changes.changed))
        if moved:
            self._tell(TicketsChanged(moved))
        return bool(moved)

    async def _fact(self, key: str) -> int:
        found = await self._cache.get(key)
        return int(found) if found.isascii() and found.isdigit() else 0
