"""Opening a database file: create, check, migrate, set aside.

The quick check at every start reads the header, the version, the list of tables and the size; `quick_check` of the
whole file is `Database.verify`'s. Nothing here opens a database file but through SQLite: closing any other handle
would drop SQLite's locks on it in this process.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from tui.clock import Clock, to_datetime
from tui.store import files
from tui.store.errors import StoreError, from_os, from_sqlite, kind_of

Step = Callable[[sqlite3.Connection], None]
Condition = Literal["sound", "absent", "old", "damaged"]

BUSY_SECONDS = 5.0


@dataclass(frozen=True)
class Spec:
    """What a database of ours is. Version n of it is what the first n steps have made."""

    name: str
    application_id: int
    steps: tuple[Step, ...]
    tables: frozenset[str]
    precious: bool
    """True for desk.db: copied before each migration, never thrown away, and every commit survives a power cut."""

    @property
    def version(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Opened:
    """A usable database: its writing connection, and what happened to the file before, if anything did."""

    connection: sqlite3.Connection
    set_aside: Path | None = None


def statements(*texts: str) -> Step:
    """A migration step made of SQL statements."""

    def run(connection: sqlite3.Connection) -> None:
        for text in texts:
            connection.execute(text)

    return run


def open_database(folder: Path, spec: Spec, clock: Clock) -> Opened:
    """Open it for writing, making, migrating or setting it aside as needed; `StoreError` when it cannot be used."""
    files.secure_folder(folder)
    path = folder / spec.name
    try:
        condition, connection = examine(path, spec)
        if connection is not None and condition == "sound":
            return Opened(connection)
        _close(connection)
        with files.repair_lock(folder):
            return _repair(path, spec, clock)
    except sqlite3.Error as error:
        raise from_sqlite(error, path, precious=spec.precious) from error


def connect(path: Path, spec: Spec, *, reader: bool = False) -> sqlite3.Connection:
    """A connection with our settings to a file that exists."""
    connection = _connect(path)
    try:
        _settings(connection, spec, reader=reader)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def examine(path: Path, spec: Spec) -> tuple[Condition, sqlite3.Connection | None]:
    """What state the file is in, with a connection when it can be opened at all.

    Raises `StoreError` for a file of a newer version, which stays as it is.
    """
    size = files.secure_file(path)
    if size is None:
        return "absent", None
    if size == 0 or files.damaged_mark(path).exists():
        return "damaged", None
    connection = None
    try:
        connection = _connect(path)
        condition = _condition(connection, path, spec)
        if condition != "damaged":
            _settings(connection, spec, reader=False)
    except sqlite3.Error as error:
        _close(connection)
        if kind_of(error) == "damaged":
            return "damaged", None
        raise
    except StoreError:
        _close(connection)
        raise
    if condition == "damaged":
        _close(connection)
        return condition, None
    return condition, connection


def quick_check(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file's structure; reads all of it."""
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(20)")]
    except sqlite3.DatabaseError as error:
        if kind_of(error) != "damaged":
            raise
        return [str(error)]
    return [] if found == ["ok"] else found


def _condition(connection: sqlite3.Connection, path: Path, spec: Spec) -> Condition:
    connection.execute("BEGIN")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        size = path.stat().st_size
    except OSError as error:
        raise from_os(error, path) from error
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
    if application == spec.application_id and version > spec.version:
        what = "these drafts and this outbox were" if spec.precious else "this cache was"
        raise StoreError(
            "newer",
            f"{path}: {what} written by a newer version of refurbed-inbox (format {version}, this one knows "
            f"{spec.version}). Install the newer version again; nothing was opened or changed.",
            path,
        )
    if size < pages * page_size:
        return "damaged"
    if version == 0:
        return "damaged" if tables else "old"
    if application != spec.application_id:
        return "damaged"
    if version < spec.version:
        return "old"
    return "sound" if tables >= spec.tables else "damaged"


def _repair(path: Path, spec: Spec, clock: Clock) -> Opened:
    condition, connection = examine(path, spec)
    aside = None
    if condition == "damaged":
        aside = files.set_aside(path, clock)
        if not spec.precious:
            files.forget_set_aside([each for each in files.set_aside_earlier(path) if each != aside])
        condition = "absent"
    if condition == "absent":
        _make(path, spec, clock)
        condition, connection = examine(path, spec)
    if connection is None:
        raise StoreError("damaged", f"{path} could not be made: the disk gave back something else.", path)
    if condition == "old":
        try:
            migrate(connection, path, spec, clock)
        except BaseException:
            connection.close()
            raise
    return Opened(connection, aside)


def _make(path: Path, spec: Spec, clock: Clock) -> None:
    """Under another name first: a crash in between leaves no empty file that looks like a loss."""
    made = path.with_name(path.name + ".new")
    files.create_file(made)
    connection = _connect(made)
    try:
        _settings(connection, spec, reader=False)
        migrate(connection, made, spec, clock)
    finally:
        connection.close()
    for suffix in files.SIDE_FILES:
        made.with_name(made.name + suffix).unlink(missing_ok=True)
    files.put_in_place(made, path)


def migrate(connection: sqlite3.Connection, path: Path, spec: Spec, clock: Clock) -> None:
    """Take the steps that are missing, each in one transaction; a precious file is copied before each."""
    while True:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version >= spec.version:
            return
        if spec.precious and version:
            _copy(connection, path, version, clock)
        connection.execute("BEGIN IMMEDIATE")
        try:
            (again,) = connection.execute("PRAGMA user_version").fetchone()
            if again == version:
                spec.steps[version](connection)
                connection.execute(f"PRAGMA application_id = {spec.application_id}")
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


def _copy(connection: sqlite3.Connection, path: Path, version: int, clock: Clock) -> None:
    stamp = to_datetime(clock.now(), None).strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"copy-{stamp}-version-{version}-{path.name}")
    files.create_file(target)
    copy = _connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(os.fspath(path))}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
    )


def _settings(connection: sqlite3.Connection, spec: Spec, *, reader: bool) -> None:
    settings: Sequence[str] = (
        "journal_mode = TRUNCATE",
        f"synchronous = {'EXTRA' if spec.precious else 'NORMAL'}",
        "secure_delete = ON",
        # Sorting and VACUUM must not put what customers wrote into files under /tmp.
        "temp_store = MEMORY",
        "mmap_size = 0",
        # A big transaction that spilled would lock readers out until its end.
        "cache_spill = OFF",
    )
    for setting in settings:
        connection.execute(f"PRAGMA {setting}").fetchall()
    if reader:
        connection.execute("PRAGMA query_only = ON")


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
