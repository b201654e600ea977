"""Files for a reply: what was typed as a path, read off the event loop, with a sentence for what cannot be."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tui import text
from tui.store.rows import DraftFile, OutFile

LARGEST: Final = 20_000_000
"""Bytes of all attachments of one message: they travel inside the call, a third larger (FIELD.md F9)."""


class FileProblem(Exception):
    """A file that cannot be attached; the sentence names it and says why."""


def look_up(typed: str, already: Sequence[DraftFile]) -> tuple[DraftFile, ...]:
    """The files that a path means (`~` and globs too), each with size and hash. Raises `FileProblem`."""
    path = Path(typed.strip()).expanduser()
    paths = _matches(path) if set("*?[") & set(str(path)) else [path]
    if not paths:
        raise FileProblem(f"Nothing matches {text.clean_line(typed, 200)}.")
    found: list[DraftFile] = []
    for path in paths:
        data = _read(path)
        file = DraftFile(str(path.absolute()), path.name, len(data), hashlib.sha256(data).hexdigest())
        if file not in already:
            found.append(file)
        if sum(each.size for each in (*already, *found)) > LARGEST:
            raise FileProblem(
                f"{_name(path)} is too much: a message carries at most {LARGEST // 1_000_000} MB of files."
            )
    return tuple(found)


def to_send(files: Sequence[DraftFile]) -> tuple[OutFile, ...]:
    """The files as they are frozen. The desk refuses one that is not what was attached. Raises `FileProblem`."""
    return tuple(OutFile(file.name, _read(Path(file.path)), file.path, file.sha256) for file in files)


def size_words(size: int) -> str:
    """`812 B`, `14 kB`, `3.2 MB`."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _matches(pattern: Path) -> list[Path]:
    root = Path(pattern.anchor or ".")
    return sorted(found for found in root.glob(str(pattern.relative_to(pattern.anchor))) if found.is_file())


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise FileProblem(f"{_name(path)} is a folder. Attach the files in it: {_name(path)}/*")
        if not stat.S_ISREG(found.st_mode):
            raise FileProblem(f"{_name(path)} is not a file.")
        if found.st_size > LARGEST:
            raise FileProblem(
                f"{_name(path)} has {size_words(found.st_size)}; at most {size_words(LARGEST)} can be sent."
            )
        return path.read_bytes()
    except OSError as error:
        raise FileProblem(f"{_name(path)} cannot be read: {error.strerror or type(error).__name__}.") from None


def _name(path: Path) -> str:
    return text.clean_line(str(path), 200)
