"""Leaving does not wait for a name look-up that hangs."""

from __future__ import annotations

import subprocess
import sys
import time

PROGRAM = """
import asyncio, socket, time
socket.getaddrinfo = lambda *a, **k: time.sleep(20)
from tui.cli import ending

async def work():
    asyncio.ensure_future(asyncio.get_running_loop().getaddrinfo("nowhere.example", 443))
    await asyncio.sleep(0.2)
    print("done")
    return 3

raise SystemExit(ending.run(work()))
"""


def test_a_hanging_look_up_is_left_behind() -> None:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=15)
    assert (done.returncode, done.stdout) == (3, "done\n"), done.stderr
    assert time.monotonic() - started < 5
