"""Drafts: what a person typed is there afterwards, whoever else wrote and whatever died."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tui.clock import FixedClock, SystemClock
from tui.store.desk import Desk
from tui.store.drafts import Draft, DraftFile
from tui.store.errors import StoreError
from tui.store.rows import OutFile

NOW = 1_790_000_000_000_000
LONG = "Dear Ms Svensson, thank you for your patience with this order."


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def desk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def other(desk: Desk, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path, clock)
    yield opened
    await opened.close()


async def test_a_draft_comes_back_whole(desk: Desk) -> None:
    file = DraftFile("/home/x/rechnung.pdf", "rechnung.pdf", 3, "ab" * 32)
    draft = Draft(5, "customer", LONG, (3, 4), "SOLVED", (11, 12), (file,), reason="why")
    saved = await desk.drafts.save(draft)
    assert saved == replace(draft, changed_at=saved.changed_at)
    assert saved.changed_at >= NOW
    assert await desk.drafts.get(5, "customer") == saved
    assert await desk.drafts.get(5, "internal") is None
    none_loaded = await desk.drafts.save(Draft(5, "internal", "x", base_ids=None))
    assert await desk.drafts.get(5, "internal") == none_loaded
    assert await desk.drafts.ids() == {5}
    assert {draft.audience for draft in await desk.drafts.all()} == {"customer", "internal"}


async def test_two_windows_in_one_draft_lose_nothing(desk: Desk, other: Desk) -> None:
    first = await desk.drafts.save(Draft(5, "customer", "Hello from the first window"))
    seen = await other.drafts.get(5, "customer")
    assert seen == first
    theirs = await other.drafts.save(replace(first, text="Something else entirely"))
    ours = await desk.drafts.save(replace(first, text="Hello from the first window, continued"))
    assert await desk.drafts.get(5, "customer") == ours
    (kept,) = await desk.drafts.kept()
    assert kept.text == theirs.text
    assert "Another window" in kept.reason
    assert kept.kept_id
    # Both go on typing: what grows is kept once, not at every save.
    theirs = await other.drafts.save(replace(theirs, text="Something else entirely, and more"))
    await desk.drafts.save(replace(ours, text="Hello from the first window, continued, too"))
    texts = {draft.text for draft in (*await desk.drafts.kept(), *await desk.drafts.all())}
    assert texts == {
        "Something else entirely, and more",
        "Hello from the first window, continued",
        "Hello from the first window, continued, too",
    }


async def test_a_new_composer_does_not_write_over_an_unseen_draft(desk: Desk, other: Desk) -> None:
    await other.drafts.save(Draft(5, "customer", "written elsewhere"))
    await desk.drafts.save(Draft(5, "customer", "began without looking"))
    assert [draft.text for draft in await desk.drafts.kept()] == ["written elsewhere"]


async def test_overlapping_saves_of_one_window_are_no_conflict(desk: Desk) -> None:
    draft = await desk.drafts.save(Draft(5, "customer", "one"))
    await desk.drafts.save(replace(draft, text="two"))
    await desk.drafts.save(replace(draft, text="three"))
    assert await desk.drafts.kept() == ()
    found = await desk.drafts.get(5, "customer")
    assert found is not None
    assert found.text == "three"


async def test_an_emptied_draft_goes_but_a_text_deleted_in_one_go_is_kept(desk: Desk) -> None:
    draft = await desk.drafts.save(Draft(5, "customer", LONG))
    emptied = await desk.drafts.save(replace(draft, text=" \n"))
    assert emptied.changed_at == 0
    assert await desk.drafts.all() == ()
    (kept,) = await desk.drafts.kept()
    assert kept.text == LONG
    draft = await desk.drafts.save(Draft(6, "customer", "H"))
    await desk.drafts.save(replace(draft, text=""))
    assert len(await desk.drafts.kept()) == 1
    # With an attachment it is not empty.
    file = DraftFile("/x", "x", 1, "00")
    await desk.drafts.save(Draft(7, "customer", "", attachments=(file,)))
    assert await desk.drafts.ids() == {7}


async def test_saving_an_empty_draft_leaves_another_windows_text_alone(desk: Desk, other: Desk) -> None:
    mine = await desk.drafts.save(Draft(5, "customer", "H"))
    await other.drafts.save(replace(mine, text=LONG))
    await desk.drafts.save(replace(mine, text=""))
    found = await desk.drafts.get(5, "customer")
    assert found is not None
    assert found.text == LONG


async def test_discard_restore_and_forget(desk: Desk) -> None:
    await desk.drafts.save(Draft(5, "customer", LONG, (1, 2), "SOLVED"))
    await desk.drafts.discard(5, "customer")
    assert await desk.drafts.get(5, "customer") is None
    (kept,) = await desk.drafts.kept()
    assert "discarded" in kept.reason
    await desk.drafts.save(Draft(5, "customer", "A new beginning"))
    back = await desk.drafts.restore(kept.kept_id)
    assert (back.text, back.cursor, back.status_after, back.kept_id) == (LONG, (1, 2), "SOLVED", 0)
    assert await desk.drafts.get(5, "customer") == back
    (swapped,) = await desk.drafts.kept()
    assert swapped.text == "A new beginning"
    with pytest.raises(StoreError, match="no longer kept"):
        await desk.drafts.restore(kept.kept_id)
    await desk.drafts.forget(swapped.kept_id)
    assert await desk.drafts.kept() == ()
    # A live draft is not forgotten by a number.
    await desk.drafts.forget(1)
    assert len(await desk.drafts.all()) == 1


async def test_a_late_automatic_save_does_not_bring_a_sent_text_back(desk: Desk, clock: FixedClock) -> None:
    draft = await desk.drafts.save(Draft(5, "customer", LONG))
    payload = {"text": LONG, "html": "", "scope": "PUBLIC", "status_after": "", "files": []}
    await desk.outbox.hold(
        5, "reply", "customer", payload, base_ids=(), not_before=NOW + 8_000_000, owner="a", from_draft=True
    )
    late = await desk.drafts.save(draft)
    assert late.changed_at == 0
    assert await desk.drafts.all() == ()
    # Further text is a new text.
    await desk.drafts.save(replace(draft, text=LONG + " PS"))
    assert len(await desk.drafts.all()) == 1


async def test_another_text_in_the_draft_is_kept_when_a_reply_leaves_it(desk: Desk) -> None:
    await desk.drafts.save(Draft(5, "customer", "typed in another window"))
    payload = {"text": LONG, "html": "", "scope": "PUBLIC", "status_after": "", "files": []}
    await desk.outbox.hold(5, "reply", "customer", payload, base_ids=(), not_before=0, owner="a", from_draft=True)
    assert await desk.drafts.all() == ()
    assert [draft.text for draft in await desk.drafts.kept()] == ["typed in another window"]


async def test_attachments_of_a_draft_that_came_back_stay_until_it_is_forgotten(desk: Desk) -> None:
    payload = {"text": LONG, "html": "", "scope": "PUBLIC", "status_after": "", "files": []}
    row = await desk.outbox.hold(
        5,
        "reply",
        "customer",
        payload,
        files=[OutFile("a.pdf", b"abc", "/gone/a.pdf")],
        base_ids=(),
        not_before=0,
        owner="a",
        from_draft=True,
    )
    draft = await desk.outbox.withdraw(row.id)
    assert draft is not None
    (file,) = draft.attachments
    assert await desk.outbox.file_bytes(file.sha256) == b"abc"
    await desk.drafts.discard(5, "customer")
    (kept,) = await desk.drafts.kept()
    assert await desk.outbox.file_bytes(file.sha256) == b"abc"
    await desk.drafts.forget(kept.kept_id)
    assert await desk.outbox.file_bytes(file.sha256) is None


async def test_a_text_damaged_on_disk_says_so(desk: Desk) -> None:
    await desk.drafts.save(Draft(5, "customer", LONG))

    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE drafts SET text = CAST(? AS BLOB)", (b"De\xff\xfear Ms Svensson",))

    await desk._database.write(damage)
    found = await desk.drafts.get(5, "customer")
    assert found is not None
    assert "ar Ms Svensson" in found.text
    assert "damaged on disk" in found.reason


WRITER = """
import asyncio, sys
from pathlib import Path
from tui.clock import SystemClock
from tui.store.desk import Desk
from tui.store.drafts import Draft
from dataclasses import replace

async def main():
    desk = await Desk.open(Path(sys.argv[1]), SystemClock())
    draft = await desk.drafts.get(1, "customer") or Draft(1, "customer", "")
    number = int(sys.argv[2])
    while True:
        number += 1
        draft = await desk.drafts.save(replace(draft, text=f"typing {number} " + "x" * (number % 5000)))
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()

asyncio.run(main())
"""


async def test_the_last_acknowledged_save_is_there_after_kill_9(tmp_path: Path) -> None:
    chance = random.Random(3)
    last = 0
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(last)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.random() * 0.15)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged = [int(line) for line in process.stdout.read().split(b"\n")[:-1]]
        process.stdout.close()
        process.wait()
        desk = await Desk.open(tmp_path, SystemClock())
        assert desk.set_aside is None
        draft = await desk.drafts.get(1, "customer")
        assert draft is not None
        assert draft.reason == ""
        found = int(draft.text.split()[1])
        # One more may have been written whose acknowledgement died with the process.
        assert acknowledged[-1] <= found <= acknowledged[-1] + 1 if acknowledged else found >= last
        assert await desk.drafts.kept() == ()
        last = found
        await desk.close()
