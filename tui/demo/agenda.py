"""What is going to happen in the demo, and when. Nothing runs by itself: whoever asks first makes it happen."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any


@dataclass(order=True, slots=True)
class Event:
    """Something due at an instant. `number` keeps those of one instant in the order they were planned."""

    at: int
    number: int
    kind: str = field(compare=False)
    ticket_id: int = field(compare=False, default=0)
    detail: Any = field(compare=False, default=None)


class Agenda:
    """The events ahead, soonest first."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._planned = 0

    def plan(self, at: int, kind: str, ticket_id: int = 0, detail: Any = None) -> None:
        """Let something happen at `at`; `detail` must be fit for JSON."""
        heapq.heappush(self._events, Event(at, self._planned, kind, ticket_id, detail))
        self._planned += 1

    def cancel(self, kind: str, ticket_id: int) -> None:
        """Forget what was planned of this kind for a ticket."""
        self._events = [one for one in self._events if (one.kind, one.ticket_id) != (kind, ticket_id)]
        heapq.heapify(self._events)

    def next(self, now: int) -> Event | None:
        """Take the soonest event that is due."""
        if self._events and self._events[0].at <= now:
            return heapq.heappop(self._events)
        return None

    def dump(self) -> list[list[Any]]:
        """As JSON can hold it."""
        return [[one.at, one.kind, one.ticket_id, one.detail] for one in sorted(self._events)]

    @classmethod
    def load(cls, rows: list[list[Any]]) -> Agenda:
        """The agenda that `dump` described."""
        agenda = cls()
        for at, kind, ticket_id, detail in rows:
            agenda.plan(int(at), str(kind), int(ticket_id), detail)
        return agenda
