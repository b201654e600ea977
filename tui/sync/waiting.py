"""Waiting for a moment or for a word, whichever comes first, by the injected clock."""

from __future__ import annotations

import asyncio

from tui.clock import Clock


async def nap(clock: Clock, word: asyncio.Event, seconds: float | None) -> bool:
    """Sleep for `seconds` (None: for ever) unless `word` is given, which is then taken back. True when it was given."""
    if seconds is None:
        await word.wait()
    elif not word.is_set():
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        waiting = asyncio.ensure_future(word.wait())
        try:
            await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (sleeping, waiting):
                each.cancel()
    given = word.is_set()
    word.clear()
    return given
