"""What the inbox screen knows beyond its widgets. One object, changed on the event loop only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.domain import DEFAULT_VIEW, Sort, View

if TYPE_CHECKING:
    from tui.sync.events import SyncState


@dataclass
class InboxState:
    """Where the user is, and what the worker last said."""

    view: View = DEFAULT_VIEW
    sort: Sort = "sla"
    search: str = ""
    opened: int = 0
    """The ticket being read, 0 while only the list is used."""
    counts: Mapping[str, int] = field(default_factory=dict)
    sync: SyncState | None = None
    unsent: Mapping[str, int] = field(default_factory=dict)
    """How many writes stand in each state that is not done."""
    drafts: frozenset[int] = frozenset()
    """Tickets with a draft."""
    unsent_by_ticket: Mapping[int, str] = field(default_factory=dict)
    """Ticket to the state of its most urgent write that is not done."""
    thread_trouble: dict[int, str] = field(default_factory=dict)
    """Ticket to the sentence on why its thread cannot be read now."""
    notice: str = ""
    """The sentence in the hint line; the next key takes it away."""
