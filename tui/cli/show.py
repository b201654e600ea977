"""`show`: one ticket with its thread."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, is_terminal, json_text, line, say, ticket_id

if TYPE_CHECKING:
    from tui.domain import Message, Ticket

EXAMPLE: Final = "refurbed-inbox show 1048"


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `show`."""
    parser.add_argument("id", metavar="ID", help="the ticket's number")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one object {ticket, messages} with every field")
    form.add_argument("--raw", action="store_true", help="the exact JSON received")
    parser.add_argument("--offline", action="store_true", help="from the cache")


def run(ctx: Context) -> int:
    """Ask the API, or read the cache."""
    number = ticket_id(ctx.args.id)
    if ctx.args.offline and ctx.args.raw:
        raise Stop(context.USAGE, "--raw shows an answer of the API, so it cannot be combined with --offline.")
    return asyncio.run(_offline(ctx, number) if ctx.args.offline else _online(ctx, number))


async def _online(ctx: Context, number: int) -> int:
    from tui.cli.connect import client_of

    async with client_of(ctx, ctx.chosen()) as client:
        thread = await client.get_ticket(number)
    if ctx.args.raw:
        _print_raw(thread.received.raw)
    elif ctx.args.json:
        _print_json(thread.raw_ticket, thread.raw_messages)
    else:
        _print_text(thread.ticket, thread.messages)
    return context.DONE


async def _offline(ctx: Context, number: int) -> int:
    from tui.cli.connect import cache_of, offline_folders
    from tui.cli.list import age_words

    async with cache_of(offline_folders(ctx)[0]) as cache:
        ticket, messages = await cache.ticket(number), await cache.thread(number)
        raw, raws = await cache.raw_ticket(number), await cache.raw_messages(number)
        as_of = await cache.get("as_of")
    if ticket is None:
        raise Stop(context.REFUSED, f"Ticket {number} is not in the cache. Without --offline the service is asked.")
    say(age_words(as_of))
    if ctx.args.json:
        _print_json(raw or b"{}", raws)
    else:
        _print_text(ticket, messages)
    return context.DONE


def _print_raw(raw: bytes) -> None:
    if is_terminal(1):
        from tui.text import escape_controls

        print(escape_controls(raw.decode("utf-8", "replace")))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


def _print_json(raw_ticket: bytes, raw_messages: Sequence[bytes]) -> None:
    from tui.api.contract import contract_json

    messages = [contract_json("message", raw) for raw in raw_messages]
    print(json_text({"ticket": contract_json("ticket", raw_ticket), "messages": messages}))


def _print_text(ticket: Ticket, messages: Sequence[Message]) -> None:
    """Facts as `name: value`, then each message under a line of its own: no drawing, no colour."""
    from tui.domain import SCOPE_WORDS
    from tui.message_html import plain_text

    for name, value in _facts(ticket):
        if value:
            line(f"{name}: {value}")
    for place, message in enumerate(messages, 1):
        author = " ".join(word for word in (message.author_name, f"({message.author_type.lower()})") if word)
        scope = SCOPE_WORDS.get(message.scope, message.scope)
        line(f"\nMessage {place} of {len(messages)}, {author}, {scope}, {_moment(message.created_at)}")
        line(plain_text(message.body_html))
        for attachment in message.attachments:
            line(f"Attachment: {attachment.filename} {attachment.url}")


def _facts(ticket: Ticket) -> list[tuple[str, str]]:
    from tui.clock import SystemClock
    from tui.domain import sla

    now = SystemClock().now()
    urgency = ticket.urgency or ("PANIC" if ticket.customer_panicked else "")
    return [
        ("Ticket", str(ticket.id)),
        ("Status", " ".join(word for word in (ticket.status, urgency) if word)),
        ("SLA", sla(ticket, now).words(now)),
        (
            "Customer",
            " ".join(
                w for w in (ticket.customer_name, f"<{ticket.customer_email}>" * bool(ticket.customer_email)) if w
            ),
        ),
        ("Country", ticket.country),
        ("Topic", ticket.topic),
        ("Product", ticket.product),
        ("Order", f"{ticket.item_kind} {ticket.order_id}, item {ticket.order_item_id}" if ticket.order_item_id else ""),
        ("Assignee", ticket.assignee_email or "nobody"),
        ("Created", _moment(ticket.created_at)),
        ("Changed", _moment(ticket.updated_at)),
        ("Follows ticket", str(ticket.follow_up_to) if ticket.follow_up_to else ""),
        ("Help requests", "yes" if ticket.has_help_requests else ""),
        ("Our notes", ticket.notes),
    ]


def _moment(instant: int) -> str:
    from tui.clock import to_datetime

    if not instant:
        return "time unknown"
    at = to_datetime(instant)
    return f"{at.year:04}-{at:%m-%d %H:%M}"
