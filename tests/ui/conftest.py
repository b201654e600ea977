"""An inbox to use in each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.ui.harness import House
from tui.clock import SystemClock
from tui.demo.server import DemoServer
from tui.demo.service import Service


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = SystemClock()
    service = Service(clock, seed=7, tickets=64)
    async with AsyncExitStack() as stack:
        server = DemoServer(service, rate=1000)
        await server.start()
        stack.push_async_callback(server.stop)
        yield House(tmp_path, server, service, clock, stack)
