"""A thread as wrapped lines of (text, style name) pieces: what the thread pane draws. Pure.

Strangers' text comes in cleaned and leaves as plain strings beside style names, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from tui import text
from tui.clock import to_datetime
from tui.domain import SCOPE_WORDS, Message, Ticket, sla
from tui.message_html import Line, Rendered, Span, wrap_line

Pieces = tuple[tuple[str, str], ...]
SHOWN_AT_FIRST: Final = 20
AUTHOR_WORDS: Final = {
    "CUSTOMER": "customer",
    "MERCHANT": "us",
    "REFURBED": "refurbed",
    "SYSTEM": "system",
}


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """One of our writes that the thread does not show yet: its words, and its state in words."""

    headline: str
    body: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """All that is drawn for one ticket. `note` stands in for messages when there are none to show."""

    ticket: Ticket
    messages: tuple[Message, ...] = ()
    pending: tuple[PendingWrite, ...] = ()
    note: str = ""


@dataclass
class Folding:
    """What the reader unfolded: quoted text, sources, older messages. Lives as long as the ticket is shown."""

    quotes: set[int] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)
    all_messages: bool = False
    current: int = 0
    """The message with the reading mark; 0 is the newest."""


@dataclass(frozen=True, slots=True)
class Built:
    """Drawn lines, and the line each shown message begins on, oldest first."""

    lines: tuple[Pieces, ...]
    anchors: tuple[tuple[int, int], ...]
    """(message id, line)"""


def when(instant: int, zone: tzinfo | None) -> str:
    """A moment in one unambiguous form: `2026-11-23 14:03`."""
    return to_datetime(instant, zone).strftime("%Y-%m-%d %H:%M") if instant else "(no time)"


def build(
    content: Content, rendered: Mapping[int, Rendered], folding: Folding, width: int, zone: tzinfo | None
) -> Built:
    """Lay the thread out, oldest to newest, our unfinished writes last."""
    lines: list[Pieces] = []
    anchors: list[tuple[int, int]] = []
    messages = content.messages
    if not folding.all_messages and len(messages) > SHOWN_AT_FIRST:
        hidden = len(messages) - SHOWN_AT_FIRST
        messages = messages[hidden:]
        lines += [((f"{hidden} older messages: Home shows them", "note"),), ()]
    current = folding.current or (messages[-1].id if messages else 0)
    for message in messages:
        anchors.append((message.id, len(lines)))
        lines += _message(message, rendered.get(message.id), folding, message.id == current, width, zone)
        lines.append(())
    for write in content.pending:
        for row in write.headline.split("\n"):
            lines += _wrapped(row, width, "alarm" if write.urgent else "pending")
        for row in write.body.split("\n"):
            lines += _wrapped(row, width, "pending", indent=2)
        lines.append(())
    if content.note:
        lines += _wrapped(content.note, width, "note")
    while lines and not lines[-1]:
        lines.pop()
    return Built(tuple(lines), tuple(anchors))


def _message(
    message: Message, body: Rendered | None, folding: Folding, current: bool, width: int, zone: tzinfo | None
) -> list[Pieces]:
    lines = _headline(message, current, width, zone)
    if body is None:
        lines.append((("  …", "note"),))
        return lines
    if message.id in folding.sources:
        from tui.message_html import source

        for row in source(message.body_html).split("\n"):
            lines += _wrapped(row, width, "source", indent=2)
        return lines
    lines += _body(body, message.id in folding.quotes, width)
    for link in body.links:
        warning = f"  ! shown as another address; it leads to {link.host}" if link.flagged else ""
        lines += _wrapped(f"[{link.number}] {text.clean_line(link.url, 2000)}{warning}", width, "link", indent=2)
    if body.note:
        lines += _wrapped(body.note, width, "note", indent=2)
    for attachment in message.attachments:
        kind = f" ({attachment.content_type})" if attachment.content_type else ""
        lines += _wrapped(f"attachment: {attachment.filename}{kind}", width, "link", indent=2)
    return lines


def _headline(message: Message, current: bool, width: int, zone: tzinfo | None) -> list[Pieces]:
    author = AUTHOR_WORDS.get(message.author_type, message.author_type.lower() or "unknown author")
    name = message.author_name or message.author_email
    who = f"{name} ({author})" if name else author
    scope = SCOPE_WORDS.get(message.scope, message.scope or "unknown audience")
    words = f"{'>' if current else '-'} {who} · {scope} · {when(message.created_at, zone)}"
    style = (
        "internal"
        if message.scope == "INTERNAL"
        else {"CUSTOMER": "customer", "MERCHANT": "us"}.get(message.author_type, "other")
    )
    return _wrapped(words, width, style)


def _body(body: Rendered, unfolded: bool, width: int) -> list[Pieces]:
    lines: list[Pieces] = []
    folded = 0
    for line in body.lines:
        if line.depth and not unfolded:
            folded += 1
            continue
        if folded:
            lines.append(_fold_note(folded))
            folded = 0
        lines += _laid_out(line, width)
    if folded:
        lines.append(_fold_note(folded))
    return lines


def _fold_note(count: int) -> Pieces:
    return ((f"  [quoted: {count} line{'s' if count != 1 else ''}, Enter shows]", "note"),)


def _laid_out(line: Line, width: int) -> list[Pieces]:
    prefix = "  " + "> " * min(line.depth, 4)
    room = max(8, width - len(prefix))
    kind = {"code": "code", "heading": "bold"}.get(line.kind, "")
    rows: list[Pieces] = []
    for row in wrap_line(line, room):
        pieces = tuple((span.text, _style(span, line, kind)) for span in row)
        rows.append(((prefix, "quote" if line.depth else "plain"), *pieces))
    return rows


def _style(span: Span, line: Line, kind: str) -> str:
    if line.depth:
        return "quote"
    words = set(span.style.split())
    for name in ("link", "code", "bold", "italic", "dim"):
        if name in words:
            return name
    return kind or "plain"


def _wrapped(words: str, width: int, style: str, indent: int = 0) -> list[Pieces]:
    rows = text.wrap(words, max(8, width - indent)) or [""]
    return [((" " * indent + row, style),) for row in rows]


def header(ticket: Ticket, now: int, width: int) -> tuple[Pieces, Pieces, Pieces]:
    """The three lines that stay above a thread: state, item, who and notes."""
    rung = sla(ticket, now)
    urgent = ticket.urgency or ("PANIC" if ticket.customer_panicked else "")
    first = [f"{ticket.id}", ticket.status or "?", rung.words(now), urgent]
    if ticket.seller_action_needed:
        first.append("action needed")
    first += [ticket.customer_name or "(no name)", text.clean_line(ticket.customer_email), ticket.country]
    second = [ticket.product or "(no product)", ticket.topic]
    if ticket.order_id:
        kind = "buyback order" if ticket.item_kind == "buyback" else "order"
        second.append(f"{kind} {ticket.order_id}, item {ticket.order_item_id}")
    if ticket.follow_up_to:
        second.append(f"follow-up to {ticket.follow_up_to}")
    who = text.clean_line(ticket.assignee_name or ticket.assignee_email) or "nobody"
    third = [f"assigned to {who}"]
    if ticket.has_help_requests:
        third.append("has help requests")
    if ticket.notes:
        third.append(f"notes: {text.clean_line(ticket.notes)}")
    tone = "alarm" if rung.kind in ("late", "taken", "takeover") or urgent else "head"
    return (
        ((_fit(first, width), tone),),
        ((_fit(second, width), "subhead"),),
        ((_fit(third, width), "subhead"),),
    )


def _fit(facts: list[str], width: int) -> str:
    return text.clip(" · ".join(fact for fact in facts if fact), width)
