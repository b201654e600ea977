"""Putting lines together: the line in hand, blank lines between paragraphs, indentation, the cells of tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from tui.html_lines import Line, Span
from tui.text import MARKER

DEEPEST: Final = 32
DEEPEST_INDENT: Final = 16
NO_BREAK: Final = "\u00a0"
CELL_GAP: Final = " | "
LONGEST_CELL: Final = 200
"""Characters up to which a table's cells stand side by side in one line; above, each gets lines of its own."""


@dataclass(slots=True)
class _Sink:
    """Where finished lines go: the document, or a cell of a table; with what was going on around it."""

    lines: list[Line] = field(default_factory=list)
    blank_due: bool = False
    indent: int = 0
    bullet: str = ""


class Assembly:
    """Lines as they are made. `depth`, `kind` and `indent` are those of the line in hand, set from outside."""

    def __init__(self) -> None:
        self.depth = 0
        self.kind = ""
        self.indent = 0
        self.bullet = ""
        """What stands before the next line's words, in the indentation: a list item's dash or number."""
        self.count = 0
        self._sinks = [_Sink()]
        self._rows: list[list[_Sink] | None] = []
        """Rows in hand, innermost last; None where a table begins, or is too deep to keep its form."""
        self._spans: list[Span] = []

    @property
    def at_start(self) -> bool:
        """Whether a space would be the line's first character, or stand behind another space."""
        return not self._spans or self._spans[-1].text.endswith(" ")

    def append(self, words: str, style: str) -> None:
        """Add to the line in hand."""
        if words:
            self._spans.append(Span(words, style))

    def append_behind(self, words: str, style: str) -> None:
        """Add to the words before, one space between, even when their line is finished."""
        lines = self._sinks[-1].lines
        if not self._spans and lines and lines[-1].spans:
            lines[-1] = replace(lines[-1], spans=(*lines[-1].spans, Span(f" {words}", style)))
        else:
            self.append(words if self.at_start else f" {words}", style)

    def break_line(self) -> None:
        """A line break that was asked for: an empty line stays one."""
        if not self.flush():
            self.blank()

    def flush(self) -> bool:
        """Finish the line in hand; False when there was nothing in it."""
        if not self._spans:
            return False
        held = any(NO_BREAK in span.text for span in self._spans)
        spans = _merged(self._spans)
        self._spans = []
        if not spans:
            if held:
                self.blank()
            return held
        indent = min(self.indent, DEEPEST_INDENT)
        prefix = " " * (indent - len(self.bullet)) + self.bullet
        self.bullet = ""
        if prefix:
            spans = (Span(prefix), *spans)
        self._emit(Line(spans, self.kind, min(DEEPEST, self.depth)))
        return True

    def blank(self) -> None:
        """A blank line, unless there is one."""
        sink = self._sinks[-1]
        if sink.lines and sink.lines[-1].spans:
            sink.lines.append(Line(depth=min(self.depth, sink.lines[-1].depth)))
            self.count += 1

    def apart(self, due: bool = True) -> None:
        """Whether a blank line is due before the next words."""
        self._sinks[-1].blank_due = due

    def _emit(self, line: Line) -> None:
        sink = self._sinks[-1]
        if sink.blank_due and sink.lines and sink.lines[-1].spans:
            sink.lines.append(Line(depth=min(line.depth, sink.lines[-1].depth)))
        sink.blank_due = False
        sink.lines.append(line)
        self.count += 1

    def open_table(self) -> None:
        """A table begins: cells belong to rows of its own."""
        self._rows.append(None)

    def open_row(self) -> None:
        """Begin a table's row."""
        self._rows.append([] if len(self._rows) < 2 * DEEPEST else None)

    def close_row(self) -> None:
        """Finish a row, or a table: a row in one line when all its cells are short, else cell under cell."""
        row = self._rows.pop()
        if row is None:
            return
        self.count -= sum(len(sink.lines) for sink in row)
        cells = [cell for sink in row if (cell := _trimmed(sink.lines))]
        if len(cells) > 1 and all(len(cell) == 1 and _is_short(cell[0], cells[0][0].depth) for cell in cells):
            spans = [*cells[0][0].spans]
            for cell in cells[1:]:
                spans += [Span(CELL_GAP, "dim"), *cell[0].spans]
            self._emit(replace(cells[0][0], spans=tuple(spans)))
            return
        for cell in cells:
            self._sinks[-1].blank_due |= len(cell) > 1
            for line in cell:
                if line.spans:
                    self._emit(line)
                else:
                    self.apart()
            self._sinks[-1].blank_due |= len(cell) > 1

    def open_cell(self) -> bool:
        """Begin a cell of the row in hand; False when there is none."""
        if not self._rows or self._rows[-1] is None:
            return False
        sink = _Sink(indent=self.indent, bullet=self.bullet)
        self._rows[-1].append(sink)
        self._sinks.append(sink)
        self.indent, self.bullet = 0, ""
        return True

    def close_cell(self) -> None:
        """Finish the cell in hand."""
        sink = self._sinks.pop()
        self.indent, self.bullet = sink.indent, sink.bullet

    def finish(self) -> list[Line]:
        """All lines, without blank ones at either end; cells and rows still open are finished."""
        self.flush()
        while len(self._sinks) > 1:
            self.close_cell()
        while self._rows:
            self.close_row()
        return _trimmed(self._sinks[0].lines)


def _trimmed(lines: list[Line]) -> list[Line]:
    first, last = 0, len(lines)
    while first < last and not lines[first].spans:
        first += 1
    while last > first and not lines[last - 1].spans:
        last -= 1
    return lines[first:last]


def _is_short(line: Line, depth: int) -> bool:
    return line.depth == depth and line.kind != "code" and len(line.text) <= LONGEST_CELL


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Neighbours of one style as one, no-break spaces as spaces, markers dimmed, white space at the end cut off."""
    runs: list[tuple[list[str], str]] = []
    for span in spans:
        if not runs or runs[-1][1] != span.style:
            runs.append(([], span.style))
        runs[-1][0].append(span.text)
    made = [("".join(parts).replace(NO_BREAK, " "), style) for parts, style in runs]
    while made and not made[-1][0].rstrip():
        made.pop()
    if not made:
        return ()
    made[-1] = (made[-1][0].rstrip(), made[-1][1])
    found: list[Span] = []
    for text, style in made:
        if MARKER not in text:
            found.append(Span(text, style))
            continue
        for number, part in enumerate(text.split(MARKER)):
            if number:
                found.append(Span(MARKER, "dim"))
            if part:
                found.append(Span(part, style))
    return tuple(found)
