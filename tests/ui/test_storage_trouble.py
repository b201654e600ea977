"""When the disk refuses: the user is told before typing is lost, and the text can be carried away."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.ui.harness import House, type_in, until, write_reply
from tests.ui.test_inbox import updates
from tui.store import schema
from tui.store.desk import Desk


def fill(desk: Desk, full: bool) -> None:
    """Let the database file grow no further, as on a full disk; or let it grow again."""
    connection = desk._database._write_connection
    assert connection is not None
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")


async def test_a_full_disk_is_said_while_typing_and_the_text_can_be_copied_out(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await write_reply(app, pilot, "first")
        await until(app, "draft saved")
        fill(app.setup.desk, True)
        assert app.inbox.writing.composer is not None
        precious = "precious words " * 2000
        app.inbox.writing.composer.area.insert(precious)
        await until(app, "NOT SAVED · Reply", "NOT SAVED. The disk is full")
        await pilot.press("escape")
        await until(app, "SEND to the customer")
        await pilot.press("y")
        await until(app, "could not be saved, so it is not sent", "SEND to the customer")
        await pilot.press("c")
        await until(app, "Sent the text to the terminal's clipboard")
        assert app.clipboard.startswith("first") and "precious words" in app.clipboard
        assert not updates(house)
        fill(app.setup.desk, False)
        await pilot.press("enter")
        await type_in(pilot, "!")
        await until(app, "draft saved", absent="NOT SAVED")
    draft = await app.setup.desk.drafts.get(app.state.opened, "customer")
    assert draft is not None and precious.strip() in draft.text


async def test_a_locked_desk_is_said_and_typing_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.2)
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await write_reply(app, pilot)
        other = sqlite3.connect(house.folder / "desk" / "desk.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            await type_in(pilot, "typed meanwhile")
            await until(app, "NOT SAVED", "in use by another program")
        finally:
            other.execute("ROLLBACK")
            other.close()
        await type_in(pilot, "!")
        await until(app, "typed meanwhile!", "draft saved", absent="NOT SAVED")


async def test_leaving_with_a_text_that_no_disk_takes_warns_first(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot)
        fill(app.setup.desk, True)
        assert app.inbox.writing.composer is not None
        app.inbox.writing.composer.area.insert("no room for this " * 1000)
        await until(app, "NOT SAVED")
        await pilot.press("ctrl+q")
        await until(app, "could not be saved. Copy it out")
        assert app.return_code is None
        fill(app.setup.desk, False)
        await pilot.press("ctrl+q")
        await pilot.pause(0.5)
    assert app.return_code == 0


async def test_a_damaged_desk_is_set_aside_with_what_could_be_read_and_the_inbox_opens(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "dear old draft")
        await until(app, "draft saved")
    await app.setup.desk.close()
    path = house.folder / "desk" / "desk.db"
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    again = await house.app()
    assert again.setup.desk.set_aside is not None and again.setup.desk.set_aside.exists()
    async with again.run_test(size=(120, 40), notifications=True) as pilot:
        await until(again, "as of", " OPEN ")
        await pilot.press("enter", "r")
        await until(again, "Reply to the customer")


async def test_a_cache_that_is_deleted_while_the_inbox_runs_is_said(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        for path in Path(house.folder / "cache").glob("cache.db*"):
            path.unlink()
        await until(app, "cache.db")
        await pilot.press("j", "question_mark")
        await until(app, "Esc or q closes")
        await pilot.press("escape", "q")
        await pilot.pause(0.3)
    assert app.return_code == 0
