"""The one-line bars: views above, state and hints below. They repaint only when their words change."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui import text


class Bar(Static):
    """A line of our own words. Data in it is cleaned and never read as markup."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
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
            self.update(Content.assemble(*((text.clean_line(words, 400), style) for words, style in pieces)))


def view_bar(views: list[tuple[str, str, int | None]], current: str, width: int) -> tuple[tuple[str, str], ...]:
    """The views as `0 All active 57`, the current one in brackets; titles give way when the line is narrow.

    `views` holds (key, title, count or None when not counted yet).
    """
    for titles in ("all", "current", "none"):
        pieces: list[tuple[str, str]] = []
        for key, title, count in views:
            mine = title == current
            name = f" {title}" if titles == "all" or (titles == "current" and mine) else ""
            number = "" if count is None else f" {count}"
            label = f"{key}{name}{number}"
            pieces.append((f"[{label}]" if mine else f" {label} ", "bold" if mine else ""))
        if sum(len(words) for words, _ in pieces) <= width:
            break
    return tuple(pieces)
