"""The outbox between real programs: stopped, killed, and competing for the same rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tui.clock import SystemClock
from tui.store.desk import Desk
from tui.store.instance import Instance

WINDOW = """
import asyncio, sys
from pathlib import Path
from tui.clock import SystemClock
from tui.store.desk import Desk
from tui.store.instance import Instance

async def main():
    clock = SystemClock()
    desk = await Desk.open(Path(sys.argv[1]), clock)
    me = Instance.open(Path(sys.argv[1])).name
    for ticket, wait in ((1, 3600), (2, 0), (3, 0)):
        row = await desk.outbox.hold(ticket, "reply", "customer", {"text": "Hello", "files": []}, base_ids=(),
            not_before=clock.now() + wait * 1_000_000, owner=me, from_draft=False)
    await desk.outbox.claim(row.id, me, ())
    print(me, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


async def test_a_stopped_window_keeps_its_rows_and_a_killed_one_loses_them(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WINDOW, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        me = Instance.open(tmp_path)
        desk = await Desk.open(tmp_path, SystemClock())
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        assert await desk.outbox.recover(me.alive, me.name) == []
        process.kill()
        process.wait()
        await desk.outbox.recover(me.alive, me.name)
        assert [row.state for row in await desk.outbox.rows()] == ["paused", "paused", "unconfirmed"]
        await desk.close()
        me.close()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


CLAIMER = """
import asyncio, sys
from pathlib import Path
from tui.clock import SystemClock
from tui.store.desk import Desk

async def main():
    desk = await Desk.open(Path(sys.argv[1]), SystemClock())
    for row in await desk.outbox.rows(("queued",)):
        if await desk.outbox.claim(row.id, "a", ()) is not None:
            print(row.id, flush=True)
    await desk.close()

asyncio.run(main())
"""


async def test_programs_that_claim_the_same_rows_get_each_once(tmp_path: Path) -> None:
    desk = await Desk.open(tmp_path, SystemClock())
    rows = [
        await desk.outbox.hold(
            ticket_id,
            "reply",
            "customer",
            {"text": "Hello", "files": []},
            base_ids=(),
            not_before=0,
            owner="a",
            from_draft=False,
        )
        for ticket_id in range(1, 151)
    ]
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        for _ in range(3)
    ]
    # One of them is killed in the middle: what it was given is on record as being sent.
    first = programs[0].stdout
    assert first is not None
    given = [first.readline().strip()]
    programs[0].kill()
    for program in programs:
        assert program.stdout is not None
        given += program.stdout.read().split()
        program.stdout.close()
        program.wait()
    given = [each for each in given if each]
    assert len(given) == len(set(given))
    taken = {row.id for row in await desk.outbox.rows(("sending",))}
    assert set(given) <= taken == {row.id for row in rows}
    # At most one claim was given without being heard of: that of the killed one.
    assert len(taken) - len(given) <= 1
    await desk.close()
