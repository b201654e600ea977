"""HTML cut into tags and text, in one pass whatever it is like: no input makes it slow, none makes it fail.

Every library tried was quadratic somewhere, lost text, or let ESC through (SAFETY.md section 3). Text and attribute
values come out decoded once; they are cleaned by whoever keeps them, after that decoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from typing import Final, Literal, NamedTuple

LONGEST_TAG: Final = 8 * 1024
"""Characters of a tag that are read. Of a longer one the middle is left out: it is an inline image's data."""

Kind = Literal["text", "start", "end"]


class Token(NamedTuple):
    """`value` is the text, decoded, or the tag's name in lower case; `attributes` are a start tag's, not yet read."""

    kind: Kind
    value: str
    attributes: str = ""


_SIMPLE: Final = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9]{0,15})((?:\s[^"'<>]{0,4000})?)/?>""")
"""A tag without quotes: it ends at its first `>`, and most tags are so."""
_NAME: Final = re.compile(r"[A-Za-z][^\s/>\x00]{0,63}")
_NO_TAG: Final = re.compile(r"https?:|mailto:|[^@]+@", re.IGNORECASE)
"""Addresses in angle brackets, as people write them in plain text."""
_ATTRIBUTE: Final = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>][^\s>]*))?""")
_TAG_MARK: Final = re.compile("[\"'>]")
_BEFORE_VALUE: Final = re.compile(r"=\s*\Z")
_ENTITY: Final = re.compile(r"&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([A-Za-z][A-Za-z0-9]{1,31}))(;?)")
_NO_TEXT: Final = frozenset({"script", "style", "title", "xmp", "iframe", "noembed", "noframes"})
_PLAIN_TEXT: Final = frozenset({"textarea"})
_RAW: Final = _NO_TEXT | _PLAIN_TEXT
_REPLACEMENT: Final = "\ufffd"
_LONGEST_LEGACY: Final = 6
"""Letters in the longest entity that HTML lets stand without its semicolon."""


def tokens(html: str) -> Iterator[Token]:
    """Tags and text in order. Comments, declarations, scripts, styles and titles are left out."""
    return _Reader(html).tokens()


def attributes(raw: str) -> dict[str, str]:
    """A start tag's attributes by lower-case name, values decoded; the first of a name counts, as in browsers."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(raw):
        if value[:1] in ('"', "'") and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        found.setdefault(name.lower(), decode(value, in_attribute=True))
    return found


def decode(text: str, *, in_attribute: bool = False) -> str:
    """Entities as characters, once. In attributes a name needs its semicolon: `?a=1&copy=2` is an address."""
    if "&" not in text:
        return text

    def decoded(found: re.Match[str]) -> str:
        decimal, hexadecimal, name, end = found.groups()
        if name is None:
            return _numeric(decimal, 10) if decimal is not None else _numeric(hexadecimal, 16)
        if end and (char := html5.get(name + ";")) is not None:
            return char
        if in_attribute:
            return found[0]
        for size in range(min(len(name), _LONGEST_LEGACY), 1, -1):
            if (char := html5.get(name[:size])) is not None:
                return char + name[size:] + end
        return found[0]

    return _ENTITY.sub(decoded, text)


def _numeric(digits: str, base: int) -> str:
    digits = digits.lstrip("0")
    if not digits or len(digits) > 7:
        return _REPLACEMENT
    code = int(digits, base)
    if 0x80 <= code < 0xA0:
        return bytes((code,)).decode("cp1252", "replace")
    return _REPLACEMENT if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)


class _Reader:
    """One pass over a document. Look-aheads are remembered, so that each stretch is searched once for each sign."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._next: dict[str, int] = {}
        self._quotes_hold = True
        """False once quotes were found so broken that heeding them would swallow the rest."""

    def tokens(self) -> Iterator[Token]:
        token: Token | None
        html = self._html
        done = at = 0
        while (at := html.find("<", at)) >= 0:
            if (simple := _SIMPLE.match(html, at)) is not None:
                closing, name, attributes = simple.groups()
                end, token = simple.end(), Token("end" if closing else "start", name.lower(), attributes)
            else:
                end, token = self._markup(at)
            if end < 0:
                at += 1
                continue
            if at > done:
                yield Token("text", decode(html[done:at]))
            done = at = end
            if token is None:
                continue
            yield token
            if token.kind == "start" and token.value in _RAW:
                stop, end = self._raw_end(token.value, at)
                if token.value in _PLAIN_TEXT:
                    yield Token("text", decode(html[at:stop]))
                yield Token("end", token.value)
                done = at = end
        if done < len(html):
            yield Token("text", decode(html[done:]))

    def _markup(self, at: int) -> tuple[int, Token | None]:
        """What begins with the `<` at `at`: where it ends, and its token if it has one; -1 when it is mere text."""
        html = self._html
        sign = html[at + 1 : at + 2]
        if sign == "!" or sign == "?":
            return self._declaration(at), None
        closing = sign == "/"
        name = _NAME.match(html, at + 1 + closing)
        if name is not None and _NO_TAG.match(name[0]):
            return -1, None
        if name is None:
            return (self._find(">", at) + 1 or -1, None) if closing and len(html) > at + 2 else (-1, None)
        end = self._tag_end(name.end())
        if end < 0:
            return -1, None
        if closing:
            return end, Token("end", name[0].lower())
        return end, Token("start", name[0].lower(), self._attributes(name.end(), end - 1))

    def _attributes(self, start: int, end: int) -> str:
        if end - start <= LONGEST_TAG:
            return self._html[start:end]
        return self._html[start : start + LONGEST_TAG // 2] + self._html[end - LONGEST_TAG // 2 : end]

    def _declaration(self, at: int) -> int:
        html = self._html
        if html.startswith("<!--", at):
            if html.startswith((">", "->"), at + 4):
                return html.index(">", at) + 1
            end = self._find("-->", at + 4)
            other = self._find("--!>", at + 4)
            if end >= 0 and (other < 0 or end < other):
                return end + 3
            if other >= 0:
                return other + 4
        end = self._find(">", at)
        return end + 1 if end >= 0 else len(html)

    def _tag_end(self, at: int) -> int:
        """Behind the `>` that ends a tag: the first one outside quotes. -1 when there is none."""
        html = self._html
        simple = self._find(">", at)
        if simple < 0:
            return -1
        place = at
        while self._quotes_hold:
            mark = _TAG_MARK.search(html, place)
            if mark is None:
                self._quotes_hold = False
                break
            sign, place = mark[0], mark.end()
            if sign == ">":
                return place
            if not _BEFORE_VALUE.search(html, max(at, place - 32), place - 1):
                continue
            close = self._find(sign, place)
            if close >= 0:
                place = close + 1
        return simple + 1

    def _raw_end(self, name: str, at: int) -> tuple[int, int]:
        """Where the text of a script, style or the like ends, and where its end tag does."""
        end = re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE).search(self._html, at)
        if end is None:
            return len(self._html), len(self._html)
        close = self._find(">", end.end())
        return end.start(), close + 1 if close >= 0 else len(self._html)

    def _find(self, sign: str, at: int) -> int:
        """The next place of `sign`, -1 when there is none: `str.find` that never searches a stretch twice."""
        known = self._next.get(sign, -2)
        if known == -1 or known >= at:
            return known
        self._next[sign] = found = self._html.find(sign, at)
        return found
