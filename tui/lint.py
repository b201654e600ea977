"""What a review line warns of before a reply leaves. Pure and quick; it informs, it never blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tui.domain import Ticket

LONGEST_READ: Final = 64_000
"""Characters looked at; a reply may not be longer anyway (SAFETY.md section 3)."""

_PLACEHOLDER = re.compile(
    r"\{\{?\s?[A-Za-z_][\w .-]{0,40}\s?\}?\}"
    r"|<<[^<>\n]{1,40}>>|\[(?:name|nome|imię|nom|nombre|order|datum|date|xxx+)\]|\bX{3,}\b|\b(?:TODO|FIXME|TBD)\b",
    re.IGNORECASE,
)
_ATTACHED = re.compile(
    r"\b(?:attached|attachment|enclosed"
    r"|im anhang|anbei|angehängt|beigefügt"
    r"|ci-joint\w*|en pièce jointe|pièces? jointes?"
    r"|in allegato|allegat[oaie]|allego"
    r"|adjunt[oa]s?|adjuntamos"
    r"|w załączniku|w załączeniu|załącz\w+)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*>.*$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\d.,/-])\d{6,19}(?![\d.,/-])")
_GREETING = re.compile(
    r"\A\s*(?:dear|hello|hi|hallo|liebe[r]?|guten tag|sehr geehrte[r]?|bonjour|cher|chère|salut|ciao|buongiorno|gentile"
    r"|salve|hola|estimad[oa]|querid[oa]|dzień dobry|witam|cześć|szanown[yaie]+|drog[ai])\s+([^\n,!.:;]{2,60})",
    re.IGNORECASE,
)
_TITLES = frozenset(
    {"herr", "frau", "mr", "mrs", "ms", "mx", "monsieur", "madame", "mme", "signor", "signora", "sig", "sr", "sra"}
    | {"señor", "señora", "don", "doña", "pan", "pani", "panie", "panu", "dr", "prof"}
    | {"all", "together", "team", "there", "zusammen", "tous", "tutti"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is about to leave, for the rules to look at."""

    body: str
    ticket: Ticket
    attachments: int = 0
    others: tuple[str, ...] = ()
    """Names of other customers whose tickets are known, to tell a wrong name from a nickname."""


def _placeholders(subject: Subject) -> str:
    found = _PLACEHOLDER.search(_own(subject))
    return f"“{found[0]}” looks like a placeholder that was not filled in" if found else ""


def _attachment(subject: Subject) -> str:
    if subject.attachments:
        return ""
    found = _ATTACHED.search(_own(subject))
    return f"it says “{found[0]}”, but no file is attached" if found else ""


def _other_order(subject: Subject) -> str:
    ticket = subject.ticket
    own = {str(number) for number in (ticket.id, ticket.order_id, ticket.order_item_id, ticket.follow_up_to)}
    if not ticket.order_id:
        return ""
    similar = len(str(ticket.order_id))
    for found in _NUMBER.finditer(_own(subject)):
        if found[0] not in own and len(found[0]) == similar:
            return f"{found[0]} is not this ticket's order ({ticket.order_id})"
    return ""


def _other_name(subject: Subject) -> str:
    found = _GREETING.match(_own(subject))
    if found is None or not subject.ticket.customer_name:
        return ""
    said = [word for word in _words(found[1]) if word not in _TITLES]
    own = set(_words(subject.ticket.customer_name))
    if not said or own & set(said):
        return ""
    for other in subject.others:
        if set(said) & set(_words(other)):
            return f"it greets “{found[1].strip()}”, but this customer is {subject.ticket.customer_name}"
    return ""


def _empty(subject: Subject) -> str:
    return "" if subject.body.strip() else "there is no text"


RULES: Final[dict[str, Callable[[Subject], str]]] = {
    "empty": _empty,
    "placeholder": _placeholders,
    "attachment": _attachment,
    "order": _other_order,
    "name": _other_name,
}
"""Rule id, as `lint_off` in config.toml names it, to its check."""


def findings(subject: Subject, off: Iterable[str] = ()) -> tuple[str, ...]:
    """Warnings in the order of the rules, as clauses; none when all is well. `off` names rules to leave out."""
    skipped = frozenset(off)
    said = (rule(subject) for name, rule in RULES.items() if name not in skipped)
    return tuple(sentence for sentence in said if sentence)


def _own(subject: Subject) -> str:
    return _QUOTED.sub("", subject.body[:LONGEST_READ])


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 1]
