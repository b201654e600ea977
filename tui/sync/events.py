"""What the worker tells those who watch it: ids that changed, its own state in words. Light: no httpx behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal[
    "starting",
    "live",
    "follower",
    "offline",
    "signed-out",
    "forbidden",
    "not-live",
    "limited",
    "trouble",
    "stopped",
]
"""`follower`: another instance on this profile polls the list. `trouble`: it answers, but not usably."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """How the worker stands. `as_of` is the instant of the last whole answer to the list, 0 for never.

    `sentence` says what is wrong and what to do; empty while all is well.
    """

    phase: Phase = "starting"
    as_of: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class TicketsChanged:
    """Tickets in the cache differ from before; empty means "some, unknown which" (another instance wrote)."""

    ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ThreadChanged:
    """The messages of this ticket differ from before."""

    ticket_id: int


@dataclass(frozen=True, slots=True)
class ThreadTrouble:
    """Why this ticket's thread cannot be read now, as a sentence; empty once it was read again."""

    ticket_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """Some row of the outbox changed its state."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The worker's own state changed."""

    state: SyncState


@dataclass(frozen=True, slots=True)
class Announced:
    """A sentence worth a moment of the user's attention, such as a status that changed unasked."""

    sentence: str


Event = TicketsChanged | ThreadChanged | ThreadTrouble | OutboxChanged | StateChanged | Announced
