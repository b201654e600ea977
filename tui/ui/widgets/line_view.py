"""What list and thread share: a pane drawn line by line, without animation, its styles by name."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

Pieces = tuple[tuple[str, str], ...]
"""(text, style name), left to right."""


class LineView(ScrollView, can_focus=True):
    """A subclass declares `COMPONENT_CLASSES` as `<PREFIX>--<style name>` and draws in `render_line`."""

    PREFIX = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.auto_links = False
        self._styles: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    def style(self, name: str) -> Style:
        """The style of that name in the theme of now."""
        found = self._styles.get(name)
        if found is None:
            found = self.rich_style + self.get_component_rich_style(f"{self.PREFIX}--{name}", partial=True)
            self._styles[name] = found
        return found

    def line(self, pieces: Pieces, plain: str = "plain") -> Strip:
        """A line of these pieces, as wide as the pane."""
        segments = [Segment(words, self.style(name)) for words, name in pieces]
        return Strip(segments).adjust_cell_length(self.size.width, self.style(plain))

    def jump(self, line: int) -> None:
        """Scroll at once, so that this line is the first."""
        self.scroll_to(y=max(0, line), animate=False, force=True, immediate=True)
