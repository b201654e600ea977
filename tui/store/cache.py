"""cache.db: what the service said of tickets and messages, to be shown at once and offline (DESIGN.md "Data on disk").

It may be deleted at any time, and is set aside and made anew when damaged. It holds personal data: see `purge`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from tui.clock import SECOND, Clock
from tui.domain import Message, Ticket
from tui.store import cache_writes as writes
from tui.store import files, search
from tui.store.cache_reads import CacheReads
from tui.store.cache_writes import SPEC
from tui.store.database import Database
from tui.store.errors import StoreError
from tui.store.rows import Changes


class Cache(CacheReads):
    """The cache of one profile and origin. Every method raises `StoreError` when the file fails."""

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Cache:
        """Open or make `cache.db` in this folder; a damaged one is set aside, once."""
        try:
            return await cls._open(folder, clock)
        except StoreError as error:
            if error.kind != "damaged":
                raise
            return await cls._open(folder, clock)

    @classmethod
    async def _open(cls, folder: Path, clock: Clock) -> Cache:
        database = await Database.open(folder, SPEC, clock)
        try:
            indexed = await database.read(lambda _: search.available())
            if await database.read(lambda connection: search.needs_care(connection, indexed=indexed)):
                await database.write(lambda connection: search.prepare(connection, indexed=indexed))
        except BaseException:
            await database.close()
            raise
        return cls(database, indexed=indexed)

    async def close(self) -> None:
        """Do what is queued and close, within a second."""
        await self._database.close()

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged cache was put when this one was opened."""
        return self._database.set_aside

    async def verify(self) -> list[str]:
        """What is wrong with the file's structure; reads all of it."""
        return await self._database.verify()

    async def upsert_tickets(self, tickets: Sequence[Ticket], raws: Sequence[bytes], seen_at: int) -> Changes:
        """Take in what a list said, in one transaction; `raws` is the JSON of each.

        An older `updated_at` never replaces a newer one. An equal one with other content counts as changed.
        """
        held, texts = tuple(tickets), tuple(raws)
        return await self._database.write(lambda connection: writes.upsert(connection, held, texts, seen_at))

    async def put_thread(
        self,
        ticket: Ticket,
        raw_ticket: bytes,
        messages: Sequence[Message],
        raw_messages: Sequence[bytes],
        read_at: int,
        texts: Sequence[str],
    ) -> bool:
        """Take in a ticket with all its messages; True when anything visible changed, or when it had no thread yet.

        `texts` is the plain text of each message, for the search. An answer older than the thread held is ignored.
        """
        held, raws, plain = tuple(messages), tuple(raw_messages), tuple(texts)

        def put(connection: sqlite3.Connection) -> bool:
            changes = writes.upsert(connection, (ticket,), (raw_ticket,), read_at)
            changed = writes.put_thread(connection, ticket, held, raws, plain, read_at, indexed=self._indexed)
            return changed or bool(changes.new or changes.changed)

        return await self._database.write(put)

    async def forget(self, ids: Iterable[int]) -> None:
        """Forget tickets that the service does not know any more."""
        gone = tuple(ids)
        if gone:
            await self._database.write(lambda connection: writes.forget(connection, gone, indexed=self._indexed))

    async def put(self, key: str, value: str) -> None:
        await self._database.write(lambda connection: writes.put_fact(connection, key, value))

    async def purge(self, before: int) -> int:
        """Forget archive tickets and all messages of tickets that have not changed since; how many tickets it hit.

        Nothing of their text stays in the file, nor in an older cache that was set aside. When other windows keep the
        file busy, that part is left to the next purge. On a big cache this takes seconds, in which reads wait.
        """
        hit = await self._database.write(lambda connection: writes.purge(connection, before, indexed=self._indexed))

        def tidy(connection: sqlite3.Connection) -> None:
            self._forget_set_aside(before)
            with contextlib.suppress(sqlite3.OperationalError):
                writes.tidy(connection, indexed=self._indexed)

        await self._database.maintain(tidy)
        return hit

    async def erase(self) -> None:
        """Forget everything to the last byte, also what was set aside; `StoreError` while other windows read."""

        def tidy(connection: sqlite3.Connection) -> None:
            self._forget_set_aside(None)
            writes.tidy(connection, indexed=self._indexed)

        await self._database.write(lambda connection: writes.erase(connection, indexed=self._indexed))
        await self._database.maintain(tidy)

    def _forget_set_aside(self, before: int | None) -> None:
        earlier = files.set_aside_earlier(self._database.path)
        files.forget_set_aside(
            [each for each in earlier if before is None or each.stat().st_mtime * SECOND < before],
        )
