"""Asking the user: one of a list, a line of text, or just showing something to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import ModalScreen

    from tui.ui.screens.dialogs import Choice
    from tui.ui.screens.inbox import InboxScreen


class Asking:
    """Puts dialogs up over a screen; an answer that is empty means "left", and nothing is done."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen

    def show(self, dialog: ModalScreen[str], then: Callable[[str], None] | None = None) -> None:
        """Put a dialog up; `then` gets its answer. Not while the program ends: nobody is there to answer."""
        if self._screen.bridge.leaving.begun():
            return
        self._screen.app.push_screen(dialog, lambda answer: then(answer) if then is not None and answer else None)

    def choose(
        self,
        title: str,
        choices: Sequence[Choice],
        then: Callable[[str], None],
        *,
        searchable: bool = False,
        extra: Callable[[str], Choice | None] | None = None,
    ) -> None:
        """Let the user pick one of a list; `then` gets its id."""
        from tui.ui.screens.dialogs import Pick

        self.show(Pick(title, choices, searchable=searchable, extra=extra), then)

    def line(
        self, title: str, note: str, then: Callable[[str], None], *, secret: bool = False, value: str = ""
    ) -> None:
        """Ask for one line of text."""
        from tui.ui.screens.dialogs import Ask

        self.show(Ask(title, note, secret=secret, value=value), then)
