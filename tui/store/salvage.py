"""What can still be read in a damaged desk.db, as a text file beside it: drafts and outbox are somebody's work.

The damaged file itself is only read. Rows are taken from both ends of each table up to the damage; where not even the
list of tables can be read, every longer run of text is taken from the bytes.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tui.clock import Clock, to_datetime
from tui.store import files
from tui.store.desk_schema import bytes_text, lenient
from tui.store.errors import StoreError

_RAW_LIMIT: Final = 32 * 1024 * 1024
_RUN: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f�]{12,}")
_ENDS: Final = {
    "drafts": ("SELECT * FROM drafts ORDER BY id", "SELECT * FROM drafts ORDER BY id DESC"),
    "outbox": ("SELECT * FROM outbox ORDER BY seq", "SELECT * FROM outbox ORDER BY seq DESC"),
}
_WORDS: Final = {"drafts": "draft", "outbox": "outbox row"}


def salvage(damaged: Path, clock: Clock) -> Path | None:
    """Write the readable rows of a set-aside desk.db to `<its name>.txt`; None when that could not be done."""
    target = damaged.with_name(damaged.name + ".txt")
    parts, whole = _rows(damaged)
    if not whole:
        rows = "".join(parts)
        parts += [f"--- text found in the bytes\n{run}\n" for run in _runs(damaged) if run not in rows]
    said = to_datetime(clock.now(), clock.zone).strftime("%Y-%m-%d %H:%M")
    head = (
        f"Read on {said} from the damaged file {damaged.name}.\n"
        "Drafts and replies that were being sent. Check in each ticket what was sent before you send anything again.\n"
    )
    body = "\n".join(parts) if parts else "Nothing in it could be read.\n"
    try:
        files.write_text(target, f"{head}\n{body}")
    except (OSError, StoreError):
        return None
    return target


def _rows(damaged: Path) -> tuple[list[str], bool]:
    """The rows in words, and whether all tables could be read to their ends."""
    best: tuple[list[str], bool] = ([], False)
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        parts: list[str] = []
        whole = True
        with contextlib.suppress(sqlite3.Error):
            connection = sqlite3.connect(f"file:{quote(os.fspath(damaged))}?{mode}", uri=True, isolation_level=None)
            try:
                lenient(connection)
                # So SQLite reads a file that is shorter than it says; nothing is written.
                connection.execute("PRAGMA writable_schema = ON").fetchall()
                for table, word in _WORDS.items():
                    rows, to_the_end = _table(connection, table)
                    parts += [_described(word, row) for row in rows]
                    whole = whole and to_the_end
            finally:
                connection.close()
        best = max(best, (parts, whole), key=lambda found: len(found[0]))
        if whole and parts:
            break
    return best


def _table(connection: sqlite3.Connection, table: str) -> tuple[list[dict[str, object]], bool]:
    seen: dict[object, dict[str, object]] = {}
    for query in _ENDS[table]:
        with contextlib.suppress(sqlite3.Error):
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description]
            while (row := cursor.fetchone()) is not None:
                seen.setdefault(row[0], dict(zip(columns, row, strict=True)))
            return list(seen.values()), True
    return [seen[key] for key in sorted(seen, key=str)], False


def _described(word: str, row: dict[str, object]) -> str:
    text = row.get("text" if word == "draft" else "payload")
    facts = ", ".join(
        f"{name} {row[name]}" for name in ("ticket_id", "audience", "kind", "state", "status_after") if row.get(name)
    )
    body = bytes_text(text) if isinstance(text, bytes) else str(text)
    return f"--- {word}: {facts}\n{body}\n"


def _runs(damaged: Path) -> Iterator[str]:
    try:
        with damaged.open("rb") as handle:
            raw = handle.read(_RAW_LIMIT)
    except OSError:
        return
    for match in _RUN.finditer(raw.decode("utf-8", "replace")):
        if " " in match[0].strip():
            yield match[0].strip()
