"""Keys typed before the composer stands, or before it has the focus: they are its own all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widgets import TextArea


class Ahead:
    """Between `begin` and `done` keys are kept; from then on they are put in until the area takes them itself."""

    def __init__(self) -> None:
        self._kept: list[str] | None = None

    @property
    def begun(self) -> bool:
        """Whether a composer is about to stand."""
        return self._kept is not None

    def begin(self) -> None:
        """A composer was asked for."""
        self._kept = []

    def done(self) -> str:
        """It stands, or never will; gives what was typed so far."""
        typed, self._kept = "".join(self._kept or ()), None
        return typed

    def take(self, character: str | None, key: str, area: TextArea | None) -> bool:
        """Take a key for the area that is being written in, if any; False leaves the key to others."""
        letter = "\n" if key == "enter" else character if character and character.isprintable() else ""
        if self._kept is not None:
            if letter:
                self._kept.append(letter)
            elif key == "backspace" and self._kept:
                self._kept.pop()
            return True
        if area is None or area.has_focus:
            return False
        if letter:
            area.insert(letter)
        elif key == "backspace":
            area.action_delete_left()
        return bool(letter) or key == "backspace"

    def paste(self, words: str, area: TextArea | None) -> bool:
        """Take a paste for that area, if any; False leaves it to others."""
        if self._kept is not None:
            self._kept.extend(words)
            return True
        if area is None or area.has_focus:
            return False
        area.insert(words)
        return True
