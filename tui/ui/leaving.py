"""Leaving the program, and coming back to the same place: what is unsent is said first, what is written is kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Final

from tui.domain import VIEW_BY_ID
from tui.store.errors import StoreError

if TYPE_CHECKING:
    from tui.ui.app import InboxApp
    from tui.ui.outgoing import Outgoing
    from tui.ui.reads import Reads
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState

PLACE_KEY: Final = "place"
WAIT_AT_MOST: Final = 60.0
"""Seconds that leaving waits for what is on its way, when the user chose to wait."""


class Leaving:
    """The program's end. `stop_engine` ends the worker within about a second."""

    def __init__(
        self,
        app: InboxApp,
        setup: Setup,
        state: InboxState,
        spawn: Callable[[Coroutine[object, object, object], str], None],
        outgoing: Outgoing,
        stop_engine: Callable[[], Awaitable[None]],
    ) -> None:
        self._app = app
        self._setup = setup
        self._state = state
        self._spawn = spawn
        self._outgoing = outgoing
        self._stop_engine = stop_engine
        self._warned = False
        self._begun = False

    def begun(self) -> bool:
        """Whether the program is on its way out for good."""
        return self._begun

    def quit(self) -> None:
        """Leave; what is unsent is said first."""
        self._spawn(self._quit(), "quit")

    async def _quit(self) -> None:
        if not await self._app.inbox.writing.save() and not self._warned:
            self._warned = True
            self._app.inbox.say("The draft could not be saved. Copy it out; leaving again leaves without it.")
            return
        unsent = await self._outgoing.on_its_way()
        if unsent:
            self._outgoing.ask_before_leaving(unsent, self._leave_as)
        else:
            await self._leave()

    def _leave_as(self, answer: str) -> None:
        self._spawn(self._wait() if answer == "wait" else self._keep(undo=answer == "undo"), "quit")

    async def _keep(self, *, undo: bool) -> None:
        if undo:
            await self._outgoing.undo_all()
        await self._leave()

    async def _wait(self) -> None:
        clock, inbox = self._setup.clock, self._app.inbox
        end = clock.monotonic() + WAIT_AT_MOST
        while (unsent := await self._outgoing.on_its_way()) and clock.monotonic() < end:
            inbox.say(f"Waiting for {unsent}; q again shows the choices.")
            await clock.sleep(0.25)
        if unsent:
            inbox.say(f"Still not done: {unsent}. {inbox.keymap.words('outbox')} shows why.")
        else:
            await self._leave()

    def quit_now(self) -> None:
        """A signal asked us to end (SIGTERM, a dropped line): nothing is asked, everything is kept."""
        self._spawn(self._quit_now(), "quit")

    async def _quit_now(self) -> None:
        await self._app.inbox.writing.save()
        await self._leave()

    async def _leave(self) -> None:
        if self._begun:
            return
        self._begun = True
        try:
            await self._save_place()
        except StoreError as error:
            self._app.log(f"the place could not be kept: {error.kind}")
        await self._stop_engine()
        self._app.exit()

    async def _save_place(self) -> None:
        at = self._app.inbox.tickets.ticket_id
        place = {"view": self._state.view.id, "opened": self._state.opened, "at": at}
        await self._setup.desk.marks.put(PLACE_KEY, json.dumps(place))

    async def come_back(self, reads: Reads) -> None:
        """To the view and ticket of last time."""
        opened = at = 0
        try:
            place = json.loads(await self._setup.desk.marks.get(PLACE_KEY) or "{}")
            view = VIEW_BY_ID.get(str(place.get("view", "")))
            opened, at = int(place.get("opened", 0)), int(place.get("at", 0))
        except (ValueError, TypeError, AttributeError):
            view = None
        if view is not None:
            self._state.view = view
        await reads.load_view_now(ticket_id=at or opened)
        if opened and self._app.inbox.tickets.ticket_id == opened:
            self._app.inbox.open_ticket(opened)
        await self._outgoing.count()
