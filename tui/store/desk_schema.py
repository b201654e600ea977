"""desk.db: drafts, outbox, attempts, attachment bytes, marks. The rules that must hold whatever the code does are SQL.

A step that was released is never edited: a change is a further step. Texts that people wrote are BLOBs of UTF-8, so
that damaged bytes and lone surrogates can still be read.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from tui.store.schema import Spec, statements

_DRAFTS: Final = (
    """
    CREATE TABLE drafts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        live INTEGER NOT NULL,
        ticket_id INTEGER NOT NULL,
        audience TEXT NOT NULL,
        text BLOB NOT NULL,
        sha256 TEXT NOT NULL,
        cursor_row INTEGER NOT NULL,
        cursor_column INTEGER NOT NULL,
        status_after TEXT NOT NULL,
        base_ids TEXT,
        attachments TEXT NOT NULL,
        base_text BLOB NOT NULL,
        changed_at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        source TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX drafts_live ON drafts (ticket_id, audience) WHERE live",
    "CREATE INDEX drafts_source ON drafts (source) WHERE source <> ''",
)

_OUTBOX: Final = (
    """
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        ticket_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        audience TEXT NOT NULL,
        payload BLOB NOT NULL,
        sha256 TEXT NOT NULL,
        cursor_row INTEGER NOT NULL,
        cursor_column INTEGER NOT NULL,
        base_ids TEXT,
        state TEXT NOT NULL,
        state_since INTEGER NOT NULL,
        not_before INTEGER NOT NULL,
        owner TEXT NOT NULL,
        attempt_no INTEGER NOT NULL DEFAULT 0,
        baseline_ids TEXT NOT NULL DEFAULT '[]',
        reason TEXT NOT NULL DEFAULT '',
        remote_id INTEGER,
        evidence TEXT NOT NULL DEFAULT '',
        human_resends INTEGER NOT NULL DEFAULT 0,
        was_unclear INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL,
        CHECK (state <> 'sent' OR evidence <> '')
    )
    """,
    "CREATE UNIQUE INDEX outbox_claims ON outbox (ticket_id, remote_id) WHERE remote_id IS NOT NULL",
    "CREATE INDEX outbox_unsettled ON outbox (ticket_id, seq) WHERE state NOT IN ('sent', 'refused', 'withdrawn')",
    """
    CREATE TRIGGER outbox_begins BEFORE INSERT ON outbox
    WHEN NEW.state NOT IN ('held', 'queued') OR NEW.attempt_no <> 0 OR NEW.was_unclear
    BEGIN SELECT RAISE(ABORT, 'an outbox row begins held or queued'); END
    """,
    """
    CREATE TRIGGER outbox_frozen
    BEFORE UPDATE OF seq, id, ticket_id, kind, audience, payload, sha256, created_at ON outbox
    BEGIN SELECT RAISE(ABORT, 'what an outbox row says never changes'); END
    """,
    """
    CREATE TRIGGER outbox_edges BEFORE UPDATE OF state ON outbox
    WHEN NEW.state <> OLD.state
        AND OLD.state || '>' || NEW.state NOT IN (
            'held>queued', 'held>withdrawn', 'held>paused',
            'queued>sending', 'queued>paused', 'queued>withdrawn',
            'paused>queued', 'paused>withdrawn',
            'sending>sent', 'sending>refused', 'sending>queued', 'sending>paused', 'sending>unconfirmed',
            'unconfirmed>sent', 'unconfirmed>undecided',
            'undecided>sent', 'undecided>queued', 'undecided>withdrawn'
        )
        AND NOT (
            OLD.was_unclear AND NEW.state = 'sent' AND OLD.state IN ('queued', 'paused', 'refused', 'withdrawn')
        )
    BEGIN SELECT RAISE(ABORT, 'no such way through the outbox'); END
    """,
    """
    CREATE TRIGGER outbox_memory BEFORE UPDATE ON outbox
    WHEN NEW.was_unclear < OLD.was_unclear OR NEW.attempt_no < OLD.attempt_no
        OR (NEW.state = 'unconfirmed' AND NOT NEW.was_unclear)
        OR (OLD.remote_id IS NOT NULL AND NEW.remote_id IS NOT OLD.remote_id)
        OR (NEW.state = 'sending' AND OLD.state <> 'sending' AND NEW.attempt_no <> OLD.attempt_no + 1)
        OR NEW.human_resends <> OLD.human_resends + (OLD.state = 'undecided' AND NEW.state = 'queued')
    BEGIN SELECT RAISE(ABORT, 'an outbox row forgets nothing'); END
    """,
    """
    CREATE TRIGGER outbox_stays BEFORE DELETE ON outbox
    WHEN OLD.state NOT IN ('sent', 'refused', 'withdrawn')
    BEGIN SELECT RAISE(ABORT, 'an unsettled outbox row stays'); END
    """,
)

_ATTEMPTS: Final = (
    """
    CREATE TABLE attempts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        outbox_id TEXT NOT NULL,
        attempt_no INTEGER NOT NULL,
        at INTEGER NOT NULL,
        owner TEXT NOT NULL,
        event TEXT NOT NULL,
        note TEXT NOT NULL
    )
    """,
    "CREATE INDEX attempts_of ON attempts (outbox_id, seq)",
    """
    CREATE TRIGGER attempts_append_only BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'attempts are only added'); END
    """,
)

_REST: Final = (
    "CREATE TABLE files (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE seen (ticket_id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL)",
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

DESK: Final = Spec(
    name="desk.db",
    application_id=0x7266624B,
    steps=(statements(*_DRAFTS, *_OUTBOX, *_ATTEMPTS, *_REST),),
    tables=frozenset({"drafts", "outbox", "attempts", "files", "seen", "facts"}),
    precious=True,
)


def lenient(connection: sqlite3.Connection) -> None:
    """Let a connection read TEXT whose bytes were damaged, instead of refusing the whole row."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def text_bytes(text: str) -> bytes:
    """A text as it is stored and hashed; lone surrogates pass."""
    return text.encode("utf-8", "surrogatepass")


def bytes_text(raw: bytes) -> str:
    """What `text_bytes` made, or as much of it as can still be read."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def bindable(text: str) -> str:
    """A short text for a TEXT column: SQLite takes no lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def named(cursor: sqlite3.Cursor) -> list[dict[str, object]]:
    """The rows of a query, by column name."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def ids_json(ids: tuple[int, ...] | None) -> str | None:
    return None if ids is None else json.dumps(list(ids))


def json_or_none(text: object) -> object:
    """A small JSON column; None when it holds none."""
    try:
        return json.loads(str(text)) if text is not None else None
    except ValueError:
        return None
