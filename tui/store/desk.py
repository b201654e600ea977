"""The desk: drafts, outbox and marks in desk.db, the file that is never thrown away."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui.clock import Clock
from tui.store.database import Database
from tui.store.desk_schema import DESK, lenient
from tui.store.drafts import Drafts
from tui.store.marks import Marks
from tui.store.outbox import Outbox
from tui.store.salvage import salvage


class Desk:
    """One profile's desk.db."""

    def __init__(self, database: Database, clock: Clock, salvaged: Path | None = None) -> None:
        self._database = database
        self.drafts = Drafts(database, clock)
        self.outbox = Outbox(database, clock)
        self.marks = Marks(database)
        self.salvaged = salvaged
        """The text file with what could be read of a damaged desk.db that was set aside at this start."""

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Desk:
        """Open or make it; raises `StoreError`. A damaged one is set aside, and what can be read of it written out."""
        database = await Database.open(folder, DESK, clock)
        try:
            await database.read(lenient)
            await database.maintain(lenient)
            aside = database.set_aside
            salvaged = await asyncio.to_thread(salvage, aside, clock) if aside is not None else None
        except BaseException:
            await database.close()
            raise
        return cls(database, clock, salvaged)

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged desk.db was put at this start; the user must be told."""
        return self._database.set_aside

    async def close(self) -> None:
        """Finish what is queued, in under a second."""
        await self._database.close()

    async def data_version(self) -> int:
        """Changes when anything was committed to the desk, by whichever window."""
        return await self._database.data_version()

    async def verify(self) -> list[str]:
        """What is wrong with the file's structure; reads all of it."""
        return await self._database.verify()
