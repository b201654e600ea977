"""One running program on a profile's folder. Its life is a held file lock, not a clock.

A stopped process keeps its lock, a killed one frees it at once (SAFETY.md section 4, "Verified here"). Each program
holds `instances/<name>.lock`; the one that polls the list also holds `poll.lock`.

Where the file system knows no locks (`locks` is False), every program whose file is there counts as alive, so that
nothing it was sending is taken over on a guess; removing its file in `instances/` says that it is gone. A file system
that locks for one machine only (NFS with `local_lock`) may show a living program of another machine as gone: its rows
then become unconfirmed or paused, which sends nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from pathlib import Path
from typing import Final

from tui.store import files
from tui.store.errors import from_os

_NAME: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FLAGS: Final = os.O_NOFOLLOW | os.O_CLOEXEC
_TRIES: Final = 20


class Instance:
    """This program's place among those on the same folder. Methods take no time worth speaking of."""

    def __init__(self, folder: Path, name: str, handle: int, *, locks: bool) -> None:
        self.name = name
        self.locks = locks
        """Whether the file system knows locks."""
        self._folder = folder
        self._handle: int | None = handle
        self._poll: int | None = None

    @classmethod
    def open(cls, folder: Path) -> Instance:
        """Take a place, and clear away those of programs that are gone. Raises `StoreError`."""
        place = folder / "instances"
        files.secure_folder(place)
        _clear(place)
        for _ in range(_TRIES):
            name = secrets.token_hex(8)
            try:
                made = _make(place, name)
            except OSError as error:
                raise from_os(error, place) from error
            if made is not None:
                handle, locks = made
                return cls(folder, name, handle, locks=locks)
        raise from_os(OSError(5, "its lock files are taken away as fast as they are made"), place)

    def close(self) -> None:
        """Give the place up: from now on `alive` says no of this name."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._file(self.name).unlink()
            os.close(self._handle)
            self._handle = None
        self._drop_lead()

    def alive(self, name: str) -> bool:
        """Whether the program of this name still runs; in doubt, yes."""
        if name == self.name:
            return self._handle is not None
        if not _NAME.fullmatch(name):
            return False
        try:
            handle = os.open(self._file(name), os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(handle)
        return False

    @property
    def leads(self) -> bool:
        """Whether this program holds the poll lock, as far as it knows."""
        return self._poll is not None

    def lead(self) -> bool:
        """Take or keep the lock of the one that polls the list. Without locks everybody polls: that sends nothing."""
        path = self._folder / "poll.lock"
        if self._handle is None:
            return False
        if self._poll is not None:
            if _is_at(self._poll, path):
                return True
            self._drop_lead()
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
        except OSError as error:
            raise from_os(error, path) from error
        if _lock(handle) == "held" or not _is_at(handle, path):
            os.close(handle)
            return False
        self._poll = handle
        return True

    def _file(self, name: str) -> Path:
        return self._folder / "instances" / f"{name}.lock"

    def _drop_lead(self) -> None:
        if self._poll is not None:
            os.close(self._poll)
            self._poll = None


def _make(place: Path, name: str) -> tuple[int, bool] | None:
    """A locked file under its name, and whether locks are known; None when another program cleared it away meanwhile.

    It gets its name only when it is locked: nobody ever sees a living program's file unlocked.
    """
    new = place / f"{name}.new"
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    try:
        said = _lock(handle)
        # The process number is for people who look into the folder.
        os.write(handle, f"{os.getpid()} {os.uname().nodename}\n".encode())
        path = new.with_suffix(".lock")
        if said != "held":
            with contextlib.suppress(FileNotFoundError):
                new.rename(path)
                if _is_at(handle, path):
                    return handle, said == "ours"
        os.close(handle)
    except OSError:
        os.close(handle)
        raise
    return None


def _lock(handle: int) -> str:
    """`ours`, `held` by another, or `unknown` where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return "held"
    except OSError:
        return "unknown"
    return "ours"


def _clear(place: Path) -> None:
    """Remove the files of programs that are gone; held while removed, so that none is taken in between."""
    for path in (*place.glob("*.lock"), *place.glob("*.new")):
        try:
            handle = os.open(path, os.O_RDWR | _FLAGS)
        except OSError:
            continue
        try:
            if _lock(handle) == "ours" and _is_at(handle, path):
                path.unlink(missing_ok=True)
        except OSError:
            continue
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Whether the open file still lies under this path."""
    try:
        there, ours = path.lstat(), os.fstat(handle)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
