"""The one-line bars: views above, state and hints below. They repaint only when their words change."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui import text
from tui.domain import View


class Bar(Static):
    """A line of our own words. Data in it is cleaned and never read as markup."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._pieces: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """The whole line, as text."""
        return "".join(piece for piece, _ in self._pieces)

    def say(self, *pieces: tuple[str, str]) -> None:
        """Show these (text, style) pieces; the same again costs nothing."""
        if pieces != self._pieces:
            self._pieces = pieces
            self.update(Content.assemble(*((_one_line(words), style) for words, style in pieces)))


def _one_line(words: str) -> str:
    """Cleaned, and on one line; spaces at its ends stay, for they part it from its neighbours."""
    return text.clean(words).replace("\n", " ")


def view_bar(views: Sequence[tuple[View, int | None]], current: View, width: int) -> tuple[tuple[str, str], ...]:
    """The views as `0 All active 57`, the current one in brackets; names give way when the line is narrow.

    `views` holds each with its count, None when that is not known.
    """
    for names in ("title", "short", "none"):
        pieces: list[tuple[str, str]] = []
        for view, count in views:
            mine = view.id == current.id
            name = view.title if names == "title" or (mine and names == "none") else view.short
            words = (view.key, "" if names == "none" and not mine else name, "" if count is None else str(count))
            label = " ".join(word for word in words if word)
            pieces.append((f"[{label}]" if mine else f" {label} ", "bold" if mine else ""))
        if sum(len(words) for words, _ in pieces) <= width:
            break
    return tuple(pieces)
