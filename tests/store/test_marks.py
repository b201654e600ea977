"""Marks: read up to here, unread by hand, small facts."""

from __future__ import annotations

from pathlib import Path

from tui.clock import FixedClock
from tui.store.desk import Desk
from tui.store.marks import UNREAD


async def test_marks_outlive_the_program(tmp_path: Path) -> None:
    clock = FixedClock(1_790_000_000_000_000)
    desk = await Desk.open(tmp_path, clock)
    marks = desk.marks
    await marks.seen(1, 100)
    await marks.seen(1, 90)
    await marks.seen(2, 2**63 - 1)
    await marks.seen(3, 5)
    await marks.unread(3)
    await marks.put("place", '{"ticket": 1}')
    await marks.put("gone", "x")
    await marks.put("gone", "")
    await desk.close()

    desk = await Desk.open(tmp_path, clock)
    assert await desk.marks.seen_of(range(10_000)) == {1: 100, 2: 2**63 - 1, 3: UNREAD}
    assert await desk.marks.seen_of([]) == {}
    assert await desk.marks.get("place") == '{"ticket": 1}'
    assert await desk.marks.get("gone") == ""
    await desk.marks.seen(3, 5)
    assert await desk.marks.seen_of([3]) == {3: 5}
    await desk.close()


async def test_seeing_the_same_again_writes_nothing(tmp_path: Path) -> None:
    clock = FixedClock(1_790_000_000_000_000)
    desk, other = await Desk.open(tmp_path, clock), await Desk.open(tmp_path, clock)
    await desk.marks.seen(1, 100)
    before = await other.data_version()
    await desk.marks.seen(1, 100)
    assert await other.data_version() == before
    await desk.close()
    await other.close()
