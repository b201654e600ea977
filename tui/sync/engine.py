"""The background worker of one instance: polls, reads threads, sends, and says how it stands.

All of it is coroutines on the screen's event loop; nothing of it raises into the screen. What it learns goes into the
stores first and is told as ids after (DESIGN.md "One picture").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Final

from tui.api.client import TicketClient
from tui.api.errors import ApiError, Forbidden, NotFound, NotLive, Offline, RateLimited, SignedOut
from tui.clock import Clock
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.errors import StoreError
from tui.store.instance import Instance
from tui.sync.events import Announced, Event, OutboxChanged, Phase, StateChanged, SyncState, TicketsChanged
from tui.sync.poller import Poller
from tui.sync.schedule import DEFAULT_PACE, Pace, Schedule
from tui.sync.sender import Sender
from tui.sync.sending import Sending
from tui.sync.threads import Threads
from tui.sync.waiting import nap

GRACE: Final = 0.6
"""Seconds that a delivery in mid-air gets when the program ends; then its outcome is unknown."""
RECOVER_EVERY: Final = 5
RESTART_AFTER: Final = 5.0
NEAR_AT_MOST: Final = 3
WHOLE_SERVICE: Final = (SignedOut, Forbidden, NotLive, Offline, RateLimited)
"""Errors that say something of the service, not of the ticket that was asked for."""


class Engine:
    """Started once, stopped once. Calls that are no coroutines only leave a word for the loops."""

    def __init__(
        self,
        client: TicketClient,
        cache: Cache,
        desk: Desk,
        instance: Instance,
        *,
        clock: Clock,
        tell: Callable[[Event], None],
        pace: Pace = DEFAULT_PACE,
        seed: int | None = None,
        report: Callable[[BaseException], str] | None = None,
    ) -> None:
        self._client = client
        self._cache = cache
        self._desk = desk
        self._instance = instance
        self._clock = clock
        self._tell = tell
        self._schedule = Schedule(pace, seed)
        self._schedule.active_at = clock.now()
        self._poller = Poller(client, cache, clock=clock, tell=tell, reconcile=pace.reconcile)
        self._threads = Threads(client, cache, clock=clock, tell=tell)
        sender = Sender(client, desk, instance, self._threads, clock=clock, tell=tell)
        self._sending = Sending(sender, desk, instance, clock=clock, tell=tell)
        self._state = SyncState()
        self._limited_until = 0
        self._opened = 0
        self._near: tuple[int, ...] = ()
        self._poll_now, self._open_now, self._near_now = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._forced = False
        self._fetching: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._report = report

    @property
    def state(self) -> SyncState:
        return self._state

    @property
    def sending(self) -> bool:
        """Whether a write is in mid-air."""
        return self._sending.busy

    async def start(self) -> None:
        """Settle what an earlier life left behind, then run the loops."""
        with suppress(StoreError):
            self._set("starting", as_of=await self._poller.as_of())
        await self._recover()
        loops = (self._poll_loop, self._open_loop, self._near_loop, self._watch_loop, self._sending.run)
        self._tasks = [asyncio.create_task(self._kept(loop), name="sync") for loop in loops]

    async def stop(self) -> None:
        """End within about a second; a delivery in mid-air gets a moment, then its outcome is written as unknown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sending.settle(GRACE)
        await self._client.aclose()
        await self._sending.settle(GRACE / 2)
        self._set("stopped")

    def open(self, ticket_id: int) -> None:
        """The ticket being read, 0 for none: it is kept fresh before all others."""
        self._opened = ticket_id
        self._open_now.set()

    def near(self, ids: Iterable[int]) -> None:
        """Tickets around the cursor whose threads are worth having."""
        self._near = tuple(ids)[:NEAR_AT_MOST]
        self._near_now.set()

    def refresh(self) -> None:
        """Ask the service now, whatever the schedule says."""
        self._forced = True
        self._poll_now.set()
        self._open_now.set()
        self._sending.wake()

    def focus(self, focused: bool) -> None:
        """The terminal gained or lost the focus."""
        self._schedule.focused = focused
        if focused:
            self.active()

    def active(self) -> None:
        """Somebody pressed a key."""
        now = self._clock.now()
        was_slow = self._schedule.slow(now)
        self._schedule.active_at = now
        if was_slow and not self._schedule.slow(now) and self._state.phase in ("live", "offline", "trouble"):
            self._poll_now.set()

    def wake(self) -> None:
        """Something was put into the outbox, or decided there."""
        self._sending.wake()

    def set_token(self, token: Secret) -> None:
        """Go on with another token: drafts, place and outbox stay."""
        self._client.set_token(token)
        self._set("starting")
        self.refresh()

    async def load_archive(self, more: bool) -> None:
        """The newest page of the archive, or the next older one."""
        if self._halted:
            return
        try:
            there_is_more = await self._poller.archive(more=more)
            if more and not there_is_more:
                self._tell(Announced("That is the whole archive."))
        except ApiError as error:
            self._note(error)
            self._tell(Announced(error.sentence))
        except StoreError as error:
            self._tell(Announced(error.sentence))

    @property
    def _halted(self) -> bool:
        return self._state.phase in ("signed-out", "forbidden", "stopped")

    def _set(self, phase: Phase, sentence: str = "", as_of: int | None = None) -> None:
        state = SyncState(phase, self._state.as_of if as_of is None else as_of, sentence)
        if state != self._state:
            self._state = state
            self._tell(StateChanged(state))

    async def _kept(self, loop: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run a loop; a fault of ours in it is reported and the loop begun again, rather than a worker quietly dead."""
        while True:
            try:
                await loop()
            except Exception as error:
                line = self._report(error) if self._report is not None else ""
                self._set("trouble", line or f"The worker met an unexpected {type(error).__name__} and began again.")
                await self._clock.sleep(RESTART_AFTER)

    async def _poll_loop(self) -> None:
        while True:
            pause = await self._poll_turn()
            await nap(self._clock, self._poll_now, pause)

    async def _poll_turn(self) -> float | None:
        forced, self._forced = self._forced, False
        try:
            if not self._instance.lead() and not forced:
                as_of = await self._poller.as_of()
                if not self._halted:
                    self._set("follower", as_of=as_of)
                return self._schedule.pace.watch
            as_of = await self._poller.poll(lambda: self._set("live"))
            self._schedule.failures = 0
            self._set("live" if self._instance.leads else "follower", as_of=as_of)
            await self._after_poll()
        except ApiError as error:
            self._schedule.failures += 1
            self._note(error, trouble=True)
            if self._halted:
                with suppress(StoreError):
                    await self._sending.pause_all(error.sentence)
        except StoreError as error:
            self._schedule.failures += 1
            self._set("trouble", error.sentence)
        return self._schedule.until_list(self._state.phase, self._clock.now(), self._limited_until)

    async def _after_poll(self) -> None:
        await self._sending.look_at_all()
        if self._opened and await self._threads.stale(self._opened):
            self._open_now.set()
        if self._near:
            self._near_now.set()

    def _note(self, error: ApiError, *, trouble: bool = False) -> None:
        """What an error says of the service as a whole."""
        phase: Phase | None = "trouble" if trouble else None
        if isinstance(error, SignedOut):
            phase = "signed-out"
        elif isinstance(error, Forbidden):
            phase = "forbidden"
        elif isinstance(error, NotLive):
            phase = "not-live"
        elif isinstance(error, RateLimited):
            phase, self._limited_until = "limited", error.reset_at
        elif error.effect == "unsent":
            phase = "offline"
        if phase is not None:
            self._set(phase, error.sentence)

    async def _open_loop(self) -> None:
        before = 0
        while True:
            ticket_id = self._opened
            if ticket_id and not self._halted:
                await self._fetch(ticket_id, known=ticket_id == before)
            before = ticket_id
            pause = self._schedule.until_open(self._clock.now()) if ticket_id else None
            await nap(self._clock, self._open_now, pause)

    async def _near_loop(self) -> None:
        while True:
            await nap(self._clock, self._near_now, None)
            for ticket_id in self._near:
                if self._state.phase in ("live", "follower") and ticket_id != self._opened:
                    await self._fetch(ticket_id, quiet=True)

    async def _fetch(self, ticket_id: int, *, known: bool = True, quiet: bool = False) -> None:
        """Bring a thread up to date. What is fresh by the list is asked after by id, not downloaded again."""
        if ticket_id in self._fetching:
            return
        self._fetching.add(ticket_id)
        try:
            if not await self._threads.stale(ticket_id):
                if quiet:
                    return
                await self._poller.look_at([ticket_id])
            if await self._threads.stale(ticket_id):
                await self._threads.fetch(ticket_id)
        except ApiError as error:
            self._note(error)
            if not quiet and not isinstance(error, WHOLE_SERVICE) and not (known and isinstance(error, NotFound)):
                self._tell(Announced(error.sentence))
        except StoreError as error:
            self._tell(Announced(error.sentence))
        finally:
            self._fetching.discard(ticket_id)

    async def _watch_loop(self) -> None:
        """Notice within two seconds what another instance wrote, and what a dead one left behind."""
        versions = (-1, -1)
        turn = 0
        never = asyncio.Event()
        while True:
            await nap(self._clock, never, self._schedule.pace.watch)
            turn += 1
            with suppress(StoreError):
                seen = (await self._cache.data_version(), await self._desk.data_version())
                if -1 not in versions and seen[0] != versions[0]:
                    self._tell(TicketsChanged(frozenset()))
                if -1 not in versions and seen[1] != versions[1]:
                    self._tell(OutboxChanged())
                    self._sending.wake()
                versions = seen
            if turn % RECOVER_EVERY == 0:
                await self._recover()

    async def _recover(self) -> None:
        try:
            if await self._desk.outbox.recover(self._instance.alive, self._instance.name):
                self._tell(OutboxChanged())
                self._sending.wake()
        except StoreError as error:
            self._tell(Announced(error.sentence))
