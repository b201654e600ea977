"""The real app through Textual's pilot, on the real stores and the real demo service on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.api.client import TicketClient, Timeouts
from tui.api.limiter import Limiter
from tui.api.origin import parse_origin
from tui.clock import Clock
from tui.demo.data import DEMO_AGENT_EMAIL, DEMO_TOKEN
from tui.demo.model import Message, Ticket
from tui.demo.server import DemoServer
from tui.demo.service import Service
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.sync.engine import Engine
from tui.sync.events import Event
from tui.sync.schedule import Pace
from tui.ui.app import InboxApp
from tui.ui.setup import Setup

QUICK = Pace(list=0.3, open=0.3, watch=0.2, first_retry=0.3, longest_retry=0.5, not_live=0.5, jitter=0.0)
TIMEOUTS = Timeouts(connect=1.0, read=3.0, write=3.0, pool=1.0)


@dataclass
class House:
    """A demo service, a folder, and inboxes on them; `run` opens one as a user would."""

    folder: Path
    server: DemoServer
    service: Service
    clock: Clock
    stack: AsyncExitStack
    token: str = DEMO_TOKEN
    settings: dict[str, Any] = field(default_factory=dict)

    async def setup(self) -> Setup:
        cache = await Cache.open(self.folder / "cache", self.clock)
        self.stack.push_async_callback(cache.close)
        desk = await Desk.open(self.folder / "desk", self.clock)
        self.stack.push_async_callback(desk.close)
        instance = Instance.open(self.folder / "desk")
        self.stack.callback(instance.close)

        async def start_engine(tell: Callable[[Event], None], token: str) -> Engine:
            client = TicketClient(
                parse_origin(self.server.url),
                Secret(token or self.token),
                clock=self.clock,
                limiter=Limiter(self.clock, rate=1000.0),
                seed=1,
                timeouts=TIMEOUTS,
            )
            engine = Engine(client, cache, desk, instance, clock=self.clock, tell=tell, pace=QUICK, seed=1)
            await engine.start()
            return engine

        setup = Setup(
            profile="demo",
            environment="DEMO",
            me=DEMO_AGENT_EMAIL,
            cache=cache,
            desk=desk,
            instance=instance,
            clock=self.clock,
            start_engine=start_engine,
            undo_seconds=1,
        )
        return replace(setup, **self.settings)

    @property
    def tickets(self) -> dict[int, Ticket]:
        """The service's own tickets."""
        return self.service._world.tickets

    def customer_writes(self, ticket_id: int, html: str) -> None:
        """A message from the customer comes in now."""
        world, now = self.service._world, self.clock.now()
        ticket = world.tickets[ticket_id]
        with world.change(ticket, now):
            posted = world.post(ticket, Message(0, "PUBLIC", now, "CUSTOMER", ticket.customer_name, "", html))
            ticket.start_clock(posted.created_at)

    async def app(self) -> InboxApp:
        return InboxApp(await self.setup())


def screen_text(app: InboxApp) -> str:
    """What the terminal shows now, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def until(app: InboxApp, *wanted: str, absent: str = "", seconds: float = 20.0) -> str:
    """Wait until the screen shows all of these words; fails with the screen as it is."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        shown = screen_text(app)
        folded = " ".join(shown.split())
        if all(" ".join(words.split()) in folded for words in wanted) and (not absent or absent not in folded):
            return shown
        if asyncio.get_running_loop().time() > end:
            pytest.fail(f"the screen does not show {wanted}{f' without {absent!r}' if absent else ''}:\n{shown}")
        await asyncio.sleep(0.03)


async def type_in(pilot: Pilot[None], words: str) -> None:
    """Type as a person would; a line break is Enter."""
    names = {" ": "space", "\n": "enter", ".": "full_stop", ",": "comma", "!": "exclamation_mark", "-": "minus"}
    names |= {"/": "slash", "*": "asterisk", "_": "underscore"}
    await pilot.press(*(names.get(char, char) for char in words))


async def write_reply(app: InboxApp, pilot: Pilot[None], words: str = "") -> None:
    """From the list: open the ticket under the cursor, and begin a reply with these words."""
    await until(app, "as of", " OPEN ")
    await pilot.press("enter")
    await until(app, "(customer)")
    await pilot.press("r")
    await until(app, "Reply to the customer")
    await type_in(pilot, words)
