"""Two threads over one file: order, rollback, cancelling, closing, and every failure as a sentence."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tui.clock import FixedClock
from tui.store import files, schema
from tui.store.database import Database
from tui.store.errors import StoreError
from tui.store.schema import Spec, statements

STEP = statements("CREATE TABLE notes (text TEXT NOT NULL, filler BLOB)")
SPEC = Spec("some.db", 0x1234, (STEP,), frozenset({"notes"}), precious=False)
PRECIOUS = Spec("some.db", 0x1234, (STEP,), frozenset({"notes"}), precious=True)


async def add(database: Database, text: str) -> None:
    await database.write(lambda connection: connection.execute("INSERT INTO notes (text) VALUES (?)", (text,)))


async def all_of(database: Database) -> list[str]:
    return await database.read(lambda connection: [row[0] for row in connection.execute("SELECT text FROM notes")])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program that holds the file for itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def slow(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes (text) VALUES ('slow')")
    time.sleep(0.2)


async def test_writes_come_in_order_and_are_read_back(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    await asyncio.gather(*(add(database, str(number)) for number in range(50)))
    assert await all_of(database) == [str(number) for number in range(50)]
    assert database.set_aside is None
    await database.close()


async def test_an_exception_rolls_the_whole_write_back(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO notes (text) VALUES ('half')")
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        await database.write(half)
    with pytest.raises(RuntimeError):
        await database.write(lambda _: next(iter([])))
    assert await all_of(database) == []
    await add(database, "whole")
    assert await all_of(database) == ["whole"]
    await database.close()


async def test_a_write_holds_the_write_lock_from_its_first_moment(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)

    def other_window(_: sqlite3.Connection) -> str:
        with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                return str(error)
            return "it was free"

    assert await database.write(other_window) == "database is locked"
    await database.close()


async def test_a_read_sees_one_state_throughout(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    await add(database, "before")
    started = threading.Event()

    def twice(connection: sqlite3.Connection) -> list[int]:
        counts = [connection.execute("SELECT count(*) FROM notes").fetchone()[0]]
        started.set()
        time.sleep(0.1)
        counts.append(connection.execute("SELECT count(*) FROM notes").fetchone()[0])
        return counts

    reading = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(started.wait)
    await add(database, "meanwhile")
    assert await reading == [1, 1]
    assert await all_of(database) == ["before", "meanwhile"]
    await database.close()


async def test_cancelling_who_waits_neither_loses_nor_undoes_the_write(tmp_path: Path, clock: FixedClock) -> None:
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    database = await Database.open(tmp_path, SPEC, clock)
    running = asyncio.create_task(database.write(slow))
    queued = asyncio.create_task(add(database, "queued"))
    await asyncio.sleep(0.05)
    running.cancel()
    queued.cancel()
    results = await asyncio.gather(running, queued, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2
    await add(database, "after")
    assert await all_of(database) == ["slow", "queued", "after"]
    assert troubles == []
    await database.close()


async def test_close_finishes_what_is_queued(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    writes = [asyncio.create_task(add(database, str(number))) for number in range(30)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await Database.open(tmp_path, SPEC, clock)
    assert len(await all_of(again)) == 30
    await again.close()


async def test_after_close_everything_says_so_and_close_may_be_repeated(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    await database.close()
    await database.close()
    for call in (add(database, "late"), all_of(database), database.data_version(), database.verify()):
        with pytest.raises(StoreError, match="is closed already") as caught:
            await call
        assert caught.value.kind == "closed"


async def test_close_breaks_off_a_long_read(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    reading = asyncio.create_task(database.read(lambda connection: connection.execute(endless).fetchone()))
    waiting = asyncio.create_task(all_of(database))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await database.close()
    assert time.monotonic() - began < 0.7
    for task in (reading, waiting):
        with pytest.raises(StoreError, match="closed already"):
            await task


async def test_close_is_bounded_while_another_program_holds_the_file(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    with locked(database.path):
        write = asyncio.create_task(add(database, "stuck"))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await database.close()
        assert time.monotonic() - began < 1
    await write
    with closing(sqlite3.connect(database.path)) as other:
        assert other.execute("SELECT text FROM notes").fetchall() == [("stuck",)]


def test_a_stuck_write_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys, time
        from pathlib import Path
        from tui.clock import SystemClock
        from tui.store.database import Database
        from tui.store.schema import Spec, statements

        async def main():
            spec = Spec("some.db", 1, (statements("CREATE TABLE notes (text)"),), frozenset({"notes"}), True)
            database = await Database.open(Path(sys.argv[1]), spec, SystemClock())
            task = asyncio.create_task(database.write(lambda connection: time.sleep(30)))
            await asyncio.sleep(0.1)
            await database.close()
            task.cancel()

        asyncio.run(main())
        print("ended", flush=True)
    """)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)
    assert time.monotonic() - began < 8


def test_a_loop_that_is_gone_is_no_trouble(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles: list[object] = []
    monkeypatch.setattr(threading, "excepthook", troubles.append)
    kept: list[Database] = []

    async def leave() -> None:
        database = await Database.open(tmp_path, SPEC, clock)
        kept.append(database)
        task = asyncio.create_task(database.write(slow))
        await asyncio.sleep(0.05)
        task.cancel()

    async def come_back() -> list[str]:
        found = await all_of(kept[0])
        await add(kept[0], "later")
        found += await all_of(kept[0])
        await kept[0].close()
        return found

    asyncio.run(leave())
    time.sleep(0.3)
    assert asyncio.run(come_back()) == ["slow", "slow", "later"]
    assert troubles == []


async def test_opening_that_is_cancelled_leaves_no_thread(tmp_path: Path, clock: FixedClock) -> None:
    before = threading.active_count()
    opening = asyncio.create_task(Database.open(tmp_path, SPEC, clock))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for _ in range(100):
        if threading.active_count() <= before:
            break
        await asyncio.sleep(0.02)
    assert threading.active_count() <= before


async def test_a_lock_that_stays_is_a_sentence(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    database = await Database.open(tmp_path, SPEC, clock)
    with locked(database.path):
        for call in (add(database, "x"), all_of(database)):
            with pytest.raises(StoreError, match=r"some\.db is in use by another program and stayed locked") as caught:
                await call
            assert caught.value.kind == "locked"
    await add(database, "now")
    assert await all_of(database) == ["now"]
    await database.close()


async def test_a_full_disk_is_a_sentence_and_reading_goes_on(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    await add(database, "kept")

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 4").fetchone()
        connection.execute("INSERT INTO notes (text, filler) VALUES ('big', zeroblob(100000))")

    with pytest.raises(StoreError, match="The disk is full: nothing could be written to") as caught:
        await database.write(fill)
    assert caught.value.kind == "full"
    assert await all_of(database) == ["kept"]
    await database.close()


async def test_the_reading_side_cannot_write(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    with pytest.raises(StoreError) as caught:
        await database.read(lambda connection: connection.execute("DELETE FROM notes"))
    assert caught.value.kind == "readonly"
    await database.close()


async def test_an_error_of_the_system_names_its_file(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    with pytest.raises(StoreError, match=r"missing\.bin cannot be used: No such file or directory"):
        await database.write(lambda _: (tmp_path / "missing.bin").read_bytes())
    await database.close()


async def test_an_unusable_folder_is_a_sentence(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="is not a folder"):
        await Database.open(tmp_path / "file", SPEC, clock)


def scribble(path: Path) -> None:
    """Overwrite every page but the first, the schema's."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x7f" * (path.stat().st_size - 4096))


async def fill(database: Database) -> None:
    await database.write(
        lambda connection: connection.executemany(
            "INSERT INTO notes (text) VALUES (?)", ((f"{number} " * 200,) for number in range(200))
        )
    )


@pytest.mark.parametrize("spec", [SPEC, PRECIOUS], ids=["cache", "precious"])
async def test_damage_noticed_while_running_is_set_aside_at_the_next_start(
    tmp_path: Path, clock: FixedClock, spec: Spec
) -> None:
    database = await Database.open(tmp_path, spec, clock)
    await fill(database)
    await database.close()
    scribble(database.path)
    damaged = database.path.read_bytes()
    database = await Database.open(tmp_path, spec, clock)
    with pytest.raises(StoreError, match="damaged") as caught:
        await all_of(database)
    assert caught.value.kind == "damaged"
    await database.close()
    database = await Database.open(tmp_path, spec, clock)
    assert database.set_aside is not None
    assert database.set_aside.read_bytes() == damaged
    assert await all_of(database) == []
    await add(database, "anew")
    await database.close()
    database = await Database.open(tmp_path, spec, clock)
    assert database.set_aside is None
    await database.close()


async def test_drafts_are_not_set_aside_for_a_mistake_in_a_query(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, PRECIOUS, clock)
    with pytest.raises(StoreError):
        await database.read(lambda connection: connection.execute("SELECT * FROM nowhere"))
    assert not files.damaged_mark(database.path).exists()
    await database.close()


async def test_verify_reads_the_whole_file(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    await fill(database)
    assert await database.verify() == []
    await database.close()
    scribble(database.path)
    database = await Database.open(tmp_path, SPEC, clock)
    assert await database.verify() != []
    await database.close()
    database = await Database.open(tmp_path, SPEC, clock)
    assert database.set_aside is not None
    await database.close()


async def test_another_process_is_noticed(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    before = await database.data_version()
    assert await database.data_version() == before
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"INSERT INTO notes VALUES ('b', 1)\")"
    script += "; c.commit(); c.close()"
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, database.path)
    assert await other.wait() == 0
    after = await database.data_version()
    assert after != before
    assert await all_of(database) == ["b"]
    await add(database, "ours")
    assert await database.data_version() == after, "what this window writes is no news to it"
    await database.close()


async def test_a_file_that_was_moved_away_is_not_read_on_silently(tmp_path: Path, clock: FixedClock) -> None:
    database = await Database.open(tmp_path, SPEC, clock)
    database.path.rename(tmp_path / "elsewhere.db")
    for call in (database.data_version(), add(database, "lost")):
        with pytest.raises(StoreError, match="was moved, deleted or replaced") as caught:
            await call
        assert caught.value.kind == "moved"
    await database.close()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_folders_and_files_are_ours_alone(tmp_path: Path, clock: FixedClock, umask: int) -> None:
    old = os.umask(umask)
    try:
        database = await Database.open(tmp_path / "a" / "b", SPEC, clock)
        modes: dict[str, int] = {}

        def look(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO notes (text) VALUES ('x')")
            modes.update({path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "a" / "b").iterdir()})

        await database.write(look)
        await database.close()
    finally:
        os.umask(old)
    assert {"some.db", "some.db-journal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700, 0o700]


async def test_loose_modes_are_tightened(tmp_path: Path, clock: FixedClock) -> None:
    folder = tmp_path / "profile"
    await (await Database.open(folder, SPEC, clock)).close()
    folder.chmod(0o755)
    (folder / "some.db").chmod(0o644)
    await (await Database.open(folder, SPEC, clock)).close()
    assert (folder.stat().st_mode & 0o777, (folder / "some.db").stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize("what", ["file", "journal", "folder"])
async def test_symbolic_links_are_refused(tmp_path: Path, clock: FixedClock, what: str) -> None:
    await (await Database.open(tmp_path / "real", SPEC, clock)).close()
    folder = tmp_path / "profile"
    if what == "folder":
        folder.symlink_to(tmp_path / "real")
    else:
        folder.mkdir(mode=0o700)
        name = "some.db" if what == "file" else "some.db-journal"
        (folder / name).symlink_to(tmp_path / "real" / "some.db")
    before = (tmp_path / "real" / "some.db").read_bytes()
    with pytest.raises(StoreError, match=r"is a symbolic link, so it is not used\. Move it away") as caught:
        await Database.open(folder, SPEC, clock)
    assert caught.value.kind == "unsafe"
    assert (tmp_path / "real" / "some.db").read_bytes() == before
