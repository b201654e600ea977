"""The worker's parts on real stores, against the real demo service on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tui.api.client import TicketClient, Timeouts
from tui.api.limiter import Limiter
from tui.api.origin import parse_origin
from tui.clock import SystemClock
from tui.demo.data import DEMO_TOKEN
from tui.demo.model import Message, Ticket
from tui.demo.server import DemoServer, Served
from tui.secret import Secret
from tui.store.cache import Cache
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.store.rows import OutboxRow
from tui.sync.engine import Engine
from tui.sync.events import Announced, Event, StateChanged, ThreadChanged, TicketsChanged
from tui.sync.poller import Poller
from tui.sync.replies import queue_reply
from tui.sync.schedule import Pace
from tui.sync.sender import Sender
from tui.sync.threads import Threads

QUICK = Pace(list=0.2, open=0.2, watch=0.1, first_retry=0.2, longest_retry=0.3, not_live=0.3, jitter=0.0)


@dataclass
class Worker:
    """One instance's stores and client; `told` holds every event in order."""

    cache: Cache
    desk: Desk
    instance: Instance
    client: TicketClient
    clock: SystemClock
    told: list[Event] = field(default_factory=list)
    poller: Poller = field(init=False)
    threads: Threads = field(init=False)
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        tell = self.told.append
        self.poller = Poller(self.client, self.cache, clock=self.clock, tell=tell, reconcile=1800)
        self.threads = Threads(self.client, self.cache, clock=self.clock, tell=tell)
        self.sender = Sender(self.client, self.desk, self.instance, self.threads, clock=self.clock, tell=tell)

    def engine(self, pace: Pace = QUICK) -> Engine:
        return Engine(
            self.client,
            self.cache,
            self.desk,
            self.instance,
            clock=self.clock,
            tell=self.told.append,
            pace=pace,
            seed=1,
        )

    async def queue(
        self, ticket_id: int, body: str, *, base_ids: tuple[int, ...] | None = None, undo_seconds: int = 0
    ) -> OutboxRow:
        return await queue_reply(
            self.desk,
            self.instance,
            self.clock,
            ticket_id=ticket_id,
            audience="customer",
            body=body,
            status_after="PENDING",
            base_ids=base_ids,
            undo_seconds=undo_seconds,
            from_draft=False,
        )

    async def row(self, row_id: str) -> OutboxRow:
        found = await self.desk.outbox.row(row_id)
        assert found is not None
        return found

    def phases(self) -> list[str]:
        return [event.state.phase for event in self.told if isinstance(event, StateChanged)]

    def said(self) -> str:
        return " | ".join(event.sentence for event in self.told if isinstance(event, Announced))

    def changed(self) -> set[int]:
        return {key for event in self.told if isinstance(event, TicketsChanged) for key in event.ids}

    def threads_changed(self) -> set[int]:
        return {event.ticket_id for event in self.told if isinstance(event, ThreadChanged)}


@dataclass
class Site:
    """A demo service and a folder that workers share, as windows on one profile do."""

    folder: Path
    server: DemoServer
    clock: SystemClock
    stack: AsyncExitStack

    async def worker(self) -> Worker:
        cache = await Cache.open(self.folder / "cache", self.clock)
        self.stack.push_async_callback(cache.close)
        desk = await Desk.open(self.folder / "desk", self.clock)
        self.stack.push_async_callback(desk.close)
        instance = Instance.open(self.folder / "desk")
        self.stack.callback(instance.close)
        client = TicketClient(
            parse_origin(self.server.url),
            Secret(DEMO_TOKEN),
            clock=self.clock,
            limiter=Limiter(self.clock, rate=1000.0),
            seed=1,
            timeouts=Timeouts(connect=1.0, read=0.5, write=1.0, pool=1.0),
            read_tries=1,
        )
        self.stack.push_async_callback(client.aclose)
        return Worker(cache, desk, instance, client, self.clock)

    @property
    def tickets(self) -> dict[int, Ticket]:
        return self.server.service._world.tickets

    def some(self, status: str = "OPEN") -> int:
        """A ticket of this status."""
        return next(key for key, ticket in self.tickets.items() if ticket.status == status)

    def calls(self, operation: str) -> list[Served]:
        return [call for call in self.server.calls if call.operation == operation]

    def customer_writes(self, ticket_id: int, html: str = "<p>and now?</p>") -> None:
        world, now = self.server.service._world, self.clock.now()
        ticket = world.tickets[ticket_id]
        with world.change(ticket, now):
            posted = world.post(ticket, Message(0, "PUBLIC", now, "CUSTOMER", ticket.customer_name, "", html))
            ticket.start_clock(posted.created_at)

    def status(self, ticket_id: int, status: str) -> None:
        world = self.server.service._world
        with world.change(world.tickets[ticket_id], self.clock.now()) as ticket:
            ticket.status = status

    def delivered(self, ticket_id: int, words: str) -> int:
        """How many messages on the ticket hold these words."""
        world = self.server.service._world
        return sum(words in message.body_html for message in world.thread(world.tickets[ticket_id]))


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something to become true."""
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, "it did not come"
        await asyncio.sleep(0.02)
