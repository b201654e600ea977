"""`outbox`: what is unsent, and settling what needs a person."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, json_text, line, say

if TYPE_CHECKING:
    from tui.store.desk import Desk
    from tui.store.instance import Instance
    from tui.store.rows import OutboxRow

EXAMPLE: Final = "refurbed-inbox outbox --settle 3f9a2c71 draft"
ANSWERS: Final = ("sent", "again", "draft")


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `outbox`."""
    parser.add_argument("--json", action="store_true", help="an array with the whole text of each")
    parser.add_argument(
        "--settle",
        nargs=2,
        metavar=("ID", "ANSWER"),
        help="answer: sent (it arrived), again (send it, once more), draft (take the text back)",
    )
    parser.add_argument("--wait", metavar="S", type=float, default=90.0, help="with again: seconds to wait (90)")


def run(ctx: Context) -> int:
    """Read desk.db; only `--settle ID again` asks the service."""
    return asyncio.run(_settle(ctx, *ctx.args.settle) if ctx.args.settle else _print(ctx))


async def _print(ctx: Context) -> int:
    from tui.cli.connect import desk_of, offline_folders
    from tui.store.outbox_states import UNSETTLED, WORDS

    async with desk_of(offline_folders(ctx)[1]) as desk:
        rows = await desk.outbox.rows(states=UNSETTLED)
        drafts = await desk.drafts.all()
    if ctx.args.json:
        print(json_text([_fields(row) for row in rows]))
        return context.DONE
    for row in rows:
        stands = f"{row.state}: {WORDS[row.state]}. {row.reason}".rstrip()
        line(f"{row.id[:8]}  ticket {row.ticket_id}  {row.audience}  {stands}")
    if not rows:
        say("Nothing is unsent.")
    if drafts:
        tickets = ", ".join(str(draft.ticket_id) for draft in drafts[:20])
        say(f"{len(drafts)} draft{'s' if len(drafts) > 1 else ''} on tickets {tickets}.")
    return context.DONE


def _fields(row: OutboxRow) -> dict[str, object]:
    from tui.clock import to_rfc3339

    return {
        "id": row.id,
        "ticket_id": str(row.ticket_id),
        "kind": row.kind,
        "audience": row.audience,
        "state": row.state,
        "since": to_rfc3339(row.state_since),
        "created_at": to_rfc3339(row.created_at),
        "reason": row.reason,
        "text": row.text,
        "attachments": [file.name for file in row.files],
    }


async def _settle(ctx: Context, given: str, answer: str) -> int:
    from tui.cli.connect import desk_of, offline_folders
    from tui.store.instance import Instance

    if answer not in ANSWERS:
        raise Stop(context.USAGE, f"The answer must be one of: {', '.join(ANSWERS)}.")
    folder = offline_folders(ctx)[1]
    async with desk_of(folder) as desk:
        instance = Instance.open(folder)
        try:
            await desk.outbox.recover(instance.alive, instance.name)
            row = await _row(desk, given)
            if answer == "again":
                return await _again(ctx, desk, instance, row)
            return await _take_back(desk, instance, row) if answer == "draft" else await _arrived(desk, instance, row)
        finally:
            instance.close()


async def _row(desk: Desk, given: str) -> OutboxRow:
    from tui.store.outbox_states import UNSETTLED

    rows = [row for row in await desk.outbox.rows(states=UNSETTLED) if given and row.id.startswith(given)]
    if len(rows) != 1:
        problem = "is not in the outbox" if not rows else "fits several rows; give more of it"
        raise Stop(context.USAGE, f"That id {problem}. `refurbed-inbox outbox` lists them.")
    return rows[0]


async def _arrived(desk: Desk, instance: Instance, row: OutboxRow) -> int:
    _only_undecided(row, "sent")
    await desk.outbox.decide(row.id, "it-was-sent", instance.name)
    say(f"Noted: the reply to ticket {row.ticket_id} was sent.")
    return context.DONE


async def _take_back(desk: Desk, instance: Instance, row: OutboxRow) -> int:
    if row.state == "undecided":
        done = await desk.outbox.decide(row.id, "to-draft", instance.name) is not None
    else:
        done = await desk.outbox.withdraw(row.id) is not None
    if not done:
        raise Stop(context.FAILED, f"It cannot be taken back now: it is {row.state}.")
    say(f"The text is a draft on ticket {row.ticket_id} again.")
    return context.DONE


async def _again(ctx: Context, desk: Desk, instance: Instance, row: OutboxRow) -> int:
    from tui.cli.connect import cache_of, client_of
    from tui.cli.reply import see_through
    from tui.clock import SystemClock
    from tui.sync.sender import Sender
    from tui.sync.threads import Threads

    chosen = ctx.chosen()
    if chosen.read_only:
        raise Stop(context.USAGE, "This is read-only (--read-only, or the profile): nothing was sent.")
    if row.state not in ("undecided", "paused"):
        raise Stop(context.FAILED, f"It cannot be sent again: it is {row.state}.")
    clock = SystemClock()
    cache_folder = ctx.paths.cache_folder(chosen.name, chosen.origin.url)
    async with cache_of(cache_folder) as cache, client_of(ctx, chosen) as client:
        if row.state == "undecided":
            await desk.outbox.decide(row.id, "send-again", instance.name)
        else:
            await desk.outbox.resume(row.id, instance.name)
        threads = Threads(client, cache, clock=clock, tell=lambda event: None)
        sender = Sender(client, desk, instance, threads, clock=clock, tell=lambda event: None)
        return await see_through(ctx, desk, instance, sender, row, ctx.args.wait)


def _only_undecided(row: OutboxRow, answer: str) -> None:
    if row.state != "undecided":
        raise Stop(context.FAILED, f"Only an undecided reply can be called {answer}; this one is {row.state}.")
