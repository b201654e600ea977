"""What of a document can be seen: a balanced stream of elements and text, without what a reader would not be shown.

Every element that opens also closes, in order, whatever the tags were like. The rules for end tags that were left out
are the ones of browsers that matter in mail; where we differ, text is shown that a browser hides, never the reverse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from tui.html_tokens import Token, attributes, tokens
from tui.text import clean

MOST_NESTED: Final = 200
"""Elements in one another that are heeded; of what lies deeper only the text and its breaks are."""
LOOK_BACK: Final = 64
"""Open elements looked through for the one that a tag closes: a bound, so that depth costs nothing."""


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


VOID: Final = _names(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr"
)
BLOCKS: Final = _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol option p pre section summary table "
    "tbody td tfoot th thead tr ul"
)
_TRANSPARENT: Final = _names("html body")
_IN_HEAD: Final = _names("base link meta noscript script style template title")
_NEVER: Final = _names("template datalist")
_CLOSES_P: Final = BLOCKS - _names("body caption dd dt legend li option tbody td tfoot th thead tr")
_P: Final = _names("p")
_ENDS_P: Final = BLOCKS - _P
_PART_OF_TABLE: Final = _names("caption tbody td tfoot th thead tr")
_IMPLIED: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "li": (_names("li"), _names("ul ol menu dir table td th")),
    "dt": (_names("dt dd"), _names("dl table td th")),
    "dd": (_names("dt dd"), _names("dl table td th")),
    "td": (_names("td th caption"), _names("table tr")),
    "th": (_names("td th caption"), _names("table tr")),
    "tr": (_names("tr caption"), _names("table tbody thead tfoot")),
    "tbody": (_names("tbody thead tfoot caption"), _names("table")),
    "thead": (_names("tbody thead tfoot caption"), _names("table")),
    "tfoot": (_names("tbody thead tfoot caption"), _names("table")),
    "option": (_names("option"), _names("select")),
    "a": (_names("a"), BLOCKS),
}
"""What a start tag closes by itself, and the elements beyond which it does not reach."""


@dataclass(slots=True, eq=False)
class Element:
    """An open element. `style` holds its inline declarations, names and values in lower case."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    style: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    heeded: bool = True

    def attribute(self, name: str) -> str:
        """An attribute's value, empty when it is not there."""
        return self.attributes.get(name, "")


NO_ELEMENT: Final = Element("")
BREAK: Final = Element("br")


class Event(NamedTuple):
    """Text (cleaned), or an element that opens or closes. Void elements, such as `br`, open only."""

    kind: Literal["text", "open", "close"]
    text: str = ""
    element: Element = NO_ELEMENT


class Visible:
    """The visible events of one document; afterwards `hid_text` says whether some text was hidden."""

    def __init__(self, html: str) -> None:
        self.hid_text = False
        self._html = html
        self._open: list[Element] = []
        self._count: Counter[str] = Counter()
        self._hidden = 0
        self._break_due = False
        self._in_head = False

    def events(self) -> Iterator[Event]:
        """All events, once."""
        for token in tokens(self._html):
            if token.kind == "text":
                yield from self._text(token.value)
            elif token.kind == "start":
                yield from self._start(token)
            else:
                yield from self._end(token.value)
        while self._open:
            yield from self._pop()

    def _text(self, value: str) -> Iterator[Event]:
        if self._hidden or self._in_head:
            self.hid_text = self.hid_text or bool(value.strip())
        elif text := clean(value):
            if self._break_due:
                self._break_due = False
                yield Event("open", element=BREAK)
            yield Event("text", text)

    def _start(self, token: Token) -> Iterator[Event]:
        name = token.value
        if name == "head":
            self._in_head = True
            return
        if name not in _IN_HEAD:
            self._in_head = False
        if name in _TRANSPARENT:
            return
        yield from self._implied_ends(name)
        element = _element(token)
        if name in VOID:
            if not (self._hidden or element.hidden):
                yield Event("open", element=element)
            return
        element.heeded = len(self._open) < MOST_NESTED
        self._open.append(element)
        self._count[name] += 1
        if element.hidden or self._hidden:
            self._hidden += 1
        elif element.heeded:
            yield Event("open", element=element)
        elif name in BLOCKS:
            self._break_due = True

    def _end(self, name: str) -> Iterator[Event]:
        if name == "head":
            self._in_head = False
        elif name == "br" and not self._hidden:
            yield Event("open", element=BREAK)
        elif self._count[name] and self._reachable(name):
            found = False
            while not found:
                found = self._open[-1].name == name
                yield from self._pop()

    def _pop(self) -> Iterator[Event]:
        element = self._open.pop()
        self._count[element.name] -= 1
        if self._hidden:
            self._hidden -= 1
        elif element.heeded:
            yield Event("close", element=element)
        elif element.name in BLOCKS:
            self._break_due = True

    def _reachable(self, name: str) -> bool:
        """Whether an end tag may close the element of its name: not through the wall of a block, a cell or a table."""
        if name == "table":
            return True
        walls = {"table"} if name in _PART_OF_TABLE else {"table", "td", "th"} if name in BLOCKS else BLOCKS
        for element in self._open[: -LOOK_BACK - 1 : -1]:
            if element.name == name:
                return True
            if element.name in walls:
                return False
        return True

    def _implied_ends(self, name: str) -> Iterator[Event]:
        if name in _CLOSES_P and self._count["p"]:
            yield from self._close(_P, _ENDS_P)
        if name in _IMPLIED:
            closes, walls = _IMPLIED[name]
            if any(self._count[other] for other in closes):
                yield from self._close(closes, walls)

    def _close(self, names: frozenset[str], walls: frozenset[str]) -> Iterator[Event]:
        for back, element in enumerate(self._open[: -LOOK_BACK - 1 : -1], 1):
            if element.name in names:
                for _ in range(back):
                    yield from self._pop()
                return
            if element.name in walls:
                return


def _element(token: Token) -> Element:
    name = token.value
    if not token.attributes.strip(" /"):
        return Element(name, hidden=name in _NEVER)
    found = attributes(token.attributes)
    style = _style(found.get("style", ""))
    hidden = (
        name in _NEVER
        or "hidden" in found
        or style.get("display", "").startswith("none")
        or style.get("visibility", "").startswith("hidden")
        or (name == "input" and found.get("type", "").lower() == "hidden")
    )
    return Element(name, found, style, hidden)


def _style(css: str) -> dict[str, str]:
    """Inline declarations; the last one of a name counts."""
    found: dict[str, str] = {}
    for declaration in _without_comments(css).split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip().lower()
    return found


def _without_comments(css: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := css.find("/*", at)) >= 0:
        kept.append(css[at:start])
        end = css.find("*/", start + 2)
        if end < 0:
            return "".join(kept)
        at = end + 2
    return "".join([*kept, css[at:]])
