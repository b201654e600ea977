"""The rows the store hands out: frozen, light, without a trace of SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, cast

from tui.store.outbox_states import State

Effect = Literal["sent", "refused", "unsent", "limited", "signed-out", "unclear"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an answer brought. `unchanged` also holds tickets that we already know a newer state of."""

    new: tuple[int, ...]
    changed: tuple[int, ...]
    unchanged: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What the cache holds of one thread. Times are instants; ids are message ids."""

    ticket_id: int
    read_at: int
    for_updated_at: int
    """The ticket's `updated_at` when its thread was read; a thread is stale when the ticket's has moved on."""
    newest_message_id: int
    messages: int


@dataclass(frozen=True, slots=True)
class DraftFile:
    """An attachment of a draft: where it was taken from, and what it was then."""

    path: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A text being written to one audience of one ticket."""

    ticket_id: int
    audience: str
    text: str
    cursor: tuple[int, int] = (0, 0)
    status_after: str = ""
    base_ids: tuple[int, ...] | None = None
    """The message ids shown when the writing began; None when none were loaded yet (DESIGN.md, Collision)."""
    attachments: tuple[DraftFile, ...] = ()
    base_text: str = ""
    """The notes as they were when their editing began; what is theirs and ours is told apart by it."""
    changed_at: int = 0
    """When it was last saved. Pass it on when saving again: it tells whether another window saved in between."""
    reason: str = ""
    """A sentence: why it came back, or why it was kept."""
    kept_id: int = 0
    """Not 0: this is not the live draft of its ticket but a kept one, for `restore_draft`."""


@dataclass(frozen=True, slots=True)
class OutFile:
    """An attachment on its way out. `data` None: the desk already holds the bytes under `sha256`."""

    name: str
    data: bytes | None
    path: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One write to the service: an immutable snapshot and where it stands (DESIGN.md "The outbox")."""

    id: str
    seq: int
    ticket_id: int
    kind: str
    audience: str
    payload: str
    sha256: str
    base_ids: tuple[int, ...] | None
    state: State
    state_since: int
    not_before: int
    owner: str
    attempt_no: int
    baseline_ids: tuple[int, ...]
    reason: str
    remote_id: int | None
    evidence: str
    human_resends: int
    was_unclear: bool
    created_at: int

    @property
    def fields(self) -> dict[str, object]:
        """The whole payload; empty when it was damaged on disk."""
        try:
            found = json.loads(self.payload)
        except ValueError:
            return {}
        return cast("dict[str, object]", found) if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        """The text as written; the raw payload when it was damaged on disk, so that nothing is hidden."""
        fields = self.fields
        return str(fields.get("text", "")) if fields else self.payload

    @property
    def status_after(self) -> str:
        return str(self.fields.get("status_after", ""))

    @property
    def files(self) -> tuple[DraftFile, ...]:
        """The attachments by name, size and hash."""
        return manifest(self.fields.get("files"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of a row's history: `started`, or the state it came to."""

    outbox_id: str
    attempt_no: int
    at: int
    owner: str
    event: str
    note: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `sent` needs evidence (SAFETY.md I3); `limited` and `unsent` name when to try again."""

    effect: Effect
    reason: str = ""
    remote_id: int | None = None
    evidence: str = ""
    not_before: int = 0


def manifest(found: object) -> tuple[DraftFile, ...]:
    """Attachments as stored in a payload; what is not of that shape is left out."""
    if not isinstance(found, list):
        return ()
    return tuple(
        DraftFile(
            str(item.get("path", "")), str(item.get("name", "")), int(item.get("size", 0)), str(item.get("sha256", ""))
        )
        for item in found
        if isinstance(item, dict)
    )


def id_tuple(found: object) -> tuple[int, ...]:
    """Ids as stored in a JSON list."""
    return tuple(int(item) for item in found if isinstance(item, int)) if isinstance(found, list) else ()
