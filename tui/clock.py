"""Time, injected: what now is, how long to wait, which zone to show.

An instant is an `int`: microseconds since 1970-01-01T00:00:00Z. It fits SQLite's 64 bits from year 1 to 9999, where
nanoseconds would not; exact text as received stays in the raw JSON.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAYS_BEFORE_EPOCH = 719_163


class Clock(Protocol):
    """What the program may know of time. Nothing else in it asks the system."""

    def now(self) -> int:
        """The wall clock, in microseconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds that only grow, for time-outs and pauses."""

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""

    @property
    def zone(self) -> tzinfo | None:
        """The zone times are shown in; None is the system's."""


class SystemClock:
    """The machine's own clock."""

    zone: tzinfo | None = None

    def now(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FixedClock:
    """A clock that moves only when told to: for pictures, and for tests of schedules.

    `sleep` moves it and yields once, so that a schedule of hours runs in no time.
    """

    def __init__(self, now: int, zone: tzinfo | None = UTC) -> None:
        self._now = now
        self._monotonic = 0.0
        self.zone = zone

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward (or the wall clock back, when negative)."""
        self._now += round(seconds * SECOND)
        self._monotonic += max(0.0, seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


def parse_instant(text: str) -> int:
    """An RFC 3339 time as an instant; `ValueError` when it is none.

    By arithmetic, not `datetime`: year 1 with an offset, year 9999 and nanoseconds all occur.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    days = datetime(max(year, 1), month, day, tzinfo=UTC).toordinal() - _DAYS_BEFORE_EPOCH
    if year < 1 or hour > 23 or minute > 59 or second > 60:
        raise ValueError("not an RFC 3339 time")
    micros = int((match[7] or "").ljust(6, "0")[:6])
    total = (((days * 24 + hour) * 60 + minute) * 60 + second) * SECOND + micros
    if match[8] not in "Zz":
        sign = 1 if match[8][0] == "+" else -1
        total -= sign * (int(match[8][1:3]) * 60 + int(match[8][4:6])) * MINUTE
    return total


def to_datetime(instant: int, zone: tzinfo | None = None) -> datetime:
    """An instant in a zone (None: the system's), held inside what `datetime` can say."""
    try:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        if instant < 0:
            return datetime(1, 1, 1, tzinfo=zone or UTC)
        return datetime(9999, 12, 31, 23, 59, 59, tzinfo=zone or UTC)


def to_rfc3339(instant: int) -> str:
    """An instant as `2026-11-23T08:15:00Z`, with microseconds only when there are any."""
    return to_datetime(instant, UTC).isoformat().replace("+00:00", "Z")
