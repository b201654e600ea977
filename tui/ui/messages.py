"""What widgets and the bridge tell the screen. High-rate messages replace older ones of their kind in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.sync.events import SyncState


@dataclass
class TicketsChanged(Message):
    """Rows of these tickets differ from what was drawn."""

    ids: frozenset[int]


@dataclass
class ThreadChanged(Message):
    """A thread in the cache differs from what was drawn."""

    ticket_id: int


@dataclass
class SyncChanged(Message):
    """The worker's state, in words."""

    state: SyncState

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SyncChanged)


class OutboxChanged(Message):
    """Some write changed its state."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, OutboxChanged)


@dataclass
class Announcement(Message):
    """A sentence of the worker, for the hint line."""

    sentence: str


@dataclass
class CursorMoved(Message):
    """The list's cursor stands on another ticket (0: the list is empty), moved by the user or by a new order."""

    ticket_id: int
    by_user: bool

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved) and message.by_user == self.by_user


@dataclass
class TicketOpened(Message):
    """The user opened a ticket from the list."""

    ticket_id: int


@dataclass
class MessageShown(Message):
    """A thread's newest message came into view while its ticket is open."""

    ticket_id: int
    message_id: int


class DraftEdited(Message):
    """The composer's text, cursor or status changed."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, DraftEdited)
