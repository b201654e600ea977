"""The seeded tickets: the same for the same seed, number and moment of birth.

A ticket's own facts are made at once, its thread when somebody asks for it, from the same seed; so 100,000 tickets take
seconds to make and little memory.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from tui.clock import DAY, HOUR, MINUTE
from tui.demo.cast import Part, cast, chance_part
from tui.demo.model import OVERDUE_AFTER, TAKEOVER_AFTER, Ticket
from tui.demo.speech import Speech
from tui.demo.texts import SPEECHES

DEMO_TOKEN: Final = "de300000-0000-4000-8000-000000000001"  # noqa: S105 - opens nothing but the demo
DEMO_AGENT_EMAIL: Final = "anna.berger@phonix-store.example"
AGENTS: Final[dict[str, str]] = {
    DEMO_AGENT_EMAIL: "Anna Berger",
    "jonas.weber@phonix-store.example": "Jonas Weber",
    "maria.rossi@phonix-store.example": "Maria Rossi",
}
SCENARIOS: Final[tuple[tuple[str, str], ...]] = (
    ("ok", "Everything works."),
    ("not-live", "Every call is answered with 501 UNIMPLEMENTED, as production does until the Ticket API is live."),
    ("unauthorized", "The token is refused with 401, as one that was revoked."),
    ("forbidden", "The token is good but may not use tickets: 403."),
    ("rate-limited", "Colleagues use up the token's 10 requests a second: most calls are answered with 429."),
    ("slow", "Every answer takes 2 to 4 seconds."),
    (
        "flaky",
        "Some calls fail: connections reset, 503, web pages instead of JSON, answers cut off; some were carried out.",
    ),
    ("drop-after-commit", "Writes are carried out, then the connection closes without an answer; reads work."),
    ("hang", "Calls are accepted and never answered."),
)
T = TypeVar("T")

DEFAULT_SEED: Final = 1
DEFAULT_TICKETS: Final = 64
MAX_TICKETS: Final = 100_000
BIG_ID: Final = 2**53 + 17
FIRST_ID: Final = 1_048_213

_WHO: Final = dict(zip(("me", "jonas", "maria"), AGENTS, strict=True))
PRODUCTS: Final = (
    "iPhone 13 | 128 GB | Midnight",
    "iPhone 12 mini | 64 GB | Blue",
    "iPhone 14 Pro | 256 GB | Deep Purple",
    "iPhone SE (2022) | 64 GB | Starlight",
    "Samsung Galaxy S22 | 128 GB | Phantom Black",
    "Samsung Galaxy A54 | 256 GB | Awesome Violet",
    "Google Pixel 7a | 128 GB | Charcoal",
    "MacBook Air 13 (2020) | M1 | 8 GB | 256 GB SSD | Space Grey",
    "Lenovo ThinkPad T480s | i5-8350U | 16 GB | 512 GB SSD | DE",
    "HP EliteBook 840 G7 | i7 | 16 GB | 512 GB SSD | FR",
    "iPad Air 4 | 64 GB | Wi-Fi | Sky Blue",
    "Apple Watch Series 7 | 45 mm | GPS | Midnight",
    "Sony WH-1000XM4 | Black",
    "Nintendo Switch OLED | White",
    "Dyson V11 Absolute | Nickel/Blue",
)
_NOTES: Final = (
    "Called on Monday, will send photos.",
    "Second complaint about this batch (supplier: K-Parts).\nOffer replacement, not refund.",
    "VIP: 4 orders this year.",
    "Waiting for the carrier's investigation, case DHL-8841-22.",
    "IMEI checked: not blacklisted.\nRMA 20931",
)
_STAGE_AGES: Final[dict[str, tuple[int, int]]] = {
    "fresh": (20 * MINUTE, 4 * HOUR),
    "soon": (21 * HOUR, 23 * HOUR + 50 * MINUTE),
    "late": (25 * HOUR, 50 * HOUR),
    "near": (68 * HOUR + 10 * MINUTE, 71 * HOUR + 40 * MINUTE),
    "taken": (73 * HOUR, 110 * HOUR),
    "none": (2 * HOUR, 20 * HOUR),
}
_STATUS_AGES: Final[dict[str, tuple[int, int]]] = {
    "PENDING": (1 * HOUR, 6 * DAY),
    "SOLVED": (1 * DAY, 20 * DAY),
    "CLOSED": (12 * DAY, 400 * DAY),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment of the thread: who says something of which kind, to whom."""

    at: int
    author: str
    scope: str
    kind: str


@dataclass(frozen=True, slots=True)
class Story:
    """A seeded ticket (its id not yet given) and the moments of its thread, in order."""

    ticket: Ticket
    part: Part
    turns: tuple[Turn, ...]


def story(seed: int, index: int, born: int) -> Story:
    """The seeded ticket at this place."""
    rng = chance(seed, "story", index)
    part = cast()[index] if index < len(cast()) else chance_part(rng)
    turns = _turns(part, born, rng)
    speech = SPEECHES[part.language]
    name, email = customer(speech, rng)
    ticket = Ticket(
        id=0,
        index=index,
        language=part.language,
        status=part.status,
        urgency=part.urgency,
        created_at=turns[0].at,
        updated_at=turns[-1].at,
        buyback=part.buyback,
        order_id=(310_000 if part.buyback else 7_410_000) + index * 3 + int(rng.random() * 3),
        item_id=(420_000 if part.buyback else 9_820_000) + index * 5 + int(rng.random() * 5),
        product=pick(PRODUCTS, rng),
        topic=part.topic,
        country=pick(speech.countries, rng),
        customer_name=name,
        customer_email=email,
        assignee=_WHO.get(part.who, ""),
        panicked=part.urgency == "PANIC",
        notes=pick(_NOTES, rng) if "notes" in part.flags else "",
        topic_change_allowed="topicok" in part.flags,
        has_help_requests=bool(part.value("help")),
    )
    _set_clock(ticket, part, turns)
    if hostile := part.value("hostile"):
        ticket.customer_name = _HOSTILE_NAMES[hostile]
    return Story(ticket, part, turns)


_HOSTILE_NAMES: Final = {
    "markup": "Max [/] [bold]Muster[/bold]",
    "escape": "Eve\x1b[31m \x1b]0;owned\x07Red",
    "bidi": "Nova\u202egnp.knil\u202c \u2066Lee\u2069",
    "fake": "refurbed Support",
}


def seeded_tickets(seed: int, count: int, born: int) -> list[Ticket]:
    """All of them, the oldest with the lowest id."""
    tickets = [story(seed, index, born).ticket for index in range(count)]
    for rank, ticket in enumerate(sorted(tickets, key=lambda one: (one.created_at, one.index))):
        ticket.id = FIRST_ID + rank * 7 + (rank * 5 + seed) % 7
    for index, part in enumerate(cast()[:count]):
        if "big" in part.flags:
            tickets[index].id = BIG_ID
        if (follow := part.value("follow")) and int(follow) < count:
            tickets[index].follow_up_to = tickets[int(follow)].id
    return tickets


def customer(speech: Speech, rng: Random) -> tuple[str, str]:
    """A name and the address that goes with it."""
    first, last = pick(speech.first_names, rng), pick(speech.last_names, rng)
    plain = unicodedata.normalize("NFKD", f"{first}.{last}".replace("ß", "ss").replace("Ł", "L").replace("ł", "l"))
    local = "".join(char for char in plain.casefold() if char.isascii() and (char.isalnum() or char in ".-"))
    return f"{first} {last}", f"{local}{int(rng.random() * 90) + 10}@{pick(('mail', 'post', 'web'), rng)}.example"


def chance(seed: int, purpose: str, number: int) -> Random:
    """Chance that is the same for the same three; mixed well, since neighbouring seeds of `Random` begin alike."""
    mixed = ((seed << 48) + (sum(purpose.encode()) << 36) + number) * 0x9E3779B97F4A7C15 & (2**64 - 1)
    return Random((mixed ^ mixed >> 31) * 0xBF58476D1CE4E5B9 & (2**64 - 1))


def pick(choices: tuple[T, ...], rng: Random) -> T:
    """One of them."""
    return choices[int(rng.random() * len(choices))]


def order_number(ticket: Ticket) -> str:
    """The order as customers write it."""
    return f"{'BB-' if ticket.buyback else ''}{ticket.order_id}"


def _turns(part: Part, born: int, rng: Random) -> tuple[Turn, ...]:
    """The thread's moments, told backwards from the last one."""
    ages = _STAGE_AGES[part.stage] if part.status == "OPEN" else _STATUS_AGES[part.status]
    at = born - int(ages[0] + (ages[1] - ages[0]) * rng.random())
    turns: list[Turn] = []
    for place in range(part.turns - 1, -1, -1):
        author = "MERCHANT" if place % 2 else "CUSTOMER"
        kind = "opening" if place == 0 else "answer" if place % 2 else "chase"
        turns.append(Turn(at, author, "PUBLIC", kind))
        at -= int((3 + 20 * rng.random()) * HOUR)
    turns.reverse()
    if "inside" in part.flags:
        turns.insert(1, Turn(turns[0].at + 9 * MINUTE, "MERCHANT", "INTERNAL", "question"))
        turns.insert(2, Turn(turns[0].at + 31 * MINUTE, "REFURBED", "INTERNAL", "ruling"))
    if part.urgency == "PANIC":
        turns.insert(1, Turn(turns[0].at + 5 * MINUTE, "SYSTEM", "INTERNAL", "panic"))
    if "label" in part.flags:
        turns.append(Turn(turns[-1].at + 2 * MINUTE, "SYSTEM", "PUBLIC", "label"))
    if part.stage == "taken":
        turns.append(Turn(turns[-1].at + TAKEOVER_AFTER, "SYSTEM", "INTERNAL", "takeover"))
    return tuple(Turn(min(turn.at, born - MINUTE), turn.author, turn.scope, turn.kind) for turn in turns)


def _set_clock(ticket: Ticket, part: Part, turns: tuple[Turn, ...]) -> None:
    written = max(turn.at for turn in turns if turn.author == "CUSTOMER")
    if part.status == "OPEN":
        ticket.action_needed = True
        if part.stage != "none":
            ticket.start_clock(written)
    elif part.stage == "late":
        ticket.awaiting_since, ticket.overdue_at = written, written + OVERDUE_AFTER
        ticket.action_needed = True
