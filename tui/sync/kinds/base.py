"""What every kind of write must be able to say: what to read first, how it is asked for, and how one knows it happened.

There are no idempotency keys, so each kind has its own way of establishing its outcome (API.md "Transport"). Whatever a
kind does, the sender keeps the order: read, compare, claim on disk, post once, write down what came of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import ClassVar

from tui import text
from tui.api.answers import Thread
from tui.api.client import TicketClient
from tui.api.requests import OutAttachment, OutMessage
from tui.domain import Ticket
from tui.message_html import matchable
from tui.store.desk import Desk
from tui.store.rows import OutboxRow

MERCHANT = "MERCHANT"


@dataclass(frozen=True, slots=True)
class Reach:
    """What kinds may use: the client, the desk's files, and the one way to read a thread (it is kept in the cache)."""

    client: TicketClient
    desk: Desk
    fetch: Callable[[int], Awaitable[Thread]]
    claimed: Callable[[int], Awaitable[frozenset[int]]]
    """Message ids of a ticket that other rows have become."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was there right before. `problem` says why a person should look first; empty: it may leave."""

    baseline: tuple[int, ...] = ()
    problem: str = ""
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one knows. `remote_id` is the message the write became, where it became one."""

    words: str
    remote_id: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A good answer: what it proves (None: it said yes but does not show the effect), and the thread it carried."""

    evidence: Evidence | None
    thread: Thread | None = None


class Kind(ABC):
    """One kind of write. Methods raise `ApiError`; `ValueError` when the snapshot cannot be sent as it is."""

    name: ClassVar[str]

    @abstractmethod
    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        """Read what must be read right before it leaves."""

    @abstractmethod
    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        """Ask for it: one POST and no read, since whatever fails here counts as a write of unknown outcome."""

    @abstractmethod
    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        """Whether a thread read later shows that it happened. None where it does not, or where threads cannot tell."""

    async def look(self, row: OutboxRow, reach: Reach) -> Evidence | None:
        """Read the service for a write of unknown outcome. Reading the thread is enough for most kinds."""
        thread = await reach.fetch(row.ticket_id)
        return self.in_thread(row, thread, await reach.claimed(row.ticket_id))


def kept_status(ticket: Ticket) -> str:
    """The status to state with an update that is not about it: repeated where it can be, left out for OPEN (trap 1)."""
    return ticket.status if ticket.status in ("PENDING", "SOLVED") else ""


def closed_words(row: OutboxRow, thread: Thread) -> str:
    """Why nothing can be written to a closed ticket; empty for any other."""
    if thread.ticket.status != "CLOSED":
        return ""
    return f"Not sent. Ticket {row.ticket_id} is CLOSED for good; only a follow-up ticket can go on from it."


async def frozen_message(row: OutboxRow, reach: Reach, scope: str = "") -> OutMessage:
    """The message of a snapshot, with its attachments. `ValueError` when an attachment's bytes are gone."""
    attachments: list[OutAttachment] = []
    for file in row.files:
        data = await reach.desk.outbox.file_bytes(file.sha256)
        if data is None:
            raise ValueError(f"the attachment {text.clean_line(file.name, 80)} is missing on this machine")
        attachments.append(OutAttachment(file.name, data))
    return OutMessage(str(row.fields["html"]), scope, tuple(attachments))


def wanted_text(row: OutboxRow) -> str:
    """The snapshot's text as messages are matched by."""
    return matchable(str(row.fields.get("html", "")))


def wanted_files(row: OutboxRow) -> list[str]:
    """The names of the snapshot's attachments as they come back."""
    return sorted(text.clean_line(file.name) for file in row.files)
