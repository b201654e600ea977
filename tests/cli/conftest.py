"""The command line as a person has it: a home of its own, a real service on loopback, a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CANARY = "9b2f6c1e-4a77-4f0e-8d55-canary000001"


def clean_environ(home: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's user is found, not even a D-Bus."""
    kept = {
        key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
    }
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "NO_COLOR": "",
    }


@dataclass
class Ran:
    """What one run of the program said and how it ended."""

    code: int
    out: str
    err: str
    raw: bytes = b""


@dataclass
class Program:
    """Runs the program as a process of its own, in a home of its own."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *args: str, stdin: str | bytes = "", timeout: float = 30) -> Ran:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "tui", *args],
            input=given,
            capture_output=True,
            env=self.environ,
            cwd=self.home,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), done.stdout)

    def configure(self, text: str) -> Path:
        """Write config.toml."""
        path = self.home / "config" / "refurbed-inbox" / "config.toml"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def everything(self) -> bytes:
        """Every byte that the program left on disk."""
        return b"".join(path.read_bytes() for path in sorted(self.home.rglob("*")) if path.is_file())


class Terminal:
    """The program on a pseudo-terminal; `seen` is every byte it wrote there."""

    def __init__(self, program: Program, args: Sequence[str], environ: Mapping[str, str]) -> None:
        self.seen = b""
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *args],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=program.environ | dict(environ),
            cwd=program.home,
            start_new_session=True,
        )
        os.close(theirs)

    def wait_for(self, words: str, timeout: float = 20) -> str:
        """Read until the text appears (terminal codes taken out); everything seen so far."""
        end = time.monotonic() + timeout
        while words not in self.text:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{words!r} did not appear in {self.text[-2000:]!r}")
        return self.text

    @property
    def text(self) -> str:
        return re.sub(
            r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[\[?][0-?]*[ -/]*[@-~]|\x1b.",
            "",
            self.seen.decode("utf-8", "replace"),
        )

    def send(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def end(self, timeout: float = 10) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + timeout
        while self._read(end - time.monotonic()):
            continue
        return self.process.wait(max(0.1, end - time.monotonic()))

    def _read(self, patience: float) -> bool:
        if patience <= 0 or not select.select([self._fd], [], [], patience)[0]:
            return False
        try:
            part = os.read(self._fd, 65536)
        except OSError:
            return False
        self.seen += part
        return bool(part)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._fd)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, clean_environ(tmp_path))


@pytest.fixture
def terminal(program: Program) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*args: str, **environ: str) -> Terminal:
        opened.append(Terminal(program, args, environ))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


class Services:
    """Services as `serve` runs them, one process for each scenario."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[str, tuple[subprocess.Popen[str], str, str]] = {}

    def __call__(self, scenario: str = "ok") -> tuple[str, str]:
        """Address and token."""
        if scenario not in self._running:
            process = subprocess.Popen(
                [sys.executable, "-m", "tui", "serve", "--scenario", scenario],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=clean_environ(self._home) | {"PYTHONUNBUFFERED": "1"},
                text=True,
            )
            assert process.stdout is not None
            said = process.stdout.readline() + process.stdout.readline()
            match = re.search(r"REFURBED_BASE_URL=(\S+) REFURBED_TOKEN=(\S+)", said)
            assert match is not None, said
            self._running[scenario] = process, match[1], match[2]
        return self._running[scenario][1:]

    def stop(self) -> None:
        for process, _, _ in self._running.values():
            process.terminate()
            assert process.wait(10) == 0
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    running = Services(tmp_path_factory.mktemp("service"))
    yield running
    running.stop()


@pytest.fixture
def signed_in(program: Program, services: Services) -> Program:
    """The program with address and token of a good service in its environment."""
    url, token = services()
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    return program


@pytest.fixture
def canary() -> str:
    """A token that must turn up nowhere."""
    return CANARY
