"""The way to the terminal, kept from blocking when the terminal is gone.

Textual's writer thread dies of the first failed write; its queue then fills, and the whole program waits for ever on a
line that was dropped, with a reply perhaps still held. Here a failed write is the word to keep everything and end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from tui.ui.app import InboxApp


class Unbreakable:
    """A text file whose writes never fail: after the first one that would have, all go nowhere."""

    def __init__(self, file: IO[str], gone: Callable[[], object]) -> None:
        self._file = file
        self._gone = gone
        self._dead = threading.Event()

    def write(self, text: str) -> int:
        """Write, or let it go."""
        if not self._dead.is_set():
            try:
                return self._file.write(text)
            except OSError:
                self._end()
        return len(text)

    def flush(self) -> None:
        """Flush, or let it go."""
        if not self._dead.is_set():
            try:
                self._file.flush()
            except OSError:
                self._end()

    def _end(self) -> None:
        self._dead.set()
        self._gone()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, on an output that cannot fail."""

    def __init__(
        self, app: InboxApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        loop = asyncio.get_running_loop()

        def gone() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(app.terminal_gone)

        self._file = cast("Any", Unbreakable(cast("IO[str]", self._file), gone))
