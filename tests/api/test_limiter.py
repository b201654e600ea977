"""The pace: never too many in any sliding second, one share for several processes, sane about server clocks."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import random
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.api.limiter import LONGEST_COURTESY, LONGEST_WAIT, Busy, Limiter, reset_instant, server_date
from tui.clock import HOUR, SECOND, FixedClock, SystemClock

NOW = 1_790_000_000 * SECOND


def busiest(moments: list[int], window: int = SECOND) -> int:
    """The most moments in any half-open window."""
    moments = sorted(moments)
    return max(sum(start <= moment < start + window for moment in moments) for start in moments)


def headers(
    remaining: object = None, reset: object = None, date: float | None = None, limit: object = 3
) -> dict[str, str]:
    """As httpx gives them: lower case."""
    values = {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    said = {name: str(value) for name, value in values.items() if value is not None}
    return said | ({"date": formatdate(date, usegmt=True)} if date is not None else {})


async def grants(limiter: Limiter, clock: FixedClock, count: int) -> list[int]:
    moments = []
    for _ in range(count):
        await limiter.acquire()
        moments.append(clock.now())
    return moments


async def test_eight_leave_at_once_and_never_more_in_a_second(clock: FixedClock) -> None:
    moments = await grants(Limiter(clock), clock, 50)
    assert moments[:8] == moments[:1] * 8
    assert busiest(moments) == 8
    assert moments[-1] - moments[0] == 6 * SECOND


async def test_pauses_between_requests_do_not_save_up_more_than_the_window(clock: FixedClock) -> None:
    limiter, chance, moments = Limiter(clock), random.Random(7), []
    for _ in range(300):
        clock.advance(chance.choice([0, 0, 0, 0.01, 0.3, 2.5]))
        await limiter.acquire()
        moments.append(clock.now())
    assert busiest(moments) <= 8


async def test_another_rate_has_another_window(clock: FixedClock) -> None:
    moments = await grants(Limiter(clock, rate=0.5), clock, 4)
    assert [moment - moments[0] for moment in moments] == [0, 2 * SECOND, 4 * SECOND, 6 * SECOND]


async def test_many_that_wait_together_keep_the_pace() -> None:
    clock = SystemClock()
    limiter, moments = Limiter(clock), []

    async def one() -> None:
        await limiter.acquire()
        moments.append(clock.now())

    await asyncio.gather(*(one() for _ in range(20)))
    assert busiest(moments) <= 8
    assert max(moments) - min(moments) >= 2 * SECOND


async def test_who_gives_up_takes_nobodys_place() -> None:
    limiter = Limiter(SystemClock())
    for _ in range(8):
        await limiter.acquire()
    waiting = [asyncio.create_task(limiter.acquire()) for _ in range(30)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    start = time.monotonic()
    await limiter.acquire()
    assert time.monotonic() - start < 1.5


async def test_a_pause_holds_everything_back_for_a_minute_at_most(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    start = clock.now()
    limiter.pause_until(start + 3 * SECOND)
    limiter.pause_until(start + SECOND)
    await limiter.acquire()
    assert clock.now() == start + 3 * SECOND
    limiter.pause_until(start + 48 * HOUR)
    await limiter.acquire()
    assert clock.now() == start + 3 * SECOND + LONGEST_WAIT


async def test_the_impatient_are_told_how_long_it_would_take(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    start = clock.now()
    limiter.pause_until(start + 3 * SECOND)
    with pytest.raises(Busy) as caught:
        await limiter.acquire(patience=2.0)
    assert (caught.value.until, clock.now()) == (start + 3 * SECOND, start)
    await limiter.acquire(patience=3.0)
    assert clock.now() == start + 3 * SECOND
    # Our own pace is no pause: it is always waited for.
    for _ in range(20):
        await limiter.acquire(patience=0.0)


async def test_a_pause_announced_while_waiting_holds(clock: FixedClock) -> None:
    system = SystemClock()
    limiter = Limiter(system)
    for _ in range(8):
        await limiter.acquire()
    waiting = asyncio.create_task(limiter.acquire())
    await asyncio.sleep(0.1)
    until = system.now() + 2 * SECOND
    limiter.pause_until(until)
    await waiting
    assert system.now() >= until


async def test_a_clock_set_back_is_forgiven(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await grants(limiter, clock, 8)
    limiter.pause_until(clock.now() + 5 * SECOND)
    clock.advance(-3600)
    start = clock.now()
    await limiter.acquire()
    assert clock.now() - start <= LONGEST_WAIT


@pytest.mark.parametrize("skew", [-3600, -1, 0, 1, 3600, 10**9])
def test_reset_is_read_against_the_answers_own_date(skew: int) -> None:
    server_now = NOW // SECOND + skew
    assert reset_instant(headers(reset=server_now + 4, date=server_now), NOW) == NOW + 4 * SECOND
    assert reset_instant(headers(reset=server_now - 4, date=server_now), NOW) == NOW
    assert reset_instant(headers(reset=server_now + 4000, date=server_now), NOW) == NOW + LONGEST_WAIT


def test_without_a_date_our_own_clock_must_do() -> None:
    assert reset_instant(headers(reset=NOW // SECOND + 4), NOW) == NOW + 4 * SECOND
    assert reset_instant(headers(reset=NOW // SECOND + 3600), NOW) == NOW + LONGEST_WAIT


@pytest.mark.parametrize("reset", [None, "", "soon", "-5", "1.5", "٣", "9" * 40, "1e9"])
def test_a_reset_that_is_none_says_nothing(reset: object) -> None:
    assert reset_instant(headers(reset=reset), NOW) == 0


@given(
    st.text(max_size=40)
    | st.builds("Mon, {} Jan {} 08:00:{} {}".format, *[st.text("0123456789-+GMT ", max_size=6)] * 4)
)
@settings(max_examples=200, deadline=None)
def test_any_header_is_read_or_says_nothing(text: str) -> None:
    said = dict.fromkeys(("date", "x-ratelimit-reset", "x-ratelimit-remaining"), text)
    server_date(said)
    assert reset_instant(said, NOW) == 0 or NOW <= reset_instant(said, NOW) <= NOW + LONGEST_WAIT
    Limiter(FixedClock(NOW)).observe(said, NOW)


async def test_the_odd_limit_header_is_not_used(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await limiter.acquire()
    for limit in (1, 0, 10, "x"):
        limiter.observe(headers(remaining=9, limit=limit), clock.now())
        assert limiter.allowed == 8


async def test_colleagues_leave_us_less_for_a_while(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await grants(limiter, clock, 2)
    limiter.observe(headers(remaining=4), clock.now())  # ten, less our two, less four: four were not ours
    assert (limiter.allowed, limiter.remaining) == (4, 4)
    clock.advance(1)
    assert busiest(await grants(limiter, clock, 8)) == 4
    clock.advance(3)
    assert limiter.allowed == 8


async def test_however_busy_colleagues_are_we_get_one(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await limiter.acquire()
    limiter.observe(headers(remaining=0), clock.now())
    assert limiter.allowed == 1
    clock.advance(1.1)
    await limiter.acquire(patience=0.0)


async def test_our_own_requests_are_not_taken_for_colleagues(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await grants(limiter, clock, 8)
    limiter.observe(headers(remaining=2), clock.now())
    assert limiter.allowed == 8
    # Nor are those that left before a slow answer came.
    sent_at = clock.now()
    clock.advance(5)
    limiter.observe(headers(remaining=2), clock.now(), sent_at)
    assert limiter.allowed == 8


async def test_when_nearly_nothing_remains_we_wait_for_the_reset(clock: FixedClock) -> None:
    limiter = Limiter(clock)
    await limiter.acquire()
    start, server_now = clock.now(), clock.now() // SECOND + 3600
    limiter.observe(headers(remaining=1, reset=server_now + 2, date=server_now), start)
    assert limiter.paused_until == limiter.reset_at == start + 2 * SECOND
    limiter.observe(headers(remaining=0, reset=server_now + 500, date=server_now), start)
    assert limiter.paused_until == start + LONGEST_COURTESY


async def test_two_that_share_a_file_share_the_pace(clock: FixedClock, tmp_path: Path) -> None:
    one, two = (Limiter(clock, pace_file=tmp_path / "pace") for _ in range(2))
    moments = []
    for turn in range(40):
        moments += await grants(one if turn % 3 else two, clock, 1)
    assert busiest(moments) == 8
    one.pause_until(clock.now() + 9 * SECOND)
    with pytest.raises(Busy):
        await two.acquire(patience=1.0)
    assert (tmp_path / "pace").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"grants": 5, "paused_until": 0}', b'{"grants": [1e999], "paused_until": 0}',
     b'{"grants": [], "paused_until": "x"}', b"\xff\xfe", b"[" * 8000, b'{"grants": ["a"], "paused_until": 1}',
     b'{"grants": [' + b"9" * 5000 + b'], "paused_until": 1}'],
    ids=range(11),
)  # fmt: skip
async def test_a_damaged_file_is_written_anew(clock: FixedClock, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pace"
    file.write_bytes(content)
    assert busiest(await grants(Limiter(clock, pace_file=file), clock, 20)) == 8
    assert b'"grants"' in file.read_bytes() and len(file.read_bytes()) < 8192


async def test_a_file_from_the_future_holds_nothing_up(clock: FixedClock, tmp_path: Path) -> None:
    file = tmp_path / "pace"
    file.write_text('{"grants": [' + f"{NOW + 10**15}, " * 20 + f'{NOW}], "paused_until": {NOW + 10**15}}}')
    start = clock.now()
    await Limiter(clock, pace_file=file).acquire()
    assert clock.now() - start == LONGEST_WAIT


@pytest.mark.parametrize("where", ["missing/pace", "link", "."])
async def test_without_a_usable_file_we_keep_our_own_pace(clock: FixedClock, tmp_path: Path, where: str) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    moments = await grants(Limiter(clock, pace_file=tmp_path / where), clock, 20)
    assert busiest(moments) == 8 and moments[7] == moments[0]
    assert (tmp_path / "target").read_text() == "mine"


async def test_a_stopped_process_that_holds_the_lock_stops_nobody(clock: FixedClock, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "pace", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        start = clock.now()
        moments = await grants(Limiter(clock, pace_file=tmp_path / "pace"), clock, 20)
        assert busiest(moments) <= 8
        assert moments[0] - start < SECOND
    finally:
        os.close(descriptor)


CHILD = """
import asyncio, sys, time
from pathlib import Path
from tui.api.limiter import Limiter
from tui.clock import SystemClock

async def main():
    limiter = Limiter(SystemClock(), pace_file=Path(sys.argv[1]))
    end = time.time() + 3
    async def one():
        while time.time() < end:
            await limiter.acquire()
            print(time.time_ns() // 1000, flush=True)
    await asyncio.gather(one(), one(), one())

asyncio.run(main())
"""


def test_two_processes_never_exceed_the_pace_together(tmp_path: Path) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "pace")], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    counts, moments = [], []
    for child in children:
        said, _ = child.communicate(timeout=30)
        assert child.returncode == 0
        counts.append(len(said.split()))
        moments += [int(line) for line in said.split()]
    assert min(counts) > 0
    assert busiest(json.loads((tmp_path / "pace").read_text())["grants"]) == 8
    # What is printed may be later than what was counted, by as long as a busy machine takes.
    assert busiest(moments, round(0.9 * SECOND)) <= 8
    assert busiest(moments) <= 9
    assert len(moments) >= 8 * 2
