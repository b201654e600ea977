"""desk.db as a file: made, refused, damaged, full; and the rules that SQL itself holds."""

from __future__ import annotations

import itertools
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tui.clock import FixedClock
from tui.store.desk import Desk
from tui.store.drafts import Draft
from tui.store.errors import StoreError
from tui.store.outbox_states import FOUND_LATER, STATES, State, allowed
from tui.store.rows import OutboxRow

NOW = 1_790_000_000_000_000
SECRET_TEXT = "Guten Tag Frau Müller, das Ersatzgerät ist heute an Sie unterwegs."


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def desk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path, clock)
    yield opened
    await opened.close()


async def hold(desk: Desk, text: str = "Hello", ticket_id: int = 7) -> OutboxRow:
    payload = {"text": text, "html": f"<p>{text}</p>", "scope": "PUBLIC", "status_after": "PENDING", "files": []}
    return await desk.outbox.hold(
        ticket_id, "reply", "customer", payload, base_ids=(1,), not_before=0, owner="a", from_draft=False
    )


async def run_sql(desk: Desk, sql: str) -> None:
    await desk._database.write(lambda connection: connection.execute(sql).rowcount)


async def test_files_are_for_this_user_only(desk: Desk, tmp_path: Path) -> None:
    await desk.drafts.save(Draft(1, "customer", "text"))
    for path in tmp_path.iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_another_window_sees_that_something_changed(desk: Desk, tmp_path: Path, clock: FixedClock) -> None:
    other = await Desk.open(tmp_path, clock)
    before = await desk.data_version()
    await other.drafts.save(Draft(1, "customer", "text"))
    assert await desk.data_version() != before
    await other.close()
    assert await desk.verify() == []


async def test_a_desk_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path, clock: FixedClock) -> None:
    desk = await Desk.open(tmp_path, clock)
    await desk.drafts.save(Draft(1, "customer", "text"))
    await desk.close()
    raw = sqlite3.connect(tmp_path / "desk.db")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StoreError, match="newer version") as caught:
        await Desk.open(tmp_path, clock)
    assert caught.value.kind == "newer"
    assert not list(tmp_path.glob("quarantine-*"))


async def _filled(folder: Path, clock: FixedClock) -> Path:
    desk = await Desk.open(folder, clock)
    for number in range(40):
        await desk.drafts.save(Draft(1000 + number, "customer", f"{SECRET_TEXT} Nr. {number}. " + "Füllung " * 100))
    await hold(desk, "The refund of 120 EUR was started.", ticket_id=5)
    await desk.close()
    return folder / "desk.db"


async def test_a_damaged_desk_is_set_aside_and_its_rows_written_out(tmp_path: Path, clock: FixedClock) -> None:
    path = await _filled(tmp_path, clock)
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) - 3 * 4096])

    desk = await Desk.open(tmp_path, clock)
    assert desk.set_aside is not None
    assert desk.set_aside.exists()
    assert desk.salvaged is not None
    assert desk.salvaged.parent == tmp_path
    assert stat.S_IMODE(desk.salvaged.stat().st_mode) == 0o600
    text = desk.salvaged.read_text(encoding="utf-8")
    assert f"{SECRET_TEXT} Nr. 3." in text
    assert "ticket_id 1003" in text
    assert "The refund of 120 EUR was started." in text
    # The new desk works at once, and starts empty.
    assert await desk.drafts.all() == ()
    await desk.drafts.save(Draft(1, "customer", "new"))
    await desk.close()
    again = await Desk.open(tmp_path, clock)
    assert again.set_aside is None
    assert len(await again.drafts.all()) == 1
    await again.close()


async def test_a_desk_without_its_header_still_gives_its_texts(tmp_path: Path, clock: FixedClock) -> None:
    path = await _filled(tmp_path, clock)
    data = bytearray(path.read_bytes())
    data[:4096] = bytes(4096)
    path.write_bytes(data)
    desk = await Desk.open(tmp_path, clock)
    assert desk.salvaged is not None
    text = desk.salvaged.read_text(encoding="utf-8")
    assert SECRET_TEXT in text
    assert "The refund of 120 EUR was started." in text
    assert desk.set_aside is not None
    assert desk.set_aside.read_bytes() == bytes(data)
    await desk.close()


async def test_a_full_disk_is_said_and_changes_nothing(desk: Desk) -> None:
    row = await hold(desk)
    await desk.drafts.save(Draft(3, "customer", "safe"))

    def no_more_room(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    await desk._database.maintain(no_more_room)
    with pytest.raises(StoreError, match="disk is full") as caught:
        await desk.drafts.save(Draft(3, "internal", "x" * 100_000))
    assert caught.value.kind == "full"
    with pytest.raises(StoreError, match="disk is full"):
        await hold(desk, "x" * 100_000)
    # A claim that cannot be written down gives no leave to send.
    with pytest.raises(StoreError, match="disk is full"):
        await desk.outbox.claim(row.id, "a", tuple(range(10**15, 10**15 + 5000)))
    left = await desk.outbox.row(row.id)
    assert left is not None
    assert (left.state, left.attempt_no) == ("queued", 0)
    assert [draft.text for draft in await desk.drafts.all()] == ["safe"]


async def test_texts_of_every_kind_survive(desk: Desk) -> None:
    for text in ("\ud800 lone", "nul \x00 nul", "emoji 👩‍👩‍👧 ünïcode", "\r\n \t x", "ж" * 300_000):
        saved = await desk.drafts.save(Draft(1, "customer", text))
        assert (await desk.drafts.get(1, "customer")) == saved
        row = await desk.outbox.row((await hold(desk, text)).id)
        assert row is not None
        assert row.text == text


async def test_what_a_row_says_cannot_be_changed_even_by_sql(desk: Desk) -> None:
    row = await hold(desk)
    await desk.outbox.withdraw(row.id)
    for sql in (
        "UPDATE outbox SET payload = X'7B7D'",
        "UPDATE outbox SET sha256 = 'x'",
        "UPDATE outbox SET ticket_id = 8",
        "UPDATE outbox SET audience = 'internal'",
        "UPDATE outbox SET state = 'queued'",
        "UPDATE outbox SET state = 'sent', evidence = 'none'",
        "UPDATE outbox SET human_resends = 1",
        "UPDATE attempts SET note = 'x'",
    ):
        with pytest.raises(StoreError):
            await run_sql(desk, sql)
    assert await desk.outbox.row(row.id) is not None


async def test_the_sql_knows_the_same_ways_as_the_table_of_states(tmp_path: Path, clock: FixedClock) -> None:
    desk = await Desk.open(tmp_path, clock)
    first = await hold(desk)
    await desk.close()
    raw = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)

    def way(old: State, new: State, unclear: bool) -> bool:
        raw.execute("BEGIN")
        try:
            # Put the row into its first state behind the triggers' back.
            triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                raw.execute(f"DROP TRIGGER {name}")
            raw.execute(
                "UPDATE outbox SET state = ?, was_unclear = ?, evidence = 'x', attempt_no = 1 WHERE id = ?",
                (old, unclear, first.id),
            )
            for _, sql in triggers:
                raw.execute(sql)
            raw.execute(
                "UPDATE outbox SET state = ?, was_unclear = ?, attempt_no = ?, human_resends = ? WHERE id = ?",
                (
                    new,
                    unclear or new == "unconfirmed",
                    1 + (new == "sending" and old != "sending"),
                    int(old == "undecided" and new == "queued"),
                    first.id,
                ),
            )
        except sqlite3.IntegrityError:
            return False
        else:
            return True
        finally:
            raw.execute("ROLLBACK")

    for old, new in itertools.product(STATES, STATES):
        for unclear in (False, True):
            if old != new:
                expected = allowed(old, new, was_unclear=unclear)
                assert way(old, new, unclear) == expected, (old, new, unclear)
    assert FOUND_LATER
    raw.close()


async def test_unsettled_rows_cannot_be_deleted(desk: Desk) -> None:
    await hold(desk)
    with pytest.raises(StoreError):
        await run_sql(desk, "DELETE FROM outbox")
    assert len(await desk.outbox.rows()) == 1
