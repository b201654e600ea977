"""`purge`: erase the cached customer data of a profile, and say what remains."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from tui.cli import context
from tui.cli.context import Context, line

EXAMPLE: Final = "refurbed-inbox --profile sandbox purge"


def add(parser: argparse.ArgumentParser) -> None:
    """`purge` has no arguments of its own."""


def run(ctx: Context) -> int:
    """All services of the profile: whatever it ever read is erased from the cache."""
    from tui.profiles import profile_name

    name, _ = profile_name(ctx.config, ctx.environ, ctx.args.profile)
    root, state = ctx.paths.profile_cache(name), ctx.paths.profile_state(name)
    erased = asyncio.run(_erase(sorted(root.glob("*/cache.db")), list(root.glob("*/quarantine-*"))))
    line(f"Erased: {erased} cached tickets of profile {name}." if erased else f"Nothing was cached for profile {name}.")
    for sentence in asyncio.run(_remains(sorted(state.glob("*/desk.db")))):
        line(sentence)
    if (state / "inbox.log").exists():
        line(f"Remains: the log, which holds no texts, in {state / 'inbox.log'}.")
    line(f"Remains: settings in {ctx.paths.config_file}; a token in the keyring, until `refurbed-inbox logout`.")
    return context.DONE


async def _erase(files: list[Path], asides: list[Path]) -> int:
    from tui.clock import SystemClock
    from tui.store.cache import Cache

    erased = 0
    for file in files:
        cache = await Cache.open(file.parent, SystemClock())
        try:
            erased += await _count(cache)
            await cache.erase()
        finally:
            await cache.close()
    for aside in asides:
        # A damaged cache that was set aside still holds what customers wrote.
        aside.unlink(missing_ok=True)
        erased = max(erased, 1)
    return erased


async def _count(cache: object) -> int:
    from tui.domain import VIEW_BY_ID
    from tui.store.cache import Cache

    assert isinstance(cache, Cache)
    counts = await cache.counts(0, "")
    return sum(counts[view] for view in ("active", "archive") if view in VIEW_BY_ID)


async def _remains(files: list[Path]) -> list[str]:
    from tui.cli.connect import desk_of
    from tui.store.outbox_states import UNSETTLED

    sentences: list[str] = []
    for file in files:
        async with desk_of(file.parent) as desk:
            drafts, rows = await desk.drafts.all(), await desk.outbox.rows(states=UNSETTLED)
            sentences.append(
                f"Remains: {len(drafts)} drafts and {len(rows)} unsent writes, with what you sent, in {file}."
            )
    return sentences
