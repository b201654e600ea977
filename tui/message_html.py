"""Messages between HTML and people: HTML -> styled lines and plain text; reply text -> safe HTML.

Every string that comes out is cleaned, after entities were decoded; no HTML of others is ever made. Time is bounded for
any input (SAFETY.md section 3), memory by a small multiple of it.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from tui.html_blocks import NAMELESS_IMAGE, Blocks
from tui.html_lines import Line, Link, Rendered, Span, wrap_line
from tui.html_links import bare_links
from tui.html_quotes import with_depths
from tui.html_references import MOST_LINKS
from tui.html_visible import Visible
from tui.text import clean, normalised

__all__ = [
    "INLINE_LIMIT", "Line", "Link", "Rendered", "Span", "matchable", "plain_text", "render", "reply_html", "source",
    "wrap_line",
]  # fmt: skip

INLINE_LIMIT: Final = 256 * 1024
"""Characters of HTML shown at first; the rest is there on demand."""
MOST_LINES: Final = 5000
MOST_LINES_ON_DEMAND: Final = 200_000
LONGEST_READ: Final = 8 * 1024 * 1024
"""Characters read where all of a message counts."""

_PARAGRAPHS: Final = re.compile(r"\n(?: *\n)+")
_SEVERAL: Final = re.compile(r" {2,}")


def render(html: str, limit: int = INLINE_LIMIT) -> Rendered:
    """A message as lines to read, its links numbered. Never blank; `note` says what is not shown."""
    blocks, lines, cut = _blocks(html, limit, written_links=False)
    notes = []
    if cut:
        notes.append(f"Only the first {_size(cut)} of {_size(len(html))} are shown.")
    if blocks.is_cut:
        notes.append(f"Only the first {_most_lines(limit):,} lines are shown.")
    if blocks.references.unlisted:
        notes.append(f"It has more than {MOST_LINKS} links; {blocks.references.unlisted} are not listed.")
    return Rendered(tuple(lines), tuple(blocks.references.links), " ".join(notes))


def plain_text(html: str) -> str:
    """A message as cleaned plain text: quotes behind `> `, addresses of links written out. Never blank."""
    _, lines, _ = _blocks(html, LONGEST_READ, written_links=True)
    return "\n".join(f"{'> ' * line.depth}{line.text}".rstrip() for line in lines)


def source(html: str, limit: int = INLINE_LIMIT) -> str:
    """A message's HTML source, cleaned; beyond `limit` only its size is said."""
    if len(html) <= limit:
        return clean(html)
    return f"{clean(html[:limit])}\n… {_size(len(html) - limit)} more"


def matchable(html: str) -> str:
    """What a message is matched by: `text.normalised` of what can be seen of it, whatever tags it is dressed in."""
    return normalised("\n".join(event.text for event in Visible(html[:LONGEST_READ]).events() if event.kind == "text"))


def reply_html(text: str) -> str:
    """A reply as HTML: paragraphs at blank lines, breaks and spaces kept, bare addresses as links, all else escaped."""
    paragraphs = _PARAGRAPHS.split(clean(text).strip("\n"))
    return "\n".join(
        f"<p>{'<br>'.join(_line_html(line.rstrip(' ')) for line in paragraph.split(chr(10)))}</p>"
        for paragraph in paragraphs
        if paragraph.strip(" ")
    )


def _line_html(line: str) -> str:
    parts: list[str] = []
    at = 0
    for start, end in bare_links(line):
        parts.append(_text_html(line[at:start]))
        parts.append(f'<a href="{escape(line[start:end])}">{escape(line[start:end], quote=False)}</a>')
        at = end
    parts.append(_text_html(line[at:]))
    made = "".join(parts)
    return f"&nbsp;{made[1:]}" if made.startswith(" ") else made


def _text_html(text: str) -> str:
    return _SEVERAL.sub(lambda found: "&nbsp;" * (len(found[0]) - 1) + " ", escape(text, quote=False))


def _blocks(html: str, limit: int, *, written_links: bool) -> tuple[Blocks, list[Line], int]:
    """The renderer's result, its lines with quotes found, and where it was cut off (0 when it was not)."""
    cut = 0
    if len(html) > limit:
        cut = limit
        opened = html.rfind("<", max(0, limit - 8192), limit)
        if opened > html.rfind(">", max(0, limit - 8192), limit):
            cut = opened
        html = html[:cut]
    blocks = Blocks(html, most_lines=_most_lines(limit), written_links=written_links)
    lines = with_depths(blocks.lines)
    if not blocks.has_words:
        said = Line((Span(_instead(blocks), "dim"),))
        lines = [said, *(line for line in lines if line.text.replace(NAMELESS_IMAGE, "").strip())]
    return blocks, lines, cut


def _instead(blocks: Blocks) -> str:
    """What a message without words has."""
    if blocks.images:
        return f"(no text: {blocks.images} image{'s' if blocks.images != 1 else ''})"
    return "(no visible text)" if blocks.hid_text else "(empty message)"


def _most_lines(limit: int) -> int:
    return MOST_LINES if limit <= INLINE_LIMIT else MOST_LINES_ON_DEMAND


def _size(characters: int) -> str:
    return f"{characters / (1024 * 1024):.1f} MB" if characters >= 1024 * 1024 else f"{max(1, characters // 1024)} KB"
