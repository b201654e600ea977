"""Reading threads: only where something moved, the opened ticket first (DESIGN.md "Sync")."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from tui.api.answers import Thread
from tui.api.client import TicketClient
from tui.api.errors import BadAnswer
from tui.clock import Clock
from tui.message_html import plain_text
from tui.offload import beside
from tui.store.cache import Cache
from tui.sync.events import Event, ThreadChanged, TicketsChanged

BESIDE_OVER: Final = 40_000
"""Characters of HTML above which their text is made in a thread, so that the screen goes on."""
Inspect = Callable[[Thread], Awaitable[None]]


class Threads:
    """Threads in the cache and how they get there. `inspect` sees each one that is read: a lost write may be in it."""

    def __init__(self, client: TicketClient, cache: Cache, *, clock: Clock, tell: Callable[[Event], None]) -> None:
        self._client = client
        self._cache = cache
        self._clock = clock
        self._tell = tell
        self.inspect: Inspect | None = None

    async def fetch(self, ticket_id: int) -> Thread:
        """Read it from the service into the cache. Raises `ApiError`."""
        thread = await self._client.get_ticket(ticket_id)
        if not await self.adopt(thread):
            raise BadAnswer(
                f"{self._client.origin.netloc} sent ticket {ticket_id} without the messages that were read before; "
                "they are kept.",
                operation=thread.received.operation,
                http_status=thread.received.http_status,
            )
        if self.inspect is not None:
            await self.inspect(thread)
        return thread

    async def adopt(self, thread: Thread) -> bool:
        """Keep what an answer says of a ticket and its messages; False when it has none though some were read before.

        Messages never leave a thread: where all are missing the answer is at fault, and only its ticket is taken.
        """
        ticket = thread.ticket
        if not thread.messages and await self._cache.thread(ticket.id):
            read_at = thread.received.received_at
            changes = await self._cache.upsert_tickets((ticket,), (thread.raw_ticket,), read_at)
            if changes.new or changes.changed:
                self._tell(TicketsChanged(frozenset((ticket.id,))))
            return False
        bodies = [message.body_html for message in thread.messages]
        texts = await beside(lambda: _texts(bodies)) if sum(map(len, bodies)) > BESIDE_OVER else _texts(bodies)
        changed = await self._cache.put_thread(
            ticket,
            thread.raw_ticket,
            thread.messages,
            thread.raw_messages,
            texts=texts,
            read_at=thread.received.received_at,
        )
        if changed:
            self._tell(TicketsChanged(frozenset((ticket.id,))))
            self._tell(ThreadChanged(ticket.id))
        return True

    async def stale(self, ticket_id: int) -> bool:
        """Whether the cached thread is missing, or older than what the list says of its ticket."""
        ticket = await self._cache.ticket(ticket_id)
        state = (await self._cache.thread_states([ticket_id])).get(ticket_id)
        return state is None or ticket is None or state.for_updated_at != ticket.updated_at


def _texts(bodies: list[str]) -> list[str]:
    return [plain_text(body) for body in bodies]
