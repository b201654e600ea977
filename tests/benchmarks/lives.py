"""One process on the folder of a profile, from its start to its end or death: its stores, its client, its sender."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from tests.benchmarks.quick import QuickClock
from tui.api.client import TicketClient, Timeouts
from tui.api.limiter import Limiter
from tui.api.origin import parse_origin
from tui.demo.data import DEMO_TOKEN
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.sync.engine import Engine
from tui.sync.schedule import Pace

PACE: Final = Pace(list=20, open=20, watch=3, first_retry=2, longest_retry=10)


class Life:
    """One process on the folder, from its start to its end or death."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.url, self.folder, self.seed = url, folder, seed
        self.clock = QuickClock()

    async def begin(self) -> None:
        self.cache = await Cache.open(self.folder / "cache", self.clock)
        self.desk = await Desk.open(self.folder / "desk", self.clock)
        self.instance = Instance.open(self.folder / "desk")
        self.client = TicketClient(
            parse_origin(self.url),
            Secret(DEMO_TOKEN),
            clock=self.clock,
            limiter=Limiter(self.clock, rate=1000.0),
            seed=self.seed,
            timeouts=Timeouts(connect=2.0, read=0.4, write=2.0, pool=2.0),
            read_tries=2,
        )
        self.engine = Engine(
            self.client,
            self.cache,
            self.desk,
            self.instance,
            clock=self.clock,
            tell=lambda event: None,
            pace=PACE,
            seed=self.seed,
        )
        await self.engine._watch.recover()
        # The outbox alone: the list is not what this is about, and it would cost most of the time.
        self.sending = asyncio.create_task(self.engine._sending.run())
        self.looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await self.clock.sleep(PACE.list)
            await self.engine._sending.look_at_all()

    async def die(self) -> None:
        """Without a further step: what was being done is not finished, and not written down either."""
        doomed = [self.sending, self.looking, *self.engine._sending._running.values()]
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)
        await self.end()

    async def end(self) -> None:
        self.sending.cancel()
        self.looking.cancel()
        await asyncio.gather(self.sending, self.looking, return_exceptions=True)
        await self.engine._sending.settle(2.0)
        await self.client.aclose()
        await self.desk.close()
        await self.cache.close()
        self.instance.close()
