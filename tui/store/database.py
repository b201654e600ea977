"""One database file, asked from the event loop: a thread that writes, a thread that reads, errors as sentences.

The threads are daemons and answer through the loop: a slow disk never stops the screen, and never keeps the process
alive. A job that was handed over is done whatever becomes of who asked: cancelling the awaiting coroutine takes nothing
back. Functions given to `write` and `read` run in a thread: they get a connection, and must not keep it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeVar, cast

from tui.clock import Clock
from tui.store import files
from tui.store.errors import StoreError, from_os, from_sqlite, kind_of, moved
from tui.store.schema import Spec, connect, open_database, quick_check

T = TypeVar("T")

CLOSE_SECONDS: Final = 0.8
"""How long `close` waits for what is queued; the writer goes on after that for as long as the process lives."""


class Worker:
    """A daemon thread that does one job after another and hands each result to the loop that asked for it."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], bool]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T], *, last: bool = False) -> asyncio.Future[T]:
        """Queue a job; `last` ends the thread after it. The future may be cancelled, the job may not."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def run() -> bool:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = job()
            except BaseException as raised:
                # A future takes no StopIteration.
                error = RuntimeError(repr(raised)) if isinstance(raised, StopIteration) else raised
            # The loop may be closed by now: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, result, error)
            return not last

        self._jobs.put(run)
        return future

    def _work(self) -> None:
        while self._jobs.get()():
            pass


class Database:
    """A database of one `Spec` in one folder."""

    def __init__(self, folder: Path, spec: Spec) -> None:
        self.path = folder / spec.name
        self.set_aside: Path | None = None
        """Where a damaged file was put when this one was opened."""
        self._spec = spec
        self._closing = False
        self._identity = (0, 0)
        self._write_connection: sqlite3.Connection | None = None
        self._read_connection: sqlite3.Connection | None = None
        self._writer = Worker(f"{spec.name} writer")
        self._reader = Worker(f"{spec.name} reader")

    @classmethod
    async def open(cls, folder: Path, spec: Spec, clock: Clock) -> Database:
        """Open it, making, migrating or setting aside the file as needed; `StoreError` when it cannot be used."""
        self = cls(folder, spec)
        try:
            await self._writer.submit(lambda: self._guarded(lambda: self._open_writer(folder, clock)))
            await self._reader.submit(lambda: self._guarded(self._open_reader))
        except BaseException:
            self._end()
            raise
        return self

    async def write(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run it between BEGIN IMMEDIATE and COMMIT, after all earlier writes; any exception rolls it back.

        SQLite's and the system's errors come as `StoreError`, others as they are.
        """
        self._check_open()
        return await self._writer.submit(lambda: self._guarded(lambda: _transaction(self._write_connection, fn)))

    async def read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run it on one unchanging state of the file; errors as in `write`."""
        self._check_open()
        return await self._reader.submit(lambda: self._guarded(lambda: self._read(fn)))

    async def data_version(self) -> int:
        """A number that changes when another window has committed something; what this one writes leaves it as it is.

        Raises `StoreError` when the file is no longer the one that was opened.
        """
        self._check_open()
        return await self._writer.submit(lambda: self._guarded(self._foreign_version))

    async def maintain(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run it on the writing connection outside any transaction, for VACUUM and its like."""
        self._check_open()
        return await self._writer.submit(lambda: self._guarded(lambda: fn(_opened(self._write_connection))))

    async def verify(self) -> list[str]:
        """What is wrong with the file's structure; reads all of it. A damaged one is dealt with at the next start."""
        found = await self.read(quick_check)
        if found:
            files.mark_damaged(self.path)
        return found

    async def close(self) -> None:
        """Do the queued writes, break off reads, close. Under a second; a second call does nothing."""
        if not self._closing:
            await asyncio.wait(self._end(), timeout=CLOSE_SECONDS)

    def _end(self) -> list[asyncio.Future[None]]:
        self._closing = True
        if self._read_connection is not None:
            self._read_connection.interrupt()
        return [
            self._reader.submit(lambda: _close(self._read_connection), last=True),
            self._writer.submit(lambda: _close(self._write_connection), last=True),
        ]

    def _open_writer(self, folder: Path, clock: Clock) -> None:
        opened = open_database(folder, self._spec, clock)
        self._write_connection, self.set_aside = opened.connection, opened.set_aside

    def _open_reader(self) -> None:
        self._read_connection = connect(self.path, self._spec, reader=True)
        self._identity = _identity(self.path)

    def _read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        if self._closing:
            raise self._closed()
        connection = _opened(self._read_connection)
        connection.execute("BEGIN")
        try:
            return fn(connection)
        finally:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")

    def _foreign_version(self) -> int:
        """SQLite counts for a connection what others commit, so the writing one sees no change of ours."""
        try:
            same = _identity(self.path) == self._identity
        except FileNotFoundError:
            same = False
        if not same:
            raise moved(self.path)
        return int(_opened(self._write_connection).execute("PRAGMA data_version").fetchone()[0])

    def _guarded(self, job: Callable[[], T]) -> T:
        try:
            return job()
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except OSError as error:
            named = Path(error.filename) if isinstance(error.filename, str) else self.path
            raise from_os(error, named) from error

    def _explained(self, error: sqlite3.Error) -> StoreError:
        if self._closing and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return self._closed()
        if kind_of(error) == "damaged" and self._beyond_repair():
            files.mark_damaged(self.path)
        return from_sqlite(error, self.path, precious=self._spec.precious)

    def _beyond_repair(self) -> bool:
        """Drafts and outbox are set aside only when SQLite itself finds the file damaged."""
        if not self._spec.precious:
            return True
        try:
            probe = connect(self.path, self._spec, reader=True)
        except sqlite3.Error as error:
            return kind_of(error) == "damaged"
        try:
            return bool(quick_check(probe))
        except sqlite3.Error:
            return False
        finally:
            probe.close()

    def _check_open(self) -> None:
        if self._closing:
            raise self._closed()

    def _closed(self) -> StoreError:
        return StoreError("closed", f"{self.path} is closed already: the inbox is ending.", self.path)


def _transaction(connection: sqlite3.Connection | None, fn: Callable[[sqlite3.Connection], T]) -> T:
    opened = _opened(connection)
    opened.execute("BEGIN IMMEDIATE")
    try:
        result = fn(opened)
        opened.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            opened.execute("ROLLBACK")
        raise
    return result


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise sqlite3.ProgrammingError("the database was not opened")
    return connection


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _settle(future: asyncio.Future[T], result: T | None, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(cast("T", result))
