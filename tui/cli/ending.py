"""Running a coroutine to its end without waiting for what nobody can stop.

A name look-up that hangs lives in the loop's own pool of threads, and both `asyncio.run` and the interpreter wait for
that pool. Leaving must not take longer than the network's patience (DESIGN.md: quit under a second).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from typing import Final

PATIENCE: Final = 0.3
"""Seconds that idle threads get to go away; one that still works then is left behind."""


def run(work: Coroutine[object, object, int]) -> int:
    """The exit code that `work` gives; the process ends here when a thread of the loop's pool hangs."""
    with asyncio.Runner() as runner:
        code = runner.run(work)
        if not runner.run(_pool_ends()):
            logging.shutdown()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    return code


async def _pool_ends() -> bool:
    # Never cancelled: that would wait for the pool after all.
    ending = asyncio.ensure_future(asyncio.get_running_loop().shutdown_default_executor())
    done, _ = await asyncio.wait({ending}, timeout=PATIENCE)
    return bool(done)
