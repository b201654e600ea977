"""Fitting text into terminal cells: measuring, cutting, filling up, breaking into rows. All linear, all pure.

Everything here is for cleaned text; there it agrees with `rich.cells.cell_len`, which the screen is laid out by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.cell_table import cells, grows

ELLIPSIS: Final = "…"

_JOINER: Final = "\u200d"
_SELECTOR: Final = "\ufe0f"
_NARROW: Final = re.compile(r"[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2500-\u25fc]*")
"""Text in which every character is one cell: most of what Europe writes."""
_PIECE: Final = re.compile(r" +|[^ ]+")


def width(text: str) -> int:
    """Cells the text takes on a terminal."""
    if _NARROW.fullmatch(text):
        return len(text)
    if _JOINER not in text and _SELECTOR not in text:
        return sum(map(cells, text))
    return sum(size for _, _, size in _clusters(text, 0, len(text)))


def clip(text: str, width: int) -> str:
    """The text in at most `width` cells, with an ellipsis in the last one when something was cut."""
    if width <= 0:
        return ""
    if _NARROW.fullmatch(text):
        return text if len(text) <= width else text[: width - 1] + ELLIPSIS
    used = 0
    room = 0
    for _, end, size in _clusters(text, 0, len(text)):
        if used + size > width:
            return text[:room] + ELLIPSIS
        used += size
        if used <= width - 1:
            room = end
    return text


def pad(text: str, width: int) -> str:
    """The text in exactly `width` cells: clipped, or filled up with spaces."""
    fitted = clip(text, width)
    return fitted + " " * (max(0, width) - _measure(fitted))


def wrap(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells, broken at spaces, over-long words anywhere; line breaks hold. None for ""."""
    if not text:
        return []
    return [line[start:end] for line in text.split("\n") for start, end in rows(line, width)]


def rows(line: str, width: int, later: int = 0, *, anywhere: bool = False) -> list[tuple[int, int]]:
    """Where the rows of one line begin and end in it: at least one, spaces at breaks left out.

    `later` is the width of all rows but the first when it differs; `anywhere` breaks at the edge, words or not, and
    keeps every space, as code wants it.
    """
    first = max(1, width)
    later = max(1, later) if later else first
    if len(line) <= first and _NARROW.fullmatch(line):
        return [(0, len(line) if anywhere else len(line.rstrip(" ")))]
    if anywhere:
        broken: list[tuple[int, int]] = []
        start, _ = _break(line, 0, len(line), first, later, broken, 0)
        return [*broken, (start, len(line))]
    return _word_rows(line, first, later)


def _word_rows(line: str, first: int, later: int) -> list[tuple[int, int]]:
    done: list[tuple[int, int]] = []
    start = end = used = 0
    """The row in hand: where it begins, where its last word ends, its cells with the spaces behind that word."""
    limit = first
    for piece in _PIECE.finditer(line):
        at, stop = piece.span()
        if line[at] == " ":
            if done and end <= start:
                start = end = stop
            else:
                used += stop - at
            continue
        size = _measure(piece[0])
        if used + size <= limit:
            used += size
            end = stop
            continue
        if end > start and (size <= later or size == stop - at):
            done.append((start, end))
            start, end, used, limit = at, at, 0, later
        elif used >= limit:
            if end > start:
                done.append((start, end))
                limit = later
            start, end, used = at, at, 0
        if used + size > limit:
            start, used = _break(line, at, stop, limit - used, later, done, start)
            if done[-1][1] == at:
                done[-1] = (done[-1][0], end)
            limit = later
        else:
            used += size
        end = stop
    done.append((start, max(start, end)))
    return done


def _break(
    line: str, at: int, stop: int, room: int, later: int, done: list[tuple[int, int]], start: int
) -> tuple[int, int]:
    """Break line[at:stop] into rows, the first with `room` cells left; answers the last row's start and cells."""
    if _NARROW.fullmatch(line, at, stop):
        while stop - at > room:
            done.append((start, at + room))
            start = at = at + room
            room = later
        return start, stop - at
    used = 0
    for begin, _, size in _clusters(line, at, stop):
        if used + size > room and begin > start:
            done.append((start, begin))
            start = begin
            used, room = 0, later
        used += size
    return start, used


def _measure(text: str) -> int:
    return width(text)


def _clusters(text: str, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, cells) of what must not be torn apart: a character with its marks, an emoji with what it joins."""
    start = at
    size = 0
    measured = ""
    """The character a selector would widen."""
    wide_if_selected = grows()
    index = at
    while index < stop:
        char = text[index]
        if char == _JOINER:
            index += 2
            continue
        if char == _SELECTOR:
            if measured:
                size += measured in wide_if_selected
                measured = ""
        elif own := cells(char):
            if index > start:
                yield start, index, size
            start, size, measured = index, own, char
        index += 1
    if start < stop:
        yield start, stop, size
