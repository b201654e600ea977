"""Noticing what other instances on the profile did, and what dead ones left; housekeeping when things are quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from tui.clock import MINUTE, Clock
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.errors import StoreError
from tui.store.instance import Instance
from tui.sync.events import Announced, Event, OutboxChanged, TicketsChanged
from tui.sync.waiting import nap

RECOVER_EVERY: Final = 5
"""Turns between looks for dead owners."""
PURGE_AFTER: Final = 5 * MINUTE
"""Old rows are purged this long after the start: it rewrites the file, and readers wait for that."""


class Watch:
    """One loop. `keep` is how long the cache holds what is old, in microseconds; 0 keeps it for ever."""

    def __init__(
        self,
        cache: Cache,
        desk: Desk,
        instance: Instance,
        *,
        clock: Clock,
        tell: Callable[[Event], None],
        wake: Callable[[], None],
        pause: float,
        keep: int,
    ) -> None:
        self._cache = cache
        self._desk = desk
        self._instance = instance
        self._clock = clock
        self._tell = tell
        self._wake = wake
        self._pause = pause
        self._keep = keep
        self._purge_at = clock.now() + PURGE_AFTER if keep else 0
        self._said: set[str] = set()

    async def run(self) -> None:
        """Look every two seconds or so, for ever."""
        cache_version, desk_version = await self._versions()
        turn, never = 0, asyncio.Event()
        while True:
            await nap(self._clock, never, self._pause)
            turn += 1
            before = cache_version, desk_version
            cache_version, desk_version = await self._versions()
            if cache_version != before[0]:
                self._tell(TicketsChanged(frozenset()))
            if desk_version != before[1]:
                self._tell(OutboxChanged())
                self._wake()
            if turn % RECOVER_EVERY == 0:
                await self.recover()
            if 0 < self._purge_at <= self._clock.now() and self._instance.leads:
                self._purge_at = 0
                await self._purge()

    async def recover(self) -> None:
        """Rows of instances that are gone: what was being sent is looked for, what had not left waits for a person."""
        try:
            if await self._desk.outbox.recover(self._instance.alive, self._instance.name):
                self._tell(OutboxChanged())
                self._wake()
        except StoreError as error:
            self._trouble(error)

    async def _versions(self) -> tuple[int, int]:
        try:
            return await self._cache.data_version(), await self._desk.data_version()
        except StoreError as error:
            self._trouble(error)
            return 0, 0

    async def _purge(self) -> None:
        try:
            await self._cache.purge(self._clock.now() - self._keep)
        except StoreError as error:
            self._trouble(error)

    def _trouble(self, error: StoreError) -> None:
        """Each sentence once: a file that moved away stays away."""
        if error.kind != "closed" and error.sentence not in self._said:
            self._said.add(error.sentence)
            self._tell(Announced(error.sentence))
