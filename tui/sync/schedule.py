"""When to ask next: pure arithmetic over the worker's state (DESIGN.md "Pace")."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from tui.clock import MINUTE, SECOND
from tui.sync.events import Phase

LOOKS: Final = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds after an unknown outcome at which the thread is read for it (DESIGN.md "The outbox")."""
UNDECIDED_AFTER: Final = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between questions; `slower` multiplies them while nobody looks, `reconcile` is between full walks."""

    list: float = 30.0
    open: float = 15.0
    slower: float = 3.0
    idle_after: float = 600.0
    reconcile: float = 1800.0
    watch: float = 2.0
    rest: float = 1.0
    not_live: float = 600.0
    first_retry: float = 5.0
    longest_retry: float = 120.0
    jitter: float = 0.1


DEFAULT_PACE: Final = Pace()


class Schedule:
    """Knows whether somebody looks, and how often in a row it went wrong."""

    def __init__(self, pace: Pace, seed: int | None) -> None:
        self.pace = pace
        self._random = random.Random(seed)  # noqa: S311 - spreads polls, guards nothing
        self.focused = True
        self.active_at = 0
        self.failures = 0

    def slow(self, now: int) -> bool:
        """Whether nobody seems to look: the terminal lost focus, or no key came for ten minutes."""
        return not self.focused or now - self.active_at > self.pace.idle_after * SECOND

    def _spread(self, seconds: float) -> float:
        return seconds * self._random.uniform(1 - self.pace.jitter, 1 + self.pace.jitter)

    def until_list(self, phase: Phase, now: int, limited_until: int = 0) -> float | None:
        """Seconds until the list is asked for again; None: not before a person says so."""
        if phase in ("signed-out", "forbidden", "stopped"):
            return None
        if phase == "not-live":
            return self._spread(self.pace.not_live)
        if phase == "limited":
            return max(1.0, (limited_until - now) / SECOND) + self._spread(0.5)
        if phase in ("offline", "trouble"):
            grown = self.pace.first_retry * 2.0 ** min(10, max(0, self.failures - 1))
            return self._spread(min(grown, self.pace.longest_retry))
        return self._spread(self.pace.list * (self.pace.slower if self.slow(now) else 1.0))

    def until_open(self, now: int) -> float:
        """Seconds until the opened ticket's freshness is asked for again."""
        return self._spread(self.pace.open * (self.pace.slower if self.slow(now) else 1.0))


def next_look(since: int, now: int) -> int:
    """The instant of the next look for a write of unknown outcome; 0 when only polls look from now on."""
    return next((since + round(after * SECOND) for after in LOOKS if since + after * SECOND > now), 0)


def old_enough_to_decide(since: int, now: int) -> bool:
    """Whether looking has gone on for so long that a person must decide."""
    return now - since >= UNDECIDED_AFTER


def stale(as_of: int, now: int) -> bool:
    """Whether a list's age must be called out."""
    return now - as_of > 2 * MINUTE
