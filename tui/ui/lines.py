"""The lines round the panes, in words: views above; environment, view, age, unsent writes and hints below."""

from __future__ import annotations

from typing import Final

from tui.domain import VIEWS
from tui.ui import words
from tui.ui.actions import Keymap, Place
from tui.ui.setup import Setup
from tui.ui.state import InboxState
from tui.ui.widgets.bars import Bar, view_bar

TOO_SMALL: Final = "The terminal is too small for the inbox: it needs 60 columns and 20 rows. q quits."


class Lines:
    """The four bars; what they say is made of the state alone, and a bar that says the same costs nothing."""

    def __init__(self, setup: Setup, state: InboxState, keymap: Keymap) -> None:
        self._setup = setup
        self._state = state
        self._keymap = keymap
        self._views, self._status = Bar(id="views"), Bar(id="status")
        self._hints, self._too_small = Bar(id="hints"), Bar(id="too-small")
        self._too_small.say((TOO_SMALL, "bold"))

    @property
    def above(self) -> tuple[Bar, ...]:
        return self._views, self._too_small

    @property
    def below(self) -> tuple[Bar, ...]:
        return self._status, self._hints

    def draw(self, place: Place, width: int, at: int, total: int) -> None:
        """Say it all anew: the cursor stands on row `at` (from 1) of `total`."""
        state, setup = self._state, self._setup
        # Before any answer a count of 0 would be a lie.
        known = bool(state.sync and state.sync.as_of)
        counts = [(view, state.counts.get(view.id) if known else None) for view in VIEWS]
        self._views.say(*view_bar(counts, state.view, width))
        name = f"{state.view.title} “{state.search}”" if state.search else state.view.title
        where = f"{name} {at}/{total}" if total else f"{name} 0"
        facts = [where, words.age(state.sync, setup.clock.now(), setup.clock.zone)]
        if setup.read_only:
            facts.insert(0, "READ-ONLY")
        pieces = [(f" {setup.environment} ", "bold reverse"), (" " + " · ".join(facts), "")]
        unsent = words.unsent(state.unsent)
        if unsent:
            pieces.append((f" · {unsent}", "bold"))
        self._status.say(*pieces)
        self._hints.say((self._hint(place, width), "bold" if state.notice else ""))

    def _hint(self, place: Place, width: int) -> str:
        """What was just said, else what keeps the worker from its work, else the keys worth knowing here."""
        if self._keymap.pending:
            return f"{self._keymap.pending}…"
        if self._state.notice:
            return self._state.notice
        sync = self._state.sync
        if place == "list" and sync is not None and sync.phase not in words.WELL:
            return words.trouble(sync)
        return words.hints(place, self._keymap, width)
