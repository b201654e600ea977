"""Reading an answer's JSON once, in linear time, and keeping the exact text of each element.

The inspector and `show --raw` need what was sent, byte for byte; parsing and then writing it again would not be that.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NoReturn

MAX_DEPTH: Final = 100
"""Brackets within brackets in one element; protobuf's own readers allow no more."""
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_BOM: Final = b"\xef\xbb\xbf"


class WireError(ValueError):
    """Not the JSON it should be. The message is the end of a sentence: `the answer is cut off`."""


@dataclass(frozen=True, slots=True)
class Element:
    """A value with the bytes it was read from."""

    value: object
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object by its keys as sent; a key that comes twice counts the last time, as in `json`."""

    values: dict[str, Element]
    """What is no array."""
    lists: dict[str, tuple[Element, ...]]
    """The elements of each value that is an array."""


def read_document(body: bytes) -> Document:
    """The top-level object of an answer. Raises `WireError`.

    Tolerates a byte-order mark. Bytes that are not UTF-8 become lone surrogates, as do lone escapes: whoever shows the
    text cleans them away, and `raw` still holds the bytes as they came.
    """
    text = _decode(body)
    try:
        return _Reader(text).document()
    except RecursionError:
        raise WireError("the answer is nested too deeply") from None


def read_value(body: bytes | str) -> object:
    """One whole JSON value, by the same rules. Raises `WireError`."""
    text = _decode(body) if isinstance(body, bytes) else body
    try:
        reader = _Reader(text)
        reader.skip()
        value = reader.element().value
        reader.end()
    except RecursionError:
        raise WireError("the answer is nested too deeply") from None
    return value


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate replaced, so that it can be encoded and stored."""
    return _SURROGATES.sub("�", text)


def _decode(body: bytes) -> str:
    return body.removeprefix(_BOM).decode("utf-8", "surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class _Reader:
    """A place in the text. The C scanner reads the values; only the outermost object and its arrays are walked here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self) -> Document:
        values: dict[str, Element] = {}
        lists: dict[str, tuple[Element, ...]] = {}
        self.skip()
        if not self.take("{"):
            raise WireError("the answer is empty" if self.at >= len(self.text) else "the answer is not a JSON object")
        self.skip()
        if not self.take("}"):
            while True:
                key = self.value()
                if not isinstance(key, str):
                    raise WireError("the answer is not valid JSON")
                self.skip()
                self.need(":")
                self.skip()
                values.pop(key, None)
                lists.pop(key, None)
                if self.peek() == "[":
                    lists[key] = self.array()
                else:
                    values[key] = self.element()
                if not self.more("}"):
                    break
        self.end()
        return Document(values, lists)

    def array(self) -> tuple[Element, ...]:
        elements: list[Element] = []
        self.need("[")
        self.skip()
        if self.take("]"):
            return ()
        while True:
            elements.append(self.element())
            if not self.more("]"):
                return tuple(elements)

    def element(self) -> Element:
        start = self.at
        value = self.value()
        text = self.text[start : self.at]
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
            raise WireError("the answer is nested too deeply")
        return Element(value, _encode(text))

    def value(self) -> object:
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except WireError:
            raise
        except json.JSONDecodeError as error:
            # An open string is reported at its first quote, all else where it stands.
            self.refuse(len(self.text) if error.msg.startswith("Unterminated") else error.pos)
        except ValueError:
            raise WireError("the answer has a number too long to read") from None
        return value

    def more(self, closing: str) -> bool:
        """After a value: whether another one follows; otherwise the closing bracket is passed."""
        self.skip()
        if self.take(","):
            self.skip()
            return True
        self.need(closing)
        return False

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, char: str) -> bool:
        if self.peek() != char:
            return False
        self.at += 1
        return True

    def need(self, char: str) -> None:
        if not self.take(char):
            self.refuse(self.at)

    def end(self) -> None:
        self.skip()
        if self.at < len(self.text):
            raise WireError("the answer goes on after its end")

    def refuse(self, at: int) -> NoReturn:
        rest = self.text[at : at + 8].rstrip()
        ended = at + 8 >= len(self.text) and (not rest or rest in _BEGUN or rest.startswith(("u", "\\")))
        raise WireError("the answer is cut off" if ended else "the answer is not valid JSON") from None


def _is_deep(value: object) -> bool:
    """Level by level, not by recursion, so that the answer does not depend on who asks."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for holder in level for item in _held(holder) if isinstance(item, dict | list)]
    return bool(level)


def _held(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise WireError("the answer has a number too large to read")
    return number


def _no_constant(text: str) -> NoReturn:
    raise WireError(f"the answer has {text}, which is not valid JSON")


_BEGUN: Final = frozenset(
    word[:size]
    for word in ("true", "false", "null", "-", ".", "e-", "e+", "E-", "E+")
    for size in range(1, len(word) + 1)
)
"""What may stand last in an answer that was cut off within a value."""
_DECODER: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant, strict=False)
