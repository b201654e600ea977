"""What can go wrong with a database file, in words for the user."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final, Literal

Kind = Literal["full", "readonly", "locked", "damaged", "newer", "unsafe", "moved", "closed", "other"]


class StoreError(Exception):
    """A read or write of the store that did not happen.

    `sentence` is for the screen: what is wrong and what to do. It names files, never their contents.
    """

    def __init__(self, kind: Kind, sentence: str, path: Path | None = None) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind
        self.sentence = sentence
        self.path = path


_KINDS: Final[dict[int, Kind]] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_PERM: "readonly",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_FORMAT: "damaged",
}
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_READONLY: Final = frozenset({errno.EPERM, errno.EACCES, errno.EROFS})


def kind_of(error: sqlite3.Error) -> Kind:
    """Which of our kinds an SQLite error is."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "other"
    if code & 0xFF == sqlite3.SQLITE_ERROR and "no such table" in str(error):
        return "damaged"
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return "moved"
    return _KINDS.get(code & 0xFF, "other")


def from_sqlite(error: sqlite3.Error, path: Path, *, precious: bool) -> StoreError:
    """The sentence for an SQLite error on this file; `precious` is true for drafts and outbox."""
    kind = kind_of(error)
    if kind == "full":
        text = f"The disk is full: nothing could be written to {path}. Free some space and try again."
    elif kind == "readonly":
        text = f"{path} cannot be written. Make the file and its folder writable for you and try again."
    elif kind == "locked":
        text = f"{path} is in use by another program and stayed locked. Close that program and try again."
    elif kind == "moved":
        return moved(path)
    elif kind == "damaged" and precious:
        text = f"The file with drafts and outbox is damaged: {path}. Copy out what you are writing, then start again."
    elif kind == "damaged":
        text = f"The cache is damaged: {path}. It is set aside and built anew at the next start."
    else:
        text = f"The disk or the database reported an error on {path}: {error}."
    return StoreError(kind, text, path)


def moved(path: Path) -> StoreError:
    """The file under this name is not the one that was opened."""
    return StoreError("moved", f"{path} was moved, deleted or replaced while it was open. Quit and start again.", path)


def from_os(error: OSError, path: Path) -> StoreError:
    """The sentence for a file system error on this path."""
    reason = error.strerror or type(error).__name__
    kind: Kind = "full" if error.errno in _FULL else "readonly" if error.errno in _READONLY else "other"
    return StoreError(kind, f"{path} cannot be used: {reason}. Make room or allow access, then try again.", path)
