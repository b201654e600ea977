"""Marks: what this person has read, and small facts to remember. Local; the service knows nothing of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from tui.store.database import Database

UNREAD: Final = -1
"""In place of a message id: marked unread by hand."""


class Marks:
    """The marks of one desk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, ticket_id: int, message_id: int) -> None:
        """The ticket was read up to this message; an older one than known changes nothing."""
        if (await self.seen_of((ticket_id,))).get(ticket_id, UNREAD) >= message_id:
            return
        await self._database.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO seen VALUES (?, ?) ON CONFLICT (ticket_id) DO UPDATE"
                    " SET message_id = max(message_id, excluded.message_id)",
                    (ticket_id, message_id),
                ).rowcount
            )
        )

    async def unread(self, ticket_id: int) -> None:
        """Mark it unread by hand, until it is seen again."""
        await self._database.write(
            lambda connection: (
                connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (ticket_id, UNREAD)).rowcount
            )
        )

    async def seen_of(self, ids: Iterable[int]) -> dict[int, int]:
        """For each ticket with a mark: the newest message id seen, or `UNREAD`."""
        wanted = json.dumps(list(ids))

        def run(connection: sqlite3.Connection) -> dict[int, int]:
            cursor = connection.execute(
                "SELECT ticket_id, message_id FROM seen WHERE ticket_id IN (SELECT value FROM json_each(?))", (wanted,)
            )
            return {int(ticket_id): int(message_id) for ticket_id, message_id in cursor}

        return await self._database.read(run)

    async def get(self, key: str) -> str:
        """A small fact; empty when there is none."""

        def run(connection: sqlite3.Connection) -> str:
            found = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
            return str(found[0]) if found is not None else ""

        return await self._database.read(run)

    async def put(self, key: str, value: str) -> None:
        """Remember a small fact; an empty one is forgotten."""

        def run(connection: sqlite3.Connection) -> None:
            if value:
                connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, value))
            else:
                connection.execute("DELETE FROM facts WHERE key = ?", (key,))

        await self._database.write(run)
