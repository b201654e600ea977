"""Walking a list page by page, although it shifts meanwhile (API.md trap 2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from tui.api.answers import TicketPage
from tui.api.client import TicketClient
from tui.api.errors import BadAnswer
from tui.api.requests import MAX_PAGE, SortBy, SortOrder, TicketFilter


async def walk(
    client: TicketClient,
    filter: TicketFilter,
    *,
    by: SortBy = "UPDATED_AT",
    order: SortOrder = "DESC",
    limit: int | None = None,
    after: int | None = None,
) -> AsyncIterator[TicketPage]:
    """Pages that hold only tickets this walk has not given yet.

    Ends when the service has no more, at a page without new ids (it would go on for ever; it is given, and is
    `unending`), or at `limit` tickets; after the latter two the last page's `has_more` is true. Raises `ApiError`.
    """
    seen: set[int] = set()
    while limit is None or len(seen) < limit:
        size = MAX_PAGE if limit is None else min(MAX_PAGE, limit - len(seen))
        page = await client.list_tickets(filter, by=by, order=order, after=after, limit=size)
        fresh: list[int] = []
        for place, ticket in enumerate(page.tickets):
            if ticket.id not in seen:
                seen.add(ticket.id)
                fresh.append(place)
        if limit is not None and len(seen) > limit:
            fresh = fresh[: len(fresh) - (len(seen) - limit)]
        yield replace(
            page,
            tickets=tuple(page.tickets[place] for place in fresh),
            raws=tuple(page.raws[place] for place in fresh),
        )
        if not fresh or not page.has_more:
            return
        after = page.tickets[-1].id


def unending(page: TicketPage, after: int = 0) -> bool:
    """Whether a page says that there is more, but leads no further: nothing on it, or what it was to begin after."""
    return page.has_more and (not page.tickets or any(ticket.id == after for ticket in page.tickets))


def no_end(client: TicketClient, page: TicketPage) -> BadAnswer:
    """What an unending page amounts to."""
    return BadAnswer(
        f"{client.origin.netloc} says that there are more tickets, but sends no new ones. The list may be incomplete.",
        operation=page.received.operation,
        http_status=page.received.http_status,
    )
