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
    from tui.store.instance import Instance
    from tui.sync.engine import Engine
    from tui.sync.events import Event, Phase

    Tell = Callable[[Event], None]


class CannotStart(Exception):
    """The worker cannot start yet, for want of a token; `sentence` says why and what to do."""

    def __init__(self, sentence: str, phase: Phase = "signed-out") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.phase: Phase = phase


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
    instance: Instance
    clock: Clock
    start_engine: Callable[[Tell, str], Awaitable[Engine]]
    """Called after the first paint: imports the network's libraries, finds credentials, connects, starts the engine.

    Its second argument is a token the user has just entered, or empty: then the token is looked for. Raises
    `CannotStart`.
    """
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
    notice: str = ""
    """A sentence to show first, such as that a damaged cache was set aside."""
