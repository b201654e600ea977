"""Folders and files of the store: 0700 and 0600, ours, and no symlinks (SAFETY.md section 5)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from tui.clock import Clock, to_datetime
from tui.store.errors import StoreError, from_os

SIDE_FILES = ("-journal", "-wal", "-shm")
_LOCK_PATIENCE = 5.0


def secure_folder(folder: Path) -> None:
    """Make the folder (0700) or check that it is a folder of ours; loose permissions are tightened."""
    try:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists() and not parent.is_symlink()]
        for parent in reversed(missing):
            with contextlib.suppress(FileExistsError):
                parent.mkdir(mode=0o700)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise _unsafe(folder, "is a symbolic link")
        if not stat.S_ISDIR(found.st_mode):
            raise _unsafe(folder, "is not a folder")
        _tighten(folder, found, 0o700)
    except OSError as error:
        raise from_os(error, folder) from error


def secure_file(path: Path) -> int | None:
    """Check a database file and the files SQLite keeps beside it; its size, or None when there is none."""
    size: int | None = None
    for suffix in ("", *SIDE_FILES):
        each = path.with_name(path.name + suffix)
        try:
            found = each.lstat()
            if stat.S_ISLNK(found.st_mode):
                raise _unsafe(each, "is a symbolic link")
            if not stat.S_ISREG(found.st_mode):
                raise _unsafe(each, "is not a file")
            _tighten(each, found, 0o600)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise from_os(error, each) from error
        if not suffix:
            size = found.st_size
    return size


def create_file(path: Path) -> None:
    """An empty file, 0600 from its first moment; whatever lay there before is removed."""
    try:
        for suffix in ("", *SIDE_FILES):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise from_os(error, path) from error


def write_text(path: Path, text: str) -> None:
    """A new text file, 0600."""
    create_file(path)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def put_in_place(made: Path, path: Path) -> None:
    """Give a finished file its name at once and whole; the file of another window that was quicker stays."""
    try:
        try:
            path.hardlink_to(made)
        except FileExistsError:
            pass
        except OSError:
            if not path.exists():
                made.rename(path)
                return
        made.unlink()
    except OSError as error:
        raise from_os(error, path) from error


def set_aside(path: Path, clock: Clock) -> Path:
    """Rename a damaged database, with the files beside it, to `quarantine-<time>-<name>`."""
    stamp = to_datetime(clock.now(), None).strftime("%Y%m%dT%H%M%S")
    target, number = path.with_name(f"quarantine-{stamp}-{path.name}"), 1
    while target.exists():
        number += 1
        target = path.with_name(f"quarantine-{stamp}-{number}-{path.name}")
    try:
        for suffix in (*SIDE_FILES, ""):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
        damaged_mark(path).unlink(missing_ok=True)
    except OSError as error:
        raise from_os(error, path) from error
    return target


def set_aside_earlier(path: Path) -> list[Path]:
    """The files that `set_aside` made of this database, oldest first."""
    found = path.parent.glob(f"quarantine-*-{path.name}")
    return sorted((each for each in found if not each.is_symlink()), key=lambda each: each.name)


def forget_set_aside(paths: list[Path]) -> None:
    """Delete files that `set_aside` made; they hold what customers wrote."""
    for path in paths:
        for suffix in ("", *SIDE_FILES):
            with contextlib.suppress(OSError):
                path.with_name(path.name + suffix).unlink()


def damaged_mark(path: Path) -> Path:
    """The note to the next start that this database turned out to be damaged."""
    return path.with_name(path.name + ".damaged")


def mark_damaged(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.close(os.open(damaged_mark(path), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


@contextlib.contextmanager
def repair_lock(folder: Path) -> Iterator[None]:
    """Only one window at a time makes, migrates or sets aside a database of this folder.

    Where the file system knows no locks, or another window holds it for long, go on without.
    """
    try:
        handle = os.open(folder / "repair.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise from_os(error, folder) from error
    try:
        patience = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > patience:
                    break
                time.sleep(0.02)
            except OSError:
                break
        yield
    finally:
        os.close(handle)


def _tighten(path: Path, found: os.stat_result, mode: int) -> None:
    if found.st_uid != os.geteuid():
        raise _unsafe(path, "belongs to another user")
    if stat.S_IMODE(found.st_mode) & ~mode:
        path.chmod(mode)


def _unsafe(path: Path, what: str) -> StoreError:
    return StoreError("unsafe", f"{path} {what}, so it is not used. Move it away and start again.", path)
