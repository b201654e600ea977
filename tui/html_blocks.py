"""The block renderer: visible elements and text become lines, links become references, images become their names.

Bounded (SAFETY.md section 3): depth beyond 32 adds no more indentation and no more tables, but the text stays; so many
lines and no more. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from tui.html_assembly import Assembly
from tui.html_lines import Line
from tui.html_links import bare_links
from tui.html_references import References
from tui.html_visible import BLOCKS, VOID, Element, Visible
from tui.text import clean_line

NAMELESS_IMAGE: Final = "[image]"

_SPACES: Final = re.compile(r"[ \n]+")
_LAID_OUT: Final = re.compile(
    r"<(?:br|p|div|table|tr|td|ul|ol|li|h[1-6]|blockquote|pre|hr|center|section|article|dl|dt|dd)\b", re.IGNORECASE
)
"""A body without any of these is plain text: its line breaks count."""
_NUMBER: Final = re.compile(r"\s*(\d{1,6})")
_PIXEL: Final = re.compile(r"\s*0*[01](?:\.\d+)?\s*(?:px)?\s*(?:!important)?\s*")
_BOLD_WEIGHT: Final = re.compile(r"bold|[6-9]00")
_NO_MARGIN: Final = re.compile(r"0[a-z%]*(?:\s+0[a-z%]*)*(?:\s|!|\Z)")
_LONGEST_LINK_TEXT: Final = 2000

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_APART: Final = _HEADINGS | {"p", "blockquote", "pre", "table", "hr", "dl", "figure"}
"""Elements with a blank line before and after."""
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_STYLES: Final[dict[str, str]] = {
    "b": "bold", "strong": "bold", "th": "bold", "dt": "bold", "i": "italic", "em": "italic", "cite": "italic",
    "code": "code", "tt": "code", "kbd": "code", "samp": "code", "a": "link", **dict.fromkeys(_HEADINGS, "bold"),
}  # fmt: skip
_WRAPPERS: Final = frozenset({"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote"})
_HISTORY_IDS: Final = frozenset({"appendonsend", "divrplyfwdmsg"})
"""What Outlook puts before the history, which runs to the end."""
_INDENT: Final = 2
_STYLE_ORDER: Final = ("bold", "italic", "code", "link")


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int
    begun: bool = False


@dataclass(slots=True)
class _Anchor:
    href: str
    shown: list[str] = field(default_factory=list)
    length: int = 0
    has_image: bool = False


@dataclass(slots=True)
class _Effect:
    """What an open element changed, to be taken back when it closes."""

    kind: str
    indent: int
    styles: list[str] = field(default_factory=list)
    depth: int = 0
    quotes: bool = False
    verbatim: int = 0
    is_cell: bool = False


class Blocks:
    """One document, rendered when made: read `lines` and what is said of the rest."""

    def __init__(self, html: str, *, most_lines: int, written_links: bool = False) -> None:
        self.images = 0
        self.has_words = False
        self.is_cut = False
        """Whether there are more lines than were asked for."""
        self.references = References(written=written_links)
        self._most_lines = most_lines
        self._out = Assembly()
        self._styles = dict.fromkeys(_STYLE_ORDER, 0)
        self._style = ""
        self._effects: list[_Effect] = []
        self._quoting: list[bool] = []
        """Quoting elements, innermost last; True for a wrapper whose blockquote is still to come and counts with it."""
        self._history = False
        self._verbatim = 0 if _LAID_OUT.search(html) else 1
        self._after_pre = False
        self._lists: list[_List] = []
        self._anchors: list[_Anchor] = []
        visible = Visible(html)
        for event in visible.events():
            if event.kind == "text":
                self._text(event.text)
            elif event.kind == "open":
                self._open(event.element)
            else:
                self._close(event.element)
            if self._out.count >= most_lines:
                self.is_cut = True
                break
        self.lines: list[Line] = self._out.finish()
        self.hid_text = visible.hid_text

    def _text(self, value: str) -> None:
        self.has_words = self.has_words or bool(value.strip())
        if self._anchors or "://" not in value:
            self._put(value)
            return
        at = 0
        for start, end in bare_links(value):
            self._put(value[at:start])
            self._shift("link", 1)
            self._put(value[start:end])
            self._shift("link", -1)
            self._refer(value[start:end], value[start:end])
            at = end
        self._put(value[at:])

    def _put(self, value: str) -> None:
        if self._after_pre:
            self._after_pre = False
            value = value.removeprefix("\n")
        if self._verbatim:
            first, *rest = value.split("\n")
            self._append(first)
            for part in rest:
                if self._out.count >= self._most_lines:
                    return
                self._out.break_line()
                self._append(part)
            return
        value = _SPACES.sub(" ", value)
        self._append(value.removeprefix(" ") if self._out.at_start else value)

    def _append(self, value: str) -> None:
        if self._anchors and self._anchors[-1].length < _LONGEST_LINK_TEXT:
            self._anchors[-1].shown.append(value)
            self._anchors[-1].length += len(value)
        self._out.append(value, self._style)

    def _shift(self, style: str, by: int) -> None:
        self._styles[style] += by
        self._style = " ".join(name for name in _STYLE_ORDER if self._styles[name] > 0)

    def _refer(self, href: str, shown: str) -> None:
        if words := self.references.behind(href, shown):
            self._out.append_behind(words, "link")

    def _open(self, element: Element) -> None:
        name = element.name
        if name in BLOCKS:
            self._out.flush()
        if name in _APART and not _is_tight(element) and not self._out.bullet:
            self._out.apart()
        if name in VOID:
            if (void := _VOID.get(name)) is not None:
                void(self, element)
            return
        effect = _Effect(self._out.kind, self._out.indent)
        self._effects.append(effect)
        if (style := _STYLES.get(name)) is not None and (name != "a" or element.attribute("href")):
            effect.styles.append(style)
        if element.style:
            self._apply_style(element.style, effect)
        for style in effect.styles:
            self._shift(style, 1)
        if element.attributes or name == "blockquote":
            self._quote(element, effect)
        if (opener := _OPENERS.get(name)) is not None:
            opener(self, element)
        if name in ("td", "th"):
            effect.is_cell = self._out.open_cell()

    def _apply_style(self, style: dict[str, str], effect: _Effect) -> None:
        if _BOLD_WEIGHT.match(style.get("font-weight", "")):
            effect.styles.append("bold")
        if style.get("white-space", "").startswith(("pre", "break-spaces")):
            self._preserve(effect)

    def _preserve(self, effect: _Effect) -> None:
        effect.verbatim += 1
        self._verbatim += 1

    def _close(self, element: Element) -> None:
        name = element.name
        effect = self._effects.pop()
        if (closer := _CLOSERS.get(name)) is not None:
            closer(self, element)
        if name in BLOCKS:
            self._out.flush()
        if effect.is_cell:
            self._out.close_cell()
        elif name in ("tr", "table"):
            self._out.close_row()
        self._out.kind, self._out.indent = effect.kind, effect.indent
        if effect.quotes:
            self._quoting.pop()
            self._out.depth -= effect.depth
        self._verbatim -= effect.verbatim
        for style in effect.styles:
            self._shift(style, -1)
        if name in _APART and not _is_tight(element):
            self._out.apart()

    def _quote(self, element: Element, effect: _Effect) -> None:
        """Deepen the quote where an element quotes. Text that is only moved in is no quote, whatever its element."""
        wraps = _is_wrapper(element)
        if element.name == "blockquote" and not wraps and _is_indentation(element):
            self._out.indent += _INDENT
            return
        if not self._history and element.attribute("id").lower().removeprefix("x_") in _HISTORY_IDS:
            self._history = True
            self._out.flush()
            self._out.depth += 1
        if element.name == "blockquote":
            if self._quoting and self._quoting[-1]:
                self._quoting[-1] = False
            else:
                effect.depth = 1
        elif wraps:
            effect.depth = 1
        else:
            return
        effect.quotes = True
        self._quoting.append(wraps and element.name != "blockquote")
        self._out.depth += effect.depth

    # One element each

    def _image(self, element: Element) -> None:
        size = [element.attribute(side) or element.style.get(side, "") for side in ("width", "height")]
        if any(_PIXEL.fullmatch(value) for value in size):
            return
        self.images += 1
        words = clean_line(element.attribute("alt"), 200) or _file_name(element.attribute("src"))
        self._out.append(f"[image: {words}]" if words else NAMELESS_IMAGE, "dim")
        for anchor in self._anchors[-1:]:
            anchor.has_image = True

    def _rule(self, element: Element) -> None:
        self._out.append("---", "dim")
        self._out.flush()
        self._out.apart()

    def _open_anchor(self, element: Element) -> None:
        if href := element.attribute("href"):
            self._anchors.append(_Anchor(href))

    def _close_anchor(self, element: Element) -> None:
        if element.attribute("href"):
            anchor = self._anchors.pop()
            shown = "".join(anchor.shown).strip()
            if shown or anchor.has_image:
                self._refer(anchor.href, shown)

    def _open_pre(self, element: Element) -> None:
        self._preserve(self._effects[-1])
        self._out.kind = "code"
        self._after_pre = True

    def _open_heading(self, element: Element) -> None:
        self._out.kind = "heading"

    def _open_list(self, element: Element) -> None:
        if not self._lists:
            self._out.apart()
        start = _NUMBER.match(element.attribute("start"))
        self._lists.append(_List(element.name == "ol", int(start[1]) if start is not None else 1))

    def _close_list(self, element: Element) -> None:
        self._out.flush()
        self._lists.pop()
        self._out.apart(not self._lists)

    def _open_item(self, element: Element) -> None:
        items = self._lists[-1] if self._lists else _List(False, 1)
        if (value := _NUMBER.match(element.attribute("value"))) is not None:
            items.number = int(value[1])
        if items.begun or len(self._lists) > 1:
            self._out.apart(False)
        items.begun = True
        self._out.bullet = f"{items.number}. " if items.ordered else "- "
        self._out.indent += len(self._out.bullet)
        items.number += 1

    def _close_item(self, element: Element) -> None:
        self._out.flush()
        self._out.bullet = ""

    def _indent(self, element: Element) -> None:
        self._out.indent += _INDENT


_Step = Callable[[Blocks, Element], None]
_VOID: Final[dict[str, _Step]] = {
    "br": lambda blocks, _: blocks._out.break_line(),
    "img": Blocks._image,
    "hr": Blocks._rule,
}
_OPENERS: Final[dict[str, _Step]] = {
    "a": Blocks._open_anchor,
    "pre": Blocks._open_pre,
    "li": Blocks._open_item,
    "dd": Blocks._indent,
    "table": lambda blocks, _: blocks._out.open_table(),
    "tr": lambda blocks, _: blocks._out.open_row(),
    **dict.fromkeys(_HEADINGS, Blocks._open_heading),
    **dict.fromkeys(_LISTS, Blocks._open_list),
}
_CLOSERS: Final[dict[str, _Step]] = {
    "a": Blocks._close_anchor,
    "li": Blocks._close_item,
    **dict.fromkeys(_LISTS, Blocks._close_list),
}


def _is_tight(element: Element) -> bool:
    """A paragraph without space around it, as Outlook writes each line."""
    if element.name != "p":
        return False
    margin = element.style.get("margin", "")
    return element.attribute("class").startswith("Mso") or _NO_MARGIN.match(margin) is not None


def _is_wrapper(element: Element) -> bool:
    """An element that a mail program puts around the message it answers."""
    classes = element.attribute("class").split()
    return any(name.removeprefix("x_") in _WRAPPERS for name in classes) or element.attribute("name") == "quote"


def _is_indentation(element: Element) -> bool:
    """A blockquote that only moves text in, as Gmail's "indent more" makes it."""
    return element.style.get("border", "").startswith(("none", "0")) and element.attribute("type") != "cite"


def _file_name(source: str) -> str:
    """What an image's address says of its name."""
    scheme, _, rest = source.partition(":")
    if scheme == "cid":
        return clean_line(unquote(rest).partition("@")[0], 80)
    if scheme == "data":
        return ""
    path = source.partition("?")[0].partition("#")[0].partition("//")[2] or source
    return clean_line(unquote(path.rpartition("/")[2]), 80) if "/" in path or path == source else ""
