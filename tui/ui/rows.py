"""One ticket as a line of the list: which columns fit, and what stands in them. Pure but for styles' names."""

from __future__ import annotations

from dataclasses import dataclass

from tui import text
from tui.clock import DAY, HOUR, MINUTE
from tui.domain import Ticket, sla

MARK_WIDTH = 3


@dataclass(frozen=True, slots=True)
class ListRow:
    """What the list knows of a ticket beyond the ticket: read or not, and our own unfinished work on it."""

    ticket: Ticket
    unread: bool = False
    draft: bool = False
    unsent: str = ""
    """The state of its most urgent write, such as `held` or `unconfirmed`; empty when all are done."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; 0 leaves a column out. Fixed ones stand left, free text last (TEXTUAL.md 3.6)."""

    id: int
    status: int
    sla: int
    country: int
    age: int
    customer: int
    topic: int
    product: int


def columns(width: int, id_width: int) -> Columns:
    """Share a width out: what an agent sorts by first, then who, then what it is about."""
    status, clock = 8, 13
    left = width - MARK_WIDTH - (id_width + 1) - status - clock
    country = 3 if left >= 40 else 0
    age = 5 if left >= 34 else 0
    left = max(0, left - country - age)
    if left < 24:
        return Columns(id_width, status, clock, country, age, left, 0, 0)
    if left < 46:
        customer = left * 11 // 20
        return Columns(id_width, status, clock, country, age, customer, left - customer, 0)
    customer = min(24, left * 3 // 10)
    topic = min(26, left * 3 // 10)
    return Columns(id_width, status, clock, country, age, customer, topic, left - customer - topic)


def id_cell(ticket_id: int, width: int) -> str:
    """The number, flush right; of one too long for the column its end, which tells tickets apart."""
    digits = str(ticket_id)
    return digits.rjust(width) if len(digits) <= width else f"…{digits[1 - width :]}"


def mark(row: ListRow) -> str:
    """The column of single signs: `!` a write needs a look, `~` one is on its way, `d` a draft, `*` unread."""
    if row.unsent in ("unconfirmed", "undecided", "paused", "refused"):
        return "!"
    if row.unsent:
        return "~"
    if row.draft:
        return "d"
    return "*" if row.unread else " "


def cell(value: str, width: int) -> str:
    """A value in its column, one cell kept free on the right."""
    return text.pad(text.clip(value, width - 1), width) if width > 0 else ""


def age_words(instant: int, now: int) -> str:
    """How old, in three cells: `now`, `12m`, `5h`, `9d`, `2y`."""
    span = max(0, now - instant)
    if not instant:
        return ""
    if span < MINUTE:
        return "now"
    for unit, name, limit in ((MINUTE, "m", HOUR), (HOUR, "h", DAY), (DAY, "d", 365 * DAY)):
        if span < limit:
            return f"{span // unit}{name}"
    return f"{min(99, span // (365 * DAY))}y"


def spans(row: ListRow, cols: Columns, now: int) -> list[tuple[str, str]]:
    """The line as (text, style name) pieces, exactly as wide as the columns, without the cursor's mark."""
    ticket = row.ticket
    rung = sla(ticket, now)
    urgent = ticket.urgency or ("PANIC" if ticket.customer_panicked else "")
    topic = f"{urgent} {ticket.topic}".strip()
    base = "unread" if row.unread else "plain"
    tone = {"late": "late", "taken": "late", "takeover": "late", "due": "due", "none": "dim"}[rung.kind]
    status = "open" if ticket.status == "OPEN" else "dim"
    pieces = [
        (mark(row) + " ", "flag"),
        (id_cell(ticket.id, cols.id) + " ", "id"),
        (cell(ticket.status or "?", cols.status), status),
        (cell(rung.words(now), cols.sla), tone),
        (cell(ticket.country, cols.country), "dim"),
        (text.pad(age_words(ticket.updated_at, now).rjust(4), cols.age) if cols.age else "", "dim"),
        (cell(ticket.customer_name or ticket.customer_email or "(no name)", cols.customer), base),
        (cell(topic, cols.topic), "late" if urgent else "dim"),
        (cell(ticket.product, cols.product), "dim"),
    ]
    return [(value, style) for value, style in pieces if value]


def as_words(row: ListRow, now: int) -> str:
    """The line for a screen reader or a test: every fact once, separated by commas."""
    ticket = row.ticket
    facts = [
        f"ticket {ticket.id}",
        ticket.status,
        sla(ticket, now).words(now),
        ticket.urgency,
        ticket.customer_name,
        ticket.topic,
        ticket.product,
    ]
    return ", ".join(fact for fact in facts if fact)
