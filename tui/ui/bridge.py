"""Between the screen and the worker: starts coroutines, starts and stops the worker, carries what it tells.

Results that a newer question overtook are dropped by serial numbers, never by cancelling: a cancelled coroutine may be
half-way through a write (TEXTUAL.md 3.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING

from tui.store.errors import StoreError
from tui.sync import events
from tui.ui import words
from tui.ui.leaving import Leaving
from tui.ui.outgoing import Outgoing
from tui.ui.reads import Reads
from tui.ui.setup import CannotStart

if TYPE_CHECKING:
    from tui.sync.engine import Engine
    from tui.ui.app import InboxApp
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState


class Bridge:
    """The worker's life. All methods run on the event loop's thread."""

    def __init__(self, app: InboxApp, setup: Setup, state: InboxState) -> None:
        self._app = app
        self._setup = setup
        self._state = state
        self._engine: Engine | None = None
        self._starting = False
        self.reads = Reads(app, setup, state, self.spawn)
        self.outgoing = Outgoing(app, setup, state, self.spawn, self.wake)
        self.leaving = Leaving(app, setup, state, self.spawn, self.outgoing, self._stop)

    def spawn(self, work: Coroutine[object, object, object], name: str) -> None:
        """Run a coroutine; a store's trouble becomes a sentence, anything else a report."""
        self._app.run_worker(self._guarded(work), group=name, name=name, description=name, exit_on_error=False)

    async def _guarded(self, work: Coroutine[object, object, object]) -> None:
        try:
            await work
        except StoreError as error:
            self._app.inbox.say(error.sentence)
        except Exception as error:
            self._app._handle_exception(error)

    def come_back(self) -> None:
        """To the place of last time, from disk."""
        self.spawn(self.leaving.come_back(self.reads), "place")

    def start(self) -> None:
        """After the first paint: the network's libraries are imported and the worker begins."""
        self.spawn(self._start(""), "start")

    async def _start(self, token: str) -> None:
        if self._starting or self.leaving.begun():
            return
        self._starting = True
        try:
            engine = await self._setup.start_engine(self.tell, token)
        except CannotStart as problem:
            as_of = await self._setup.cache.get("as_of")
            at = int(as_of) if as_of.isascii() and as_of.isdigit() else 0
            self._app.inbox.sync_changed(events.SyncState(problem.phase, at, problem.sentence))
            return
        finally:
            self._starting = False
        self._engine = engine
        if self.leaving.begun():
            await engine.stop()
            return
        engine.open(self._state.opened)
        # What was put into the outbox before it stood is waiting for it.
        engine.wake()

    async def _stop(self) -> None:
        if self._engine is not None:
            await asyncio.shield(self._engine.stop())

    def tell(self, event: events.Event) -> None:
        """What the worker says, on to those who show it."""
        if self.leaving.begun():
            return
        match event:
            case events.TicketsChanged(ids):
                self.reads.tickets_changed(ids)
            case events.ThreadChanged(ticket_id):
                self.reads.thread_changed(ticket_id)
            case events.ThreadTrouble(ticket_id, sentence):
                self.reads.thread_trouble(ticket_id, sentence)
            case events.OutboxChanged():
                self.outgoing.changed()
            case events.StateChanged(state):
                self._app.inbox.sync_changed(state)
            case events.Announced(sentence):
                self._app.inbox.say(sentence)

    def open_ticket(self, ticket_id: int) -> None:
        """Tell the worker which ticket is read; 0 for none."""
        if self._engine is not None:
            self._engine.open(ticket_id)

    def near(self, ids: Iterable[int]) -> None:
        """Tell the worker where the cursor rests."""
        if self._engine is not None:
            self._engine.near(ids)

    def wake(self) -> None:
        """The outbox has something for the worker."""
        if self._engine is not None:
            self._engine.wake()

    def focus(self, focused: bool) -> None:
        """The terminal gained or lost the focus."""
        if self._engine is not None:
            self._engine.focus(focused)

    def active(self) -> None:
        """A key was pressed."""
        if self._engine is not None:
            self._engine.active()

    def refresh_now(self) -> None:
        """Ask the service at once; where no worker could start, try to start it again."""
        if self._engine is not None:
            self._engine.refresh()
        else:
            self.spawn(self._start(""), "start")
        self._app.inbox.say(words.ASKING)

    def load_archive(self, *, more: bool = False) -> None:
        """A page of the archive, from the service."""
        if self._engine is not None:
            self.spawn(self._engine.load_archive(more), "archive")

    def set_token(self, entered: str) -> None:
        """Go on with a token the user entered, and keep it where tokens are kept."""
        self.spawn(self._set_token(entered), "token")

    async def _set_token(self, entered: str) -> None:
        from tui.secret import TokenError, parse_token

        try:
            token = parse_token(entered)
        except TokenError as problem:
            self._app.inbox.say(str(problem))
            return
        if self._engine is not None:
            self._engine.set_token(token)
        else:
            await self._start(token.reveal())
        if self._setup.save_token is not None:
            self._app.inbox.say(await self._setup.save_token(token.reveal()))
