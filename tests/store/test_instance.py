"""A program's life is its lock: stopped it lives, killed it is gone at once."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.store.errors import StoreError
from tui.store.instance import Instance

PROGRAM = """
import sys
from pathlib import Path
from tui.store.instance import Instance
instance = Instance.open(Path(sys.argv[1]))
print(instance.name, instance.lead(), flush=True)
for line in sys.stdin:
    print(instance.lead(), flush=True)
instance.close()
"""


class Program:
    """A real other process that holds an instance."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path.cwd(),
        )
        assert self.process.stdout is not None
        self.name, led = self.process.stdout.readline().split()
        self.led = led == "True"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        program.end()


def test_a_stopped_program_lives_and_a_killed_one_is_gone_at_once(tmp_path: Path, programs: list[Program]) -> None:
    other = Program(tmp_path)
    programs.append(other)
    mine = Instance.open(tmp_path)
    assert mine.locks
    assert mine.name != other.name
    assert mine.alive(other.name)
    assert mine.alive(mine.name)
    other.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, other.process.pid, os.WSTOPPED)
    assert mine.alive(other.name)
    assert (mine.lead(), mine.leads) == (False, False)
    other.kill()
    assert not mine.alive(other.name)
    assert (mine.lead(), mine.leads) == (True, True)
    mine.close()


def test_the_lead_passes_on_at_exit(tmp_path: Path, programs: list[Program]) -> None:
    first = Program(tmp_path)
    programs.append(first)
    second = Instance.open(tmp_path)
    third = Instance.open(tmp_path)
    assert first.led
    assert not second.lead()
    _, _ = first.process.communicate("", timeout=10)
    assert not second.alive(first.name)
    assert second.lead()
    assert not third.lead()
    assert second.lead()
    second.close()
    assert not second.lead()
    assert third.lead()
    third.close()


def test_names_that_are_nobodys(tmp_path: Path) -> None:
    mine = Instance.open(tmp_path)
    for name in ("", "0123456789abcdef", "../poll", "x" * 300, mine.name.upper() + "x"):
        assert not mine.alive(name)
    mine.close()
    assert not mine.alive(mine.name)


def test_two_in_one_process_see_each_other(tmp_path: Path) -> None:
    one, two = Instance.open(tmp_path), Instance.open(tmp_path)
    assert one.alive(two.name)
    assert two.alive(one.name)
    one.close()
    assert not two.alive(one.name)
    two.close()


def test_files_of_the_dead_are_cleared_away_and_those_of_the_living_stay(
    tmp_path: Path, programs: list[Program]
) -> None:
    living, dead = Program(tmp_path), Program(tmp_path)
    programs += [living, dead]
    dead.kill()
    place = tmp_path / "instances"
    (place / "0123456789abcdef.new").touch()
    mine = Instance.open(tmp_path)
    assert {path.name for path in place.iterdir()} == {f"{living.name}.lock", f"{mine.name}.lock"}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    lock = place / f"{mine.name}.lock"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    assert lock.read_text().split()[0] == str(os.getpid())
    mine.close()
    assert not lock.exists()
    assert mine.alive(living.name)


def test_a_poll_lock_that_was_deleted_is_taken_anew(tmp_path: Path) -> None:
    mine, other = Instance.open(tmp_path), Instance.open(tmp_path)
    assert mine.lead()
    (tmp_path / "poll.lock").unlink()
    assert other.lead()
    assert not mine.lead()
    mine.close()
    other.close()


def test_without_locks_everybody_whose_file_is_there_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    one, two = Instance.open(tmp_path), Instance.open(tmp_path)
    assert not one.locks
    assert one.alive(two.name)
    assert one.lead()
    assert two.lead()
    two.close()
    assert not one.alive(two.name)
    one.close()


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "instances").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="symbolic link"):
        Instance.open(tmp_path)
