"""What widgets tell the screen. High-rate messages replace older ones of their kind in the queue."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


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
