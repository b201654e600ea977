"""The ten operations of TicketService, typed: requests in, domain rows and their exact JSON out.

Every method raises an `ApiError`. Reads are tried again by themselves, bounded. A write is one POST on a connection of
its own, never repeated; whoever cancels one (`CancelledError`) must treat it as `unclear`: bytes may have left.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from tui.api import models
from tui.api.answers import Call, HelpRequestList, HelpThread, Received, Thread, TicketPage
from tui.api.errors import ReadOnly
from tui.api.limiter import Limiter
from tui.api.origin import Origin
from tui.api.requests import (
    HelpReply,
    Json,
    ListTickets,
    NewHelpRequest,
    NewTicket,
    SortBy,
    SortOrder,
    TicketFilter,
    TopicChange,
    UpdateTicket,
    ids_body,
)
from tui.api.transport import DEFAULT_TIMEOUTS, READ_TRIES, Timeouts, Transport
from tui.api.verdict import bad_answer
from tui.api.wire import WireError
from tui.clock import Clock
from tui.offload import beside
from tui.secret import Secret

__all__ = ["Call", "HelpRequestList", "HelpThread", "Received", "Thread", "TicketClient", "TicketPage", "Timeouts"]

T = TypeVar("T")
Reader = Callable[[Received], T]

NO_FILTER: Final = TicketFilter()
READ_BESIDE_OVER: Final = 512 * 1024
"""Bytes of an answer above which it is read in a thread, so that the screen goes on."""


class TicketClient:
    """A seller's way to one TicketService.

    Cheap to make: connections, TLS and proxies are looked at with the first call. `read_only` refuses every writing
    operation before a byte leaves. `observer` is told of every exchange, on the event loop, and must be quick.
    """

    def __init__(
        self,
        origin: Origin,
        token: Secret,
        *,
        clock: Clock,
        limiter: Limiter,
        read_only: bool = False,
        seed: int | None = None,
        ca_file: Path | None = None,
        observer: Callable[[Call], None] | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        read_tries: int = READ_TRIES,
    ) -> None:
        self.origin = origin
        self.read_only = read_only
        self._transport = Transport(
            origin,
            token,
            clock=clock,
            limiter=limiter,
            seed=seed,
            ca_file=ca_file,
            observer=observer,
            timeouts=timeouts,
            read_tries=read_tries,
        )

    def set_token(self, token: Secret) -> None:
        """Use another token from the next call on (one that was revoked in mid-session)."""
        self._transport.set_token(token)

    async def aclose(self) -> None:
        """Close all connections; calls still running end as `Unclear`."""
        await self._transport.aclose()

    async def list_tickets(
        self,
        filter: TicketFilter = NO_FILTER,
        *,
        by: SortBy = "UPDATED_AT",
        order: SortOrder = "DESC",
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> TicketPage:
        """One page; `after` is the id of the last ticket received, `before` that of the first (API.md trap 2)."""
        request = ListTickets(filter, by, order, after, before, limit)
        return await self._read("ListTickets", request.body(), "", models.ticket_page)

    async def get_ticket(self, ticket_id: int) -> Thread:
        """The ticket with all its messages, oldest first."""
        read = models.thread_of(ticket_id)
        return await self._read("GetTicket", ids_body(ticket_id), f"ticket {ticket_id}", read)

    async def update_ticket(self, request: UpdateTicket) -> Thread:
        """Message, assignee, status, notes in one write. Adopt the ticket that comes back (API.md trap 1)."""
        read = models.thread_of(request.ticket_id)
        return await self._write("UpdateTicket", request.body(), f"ticket {request.ticket_id}", read)

    async def create_ticket(self, request: NewTicket) -> Thread:
        """A new ticket, or a follow-up to a closed one."""
        about = f"ticket {request.follow_up_to}" if request.follow_up_to else "the order item"
        return await self._write("CreateTicket", request.body(), about, models.thread_of(None))

    async def request_topic_change(self, request: TopicChange) -> Thread:
        """Ask refurbed for another topic; they choose which."""
        read = models.thread_of(request.ticket_id)
        return await self._write("RequestTopicChange", request.body(), f"ticket {request.ticket_id}", read)

    async def list_help_requests(self, ticket_id: int) -> HelpRequestList:
        """All help requests of a ticket."""
        about = f"ticket {ticket_id}"
        return await self._read("ListTicketHelpRequests", ids_body(ticket_id), about, models.help_request_list)

    async def get_help_request(self, ticket_id: int, help_request_id: int) -> HelpThread:
        """One help request with its messages, oldest first."""
        about = f"help request {help_request_id} of ticket {ticket_id}"
        body, read = ids_body(ticket_id, help_request_id), models.help_thread_of(help_request_id)
        return await self._read("GetTicketHelpRequest", body, about, read)

    async def create_help_request(self, request: NewHelpRequest) -> HelpThread:
        """Ask refurbed for help on a ticket."""
        about = f"ticket {request.ticket_id}"
        return await self._write("CreateTicketHelpRequest", request.body(), about, models.help_thread_of(None))

    async def update_help_request(self, request: HelpReply) -> HelpThread:
        """Write into a help request."""
        about = f"help request {request.help_request_id} of ticket {request.ticket_id}"
        read = models.help_thread_of(request.help_request_id)
        return await self._write("UpdateTicketHelpRequest", request.body(), about, read)

    async def generate_return_label(self, ticket_id: int) -> Received:
        """Have a return label made; it arrives as a message of the ticket, so read the thread again."""
        about = f"ticket {ticket_id}"
        return await self._write("GenerateReturnShippingLabel", ids_body(ticket_id), about, models.nothing)

    async def _read(self, operation: str, body: Json, about: str, read: Reader[T]) -> T:
        return await self._take_in(await self._transport.read(operation, body, about), read)

    async def _write(self, operation: str, body: Json, about: str, read: Reader[T]) -> T:
        if self.read_only:
            raise ReadOnly(
                "This inbox was opened read-only, so nothing was sent. Start it without `--read-only` to write.",
                operation=operation,
            )
        return await self._take_in(await self._transport.write(operation, body, about), read)

    async def _take_in(self, received: Received, read: Reader[T]) -> T:
        try:
            if len(received.raw) > READ_BESIDE_OVER:
                return await beside(lambda: read(received))
            return read(received)
        except WireError as error:
            why = str(error)
        raise bad_answer(self.origin.netloc, received.operation, received.http_status, received.raw, why)
