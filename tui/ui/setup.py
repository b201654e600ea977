"""What the inbox is given to run: stores, names, settings and a way to start the sync engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.clock import Clock
from tui.domain import Sort

if TYPE_CHECKING:
    from tui.store.cache import Cache
    from tui.store.desk import Desk
    from tui.sync.engine import Engine


@dataclass(frozen=True, slots=True)
class Setup:
    """One profile, resolved. The command line makes it; the app never looks anything up itself."""

    profile: str
    environment: str
    """PRODUCTION, DEMO, or SANDBOX with the host: always on screen, in words."""
    me: str
    """The agent's e-mail address, or empty: then view 2 says how to set it."""
    cache: Cache
    desk: Desk
    clock: Clock
    start_engine: Callable[[], Awaitable[Engine]]
    """Called after the first paint; imports the network's libraries, asks for credentials, connects."""
    save_token: Callable[[str], Awaitable[str]] | None = None
    """Keep a newly entered token; answers with a sentence on where it is, or why not."""
    undo_seconds: int = 8
    view: str = "needs-reply"
    sort: Sort = "sla"
    read_only: bool = False
    thin: bool = False
    theme: str = "refurbed-dark"
    keys: Mapping[str, str] = field(default_factory=dict)
    lint_off: frozenset[str] = frozenset()
    report_crash: Callable[[BaseException], str] | None = None
    """Write a redacted report of an unexpected error; answers with the one line to show."""
