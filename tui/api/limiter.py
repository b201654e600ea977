"""Our own pace, under the service's 10 requests a second for all who use the token (DESIGN.md "Pace").

At most `rate` requests in any sliding second, also across processes that share a pace file. A bucket that refills would
let nearly twice as many through in one second: what it holds and what it gains meanwhile.
"""

from __future__ import annotations

import fcntl
import json
import os
from bisect import insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from tui.clock import SECOND, Clock

SERVICE_RATE: Final = 10
LONGEST_WAIT: Final = 60 * SECOND
COLLEAGUES_REMEMBERED: Final = 2 * SECOND
LONGEST_COURTESY: Final = 5 * SECOND
"""How long we hold back by ourselves when nearly nothing remains; windows are about a second long."""
_GRANTS_KEPT: Final = 64
_LOCK_TRIES: Final = 40
_LOCK_PAUSE: Final = 0.005


class Busy(Exception):
    """The pause in force is longer than the caller's patience. `until` is its end."""

    def __init__(self, until: int) -> None:
        super().__init__("paused")
        self.until = until


class Limiter:
    """Gives each request its moment, and learns from the X-RateLimit headers of each answer.

    `X-RateLimit-Limit` says how many requests were made in this window, oddly, and is not used. `remaining` and
    `reset_at` (an instant of our clock, 0: unknown) are what the last answer said.
    """

    def __init__(self, clock: Clock, rate: float = 8.0, pace_file: Path | None = None) -> None:
        self._clock = clock
        self._burst = max(1, int(rate))
        self._window = round(self._burst / rate * SECOND)
        self._file = pace_file
        self._grants: list[int] = []
        self._paused_until = 0
        self._colleagues = 0
        self._colleagues_until = 0
        self.remaining: int | None = None
        self.reset_at = 0

    @property
    def paused_until(self) -> int:
        """Nothing leaves before this instant."""
        return self._paused_until

    @property
    def allowed(self) -> int:
        """Requests a second at present: our share, less what colleagues were seen to use, but never none."""
        if self._clock.now() >= self._colleagues_until:
            return self._burst
        return max(1, self._burst - self._colleagues)

    async def acquire(self, patience: float | None = None) -> None:
        """Wait until a request may leave, and count it as leaving now.

        Raises `Busy` when a pause outlasts `patience` seconds. Nothing is reserved ahead, so whoever wakes late or
        gives up takes no one's place, and a pause that was announced meanwhile holds.
        """
        while until := await self._take():
            now = self._clock.now()
            if patience is not None and self._paused_until - now > patience * SECOND:
                raise Busy(self._paused_until)
            await self._clock.sleep(max(until - now, 1) / SECOND)

    def pause_until(self, instant: int) -> None:
        """Let nothing leave before `instant`, at most a minute from now; a longer pause in force stays."""
        now = self._clock.now()
        self._paused_until = max(self._paused_until, min(instant, now + LONGEST_WAIT))
        with self._shared(now):
            pass

    def observe(self, headers: Mapping[str, str], received_at: int, sent_at: int | None = None) -> None:
        """Learn from an answer's headers; what is missing or cannot be read says nothing.

        `sent_at` bounds when the service counted this request; every request of ours that may lie in the same window
        counts as ours, so that a slow line is not taken for busy colleagues.
        """
        self.reset_at = reset_instant(headers, received_at) or self.reset_at
        remaining = _whole(headers.get("x-ratelimit-remaining", ""))
        if remaining is None:
            return
        self.remaining = remaining
        since = (received_at if sent_at is None else sent_at) - SECOND
        ours = sum(1 for grant in self._grants if since < grant <= received_at)
        others = SERVICE_RATE - max(1, ours) - remaining
        if others > 0:
            self._colleagues, self._colleagues_until = others, received_at + COLLEAGUES_REMEMBERED
        if remaining <= 1 and self.reset_at > received_at:
            self.pause_until(min(self.reset_at, received_at + LONGEST_COURTESY))

    async def _take(self) -> int:
        """Count a request that leaves now and give 0, or give the moment to ask again."""
        for _ in range(_LOCK_TRIES):
            with self._shared(now := self._clock.now()) as ours:
                if ours:
                    return self._grant(now)
            await self._clock.sleep(_LOCK_PAUSE)
        # A stopped process may hold the lock for ever: our own pace is better than none.
        return self._grant(self._clock.now())

    def _grant(self, now: int) -> int:
        self._paused_until = min(self._paused_until, now + LONGEST_WAIT)
        if self._paused_until > now:
            return self._paused_until
        # What lies in the future was written before the clock was set back.
        self._grants = [grant for grant in self._grants if grant <= now + self._window][-_GRANTS_KEPT:]
        if len(self._grants) >= (allowed := self.allowed):
            free_at = self._grants[-allowed] + self._window
            if free_at > now:
                return free_at
        insort(self._grants, now)
        return 0

    @contextmanager
    def _shared(self, now: int) -> Iterator[bool]:
        """Under the pace file's lock: its content taken in before, ours written after. False: another has the lock.

        Never waits for the lock: the event loop is not to stand still because another process does. Without a file that
        can be opened, each process keeps a pace of its own.
        """
        descriptor = self._open()
        if descriptor is None:
            yield True
            return
        try:
            locked = _lock(descriptor)
            if locked:
                self._load(descriptor, now)
            yield locked
            if locked:
                self._save(descriptor)
        finally:
            os.close(descriptor)

    def _open(self) -> int | None:
        if self._file is None:
            return None
        try:
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            return None

    def _load(self, descriptor: int, now: int) -> None:
        """The file knows better than we do, unless it is damaged; a clock that was set back is forgiven."""
        try:
            shared = json.loads(os.pread(descriptor, 8192, 0))
            grants = sorted(int(grant) for grant in shared["grants"])
            paused_until = int(shared["paused_until"])
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return
        self._grants = grants
        self._paused_until = max(self._paused_until, min(paused_until, now + LONGEST_WAIT))

    def _save(self, descriptor: int) -> None:
        text = json.dumps({"grants": self._grants, "paused_until": self._paused_until}).encode()
        try:
            os.ftruncate(descriptor, os.pwrite(descriptor, text, 0))
        except OSError:
            return


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: the counts are still shared, if not exactly.
        return True
    return True


def server_date(headers: Mapping[str, str]) -> int:
    """The answer's Date as an instant; 0 when there is none that can be read."""
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
        return int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()) * SECOND
    except (ValueError, TypeError, OverflowError):
        return 0


def reset_instant(headers: Mapping[str, str], received_at: int) -> int:
    """X-RateLimit-Reset on our clock; 0 when unknown.

    Read against the answer's Date, so that a clock an hour off does no harm; held between now and a minute from now.
    """
    reset = _whole(headers.get("x-ratelimit-reset", ""))
    if reset is None:
        return 0
    wait = reset * SECOND - (server_date(headers) or received_at)
    return received_at + min(max(wait, 0), LONGEST_WAIT)


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
