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
from tui.api.errors import ApiError, Forbidden, NotLive, RateLimited, SignedOut
from tui.clock import Clock
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.errors import StoreError
from tui.store.instance import Instance
from tui.sync.events import Announced, Event, Phase, StateChanged, SyncState
from tui.sync.poller import Poller
from tui.sync.reading import HALTED, Reading
from tui.sync.schedule import DEFAULT_PACE, Pace, Schedule
from tui.sync.sender import Sender
from tui.sync.sending import Sending
from tui.sync.threads import Threads
from tui.sync.waiting import nap
from tui.sync.watch import Watch

GRACE: Final = 0.6
"""Seconds that a delivery in mid-air gets when the program ends; then its outcome is unknown."""
RESTART_AFTER: Final = 5.0


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
        keep: int = 0,
        report: Callable[[BaseException], str] | None = None,
    ) -> None:
        """`keep` is how long the cache holds archive tickets and old bodies, 0 for ever; `report` keeps a crash."""
        self._client = client
        self._instance = instance
        self._clock = clock
        self._tell = tell
        self._report = report
        self._schedule = Schedule(pace, seed)
        self._schedule.active_at = clock.now()
        self._poller = Poller(client, cache, clock=clock, tell=tell, reconcile=pace.reconcile)
        threads = Threads(client, cache, clock=clock, tell=tell)
        sender = Sender(client, desk, instance, threads, clock=clock, tell=tell)
        self._sending = Sending(sender, desk, instance, clock=clock, tell=tell)
        self._reading = Reading(
            self._poller,
            threads,
            self._schedule,
            clock=clock,
            tell=tell,
            phase=lambda: self.state.phase,
            note=self._note,
        )
        self._watch = Watch(
            cache, desk, instance, clock=clock, tell=tell, wake=self._sending.wake, pause=pace.watch, keep=keep
        )
        self._state = SyncState()
        self._limited_until = 0
        self._poll_now = asyncio.Event()
        self._forced = False
        self._tasks: list[asyncio.Task[None]] = []

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
        await self._watch.recover()
        loops = (
            self._poll_loop,
            self._reading.run_opened,
            self._reading.run_near,
            self._watch.run,
            self._sending.run,
        )
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
        self._reading.open(ticket_id)

    def near(self, ids: Iterable[int]) -> None:
        """Tickets around the cursor whose threads are worth having."""
        self._reading.near(ids)

    def refresh(self) -> None:
        """Ask the service now, whatever the schedule says."""
        self._forced = True
        self._poll_now.set()
        self._reading.refresh()
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
        if self._state.phase in HALTED:
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
                if self._state.phase not in HALTED:
                    self._set("follower", as_of=as_of)
                return self._schedule.pace.watch
            as_of = await self._poller.poll(lambda: self._set("live"))
            self._schedule.failures = 0
            self._set("live" if self._instance.leads else "follower", as_of=as_of)
            await self._sending.look_at_all()
            await self._reading.after_poll()
        except ApiError as error:
            self._schedule.failures += 1
            if forced:
                # Who asked gets an answer, also when it is the same as before.
                self._tell(Announced(error.sentence))
            self._set("trouble", error.sentence)
            self._note(error)
            if self._state.phase in HALTED:
                with suppress(StoreError):
                    await self._sending.pause_all(error.sentence)
        except StoreError as error:
            self._schedule.failures += 1
            self._set("trouble", error.sentence)
        return self._schedule.until_list(self._state.phase, self._clock.now(), self._limited_until)

    def _note(self, error: ApiError) -> None:
        """What an error says of the service as a whole."""
        if isinstance(error, RateLimited):
            self._limited_until = error.reset_at
        phase = _phase_of(error)
        if phase is not None:
            self._set(phase, error.sentence)


def _phase_of(error: ApiError) -> Phase | None:
    phases: tuple[tuple[type[ApiError], Phase], ...] = (
        (SignedOut, "signed-out"),
        (Forbidden, "forbidden"),
        (NotLive, "not-live"),
        (RateLimited, "limited"),
    )
    for kind, phase in phases:
        if isinstance(error, kind):
            return phase
    return "offline" if error.effect == "unsent" else None
