"""What the demo service stores. Times are microseconds since the epoch, 0 is none; ids are ints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tui.clock import HOUR

OVERDUE_AFTER: Final = 24 * HOUR
TAKEOVER_AFTER: Final = 72 * HOUR


@dataclass(slots=True)
class File:
    """An attachment; its content is kept or made elsewhere."""

    id: int
    filename: str
    content_type: str


@dataclass(slots=True)
class Message:
    """A message of a ticket, or of a help request (then without scope)."""

    id: int
    scope: str
    created_at: int
    author_type: str
    author_name: str
    author_email: str
    body_html: str
    files: list[File] = field(default_factory=list)


@dataclass(slots=True)
class Help:
    """A help request with its messages."""

    id: int
    ticket_id: int
    status: str
    topic: str
    created_at: int
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Ticket:
    """One ticket. `index` is its place among the seeded ones, -1 for those that came later."""

    id: int
    index: int
    language: str
    status: str
    urgency: str
    created_at: int
    updated_at: int
    buyback: bool
    order_id: int
    item_id: int
    product: str
    topic: str
    country: str
    customer_name: str
    customer_email: str
    assignee: str = ""
    awaiting_since: int = 0
    overdue_at: int = 0
    takeover_at: int = 0
    action_needed: bool = False
    panicked: bool = False
    notes: str = ""
    follow_up_to: int = 0
    topic_change_allowed: bool = False
    has_help_requests: bool = False

    def start_clock(self, at: int) -> None:
        """The customer wrote: the seller's turn."""
        self.status, self.action_needed = "OPEN", True
        self.awaiting_since, self.overdue_at, self.takeover_at = at, at + OVERDUE_AFTER, at + TAKEOVER_AFTER

    def stop_clock(self) -> None:
        """The seller answered."""
        self.action_needed = False
        self.awaiting_since = self.overdue_at = self.takeover_at = 0


def ticket_from(values: Mapping[str, Any]) -> Ticket:
    """The ticket that `dataclasses.asdict` was made of."""
    return Ticket(**values)


def message_from(values: Mapping[str, Any]) -> Message:
    """Likewise, files included."""
    return Message(**{**values, "files": [File(**file) for file in values["files"]]})


def help_from(values: Mapping[str, Any]) -> Help:
    """Likewise, messages included."""
    return Help(**{**values, "messages": [message_from(message) for message in values["messages"]]})


def plain(row: Ticket | Message | Help) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return asdict(row)
