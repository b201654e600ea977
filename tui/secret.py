"""A token that does not print itself, and the check that each one passes before use."""

from __future__ import annotations

import re
from typing import Final, NoReturn

_ALLOWED: Final = re.compile(r"[\x21-\x7e]{8,1024}", re.ASCII)
_PREFIX: Final = re.compile(r"plain\s+", re.IGNORECASE)


class TokenError(ValueError):
    """The text is not a token. The message says why and never holds any of it."""


class Secret:
    """A value kept out of `repr`, `str`, formatting, comparison output and pickles; only `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def parse_token(text: str) -> Secret:
    """A pasted token: outer white space and a leading `Plain ` go (API.md "Transport"), the rest is printable ASCII.

    Checked before httpx sees it, since that quotes a bad header value in its error (SAFETY.md section 1).
    Raises `TokenError`.
    """
    text = text.strip()
    text = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
    if not text or text.casefold() == "plain":
        raise TokenError("The token is empty. Paste the token that refurbed gave you.")
    if "\n" in text or "\r" in text:
        raise TokenError("The token has a line break in it. Paste the token alone, on one line.")
    if re.search(r"\s", text):
        raise TokenError("The token has a space in it. Paste the token alone, with or without `Plain ` before it.")
    if not all("\x21" <= char <= "\x7e" for char in text):
        raise TokenError("The token has a character that no token has. Copy it again from where refurbed shows it.")
    if not _ALLOWED.fullmatch(text):
        size = "short (under 8 characters)" if len(text) < 8 else "long (over 1024 characters)"
        raise TokenError(f"The token is too {size}. Copy it again, whole.")
    return Secret(text)
