"""Threads that somebody looks at: the opened one kept fresh, those near the cursor fetched (DESIGN.md "Sync")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from tui.api.errors import ApiError, Forbidden, NotLive, Offline, RateLimited, SignedOut
from tui.clock import Clock
from tui.store.errors import StoreError
from tui.sync.events import Announced, Event, Phase, ThreadTrouble
from tui.sync.poller import Poller
from tui.sync.schedule import Schedule
from tui.sync.threads import Threads
from tui.sync.waiting import nap

NEAR_AT_MOST: Final = 3
HALTED: Final = ("signed-out", "forbidden", "stopped")
"""Phases in which nothing is asked before a person does something."""
WHOLE_SERVICE: Final = (SignedOut, Forbidden, NotLive, Offline, RateLimited)
"""Errors that say something of the service, not of the ticket that was asked for."""


class Reading:
    """Two loops and the words left for them. `phase` tells how the worker stands; `note` takes what an error says."""

    def __init__(
        self,
        poller: Poller,
        threads: Threads,
        schedule: Schedule,
        *,
        clock: Clock,
        tell: Callable[[Event], None],
        phase: Callable[[], Phase],
        note: Callable[[ApiError], None],
    ) -> None:
        self._poller = poller
        self._threads = threads
        self._schedule = schedule
        self._clock = clock
        self._tell = tell
        self._phase = phase
        self._note = note
        self._opened = 0
        self._near: tuple[int, ...] = ()
        self._open_now, self._near_now = asyncio.Event(), asyncio.Event()
        self._fetching: set[int] = set()
        self._trouble: dict[int, str] = {}

    def open(self, ticket_id: int) -> None:
        """The ticket being read, 0 for none."""
        self._opened = ticket_id
        self._open_now.set()

    def near(self, ids: Iterable[int]) -> None:
        """Tickets around the cursor whose threads are worth having."""
        self._near = tuple(ids)[:NEAR_AT_MOST]
        self._near_now.set()

    def refresh(self) -> None:
        """Look at the opened ticket now."""
        self._open_now.set()

    async def after_poll(self) -> None:
        """The list is fresh: whatever moved of what is looked at is read at once."""
        if self._opened and await self._threads.stale(self._opened):
            self._open_now.set()
        if self._near:
            self._near_now.set()

    async def run_opened(self) -> None:
        """Keep the opened ticket fresh, for ever."""
        while True:
            ticket_id = self._opened
            if ticket_id and self._phase() not in HALTED:
                await self._fetch(ticket_id)
            pause = self._schedule.until_open(self._clock.now()) if ticket_id else None
            await nap(self._clock, self._open_now, pause)

    async def run_near(self) -> None:
        """Fetch what is near the cursor when it is told, for ever."""
        while True:
            await nap(self._clock, self._near_now, None)
            for ticket_id in self._near:
                if self._phase() in ("live", "follower") and ticket_id != self._opened:
                    await self._fetch(ticket_id, quiet=True)

    async def _fetch(self, ticket_id: int, *, quiet: bool = False) -> None:
        """Bring a thread up to date. What is fresh by the list is asked after by id, not downloaded again."""
        if ticket_id in self._fetching:
            return
        self._fetching.add(ticket_id)
        try:
            if not quiet and not await self._threads.stale(ticket_id):
                await self._poller.look_at([ticket_id])
            if await self._threads.stale(ticket_id):
                await self._threads.fetch(ticket_id)
            self._say(ticket_id, "", quiet)
        except ApiError as error:
            self._note(error)
            if not isinstance(error, WHOLE_SERVICE):
                self._say(ticket_id, error.sentence, quiet)
        except StoreError as error:
            self._tell(Announced(error.sentence))
        finally:
            self._fetching.discard(ticket_id)

    def _say(self, ticket_id: int, sentence: str, quiet: bool) -> None:
        """What keeps a thread from being read, once: it stays with the thread until it is read again."""
        before = self._trouble.pop(ticket_id, "")
        if sentence:
            self._trouble[ticket_id] = sentence
        if sentence != before:
            self._tell(ThreadTrouble(ticket_id, sentence))
            if sentence and not quiet:
                self._tell(Announced(sentence))
