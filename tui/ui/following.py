"""The thread pane follows the list's cursor once it rests; the service is asked once it rests longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.ui.messages import CursorMoved
    from tui.ui.screens.inbox import InboxScreen

FOLLOW_AFTER: Final = 0.15
"""Seconds the cursor rests before the thread pane follows it."""
NEAR_AFTER: Final = 1.0
"""Seconds the cursor rests before the service is asked for the thread under it."""


class Following:
    """One for a screen. A cursor that moved on meanwhile makes what was planned void."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen
        self._serial = 0

    def moved(self, event: CursorMoved) -> None:
        """The cursor stands on another ticket, or the order round it changed."""
        screen, opened = self._screen, self._screen.state.opened
        if screen.writing.active and event.by_user and event.ticket_id != opened:
            screen.writing.keep()
        screen.draw_bars()
        if opened:
            return
        self._serial += 1
        serial = self._serial
        screen.set_timer(FOLLOW_AFTER, lambda: self._follow(serial))

    def _follow(self, serial: int) -> None:
        if serial == self._serial and not self._screen.state.opened:
            self._screen.bridge.reads.show_thread(self._screen.tickets.ticket_id)
            self._screen.set_timer(NEAR_AFTER, lambda: self._rested(serial))

    def _rested(self, serial: int) -> None:
        ticket_id = self._screen.tickets.ticket_id
        if serial == self._serial and not self._screen.state.opened and ticket_id:
            self._screen.bridge.near((ticket_id,))
