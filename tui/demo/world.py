"""The state of the demo service: tickets, threads, help requests, files; and what of it differs from the seed."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from tui.demo.data import FIRST_ID, chance, seeded_tickets, story
from tui.demo.files import content, content_type
from tui.demo.lists import TicketLists
from tui.demo.model import File, Help, Message, Ticket, help_from, message_from, plain, ticket_from
from tui.demo.threads import (
    FILES_PER_MESSAGE,
    FIRST_HELP,
    FIRST_HELP_MESSAGE,
    FIRST_MESSAGE,
    HELPS_PER_TICKET,
    PER_TICKET,
    seeded_helps,
    seeded_index,
    seeded_thread,
)


class World:
    """All tickets by id. `born` is the moment the seed speaks of; `version` grows with every change."""

    def __init__(self, seed: int, count: int, born: int) -> None:
        self.seed, self.count, self.born = seed, count, born
        self.version = 0
        self.draws = 0
        self._seeded = seeded_tickets(seed, count, born)
        self.tickets: dict[int, Ticket] = {ticket.id: ticket for ticket in self._seeded}
        self.ids: list[int] = list(self.tickets)
        self.items: dict[tuple[bool, int], int] = {(one.buyback, one.item_id): one.id for one in self._seeded}
        self.lists = TicketLists(self.tickets, born)
        self._threads: dict[int, list[Message]] = {}
        self._helps: dict[int, list[Help]] = {}
        self._files: dict[int, tuple[str, str, bytes]] = {}
        self._changed: set[int] = set()
        self._next_ticket = FIRST_ID + count * 7 + 7
        self._next_message = FIRST_MESSAGE + count * PER_TICKET + 1
        self._next_help = FIRST_HELP + count * HELPS_PER_TICKET
        self._next_help_message = FIRST_HELP_MESSAGE + count * HELPS_PER_TICKET * 8

    def rng(self) -> Random:
        """Chance for the next thing that happens; the same after a restart."""
        self.draws += 1
        return chance(self.seed, "world", self.draws)

    def thread(self, ticket: Ticket) -> list[Message]:
        """The messages, oldest first. Only `post` adds to it."""
        if ticket.id in self._threads or ticket.index < 0:
            return self._threads.setdefault(ticket.id, [])
        return seeded_thread(story(self.seed, ticket.index, self.born), self.seed)

    def helps(self, ticket: Ticket) -> list[Help]:
        """The help requests, oldest first. Only `change_helps` gives those that may be changed."""
        if ticket.id in self._helps or ticket.index < 0:
            return self._helps.setdefault(ticket.id, [])
        return seeded_helps(story(self.seed, ticket.index, self.born), ticket.id, self.seed)

    @contextmanager
    def change(self, ticket: Ticket, at: int) -> Iterator[Ticket]:
        """Change a ticket: its `updated_at` moves, always forwards, and its places in the lists."""
        self.lists.leave(ticket)
        try:
            yield ticket
        finally:
            ticket.updated_at = max(at, ticket.updated_at + 1)
            self.lists.enter(ticket)
            self._changed.add(ticket.id)
            self.version += 1

    def add(self, ticket: Ticket) -> Ticket:
        """A new ticket; it gets its id."""
        ticket.id = self._next_ticket
        self._next_ticket += 7
        self.tickets[ticket.id] = ticket
        self.ids.append(ticket.id)
        self.items.setdefault((ticket.buyback, ticket.item_id), ticket.id)
        self.lists.enter(ticket)
        self._changed.add(ticket.id)
        self.version += 1
        return ticket

    def post(self, ticket: Ticket, message: Message, files: Sequence[tuple[str, bytes]] = ()) -> Message:
        """Put a message on a ticket (inside `change`); it gets its id, the files theirs."""
        self._threads[ticket.id] = thread = self.thread(ticket)
        message.id = self._next_message
        self._next_message += 1
        message.created_at = max(message.created_at, thread[-1].created_at + 1 if thread else 0)
        self._attach(message, files)
        thread.append(message)
        return message

    def change_helps(self, ticket: Ticket) -> list[Help]:
        """The help requests of a ticket, to be changed inside `change`."""
        self._helps[ticket.id] = helps = self.helps(ticket)
        return helps

    def new_help_id(self) -> int:
        """An id for a help request."""
        self._next_help += 1
        return self._next_help - 1

    def post_help(self, request: Help, message: Message, files: Sequence[tuple[str, bytes]] = ()) -> None:
        """Put a message on a help request."""
        message.id = self._next_help_message
        self._next_help_message += 1
        earlier = request.messages[-1].created_at + 1 if request.messages else 0
        message.created_at = max(message.created_at, earlier)
        self._attach(message, files)
        request.messages.append(message)

    def _attach(self, message: Message, files: Sequence[tuple[str, bytes]]) -> None:
        for place, (name, data) in enumerate(files):
            file = File(message.id * FILES_PER_MESSAGE + place, name, content_type(name))
            message.files.append(file)
            self._files[file.id] = (name, file.content_type, data)

    def file(self, file_id: int, filename: str) -> tuple[str, bytes] | None:
        """Content type and bytes of an attachment; None when there is none of this id and name."""
        if file_id in self._files:
            name, kind, data = self._files[file_id]
            return (kind, data) if name == filename else None
        index = seeded_index(file_id // FILES_PER_MESSAGE)
        if not 0 <= index < self.count:
            return None
        for message in seeded_thread(story(self.seed, index, self.born), self.seed):
            for file in message.files:
                if file.id == file_id and file.filename == filename:
                    return file.content_type, content(filename, f"Ticket {self._seeded[index].id}")
        return None

    def dump(self) -> dict[str, Any]:
        """What differs from the seed, as JSON can hold it."""
        return {
            "seed": self.seed,
            "count": self.count,
            "born": self.born,
            "draws": self.draws,
            "next": [self._next_ticket, self._next_message, self._next_help, self._next_help_message],
            "tickets": [plain(self.tickets[ticket_id]) for ticket_id in sorted(self._changed)],
            "threads": {str(key): [plain(one) for one in thread] for key, thread in sorted(self._threads.items())},
            "helps": {str(key): [plain(one) for one in helps] for key, helps in sorted(self._helps.items())},
            "files": {
                str(key): [name, kind, base64.b64encode(data).decode()]
                for key, (name, kind, data) in sorted(self._files.items())
            },
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> World:
        """The world that `dump` described."""
        world = cls(int(state["seed"]), int(state["count"]), int(state["born"]))
        world.draws = int(state["draws"])
        world._next_ticket, world._next_message, world._next_help, world._next_help_message = map(int, state["next"])
        for values in state["tickets"]:
            ticket = ticket_from(values)
            if ticket.id not in world.tickets:
                world.ids.append(ticket.id)
            world.tickets[ticket.id] = ticket
            world.items.setdefault((ticket.buyback, ticket.item_id), ticket.id)
            world._changed.add(ticket.id)
        world.lists = TicketLists(world.tickets, world.born)
        world._threads = {int(key): [message_from(one) for one in thread] for key, thread in state["threads"].items()}
        world._helps = {int(key): [help_from(one) for one in helps] for key, helps in state["helps"].items()}
        world._files = {
            int(key): (name, kind, base64.b64decode(data)) for key, (name, kind, data) in state["files"].items()
        }
        return world
