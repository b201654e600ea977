"""Drafts: one live text for each ticket and audience, and the kept ones that can be brought back.

A save that returned is on the disk, also after kill -9 and a power cut. Two windows may write in the same draft: the
one that saves later has the live draft, and what the other had written is kept, with a reason.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from tui.clock import Clock
from tui.store import blobs, draft_rows
from tui.store.database import Database
from tui.store.errors import StoreError
from tui.store.rows import Draft, DraftFile

__all__ = ["Draft", "DraftFile", "Drafts"]

WORTH_KEEPING: Final = 20
"""Characters from which on a text is kept when its draft is saved empty: all was selected and deleted in one go."""

OTHER_WINDOW: Final = "Another window wrote this in the same draft."
DISCARDED: Final = "You discarded this draft."
EMPTIED: Final = "This stood in the draft before it was emptied."
SWAPPED: Final = "This stood in the draft when an earlier text was brought back."


class Drafts:
    """The drafts of one desk. Every method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._own_saves: dict[tuple[int, str], tuple[int, frozenset[int]]] = {}
        """What this window saved last, and the versions it began from since it last knew the newest: saves of its own
        that overlap on a slow disk are no conflict. Touched only inside transactions."""

    async def get(self, ticket_id: int, audience: str) -> Draft | None:
        """The live draft. A text that was damaged on disk says so in its `reason`."""
        stored = await self._database.read(lambda connection: draft_rows.live(connection, ticket_id, audience))
        return stored.draft if stored is not None else None

    async def save(self, draft: Draft) -> Draft:
        """Write it down; the draft with the `changed_at` to save it with next time.

        When another window saved another text since `draft.changed_at`, that text becomes a kept draft. A draft
        without text and attachments is removed (and comes back with `changed_at` 0). A text that is already on its way
        through the outbox is not made a draft again.
        """
        now = self._clock.now()
        return await self._database.write(lambda connection: self._save(connection, draft, now))

    async def discard(self, ticket_id: int, audience: str) -> None:
        """Turn the live draft into a kept one, for `restore`."""
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> None:
            stored = draft_rows.live(connection, ticket_id, audience)
            if stored is not None:
                draft_rows.put_aside(connection, stored, DISCARDED, now)

        await self._database.write(run)

    async def all(self) -> tuple[Draft, ...]:
        """The live drafts, the last changed first."""
        return await self._database.read(lambda connection: draft_rows.every(connection, is_live=True))

    async def kept(self) -> tuple[Draft, ...]:
        """Drafts that were discarded or put aside, with why; the last changed first."""
        return await self._database.read(lambda connection: draft_rows.every(connection, is_live=False))

    async def restore(self, kept_id: int) -> Draft:
        """Make a kept draft the live one; a live one with another text changes places with it.

        Raises `StoreError` when it is no longer there.
        """
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> Draft:
            wanted = draft_rows.kept(connection, kept_id)
            if wanted is None:
                raise StoreError("other", "This text is no longer kept: another window took or deleted it.")
            there = draft_rows.live(connection, wanted.draft.ticket_id, wanted.draft.audience)
            draft = draft_rows.put_live(connection, replace(wanted.draft, reason=""), now, source=wanted.source)
            connection.execute("DELETE FROM drafts WHERE id = ?", (kept_id,))
            if there is not None and not draft_rows.contained(there.draft, draft):
                draft_rows.keep(connection, there.draft, SWAPPED, now, source=there.source)
            return draft

        return await self._database.write(run)

    async def forget(self, kept_id: int) -> None:
        """Delete a kept draft for good, with attachments that nothing else needs."""

        def run(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM drafts WHERE NOT live AND id = ?", (kept_id,))
            blobs.sweep(connection)

        await self._database.write(run)

    async def ids(self) -> frozenset[int]:
        """The tickets with a live draft."""

        def run(connection: sqlite3.Connection) -> frozenset[int]:
            return frozenset(int(row[0]) for row in connection.execute("SELECT ticket_id FROM drafts WHERE live"))

        return await self._database.read(run)

    def _save(self, connection: sqlite3.Connection, draft: Draft, now: int) -> Draft:
        key = (draft.ticket_id, draft.audience)
        stored = draft_rows.live(connection, *key)
        there = stored.draft.changed_at if stored is not None else 0
        last, bases = self._own_saves.get(key, (0, frozenset()))
        overlaps = bool(draft.changed_at) and there == last and draft.changed_at in bases
        foreign = stored is not None and there != draft.changed_at and not overlaps
        if draft_rows.empty(draft):
            return self._save_empty(connection, draft, None if foreign else stored, now)
        if stored is None:
            if draft.changed_at and draft_rows.on_its_way(connection, draft):
                return replace(draft, changed_at=0, kept_id=0)
            saved = draft_rows.put_live(connection, draft, now)
        else:
            if foreign and not draft_rows.contained(stored.draft, draft):
                draft_rows.keep(connection, stored.draft, OTHER_WINDOW, now, source=stored.source)
            saved = draft_rows.put_live(connection, draft, now, source=stored.source)
            if set(stored.draft.attachments) - set(draft.attachments):
                blobs.sweep(connection)
        self._own_saves[key] = (saved.changed_at, (bases if overlaps else frozenset()) | {draft.changed_at})
        return saved

    def _save_empty(
        self, connection: sqlite3.Connection, draft: Draft, stored: draft_rows.Stored | None, now: int
    ) -> Draft:
        if stored is not None:
            if len(stored.draft.text.strip()) >= WORTH_KEEPING:
                draft_rows.put_aside(connection, stored, EMPTIED, now)
            else:
                connection.execute("DELETE FROM drafts WHERE id = ?", (stored.id,))
                blobs.sweep(connection)
        return replace(draft, changed_at=0, kept_id=0)
