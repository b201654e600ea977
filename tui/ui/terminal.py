"""The way to and from the terminal, kept from breaking on what terminals do.

Textual's writer thread dies of the first failed write; its queue then fills, and the whole program waits for ever on a
line that was dropped, with a reply perhaps still held. Here a failed write is the word to keep everything and end. Its
reader dies, with a traceback, of the first byte that is no UTF-8, as a Latin-1 terminal sends it; and it takes what
follows an escape character inside a paste for keys.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, Final, cast

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.text import MARKER

if TYPE_CHECKING:
    from tui.ui.app import InboxApp

ESCAPE: Final = "\x1b"
LOOK_UP: Final = 0.1
"""Seconds until the reader looks whether it is to end."""


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


class Pastes:
    """Takes the escape characters out of bracketed pastes, so that a paste is text and never keys."""

    def __init__(self) -> None:
        self._inside = False
        self._seen = ""
        """Outside: the end of what went by, which may begin a paste. Inside: what was kept, which may end it."""

    def feed(self, data: str) -> str:
        """What the parser may see of the next characters, whatever pieces they come in."""
        passed: list[str] = []
        while data:
            data = self._in_paste(data, passed) if self._inside else self._outside(data, passed)
        return "".join(passed)

    def _outside(self, data: str, passed: list[str]) -> str:
        joined = self._seen + data
        at = joined.find(BRACKETED_PASTE_START)
        end = len(joined) if at < 0 else at + len(BRACKETED_PASTE_START)
        passed.append(joined[len(self._seen) : end])
        self._inside = at >= 0
        self._seen = "" if self._inside else joined[1 - len(BRACKETED_PASTE_START) :]
        return joined[end:]

    def _in_paste(self, data: str, passed: list[str]) -> str:
        joined = self._seen + data
        at = joined.find(BRACKETED_PASTE_END)
        if at >= 0:
            passed.append(joined[:at].replace(ESCAPE, MARKER) + BRACKETED_PASTE_END)
            self._inside, self._seen = False, ""
            return joined[at + len(BRACKETED_PASTE_END) :]
        last = joined.rfind(ESCAPE)
        whole = last < 0 or not BRACKETED_PASTE_END.startswith(joined[last:])
        kept = len(joined) if whole else last
        passed.append(joined[:kept].replace(ESCAPE, MARKER))
        self._seen = joined[kept:]
        return ""


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, drawing on standard output, which was found to be a terminal."""

    def __init__(
        self, app: InboxApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        loop = asyncio.get_running_loop()

        def gone() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(app.terminal_gone)

        self._gone = gone
        self._file = cast("Any", Unbreakable(cast("IO[str]", sys.__stdout__), gone))

    def run_input_thread(self) -> None:
        """Hand on what is typed until the driver ends, or the line does."""
        parser, pastes = XTermParser(self._debug), Pastes()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK_UP):
                    data = self._read()
                    if not data:
                        self._gone()
                        return
                    # Nothing is the parser's sign for the end.
                    if characters := pastes.feed(decode(data)):
                        for event in parser.feed(characters):
                            self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _read(self) -> bytes:
        """What has come in; nothing when nothing ever will."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""
