"""A demo service and workers on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.sync.harness import Site
from tui.clock import SystemClock
from tui.demo.server import DemoServer
from tui.demo.service import Service


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    clock = SystemClock()
    server = DemoServer(Service(clock, seed=5, tickets=150), rate=1000)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        yield Site(tmp_path, server, clock, stack)
