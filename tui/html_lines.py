"""A message as lines of styled text, and how such a line is broken into rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.text import rows, width

_HANGING: Final = re.compile(r" *(?:- |\d{1,9}\. )?")
_DEEPEST_HANG: Final = 24


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. `style` is made of the words bold, italic, code, link and dim, or empty."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the author meant it, of any length; without spans it is a blank one.

    `kind` is empty, "code" or "heading"; `depth` is how deeply it is quoted, 0 being the author's own words.
    """

    spans: tuple[Span, ...] = ()
    kind: str = ""
    depth: int = 0

    @property
    def text(self) -> str:
        """The words without their styles."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Link:
    """A link by the number that stands behind its text.

    `url` is as sent, but that controls are percent-encoded, as browsers do; `host` is lower case, IDNs as `xn--…`.
    `flagged`: the text shows another host than the one it leads to.
    """

    number: int
    url: str
    host: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message to be read. `note` says in words what is not shown, or is empty."""

    lines: tuple[Line, ...]
    links: tuple[Link, ...] = ()
    note: str = ""


def wrap_line(line: Line, width: int) -> list[tuple[Span, ...]]:
    """The line in rows of at most `width` cells, list items hanging, code broken at the edge; one row at least."""
    text = line.text
    code = line.kind == "code"
    hang = 0 if code else _hang(text, width)
    cuts = rows(text, width, width - hang, anywhere=code)
    if len(cuts) == 1 and cuts[0] == (0, len(text)):
        return [line.spans]
    found: list[tuple[Span, ...]] = []
    spans = iter(line.spans)
    span = next(spans, Span(""))
    begins = 0
    """Where the span in hand begins in the text."""
    for number, (start, end) in enumerate(cuts):
        row = [Span(" " * hang)] if number and hang else []
        while start < end:
            if start >= begins + len(span.text):
                begins += len(span.text)
                span = next(spans)
                continue
            stop = min(end, begins + len(span.text))
            row.append(Span(span.text[start - begins : stop - begins], span.style))
            start = stop
        found.append(tuple(row))
    return found


def _hang(text: str, room: int) -> int:
    """Cells that rows after the first are moved in by: to the words of a list item, not to its dash."""
    match = _HANGING.match(text)
    size = width(match[0]) if match is not None else 0
    return size if size <= min(_DEEPEST_HANG, room // 3) else 0
