"""The outbox's own loop: what is due leaves, what is in doubt is looked for. Deliveries are never cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tui.clock import SECOND, Clock
from tui.store.desk import Desk
from tui.store.errors import StoreError
from tui.store.instance import Instance
from tui.store.rows import OutboxRow
from tui.sync.events import Announced, Event, OutboxChanged
from tui.sync.schedule import LOOKS
from tui.sync.sender import Sender
from tui.sync.waiting import nap

AGAIN_AFTER_TROUBLE = 5.0
ASLEEP = 60 * SECOND


class Sending:
    """Runs until `stop`. `wake` makes it look at the outbox at once."""

    def __init__(
        self, sender: Sender, desk: Desk, instance: Instance, *, clock: Clock, tell: Callable[[Event], None]
    ) -> None:
        self._sender = sender
        self._desk = desk
        self._instance = instance
        self._clock = clock
        self._tell = tell
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._looked: dict[str, int] = {}
        self._before = (clock.now(), clock.monotonic())

    @property
    def busy(self) -> bool:
        """Whether something is between its first step and its outcome."""
        return bool(self._running)

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """For ever; a store's trouble is told and tried again."""
        while True:
            try:
                pause = await self._turn()
            except StoreError as error:
                self._tell(Announced(error.sentence))
                pause = AGAIN_AFTER_TROUBLE
            await nap(self._clock, self._wake, pause)

    async def _turn(self) -> float | None:
        now, name = self._clock.now(), self._instance.name
        moments: list[int] = []
        if self._slept(now) and await self._desk.outbox.pause_stale(name, now):
            self._tell(OutboxChanged())
        if await self._desk.outbox.release_due(name, now):
            self._tell(OutboxChanged())
        for row in await self._desk.outbox.next_due(name, now):
            retry_at = self._sender.retry_at(row.id)
            if retry_at > now:
                moments.append(retry_at)
            else:
                self._start(row.id, lambda row=row: self._sender.attempt(row.id))  # type: ignore[misc]  # binds this row
        for row in await self._desk.outbox.rows(states=("unconfirmed",)):
            if not self._ours(row):
                continue
            passed = [at for at in self._looks(row) if at <= now]
            moments += [at for at in self._looks(row) if at > now][:1]
            if passed and self._looked.get(row.id, 0) < passed[-1]:
                self._look(row)
        upcoming = await self._desk.outbox.next_moment(name)
        if upcoming > now:
            moments.append(upcoming)
        return max(0.05, (min(moments) - now) / SECOND) if moments else None

    def _slept(self, now: int) -> bool:
        """Whether the wall clock ran ahead of the monotonic one since the last turn, as in a suspended laptop."""
        before, self._before = self._before, (now, self._clock.monotonic())
        return (now - before[0]) - (self._before[1] - before[1]) * SECOND > ASLEEP

    async def look_at_all(self) -> None:
        """With every poll: read the threads of all that is in doubt."""
        for row in await self._desk.outbox.rows(states=("unconfirmed", "undecided")):
            if self._ours(row):
                self._look(row)

    async def pause_all(self, reason: str) -> None:
        """Nothing can be sent until a person does something about it."""
        for row in await self._desk.outbox.rows(states=("held", "queued")):
            if row.owner == self._instance.name:
                await self._desk.outbox.pause(row.id, f"Not sent. {reason}")
                self._tell(OutboxChanged())

    async def settle(self, seconds: float) -> None:
        """Let running deliveries come to their end, for at most so long."""
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=seconds)

    def _looks(self, row: OutboxRow) -> list[int]:
        return [row.state_since + round(after * SECOND) for after in LOOKS]

    def _ours(self, row: OutboxRow) -> bool:
        return row.owner == self._instance.name or not self._instance.alive(row.owner)

    def _look(self, row: OutboxRow) -> None:
        self._looked[row.id] = self._clock.now()
        self._start(row.id, lambda: self._sender.look(row))

    def _start(self, row_id: str, work: Callable[[], Awaitable[object]]) -> None:
        if row_id not in self._running:
            self._running[row_id] = asyncio.create_task(self._guarded(row_id, work), name="delivery")

    async def _guarded(self, row_id: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except StoreError as error:
            self._tell(Announced(error.sentence))
        finally:
            self._running.pop(row_id, None)
            self._tell(OutboxChanged())
            self._wake.set()
