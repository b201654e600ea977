"""The Textual app: wiring only. It owns the guard at the last mile, signals, crashes and the one screen."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message

from tui import text
from tui.domain import VIEW_BY_ID
from tui.ui.actions import Keymap
from tui.ui.bridge import Bridge
from tui.ui.screens.inbox import InboxScreen
from tui.ui.setup import Setup
from tui.ui.state import InboxState
from tui.ui.theme import THEMES, guarded

LONGEST_KEY = 0.5
"""Seconds that the next key waits for one that is still being worked on: far more than any takes."""


class InboxApp(App[None]):
    """The inbox on one profile."""

    CSS_PATH = Path(__file__).with_name("styles.tcss")
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    TITLE = "refurbed inbox"
    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True),
        Binding("ctrl+c", "how_to_quit", show=False, system=True),
    ]

    _given: events.Key | events.Paste | None = None
    """The key or paste that a widget is working on."""
    _came_back = False

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.animation_level = "none"
        self.setup = setup
        self.state = InboxState(view=VIEW_BY_ID.get(setup.view, VIEW_BY_ID["needs-reply"]), sort=setup.sort)
        self.bridge = Bridge(self, setup, self.state)
        self.inbox = InboxScreen(setup, Keymap(setup.keys), self.bridge, self.state)
        self.crash = ""
        """One line on an unexpected error, for the command line to print after the screen is gone."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = setup.theme if setup.theme in self.available_themes else THEMES[0].name

    def get_line_filters(self) -> Sequence[LineFilter]:
        return guarded(super().get_line_filters())

    def get_driver_class(self) -> type[Driver]:
        usual = super().get_driver_class()
        if usual.__module__ != "textual.drivers.linux_driver":
            return usual
        from tui.ui.terminal import TerminalDriver

        return cast("type[Driver]", TerminalDriver)

    def terminal_gone(self) -> None:
        """The line was dropped and nothing can be drawn any more: keep everything, and end."""
        self.bridge.leaving.quit_now()

    async def on_mount(self) -> None:
        self._on_signals()
        await self.push_screen(self.inbox)
        self.bridge.come_back()
        self.call_after_refresh(self._after_first_paint)

    def _after_first_paint(self) -> None:
        gc.collect()
        gc.freeze()
        self.bridge.start()

    def _on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        leave, stay = self.bridge.leaving.quit_now, self.action_how_to_quit
        # SIGINT is what Ctrl+C is while $EDITOR has the terminal.
        for number, then in ((signal.SIGTERM, leave), (signal.SIGHUP, leave), (signal.SIGINT, stay)):
            try:
                loop.add_signal_handler(number, then)
            except (NotImplementedError, RuntimeError, ValueError):
                return

    async def on_event(self, event: events.Event) -> None:
        """Keys of the inbox are taken here, in the order they came: a widget's queue could let one overtake another."""
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
            return
        if self.bridge.leaving.begun() or not self.screen_stack:
            return
        if event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, events.Paste):
            if self.screen is not self.inbox or not self.inbox.writing.pasted(event.text):
                await self._give(event)
            return
        for key in _apart(event):
            if self.screen is not self.inbox or not self.inbox.press(key):
                await self._give(key)

    def post_message(self, message: Message) -> bool:
        if message is not self._given:
            return super().post_message(message)
        # Nobody wanted the key that was given out, and it has come back up.
        self._came_back = True
        return True

    async def _give(self, event: events.Key | events.Paste) -> None:
        """Give a key or a paste to the widget that has the focus, and let it be done with before the next is looked at.

        Keys arrive in bursts on a slow line. Textual looks up what a key is bound to only when it has come back up: a
        Backspace in a burst would take away a letter that came after it, and Esc would leave before the last letters
        are in. In a dialog, a second Esc would still find the dialog that the first one closes.
        """
        nodes = (self.focused or self.screen).ancestors_with_self
        self._given, self._came_back = event, False
        await super().on_event(event)
        for node in nodes:
            done = asyncio.Event()
            if node is not self and node.is_running and node.call_later(done.set):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_KEY):
                        await done.wait()
        self._given = None
        if self._came_back:
            await super().on_event(event)

    def on_app_blur(self) -> None:
        self.bridge.focus(False)

    def on_app_focus(self) -> None:
        self.bridge.focus(True)

    def action_leave(self) -> None:
        """Ctrl+Q does what q does at the top."""
        self.bridge.leaving.quit()

    def action_how_to_quit(self) -> None:
        """Ctrl+C never kills a half-written reply."""
        self.inbox.say("q quits from the list (Ctrl+Q from anywhere). Drafts are kept.")

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print locals: customers' text and perhaps the token. Ours is one line and a redacted file."""
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._return_code = 1
        report = self.setup.report_crash
        line = report(error) if report is not None else f"The inbox stopped on an unexpected {type(error).__name__}."
        self.crash = text.clean_line(line)
        self._close_messages_no_wait()


def _apart(event: events.Key) -> tuple[events.Key, ...]:
    """On a slow line Esc and the next key arrive as one: we bind no Alt, so they are two (DESIGN.md "Keys")."""
    if not event.key.startswith("alt+"):
        return (event,)
    rest = event.key.removeprefix("alt+")
    character = event.character if event.character and len(rest) == 1 else (rest if len(rest) == 1 else None)
    return events.Key("escape", "\x1b"), events.Key(rest, character)
