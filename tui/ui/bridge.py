"""Between the screen and the worker: starts coroutines, carries events, and ends things in order.

Results that a newer question overtook are dropped by serial numbers, never by cancelling: a cancelled worker may be
half-way through a write (TEXTUAL.md 3.1).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING

from tui.domain import VIEW_BY_ID
from tui.store.errors import StoreError
from tui.sync import events
from tui.ui.messages import Announcement, OutboxChanged, SyncChanged, ThreadChanged, TicketsChanged
from tui.ui.outgoing import Outgoing
from tui.ui.reads import Reads
from tui.ui.setup import CannotStart

if TYPE_CHECKING:
    from tui.sync.engine import Engine
    from tui.ui.app import InboxApp
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState

PLACE_KEY = "place"
WAIT_AT_MOST = 60.0
"""Seconds that leaving waits for what is on its way, when the user chose to wait."""


class Bridge:
    """The worker's life and the program's end. All methods run on the event loop's thread."""

    def __init__(self, app: InboxApp, setup: Setup, state: InboxState) -> None:
        self._app = app
        self._setup = setup
        self._state = state
        self._engine: Engine | None = None
        self._starting = False
        self._leaving = False
        self.reads = Reads(app, setup, state, self.spawn)
        self.outgoing = Outgoing(app, setup, state, self.spawn, self.wake)

    def leaving(self) -> bool:
        """Whether the program is on its way out."""
        return self._leaving

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

    def start(self) -> None:
        """After the first paint: the network's libraries are imported and the worker begins."""
        self.spawn(self._start(""), "start")

    async def _start(self, token: str) -> None:
        if self._starting or self.leaving():
            return
        self._starting = True
        try:
            engine = await self._setup.start_engine(self.tell, token)
        except CannotStart as problem:
            as_of = await self._setup.cache.get("as_of")
            self.tell(
                events.StateChanged(
                    events.SyncState(problem.phase, int(as_of) if as_of.isdigit() else 0, problem.sentence)
                )
            )
            return
        finally:
            self._starting = False
        self._engine = engine
        if self.leaving():
            await engine.stop()
            return
        engine.open(self._state.opened)
        self.outgoing.engine_stands(engine)

    def tell(self, event: events.Event) -> None:
        """Hand an event of the worker to the screen, as a message of its queue."""
        screen = self._app.inbox
        match event:
            case events.TicketsChanged(ids):
                screen.post_message(TicketsChanged(ids))
            case events.ThreadChanged(ticket_id):
                screen.post_message(ThreadChanged(ticket_id))
            case events.OutboxChanged():
                screen.post_message(OutboxChanged())
            case events.StateChanged(state):
                screen.post_message(SyncChanged(state))
            case events.Announced(sentence):
                screen.post_message(Announcement(sentence))

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
        self._app.inbox.say("Asking the service…")

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

    def restore_place(self) -> None:
        """Come back to the view and ticket of last time."""
        self.spawn(self._restore_place(), "place")

    async def _restore_place(self) -> None:
        opened = at = 0
        try:
            place = json.loads(await self._setup.desk.marks.get(PLACE_KEY) or "{}")
            view = VIEW_BY_ID.get(str(place.get("view", "")))
            opened, at = int(place.get("opened", 0)), int(place.get("at", 0))
        except (ValueError, TypeError, AttributeError):
            view = None
        if view is not None:
            self._state.view = view
        await self.reads.load_view_now(ticket_id=at or opened)
        if opened and self._app.inbox.tickets.ticket_id == opened:
            self._app.inbox.open_ticket(opened)
        await self.outgoing.count()

    async def _save_place(self) -> None:
        state, tickets = self._state, self._app.inbox.tickets
        place = {"view": state.view.id, "opened": state.opened, "at": tickets.ticket_id}
        await self._setup.desk.marks.put(PLACE_KEY, json.dumps(place))

    def quit(self) -> None:
        """Leave; what is unsent is said first."""
        self.spawn(self._quit(), "quit")

    async def _quit(self) -> None:
        if not await self._app.inbox.writing.save():
            self._app.inbox.say(
                "The draft could not be saved. Copy the text out first; Ctrl+Q again leaves without it."
            )
            if not self._app.inbox.writing.warned:
                self._app.inbox.writing.warned = True
                return
        words = await self.outgoing.on_its_way()
        if words:
            self.outgoing.ask_before_leaving(words, self._leave_as)
        else:
            await self._leave()

    def _leave_as(self, answer: str) -> None:
        self.spawn(self._wait_and_leave() if answer == "wait" else self._keep_and_leave(answer), "quit")

    async def _keep_and_leave(self, answer: str) -> None:
        if answer == "undo":
            await self.outgoing.undo_all()
        await self._leave()

    async def _wait_and_leave(self) -> None:
        end = self._setup.clock.monotonic() + WAIT_AT_MOST
        while (words := await self.outgoing.on_its_way()) and self._setup.clock.monotonic() < end:
            self._app.inbox.say(f"Waiting for {words}; q again shows the choices.")
            await self._setup.clock.sleep(0.25)
        if words:
            self._app.inbox.say(f"Still not done: {words}. {self._app.inbox.keymap.words('outbox')} shows why.")
        else:
            await self._leave()

    def quit_now(self) -> None:
        """A signal asked us to end (SIGTERM, a dropped line): nothing is asked, everything is kept."""
        self.spawn(self._quit_now(), "quit")

    async def _quit_now(self) -> None:
        await self._app.inbox.writing.save()
        await self._leave()

    async def _leave(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        try:
            await self._save_place()
        except StoreError:
            self._app.log("the place could not be kept")
        if self._engine is not None:
            await asyncio.shield(self._engine.stop())
        self._app.exit()
