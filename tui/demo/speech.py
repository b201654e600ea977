"""What a demo customer and the seller say in one language. The texts themselves are in `texts/`, a module a language.

A text is paragraphs parted by newlines; `{product}`, `{order}` and `{name}` are filled in. Mail words are those that
mail programs put above a quoted message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speech:
    """One language. `countries` are ISO codes that orders in it come from, the most common first."""

    code: str
    countries: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    hello: tuple[str, ...]
    bye: tuple[str, ...]
    openings: Mapping[str, str]
    """Topic slug -> the customer's first message."""
    chases: tuple[str, ...]
    """A customer who waits, or adds something."""
    answers: tuple[str, ...]
    """The seller's replies, greeting and all."""
    thanks: tuple[str, ...]
    asks: tuple[str, ...]
    """A customer who asks back after a reply."""
    mobile: str
    wrote: str
    """Above a quotation, with `{date}`, `{time}` and `{who}`."""
    mail_words: tuple[str, str, str, str]
    """From, Sent, To, Subject."""
    subject: str
    disclaimer: str
    form_words: tuple[str, str, str]
    """Order number, Device, Message: the labels of the web form."""
