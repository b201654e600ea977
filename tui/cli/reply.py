"""`reply`: write to a ticket's customer (or to refurbed) and wait until it is certain."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, is_terminal, json_text, say, ticket_id

if TYPE_CHECKING:
    from tui.domain import Audience
    from tui.store.desk import Desk
    from tui.store.instance import Instance
    from tui.store.rows import OutboxRow, OutFile
    from tui.sync.sender import Sender

EXAMPLE: Final = "refurbed-inbox reply 1048 --file answer.txt --solve"
WAIT: Final = 90.0
LONGEST: Final = 64_000
LARGEST_FILES: Final = 20_000_000
GRACE: Final = 3.0


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `reply`."""
    parser.add_argument("id", metavar="ID", help="the ticket's number")
    parser.add_argument("source", nargs="?", choices=["-"], metavar="-", help="read the text from standard input")
    parser.add_argument("--file", metavar="F", help="read the text from this file (UTF-8)")
    parser.add_argument("--internal", action="store_true", help="to refurbed and us, not to the customer")
    parser.add_argument("--solve", action="store_true", help="the ticket is SOLVED after it (else PENDING)")
    parser.add_argument("--attach", metavar="F", action="append", default=[], help="send this file along; repeatable")
    parser.add_argument("--wait", metavar="S", type=float, default=WAIT, help="seconds to wait for certainty (90)")
    parser.add_argument("--json", action="store_true", help="the outcome as one object")


def run(ctx: Context) -> int:
    """Through the outbox, as from the screen: on disk before a byte leaves, never sent twice."""
    args = ctx.args
    number = ticket_id(args.id)
    if bool(args.file) == bool(args.source):
        raise Stop(context.USAGE, "Say where the text is: --file F, or - for standard input.")
    if not 0 <= args.wait <= 86_400:
        raise Stop(context.USAGE, "--wait takes 0 to 86400 seconds.")
    body = read_body(args.file)
    files = read_files(args.attach)
    chosen = ctx.chosen()
    if chosen.read_only:
        raise Stop(context.USAGE, "This is read-only (--read-only, or the profile): nothing was sent.")
    return asyncio.run(_reply(ctx, number, body, files))


def read_body(file: str | None) -> str:
    """The reply's text. Raises `Stop`: unreadable, not UTF-8, empty, too long."""
    try:
        content = Path(file).read_bytes() if file else sys.stdin.buffer.read(LONGEST * 4 + 1)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it cannot be read"
        raise Stop(context.USAGE, f"The text cannot be read from {file or 'standard input'}: {reason}.") from None
    where = file or "Standard input"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Stop(
            context.USAGE, f"{where} is not UTF-8 text (byte {error.start + 1}). Save it as UTF-8 and try again."
        ) from None
    if not text.strip():
        raise Stop(context.USAGE, f"{where} is empty, so there is nothing to send.")
    if len(text) > LONGEST:
        raise Stop(context.USAGE, f"{where} is too long: a reply may have {LONGEST} characters.")
    return text.rstrip()


def read_files(given: list[str]) -> list[OutFile]:
    """The attachments, read now, so that what leaves is what was meant."""
    from tui.store.rows import OutFile

    files: list[OutFile] = []
    for name in given:
        path = Path(name).expanduser()
        try:
            size = path.stat().st_size
            if size + sum(len(file.data or b"") for file in files) > LARGEST_FILES:
                raise Stop(context.USAGE, f"{name}: attachments may have {LARGEST_FILES // 1_000_000} MB together.")
            files.append(OutFile(path.name, path.read_bytes(), str(path.absolute())))
        except OSError as error:
            raise Stop(context.USAGE, f"{name} cannot be attached: {error.strerror or type(error).__name__}.") from None
    return files


async def _reply(ctx: Context, number: int, body: str, files: list[OutFile]) -> int:
    from tui.cli.connect import cache_of, client_of, desk_of, folders
    from tui.clock import SystemClock
    from tui.domain import status_after_reply
    from tui.store.instance import Instance
    from tui.sync.replies import queue_reply
    from tui.sync.sender import Sender
    from tui.sync.threads import Threads

    chosen, clock = ctx.chosen(), SystemClock()
    cache_folder, desk_folder = folders(ctx, chosen)
    audience: Audience = "internal" if ctx.args.internal else "customer"
    async with cache_of(cache_folder) as cache, desk_of(desk_folder) as desk, client_of(ctx, chosen) as client:
        instance = Instance.open(desk_folder)
        try:
            thread = await client.get_ticket(number)
            row = await queue_reply(
                desk,
                instance,
                clock,
                ticket_id=number,
                audience=audience,
                body=body,
                status_after="SOLVED" if ctx.args.solve else status_after_reply(thread.ticket.status),
                files=files,
                base_ids=tuple(message.id for message in thread.messages),
                undo_seconds=0,
                from_draft=False,
            )
            threads = Threads(client, cache, clock=clock, tell=lambda event: None)
            sender = Sender(client, desk, instance, threads, clock=clock, tell=lambda event: None)
            return await see_through(ctx, desk, instance, sender, row, ctx.args.wait)
        finally:
            instance.close()


async def see_through(ctx: Context, desk: Desk, instance: Instance, sender: Sender, row: OutboxRow, wait: float) -> int:
    """Deliver a row and say what came of it. Interrupted in mid-air, the answer still gets a moment."""
    if is_terminal(2) and not ctx.args.json:
        say(f"Sending to ticket {row.ticket_id}…")
    delivery = asyncio.create_task(sender.deliver(row.id, wait))
    interrupted = False
    try:
        await asyncio.shield(delivery)
    except asyncio.CancelledError:
        interrupted = True
        with suppress(TimeoutError):
            await asyncio.wait_for(_landed(desk, row.id), GRACE)
    settled = await desk.outbox.row(row.id) or row
    with suppress(BrokenPipeError):
        tell_outcome(settled, as_json=ctx.args.json)
    if interrupted and settled.state != "sent":
        delivery.cancel()
        raise KeyboardInterrupt
    return code_of_row(settled)


async def _landed(desk: Desk, row_id: str) -> None:
    row = await desk.outbox.row(row_id)
    while row is not None and row.state == "sending":
        await asyncio.sleep(0.05)
        row = await desk.outbox.row(row_id)


def code_of_row(row: OutboxRow) -> int:
    """The exit code for where a row stands; a read before it has told signed out, not live and the like."""
    match row.state:
        case "sent":
            return context.DONE
        case "refused":
            return context.REFUSED
        case "sending" | "unconfirmed" | "undecided":
            return context.UNKNOWN
        case "queued" | "held":
            return context.UNAVAILABLE
    return context.FAILED


def tell_outcome(row: OutboxRow, *, as_json: bool) -> None:
    """What became of it: JSON on stdout, or a sentence on stderr."""
    if as_json:
        fields = {
            "id": row.id,
            "ticket_id": str(row.ticket_id),
            "audience": row.audience,
            "state": row.state,
            "reason": row.reason,
            "message_id": None if row.remote_id is None else str(row.remote_id),
            "evidence": row.evidence,
        }
        print(json_text(fields), flush=True)
        return
    say(sentence_of(row))


def sentence_of(row: OutboxRow) -> str:
    """Where a row stands and what to do."""
    about = f"The reply to ticket {row.ticket_id}"
    settle = f"`refurbed-inbox outbox --settle {row.id[:8]}"
    reason = f" {row.reason}" if row.reason else ""
    match row.state:
        case "sent":
            return f"{about} was sent: message {row.remote_id}."
        case "refused":
            return f"{about} was refused.{reason} The text is kept as a draft."
        case "withdrawn":
            return f"{about} was withdrawn; the text is kept as a draft."
        case "sending" | "unconfirmed":
            return (
                f"{about} may have been sent; nobody knows yet.{reason} It is not sent again by itself. The inbox "
                "goes on looking for it; `refurbed-inbox outbox` tells how it stands."
            )
        case "undecided":
            return (
                f"{about} may have been sent, and was not found in the thread.{reason} Look at the ticket, then "
                f"decide: {settle} sent`, `again` or `draft`."
            )
        case "paused":
            return f"{about} is paused.{reason} {settle} again` sends it, `draft` takes the text back."
    return f"{about} was not sent yet.{reason} It waits in the outbox: {settle} again` sends it, `draft` takes it back."
