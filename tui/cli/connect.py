"""Ways to the service and to the stores that several commands share. Imported by a command once it runs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.context import Context, ask_secret, is_terminal, say
from tui.clock import Clock, SystemClock
from tui.credentials import NoToken, find_token
from tui.paths import PathError, ensure_folder
from tui.profiles import DEMO, Chosen
from tui.secret import Secret, TokenError, parse_token

if TYPE_CHECKING:
    from tui.api.answers import Call
    from tui.api.client import TicketClient
    from tui.store.cache import Cache
    from tui.store.desk import Desk

log = logging.getLogger(__name__)


def token_of(ctx: Context, chosen: Chosen) -> Secret:
    """The profile's token; asked for when there is none and somebody sits there. Raises `NoToken`."""
    try:
        return find_token(chosen, ctx.variable, ctx.environ).token
    except NoToken as problem:
        if ctx.variable is not None or not (is_terminal(0) and is_terminal(2)):
            raise
        say(problem.sentence)
    try:
        return parse_token(ask_secret(f"Token for {chosen.origin.netloc}, for this run only (not shown): "))
    except TokenError as error:
        raise NoToken(str(error)) from None


def make_client(chosen: Chosen, token: Secret, folder: Path, *, clock: Clock | None = None) -> TicketClient:
    """The client for a profile. `folder` holds the pace that all instances of the profile share."""
    from tui.api.client import TicketClient
    from tui.api.limiter import Limiter

    clock = clock or SystemClock()
    pace: Path | None = None
    with suppress(PathError):
        pace = ensure_folder(folder) / "pace.json"
    return TicketClient(
        chosen.origin,
        token,
        clock=clock,
        limiter=Limiter(clock, pace_file=pace),
        read_only=chosen.read_only,
        ca_file=chosen.ca_file,
        observer=note_call,
    )


def note_call(call: Call) -> None:
    """One line of the log for each exchange: sizes and times, no bodies."""
    log.info(
        "%s %s%s %.0f ms, %d bytes out, %d in, attempt %d%s",
        call.operation,
        call.http_status or "no answer",
        f" {call.grpc_code}" if call.grpc_code else "",
        call.elapsed_ms,
        call.bytes_out,
        call.bytes_in,
        call.attempt,
        f", {call.remaining} left" if call.remaining else "",
    )


@asynccontextmanager
async def client_of(ctx: Context, chosen: Chosen) -> AsyncIterator[TicketClient]:
    """A client for one command, closed after it."""
    token = token_of(ctx, chosen)
    client = make_client(chosen, token, ctx.paths.desk_folder(chosen.name, chosen.origin.url))
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def cache_of(folder: Path) -> AsyncIterator[Cache]:
    """The cache for one command; that it was damaged is said."""
    from tui.store.cache import Cache

    cache = await Cache.open(folder, SystemClock())
    try:
        if cache.set_aside is not None:
            say(cache_words(cache.set_aside))
        yield cache
    finally:
        await cache.close()


@asynccontextmanager
async def desk_of(folder: Path) -> AsyncIterator[Desk]:
    """Drafts and outbox for one command; that they were damaged is said."""
    from tui.store.desk import Desk

    desk = await Desk.open(folder, SystemClock())
    try:
        if desk.set_aside is not None:
            say(desk_words(desk.set_aside))
        yield desk
    finally:
        await desk.close()


def folders(ctx: Context, chosen: Chosen | None) -> tuple[Path, Path]:
    """The folders of cache and desk; None is the demo, whose port differs each time."""
    name, origin = (DEMO, DEMO) if chosen is None else (chosen.name, chosen.origin.url)
    return ctx.paths.cache_folder(name, origin), ctx.paths.desk_folder(name, origin)


def cache_words(aside: Path) -> str:
    """What to say of a cache that was set aside."""
    return (
        f"The cache was damaged. It is set aside as {aside} and is being built anew; drafts and outbox are untouched."
    )


def desk_words(aside: Path) -> str:
    """What to say of a desk that was set aside."""
    return (
        f"The file with drafts and outbox was damaged. It is set aside as {aside}; what could be read was taken over."
    )


def offline_folders(ctx: Context) -> tuple[Path, Path]:
    """The folders of cache and desk of the profile in force, the demo's too."""
    from tui.profiles import profile_name

    if profile_name(ctx.config, ctx.environ, ctx.args.profile)[0] == DEMO:
        return folders(ctx, None)
    return folders(ctx, ctx.chosen())
