"""What a call gives back: domain rows, the exact JSON they came from, and a record of each exchange."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.domain import HelpRequest, Message, Ticket


@dataclass(frozen=True, slots=True)
class Received:
    """A readable 2xx answer.

    `raw` is the decoded body as received; `received_at` an instant of our clock; `server_date` the answer's own Date
    (0: none); `elapsed_ms` from the first byte out to the last byte in; `limit_remaining` as the service put it.
    """

    operation: str
    http_status: int
    raw: bytes = field(repr=False)
    received_at: int = 0
    server_date: int = 0
    elapsed_ms: float = 0.0
    limit_remaining: int | None = None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of ListTickets. `raws` holds the exact JSON of each ticket, in the order of `tickets`.

    `notes` tells what had to be read around, such as a time that is none: `ticket 1048: updated_at is not a time`.
    """

    tickets: tuple[Ticket, ...]
    raws: tuple[bytes, ...] = field(repr=False)
    has_more: bool
    received: Received
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket with all its messages, oldest first; `raw_messages` in the order of `messages`."""

    ticket: Ticket
    messages: tuple[Message, ...]
    raw_ticket: bytes = field(repr=False)
    raw_messages: tuple[bytes, ...] = field(repr=False)
    received: Received
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HelpRequestList:
    """The help requests of a ticket, as listed."""

    help_requests: tuple[HelpRequest, ...]
    raws: tuple[bytes, ...] = field(repr=False)
    received: Received
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HelpThread:
    """A help request with its messages, oldest first; these have no scope."""

    help_request: HelpRequest
    messages: tuple[Message, ...]
    raw_help_request: bytes = field(repr=False)
    raw_messages: tuple[bytes, ...] = field(repr=False)
    received: Received
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP exchange, for those who look at the wire. The token is in none of its fields.

    `at` is the instant it began; `http_status` None when nothing answered, and then `problem` says why; `bytes_in`
    counts the body as it came over the line (packed), `answer` is the body unpacked; `limit`, `remaining` and `reset`
    are the X-RateLimit headers as sent, empty when absent; `attempt` counts from 1.
    """

    operation: str
    at: int
    attempt: int
    http_status: int | None
    grpc_code: str
    elapsed_ms: float
    bytes_out: int
    bytes_in: int
    limit: str
    remaining: str
    reset: str
    problem: str
    request: bytes = field(repr=False)
    answer: bytes = field(repr=False)
