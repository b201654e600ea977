"""The inbox itself: resolve the profile, open the stores, run the screen, say what is left to say."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tui.cli import context, ending
from tui.cli.context import Context, Stop, is_terminal, say

if TYPE_CHECKING:
    from tui.domain import Sort
    from tui.profiles import Chosen
    from tui.secret import Secret
    from tui.store.cache import Cache
    from tui.store.desk import Desk
    from tui.store.instance import Instance
    from tui.sync.engine import Engine
    from tui.sync.events import Phase
    from tui.ui.setup import Setup, Tell

THIN_KNOBS: Final = {"TEXTUAL_FPS": "15", "TEXTUAL_COLOR_SYSTEM": "standard"}
DAY: Final = 24 * 3600 * 1_000_000

Connect = Callable[["Secret | None"], Awaitable[tuple["Chosen", "Secret"]]]
"""Gives address and token, from the one just entered or from where they are kept. Raises `NoToken`, `ApiError`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs between a profile and the demo. `state` is where log and crash reports go."""

    profile: str
    environment: str
    me: str
    cache_folder: Path
    desk_folder: Path
    state: Path
    connect: Connect
    save: Callable[[str], Awaitable[str]] | None = None
    read_only: bool = False


def run(ctx: Context) -> int:
    """Without a command: the inbox on the profile in force."""
    from tui.profiles import DEMO, profile_name

    if profile_name(ctx.config, ctx.environ, ctx.args.profile)[0] == DEMO:
        from tui.cli import demo

        return demo.run(ctx)
    need_screen(ctx)
    chosen = ctx.chosen()
    first = _before_the_screen(ctx, chosen)
    return open_inbox(ctx, _plan(ctx, chosen, first))


def need_screen(ctx: Context) -> None:
    """Raises `Stop` where there is no terminal to draw on."""
    dumb = ctx.environ.get("TERM", "") in ("", "dumb")
    if is_terminal(0) and is_terminal(1) and not dumb:
        return
    why = "TERM says that this terminal cannot place text" if dumb else "it was started without one"
    raise Stop(
        context.USAGE,
        f"The inbox needs a terminal to draw on, and {why}. Without a screen use the subcommands: refurbed-inbox list, "
        "show, reply, outbox, doctor. `refurbed-inbox --help` lists them.",
    )


def _before_the_screen(ctx: Context, chosen: Chosen) -> Secret | Exception | None:
    """What `token_command` gives, or why it gives nothing: it may ask for a passphrase while the terminal is free."""
    from tui.credentials import NoToken, find_token

    if ctx.variable is not None or not chosen.token_command:
        return None
    try:
        return find_token(chosen, None, ctx.environ).token
    except NoToken as problem:
        return problem


def _plan(ctx: Context, chosen: Chosen, first: Secret | Exception | None) -> Plan:
    from tui.cli.connect import folders

    waiting = [first]

    async def connect(entered: Secret | None) -> tuple[Chosen, Secret]:
        from tui.credentials import find_token
        from tui.offload import beside

        if entered is not None:
            return chosen, entered
        known, waiting[0] = waiting[0], None
        if isinstance(known, Exception):
            raise known
        if known is not None:
            return chosen, known
        found = await beside(lambda: find_token(chosen, ctx.variable, ctx.environ))
        return chosen, found.token

    async def save(entered: str) -> str:
        from tui.credentials import NoToken, save_token
        from tui.offload import beside
        from tui.secret import parse_token

        if not chosen.at_home:
            return f"The new token is used until you quit: {chosen.origin.netloc} is not this profile's own address."
        try:
            return await beside(lambda: save_token(chosen, parse_token(entered)))
        except NoToken as problem:
            return f"The new token is used until you quit. {problem.sentence}"

    cache_folder, desk_folder = folders(ctx, chosen)
    return Plan(
        chosen.name,
        chosen.environment,
        chosen.me,
        cache_folder,
        desk_folder,
        ctx.paths.profile_state(chosen.name),
        connect,
        save,
        chosen.read_only,
    )


def open_inbox(ctx: Context, plan: Plan) -> int:
    """Run the screen until it is left; the exit code."""
    from tui.keyrings import find_bus

    thin = ctx.args.thin or ctx.config.inbox.thin
    for name, value in THIN_KNOBS.items() if thin else ():
        os.environ.setdefault(name, value)
    find_bus(ctx.environ)
    return ending.run(_inbox(ctx, plan, thin=thin))


async def _inbox(ctx: Context, plan: Plan, *, thin: bool) -> int:
    from tui.cli.connect import cache_words, desk_words
    from tui.clock import SystemClock
    from tui.store.cache import Cache
    from tui.store.desk import Desk
    from tui.store.instance import Instance
    from tui.ui.app import InboxApp

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        cache = await Cache.open(plan.cache_folder, clock)
        stack.push_async_callback(cache.close)
        desk = await Desk.open(plan.desk_folder, clock)
        stack.push_async_callback(desk.close)
        instance = Instance.open(plan.desk_folder)
        stack.callback(instance.close)
        words = [cache_words(cache.set_aside)] if cache.set_aside is not None else []
        words += [desk_words(desk.set_aside)] if desk.set_aside is not None else []
        app = InboxApp(_setup(ctx, plan, cache, desk, instance, thin=thin))
        app.state.notice = " ".join(words)
        await app.run_async()
    for sentence in words:
        say(sentence)
    if app.crash:
        say(app.crash)
        return context.FAILED
    return context.DONE


def _setup(ctx: Context, plan: Plan, cache: Cache, desk: Desk, instance: Instance, *, thin: bool) -> Setup:
    from tui import log
    from tui.clock import SystemClock
    from tui.ui.setup import Setup

    config, clock = ctx.config.inbox, SystemClock()

    def report(error: BaseException) -> str:
        return log.report_crash(plan.state, error)

    async def start_engine(tell: Tell, entered: str) -> Engine:
        from tui.api.errors import ApiError, SignedOut
        from tui.cli.connect import make_client
        from tui.credentials import NoToken
        from tui.secret import Secret
        from tui.sync.engine import Engine
        from tui.ui.setup import CannotStart

        try:
            chosen, token = await plan.connect(Secret(entered) if entered else None)
        except NoToken as problem:
            raise CannotStart(problem.sentence) from None
        except ApiError as problem:
            phase: Phase = "signed-out" if isinstance(problem, SignedOut) else "offline"
            raise CannotStart(problem.sentence, phase) from None
        chosen = replace(chosen, read_only=plan.read_only)
        client = make_client(chosen, token, plan.desk_folder, clock=clock)
        keep = config.retention_days * DAY
        engine = Engine(client, cache, desk, instance, clock=clock, tell=tell, keep=keep, report=report)
        await engine.start()
        return engine

    return Setup(
        profile=plan.profile,
        environment=plan.environment,
        me=plan.me,
        cache=cache,
        desk=desk,
        instance=instance,
        clock=clock,
        start_engine=start_engine,
        save_token=plan.save,
        undo_seconds=config.undo_seconds,
        view=config.view,
        sort=cast("Sort", config.sort),
        read_only=plan.read_only,
        thin=thin,
        theme=config.theme,
        keys=ctx.config.keys,
        lint_off=frozenset(config.lint_off),
        report_crash=report,
    )


def demo_plan(ctx: Context, cache_folder: Path, desk_folder: Path, me: str, connect: Connect) -> Plan:
    """The plan for the demo profile."""
    plan = Plan("demo", "DEMO", me, cache_folder, desk_folder, ctx.paths.profile_state("demo"), connect)
    return replace(plan, read_only=bool(ctx.args.read_only))
