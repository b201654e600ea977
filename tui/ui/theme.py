"""Colours. Everything they say is also said in words, so that a screen without colour loses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from tui import text

THEMES = (
    Theme(
        name="refurbed-dark",
        primary="#6cb6ff",
        secondary="#8ddb8c",
        accent="#f69d50",
        warning="#f2cc60",
        error="#ff938a",
        success="#8ddb8c",
        foreground="#e6edf3",
        background="#0d1117",
        surface="#0d1117",
        panel="#161b22",
        dark=True,
    ),
    Theme(
        name="refurbed-light",
        primary="#0550ae",
        secondary="#116329",
        accent="#953800",
        warning="#7d4e00",
        error="#a40e26",
        success="#116329",
        foreground="#1f2328",
        background="#ffffff",
        surface="#ffffff",
        panel="#f0f2f5",
        dark=False,
    ),
)


class Guard(LineFilter):
    """The last mile: no character that can command a terminal is ever drawn, whatever slipped in before.

    Textual itself passes ESC, C1 and bidi controls on to the terminal (SAFETY.md section 2).
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        found = text.FORBIDDEN.search
        if not any(found(segment.text) for segment in segments):
            return segments
        return [self._safe(segment) for segment in segments]

    def _safe(self, segment: Segment) -> Segment:
        # Taken out, not replaced: they were laid out as nothing, and a line must not grow.
        return Segment(text.FORBIDDEN.sub("", segment.text), segment.style, segment.control)


def guarded(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """The app's line filters with the guard behind them all."""
    return [*filters, Guard()]
