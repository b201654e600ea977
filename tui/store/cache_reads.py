"""What can be asked of the cache."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from tui.domain import ACTIVE_STATUSES, VIEWS, Attachment, Message, Sort, Ticket, View
from tui.store import queries
from tui.store.cache_writes import AMONG, MESSAGE_COLUMNS, TICKET_COLUMNS
from tui.store.database import Database
from tui.store.rows import ThreadState
from tui.store.search import conditions

_TICKETS: Final = " ".join(("SELECT", ", ".join(TICKET_COLUMNS), "FROM tickets WHERE id IN", AMONG))
_OF_TICKET: Final = "FROM messages WHERE ticket_id = ? ORDER BY created_at, id"
_MESSAGES: Final = " ".join(("SELECT", ", ".join(("id", *MESSAGE_COLUMNS, "attachments")), _OF_TICKET))
_STATES: Final = " ".join(
    ("SELECT", ", ".join(each.name for each in fields(ThreadState)), "FROM threads WHERE ticket_id IN", AMONG)
)
_BOOLEANS: Final = tuple(
    TICKET_COLUMNS.index(name)
    for name in ("seller_action_needed", "customer_panicked", "topic_change_allowed", "has_help_requests")
)


class CacheReads:
    """The reading half of `Cache`. Every method raises `StoreError` when the file fails."""

    def __init__(self, database: Database, *, indexed: bool) -> None:
        self._database = database
        self._indexed = indexed

    async def data_version(self) -> int:
        """A number that changes when anything was committed since, by another window too."""
        return await self._database.data_version()

    async def order(self, view: View, sort: Sort, now: int, me: str, search: str = "") -> array[int]:
        """The ids of a view in order, as `domain.in_view` has them, of those that a search finds."""
        query = queries.order(view, sort, now, me, conditions(search, indexed=self._indexed))

        def read(connection: sqlite3.Connection) -> array[int]:
            return _ids(connection.execute(query.sql, query.values).fetchone()[0])

        return await self._database.read(read)

    async def counts(self, now: int, me: str) -> dict[str, int]:
        """How many tickets each of `domain.VIEWS` holds, by the view's id."""
        query = queries.counts(VIEWS, now, me)

        def read(connection: sqlite3.Connection) -> dict[str, int]:
            row = connection.execute(query.sql, query.values).fetchone()
            return {view.id: int(number) for view, number in zip(VIEWS, row, strict=True)}

        return await self._database.read(read)

    async def tickets(self, ids: Iterable[int]) -> dict[int, Ticket]:
        """The tickets of these ids, as far as they are known."""
        asked = json.dumps(list(ids))

        def read(connection: sqlite3.Connection) -> dict[int, Ticket]:
            rows = connection.execute(_TICKETS, (asked,)).fetchall()
            return {row[0]: _ticket(row) for row in rows}

        return await self._database.read(read)

    async def ticket(self, ticket_id: int) -> Ticket | None:
        return (await self.tickets((ticket_id,))).get(ticket_id)

    async def known(self, ids: Iterable[int]) -> dict[int, int]:
        """`updated_at` of those of these ids that are cached."""
        asked = json.dumps(list(ids))
        return await self._database.read(lambda connection: _moments(connection, f"id IN {AMONG}", (asked,)))

    async def active(self) -> dict[int, int]:
        """`updated_at` of every open or pending ticket."""
        return await self._database.read(lambda connection: _moments(connection, "status IN (?, ?)", ACTIVE_STATUSES))

    async def thread(self, ticket_id: int) -> tuple[Message, ...]:
        """The messages of a ticket, oldest first."""

        def read(connection: sqlite3.Connection) -> tuple[Message, ...]:
            return tuple(_message(row) for row in connection.execute(_MESSAGES, (ticket_id,)).fetchall())

        return await self._database.read(read)

    async def thread_states(self, ids: Iterable[int]) -> dict[int, ThreadState]:
        """What is held of the threads of these tickets; none that was never read."""
        asked = json.dumps(list(ids))

        def read(connection: sqlite3.Connection) -> dict[int, ThreadState]:
            return {row[0]: ThreadState(*row) for row in connection.execute(_STATES, (asked,)).fetchall()}

        return await self._database.read(read)

    async def raw_ticket(self, ticket_id: int) -> bytes | None:
        """The ticket's JSON as received."""
        sql = "SELECT raw FROM ticket_raws WHERE ticket_id = ?"

        def read(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute(sql, (ticket_id,)).fetchone()
            return None if row is None else bytes(row[0])

        return await self._database.read(read)

    async def raw_messages(self, ticket_id: int) -> tuple[bytes, ...]:
        """Each message's JSON as received, in the order of `thread`."""
        sql = "SELECT raw " + _OF_TICKET

        def read(connection: sqlite3.Connection) -> tuple[bytes, ...]:
            return tuple(bytes(row[0]) for row in connection.execute(sql, (ticket_id,)).fetchall())

        return await self._database.read(read)

    async def customer_names(self, limit: int = 500) -> tuple[str, ...]:
        """The names of customers, those of the tickets changed last first."""
        sql = "SELECT customer_name FROM tickets WHERE customer_name <> '' ORDER BY updated_at DESC LIMIT ?"

        def read(connection: sqlite3.Connection) -> tuple[str, ...]:
            names = dict.fromkeys(str(row[0]) for row in connection.execute(sql, (4 * limit,)).fetchall())
            return tuple(names)[:limit]

        return await self._database.read(read)

    async def get(self, key: str) -> str:
        """A small fact, or empty."""

        def read(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
            return "" if row is None else str(row[0])

        return await self._database.read(read)


def _ids(joined: str | None) -> array[int]:
    return array("q", map(int, joined.split(","))) if joined else array("q")


def _moments(connection: sqlite3.Connection, condition: str, values: Sequence[str]) -> dict[int, int]:
    parts = ("SELECT group_concat(id), group_concat(updated_at) FROM tickets WHERE", condition)
    ids, moments = connection.execute(" ".join(parts), values).fetchone()
    return dict(zip(_ids(ids), _ids(moments), strict=True))


def _ticket(row: Sequence[Any]) -> Ticket:
    values = list(row)
    for place in _BOOLEANS:
        values[place] = bool(values[place])
    return Ticket(*values)


def _message(row: Sequence[Any]) -> Message:
    values = list(row)
    values[-1] = tuple(Attachment(*each) for each in json.loads(row[-1]))
    return Message(*values)
