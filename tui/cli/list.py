"""`list`: tickets on stdout, a line each, or with every field of the contract."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, is_terminal, json_text, say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from tui.domain import Sort, Ticket, View

EXAMPLE: Final = "refurbed-inbox list --view needs-reply --limit 20"
COLUMNS: Final = (("id", 8), ("status", 14), ("sla", 15), ("customer", 24), ("country", 3), ("topic", 24))

Pair = tuple["Ticket", bytes]


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `list`."""
    parser.add_argument(
        "--view",
        metavar="V",
        default="active",
        help="active (default), needs-reply, mine, unassigned, waiting, sla, help, archive",
    )
    parser.add_argument("--search", metavar="Q", default="", help="only tickets that hold all these words")
    parser.add_argument("--limit", metavar="N", type=int, help="at most so many (default: all)")
    parser.add_argument("--json", action="store_true", help="an array with every field, ids as texts")
    parser.add_argument("--offline", action="store_true", help="from the cache; searches message texts too")


def run(ctx: Context) -> int:
    """Ask the API page by page, or read the cache."""
    from tui.domain import VIEW_BY_ID

    args = ctx.args
    view = VIEW_BY_ID.get(args.view)
    if view is None:
        raise Stop(context.USAGE, f"There is no view of that name. Views: {', '.join(VIEW_BY_ID)}.")
    if args.limit is not None and args.limit < 1:
        raise Stop(context.USAGE, "--limit must be 1 or more.")
    me = _me(ctx)
    if view.assignee == "me" and not me:
        raise Stop(
            context.USAGE,
            'The view “mine” needs to know who you are: set me = "you@shop.example" for this profile in '
            f"{ctx.paths.config_file}, or log in again.",
        )
    pairs = asyncio.run(_offline(ctx, view, me) if args.offline else _online(ctx, view, me))
    if args.json:
        _print_json(raw for _, raw in pairs)
    else:
        _print_lines(ticket for ticket, _ in pairs)
    if not pairs:
        say(f"No tickets in {view.title}{' with these words' if args.search else ''}.")
    return context.DONE


def _me(ctx: Context) -> str:
    from tui.profiles import DEMO, profile_name

    name, _ = profile_name(ctx.config, ctx.environ, ctx.args.profile)
    if name == DEMO:
        from tui.demo.data import DEMO_AGENT_EMAIL

        return DEMO_AGENT_EMAIL
    kept = ctx.config.profiles.get(name)
    return kept.me if kept else ""


async def _online(ctx: Context, view: View, me: str) -> list[Pair]:
    from tui.cli.connect import client_of
    from tui.clock import SystemClock
    from tui.domain import sort_key

    chosen, limit = ctx.chosen(), ctx.args.limit
    now = SystemClock().now()
    holds = _words_in(ctx.args.search)
    found: list[Pair] = []
    async with client_of(ctx, chosen) as client:
        async for ticket, raw in _all(client, view, limit, everything=not ctx.args.search):
            if view.holds(ticket, now, me) and holds(ticket):
                found.append((ticket, raw))
                if limit is not None and len(found) >= limit:
                    break
    order: Sort = "updated" if view.id == "archive" else "sla"
    return sorted(found, key=lambda pair: sort_key(pair[0], order, now))


async def _all(client: object, view: View, limit: int | None, *, everything: bool) -> AsyncIterator[Pair]:
    """The tickets a view may hold: in an order that does not shift while it is paged, or, when only the first few are
    wanted, the most urgent first."""
    from tui.api.client import TicketClient
    from tui.api.requests import SortBy, SortOrder, TicketFilter
    from tui.sync.walk import no_end, unending, walk

    assert isinstance(client, TicketClient)
    by: SortBy = "CREATED_AT"
    order: SortOrder = "ASC"
    if view.id == "archive":
        by, order = "UPDATED_AT", "DESC"
    elif limit is not None:
        by = "NEXT_SLA_BREACH_AT"
    exact = everything and view.id in ("active", "waiting", "archive")
    filter = TicketFilter(status=view.statuses, has_help_requests=True if view.help_requests else None)
    async for page in walk(client, filter, by=by, order=order, limit=limit if exact else None):
        if unending(page):
            say(no_end(client, page).sentence)
        for pair in zip(page.tickets, page.raws, strict=True):
            yield pair


async def _offline(ctx: Context, view: View, me: str) -> list[Pair]:
    from tui.cli.connect import cache_of, offline_folders
    from tui.clock import SystemClock

    now, limit = SystemClock().now(), ctx.args.limit
    async with cache_of(offline_folders(ctx)[0]) as cache:
        ids = list(await cache.order(view, "updated" if view.id == "archive" else "sla", now, me, ctx.args.search))
        ids = ids if limit is None else ids[:limit]
        tickets = await cache.tickets(ids)
        raws = {each: await cache.raw_ticket(each) or b"{}" for each in ids} if ctx.args.json else {}
        say(age_words(await cache.get("as_of")))
    return [(tickets[each], raws.get(each, b"")) for each in ids if each in tickets]


def age_words(as_of: str) -> str:
    """How old the cache is."""
    from tui.clock import to_datetime

    if not as_of.isdigit():
        return "From the cache; the service has never answered to this profile."
    return f"From the cache, as of {to_datetime(int(as_of)):%Y-%m-%d %H:%M:%S}."


def _words_in(search: str) -> Callable[[Ticket], bool]:
    """Whether all words stand in what the service lists of a ticket; message texts are not in a list."""
    words = search.casefold().split()

    def holds(ticket: Ticket) -> bool:
        fields = (ticket.customer_name, ticket.customer_email, ticket.product, ticket.topic, ticket.notes)
        numbers = (ticket.id, ticket.order_id, ticket.order_item_id)
        text = " ".join((*fields, *(str(number) for number in numbers if number))).casefold()
        return all(word in text for word in words)

    return holds


def _print_json(raws: Iterable[bytes]) -> None:
    from tui.api.contract import contract_json

    first = True
    for raw in raws:
        print("[" if first else ",")
        print(json_text(contract_json("ticket", raw), indent=None), end="")
        first = False
    print("[]" if first else "\n]")


def _print_lines(tickets: Iterable[Ticket]) -> None:
    """Aligned for the eye and the screen reader; with tabs between for a pipe."""
    from tui.clock import SystemClock
    from tui.domain import sla
    from tui.text import clean_line, clip, pad

    now, aligned = SystemClock().now(), is_terminal(1)
    for ticket in tickets:
        marks = " ".join(
            mark for mark in (ticket.status, ticket.urgency or ("PANIC" if ticket.customer_panicked else "")) if mark
        )
        name = ticket.customer_name or ticket.customer_email
        fields = [str(ticket.id), marks, sla(ticket, now).words(now), name, ticket.country, ticket.topic]
        fields = [clean_line(field) for field in (*fields, ticket.product)]
        if aligned:
            widths = [width for _, width in COLUMNS]
            sized = [pad(clip(field, width), width) for field, width in zip(fields, widths, strict=False)]
            sized[0] = fields[0].ljust(widths[0])
            print("  ".join([*sized, fields[-1]]).rstrip())
        else:
            print("\t".join(fields))
