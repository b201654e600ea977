"""The real program in a real pseudo-terminal, its bytes kept and drawn by a terminal emulator."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyte
import pytest

from tui.clock import SystemClock
from tui.demo.data import DEMO_TOKEN
from tui.demo.faults import Fault
from tui.demo.model import Message
from tui.demo.server import DemoServer, Served
from tui.demo.service import Service
from tui.demo.world import World

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tui")
T = TypeVar("T")
Script = Callable[[str, Mapping[str, object]], Fault | None]


class Terminal:
    """One run of `refurbed-inbox` on a terminal of its own, in a home of its own.

    `shell` runs that line of `sh` in its place, with the program's arguments behind it as `"$@"`. A variable set to
    nothing is taken out of the environment. Nothing that was started outlives the `with`.
    """

    def __init__(
        self, home: Path, *arguments: str, size: tuple[int, int] = (120, 36), shell: str = "", **environment: str
    ) -> None:
        self._home = home
        self._screen = pyte.Screen(*(max(1, side) for side in size))
        self._stream = pyte.ByteStream(self._screen)
        self.bytes = b""
        self._master, slave = pty.openpty()
        self.resize(*size)
        self.settings_before = self.settings
        home.mkdir(parents=True, exist_ok=True)
        command = [*PROGRAM, *arguments]
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *command] if shell else command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environ_of(home, environment),
            preexec_fn=_own_terminal,  # noqa: PLW1509 - nothing else knows how to get a controlling terminal
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        for each in processes(self._home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    @property
    def text(self) -> str:
        """What the terminal shows, line by line."""
        return "\n".join(self._screen.display)

    @property
    def folded(self) -> str:
        """What the terminal shows, in one line."""
        return " ".join(self.text.split())

    @property
    def cells(self) -> list[pyte.screens.Char]:
        """Each character shown, with its colours."""
        return [self._screen.buffer[row][at] for row in range(self._screen.lines) for at in range(self._screen.columns)]

    @property
    def settings(self) -> list[object]:
        """How the terminal treats keys: line by line with an echo, or raw."""
        return list(termios.tcgetattr(self._master))

    def forget(self) -> None:
        """Show nothing any more, as after noise on the line; what comes from now on is drawn."""
        self._screen.reset()

    def read(self, seconds: float) -> None:
        """Take in what comes within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                return
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                return
            self.bytes += chunk
            self._stream.feed(chunk)

    def until(self, *wanted: str, absent: str = "", seconds: float = 20.0) -> str:
        """Wait until the terminal shows all of these words."""
        end = time.monotonic() + seconds
        while True:
            folded = self.folded
            if all(words in folded for words in wanted) and (not absent or absent not in folded):
                return folded
            if time.monotonic() > end or (self.process.poll() is not None and not self._more()):
                without = f" without {absent!r}" if absent else ""
                pytest.fail(f"the terminal does not show {wanted}{without}:\n{self.text}")
            self.read(0.05)

    def _more(self) -> bool:
        return bool(select.select([self._master], [], [], 0)[0])

    def send(self, keys: str | bytes) -> None:
        """Type; what is one string arrives as one write."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            # A terminal takes about 4 kB at a time, and what it answers wants to be read meanwhile.
            data = data[os.write(self._master, data[:1024]) :]
            if data:
                self.read(0.01)

    def paste(self, words: str) -> None:
        """Paste, as a terminal does that was asked to bracket it."""
        self.send(f"\x1b[200~{words}\x1b[201~")

    def resize(self, width: int, height: int) -> None:
        """Another size, as a window manager gives it; the terminal tells the program (SIGWINCH)."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._screen.resize(max(1, height), max(1, width))

    def hang_up(self) -> None:
        """Drop the line, as a lost connection does."""
        with contextlib.suppress(OSError):
            os.close(self._master)

    def ended(self, seconds: float = 5.0) -> int:
        """The exit code; fails when it does not end in time."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > end:
                pytest.fail(f"it did not end:\n{self.text}")
            self.read(0.01)
        self.read(0.1)
        return self.process.returncode

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the program alone; after SIGKILL it is gone when this returns."""
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()


def _own_terminal() -> None:
    """A session of its own whose controlling terminal is the one on standard input."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def environ_of(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """An environment in which nothing of this machine's user is found."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    given = {**kept, "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", **more}
    return {key: value for key, value in given.items() if value}


def processes(home: Path) -> list[int]:
    """The processes that live in this home."""
    mark = f"HOME={home}"
    if not Path("/proc/self/environ").exists():
        shown = subprocess.run(["ps", "-axeww", "-o", "pid=,command="], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in shown.splitlines() if mark in line.split()]
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def all_gone(home: Path, seconds: float = 5.0) -> bool:
    """Whether nothing lives in this home any more, at once or soon."""
    end = time.monotonic() + seconds
    while processes(home):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@dataclass(frozen=True, slots=True)
class Live:
    """A demo service in a thread of its own."""

    server: DemoServer
    loop: asyncio.AbstractEventLoop

    def do(self, change: Callable[[World], T]) -> T:
        """Look at the service's state, or change it, between two calls."""

        async def now() -> T:
            return change(self.server.service._world)

        return asyncio.run_coroutine_threadsafe(now(), self.loop).result(10)

    def asked(self, operation: str) -> list[Served]:
        """The calls of this kind that arrived."""
        return self.do(lambda _: [call for call in self.server.calls if call.operation == operation])

    def texts(self, words: str) -> int:
        """How many messages on all tickets hold these words."""
        return self.do(
            lambda world: sum(words in m.body_html for one in world.tickets.values() for m in world.thread(one))
        )

    def customer_writes(self, ticket_id: int, html: str) -> None:
        """A message from the customer comes in now."""

        def post(world: World) -> None:
            ticket, now = world.tickets[ticket_id], self.server.service.clock.now()
            with world.change(ticket, now):
                world.post(ticket, Message(0, "PUBLIC", now, "CUSTOMER", ticket.customer_name, "", html))
                ticket.start_clock(now)

        self.do(post)


@contextmanager
def service(script: Script | None = None, scenario: str = "ok", made: Service | None = None) -> Iterator[Live]:
    """A demo service whose calls go as `script` says."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = DemoServer(made or Service(SystemClock(), seed=1), rate=1000, scenario=scenario)
    server.script = script
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield Live(server, loop)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def inbox(home: Path, live: Live, *arguments: str, size: tuple[int, int] = (120, 36), **more: str) -> Terminal:
    """The inbox on that service."""
    return Terminal(home, *arguments, size=size, REFURBED_BASE_URL=live.server.url, REFURBED_TOKEN=DEMO_TOKEN, **more)


def configure(home: Path, settings: str) -> None:
    """Write config.toml."""
    path = home / ".config" / "refurbed-inbox" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(settings)


def list_stands(terminal: Terminal) -> None:
    """Wait until there are tickets, and the service has answered."""
    terminal.until("Needs reply 1/", "as of", " OPEN ")


def open_composer(terminal: Terminal, words: str = "") -> None:
    """From the list: open the ticket under the cursor, and begin a reply with these words."""
    list_stands(terminal)
    terminal.send("\r")
    terminal.until("(customer)", "Esc list")
    terminal.send("r")
    terminal.until("Reply to the customer")
    if words:
        terminal.send(words)
        terminal.until(words)


def draft_of(terminal: Terminal, words: str) -> None:
    """After a restart, where the ticket was open: its draft is there, with these words."""
    terminal.until("(customer)", "Esc list")
    terminal.send("r")
    terminal.until("Reply to the customer", words)


def leave(terminal: Terminal, keys: str = "\x11") -> float:
    """Leave in order; the seconds that it took."""
    began = time.monotonic()
    terminal.send(keys)
    assert terminal.ended() == 0
    return time.monotonic() - began
