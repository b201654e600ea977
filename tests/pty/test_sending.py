"""Killed in the middle of sending: what the screen says after the restart, and what the service received."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pty.harness import Terminal
from tui.clock import SystemClock
from tui.demo.data import DEMO_TOKEN
from tui.demo.faults import Fault
from tui.demo.server import DemoServer
from tui.demo.service import Service


@contextmanager
def service(fault: Fault) -> Iterator[DemoServer]:
    """A demo service in a thread of its own, whose writes go as `fault` says."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = DemoServer(Service(SystemClock(), seed=1), rate=1000)
    server.script = lambda operation, body: fault if operation == "UpdateTicket" else None
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def inbox(home: Path, server: DemoServer) -> Terminal:
    settings = home / ".config" / "refurbed-inbox" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[inbox]\nundo_seconds = 0\n")
    return Terminal(home, REFURBED_BASE_URL=server.url, REFURBED_TOKEN=DEMO_TOKEN)


@pytest.mark.parametrize(("committed", "words"), [(True, "did arrive"), (False, "1 unconfirmed")])
def test_killed_while_sending_it_is_looked_for_and_never_sent_again(
    tmp_path: Path, committed: bool, words: str
) -> None:
    with service(Fault(hang=True, commit=committed)) as server:
        with inbox(tmp_path, server) as terminal:
            terminal.until("SANDBOX 127.0.0.1", "Needs reply 1/", "as of", "OPEN")
            terminal.send("\r")
            terminal.until("(customer)")
            terminal.send("r")
            terminal.until("Reply to the customer")
            terminal.send("in mid-air")
            terminal.until("draft saved")
            terminal.send("\x1b")
            terminal.until("SEND to the customer")
            terminal.send("y")
            terminal.until("1 sending")
            terminal.read(0.3)
            terminal.kill()
            terminal.process.wait()
        with inbox(tmp_path, server) as again:
            again.until(words, seconds=20)
            again.read(3.0)
            again.send("q")
            again.read(0.3)
            again.send("q")
            assert again.ended() == 0
        writes = [call for call in server.calls if call.operation == "UpdateTicket"]
        assert len(writes) <= 1, "it was never sent again"
        world = server.service._world
        there = sum("in mid-air" in m.body_html for one in world.tickets.values() for m in world.thread(one))
        assert there == int(committed)
