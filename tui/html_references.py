"""The links of a message, numbered in the order they are read, the same address by the same number."""

from __future__ import annotations

from typing import Final

from tui.html_lines import Link
from tui.html_links import is_its_own_text, target
from tui.text import clean_line

MOST_LINKS: Final = 500


class References:
    """Gives each link what stands behind its text; `written` writes addresses out instead of numbers."""

    def __init__(self, *, written: bool) -> None:
        self.links: list[Link] = []
        self.unlisted = 0
        """Links beyond the most that are listed."""
        self._written = written
        self._numbers: dict[tuple[str, bool], int] = {}

    def behind(self, href: str, shown: str) -> str:
        """The words behind a link's text: `[3]`, `<https://…>`, or why it is no link; empty when nothing is to say."""
        found = target(href, shown)
        if found is None:
            return ""
        if found.said:
            return f"[{found.said}]"
        if self._written:
            return "" if is_its_own_text(href, shown) else f"<{clean_line(found.url, 2000)}>"
        key = (found.url, found.flagged)
        number = self._numbers.get(key, 0)
        if not number and len(self.links) >= MOST_LINKS:
            self.unlisted += 1
            return ""
        if not number:
            number = self._numbers[key] = len(self.links) + 1
            self.links.append(Link(number, found.url, found.host, found.flagged))
        return f"[{number}]"
