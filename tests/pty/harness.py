"""The real program in a real pseudo-terminal, its bytes kept and drawn by a terminal emulator."""

from __future__ import annotations

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
import time
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).parents[2]


class Terminal:
    """One run of `refurbed-inbox` on a terminal of its own, in a home of its own."""

    def __init__(self, home: Path, *arguments: str, size: tuple[int, int] = (120, 36), **environment: str) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.bytes = b""
        self._master, slave = pty.openpty()
        self.resize(*size)
        home.mkdir(exist_ok=True)
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "PYTHONPATH")}
        environ = {**kept, "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={key: value for key, value in environ.items() if value},
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

    @property
    def text(self) -> str:
        """What the terminal shows, line by line."""
        return "\n".join(self._screen.display)

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

    def until(self, *wanted: str, absent: str = "", seconds: float = 15.0) -> str:
        """Wait until the terminal shows all of these words."""
        end = time.monotonic() + seconds
        while True:
            folded = " ".join(self.text.split())
            if all(words in folded for words in wanted) and (not absent or absent not in folded):
                return folded
            if time.monotonic() > end or (self.process.poll() is not None and not self._more()):
                pytest.fail(
                    f"the terminal does not show {wanted}{f' without {absent!r}' if absent else ''}:\n{self.text}"
                )
            self.read(0.05)

    def _more(self) -> bool:
        return bool(select.select([self._master], [], [], 0)[0])

    def send(self, keys: str) -> None:
        """Type; what is one string arrives as one write."""
        os.write(self._master, keys.encode())

    def resize(self, width: int, height: int) -> None:
        """Another size, as a window manager gives it."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._screen.resize(height, width)

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
            self.read(0.02)
        self.read(0.1)
        return self.process.returncode

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)


def _own_terminal() -> None:
    """A session of its own whose controlling terminal is the one on standard input."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
