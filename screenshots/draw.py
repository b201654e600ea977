"""Draws the pictures of this folder: the real app on the demo service, at one fixed moment.

`python screenshots/draw.py` writes them; `tests/snapshots` draws them again and compares, so that none is ever stale.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from textual.pilot import Pilot

from tui.api.client import TicketClient
from tui.api.errors import ApiError
from tui.api.limiter import Limiter
from tui.api.origin import parse_origin
from tui.clock import FixedClock, SystemClock, parse_instant
from tui.demo.data import DEMO_AGENT_EMAIL, DEMO_TOKEN
from tui.demo.server import DemoServer
from tui.demo.service import Service
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.sync.engine import Engine
from tui.sync.events import Event, StateChanged, SyncState
from tui.sync.poller import Poller
from tui.sync.threads import Threads
from tui.ui.app import InboxApp
from tui.ui.setup import Setup

HERE = Path(__file__).parent
NOW = parse_instant("2026-11-23T14:03:12Z")
SANDBOX = "tickets.sandbox.example"
REPLY = """Guten Tag,

vielen Dank für Ihre Nachricht. Das Rücksendeetikett finden Sie im Anhang;
sobald das Paket bei uns ist, erstatten wir den vollen Betrag.

Freundliche Grüße
Anna Berger"""


class StillClock(FixedClock):
    """Shows one moment for ever; pauses are real."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: what the window is, and what is done before it is drawn. `phase` is a bad day's, or `live`."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    text: str = ""
    then: tuple[str, ...] = ()
    scenario: str = "ok"
    empty: bool = False


PICTURES = (
    Picture("wide", (160, 45), ("j", "j", "j", "j", "j", "enter")),
    Picture("medium", (100, 34), ("j", "j", "j", "j", "j", "enter")),
    Picture("narrow", (70, 24), ("j", "j", "j", "j", "j")),
    Picture("composing", (120, 36), ("j", "j", "j", "j", "j", "enter", "r"), REPLY),
    Picture("review", (120, 36), ("j", "j", "j", "j", "j", "enter", "r"), REPLY, ("escape",)),
    Picture("offline", (120, 30), ("j",), scenario="offline"),
    Picture("not-live", (100, 24), scenario="not-live", empty=True),
    Picture("help", (100, 44), ("question_mark",)),
)


async def draw(picture: Picture, folder: Path) -> str:
    """The picture as SVG. `folder` is for the stores."""
    clock = StillClock(NOW, UTC)
    async with AsyncExitStack() as stack:
        server = DemoServer(Service(clock, seed=1), rate=1_000_000)
        await server.start()
        stack.push_async_callback(server.stop)
        cache = await Cache.open(folder / "cache", clock)
        stack.push_async_callback(cache.close)
        desk = await Desk.open(folder / "desk", clock)
        stack.push_async_callback(desk.close)
        instance = Instance.open(folder / "desk")
        stack.callback(instance.close)
        origin = parse_origin(server.url)
        client = TicketClient(
            origin, Secret(DEMO_TOKEN), clock=clock, limiter=Limiter(SystemClock(), rate=1e6), read_tries=1
        )
        stack.push_async_callback(client.aclose)
        state = await _fill(picture, client, cache, server)
        bad = picture.scenario != "ok"
        shown = SyncState(state.phase, state.as_of, state.sentence.replace(origin.netloc, SANDBOX))

        async def start_engine(tell: Callable[[Event], None], token: str) -> Engine:
            """A worker that stands still: what it would have told is told once."""
            tell(StateChanged(shown))
            return Engine(client, cache, desk, instance, clock=clock, tell=tell)

        setup = Setup(
            profile="demo",
            environment=f"SANDBOX {SANDBOX}" if bad else "DEMO",
            me=DEMO_AGENT_EMAIL,
            cache=cache,
            desk=desk,
            instance=instance,
            clock=clock,
            start_engine=start_engine,
        )
        app = InboxApp(setup)
        async with app.run_test(size=picture.size, notifications=True) as pilot:
            await _act(picture, app, pilot)
            return app.export_screenshot(title="refurbed inbox", simplify=True)


async def _fill(picture: Picture, client: TicketClient, cache: Cache, server: DemoServer) -> SyncState:
    """Fill the cache as the worker would, and end as it would stand."""
    clock = server.service.clock
    as_of = 0
    if not picture.empty:
        poller = Poller(client, cache, clock=clock, tell=_nobody, reconcile=1800)
        as_of = await poller.poll(lambda: None)
        await poller.archive(more=False)
        threads = Threads(client, cache, clock=clock, tell=_nobody)
        for ticket_id in await cache.active():
            await threads.fetch(ticket_id)
    if picture.scenario == "ok":
        return SyncState("live", as_of)
    if picture.scenario == "offline":
        await server.stop()
    else:
        server.scenario = picture.scenario
    try:
        await client.list_tickets()
    except ApiError as error:
        return SyncState("offline" if picture.scenario == "offline" else "not-live", as_of, error.sentence)
    raise AssertionError("the bad day did not come")


async def _act(picture: Picture, app: InboxApp, pilot: Pilot[None]) -> None:
    wanted: Callable[[], bool] = (lambda: bool(app.state.sync)) if picture.empty else (lambda: bool(app.state.counts))
    await _until(pilot, wanted)
    await _settled(app, pilot)
    for key in picture.keys:
        await pilot.press(key)
        if key != "j":
            await _settled(app, pilot)
    if picture.text:
        await _until(pilot, lambda: app.inbox.writing.composer is not None and app.inbox.writing.draft is not None)
        composer = app.inbox.writing.composer
        assert composer is not None
        composer.area.insert(picture.text)
        await _until(pilot, lambda: bool(app.inbox.writing.draft and app.inbox.writing.draft.changed_at))
    for key in picture.then:
        await pilot.press(key)
    await _settled(app, pilot)


async def _settled(app: InboxApp, pilot: Pilot[None]) -> None:
    """Nothing is read or drawn any more, and the thread pane has followed the cursor."""
    await _until(pilot, lambda: app.inbox.thread.ticket_id == (app.state.opened or app.inbox.tickets.ticket_id))
    for _ in range(2):
        await pilot.pause(0.1)
        await app.workers.wait_for_complete()


async def _until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.05)
    raise AssertionError("the screen did not settle")


def _nobody(event: Event) -> None:
    """Nobody listens while the cache is filled."""


async def _draw_all(names: list[str], write: Callable[[str, str], Awaitable[None]]) -> None:
    for picture in PICTURES:
        if not names or picture.name in names:
            with tempfile.TemporaryDirectory() as folder:
                await write(picture.name, await draw(picture, Path(folder)))


async def _write(name: str, svg: str) -> None:
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"screenshots/{name}.svg")


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    asyncio.run(_draw_all(sys.argv[1:], _write))
