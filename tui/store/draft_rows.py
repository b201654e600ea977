"""Drafts inside one transaction: reading, writing, keeping aside, and texts that come back from the outbox.

One table holds both kinds: at most one *live* draft for each ticket and audience, and any number of *kept* ones that a
person can bring back. No function here drops a text that is not also somewhere else.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import cast

from tui.store import blobs
from tui.store.desk_schema import (
    bindable,
    bytes_text,
    ids_json,
    json_or_none,
    named,
    text_bytes,
)
from tui.store.rows import Draft, OutboxRow, id_tuple

DAMAGED = "This text was damaged on disk. Read it through before you send it."
DELIVERED = "An earlier version of this text was delivered after all."


@dataclass(frozen=True, slots=True)
class Stored:
    """A draft with what the desk alone knows of it: its row, and the outbox row its text came back from."""

    id: int
    source: str
    draft: Draft


def live(connection: sqlite3.Connection, ticket_id: int, audience: str) -> Stored | None:
    """The live draft of a ticket and audience."""
    found = _read(
        connection.execute(
            "SELECT * FROM drafts WHERE live AND ticket_id = ? AND audience = ?", (ticket_id, bindable(audience))
        )
    )
    return found[0] if found else None


def kept(connection: sqlite3.Connection, kept_id: int) -> Stored | None:
    """A kept draft by its number."""
    found = _read(connection.execute("SELECT * FROM drafts WHERE NOT live AND id = ?", (kept_id,)))
    return found[0] if found else None


def every(connection: sqlite3.Connection, *, is_live: bool) -> tuple[Draft, ...]:
    """All live or all kept drafts, the last changed first."""
    cursor = connection.execute("SELECT * FROM drafts WHERE live = ? ORDER BY changed_at DESC, id DESC", (is_live,))
    return tuple(stored.draft for stored in _read(cursor))


def next_version(connection: sqlite3.Connection, draft: Draft, now: int) -> int:
    """The `changed_at` of a save at `now`: never one that this draft had before, even when the clock stands."""
    (latest,) = connection.execute(
        "SELECT coalesce(max(changed_at), 0) FROM drafts WHERE ticket_id = ? AND audience = ?",
        (draft.ticket_id, bindable(draft.audience)),
    ).fetchone()
    return max(now, int(latest) + 1, draft.changed_at + 1)


def put_live(connection: sqlite3.Connection, draft: Draft, now: int, *, source: str = "") -> Draft:
    """Make this the live draft; the one it takes the place of must be in safety already."""
    draft = replace(draft, changed_at=next_version(connection, draft, now), kept_id=0)
    _delete_live(connection, draft.ticket_id, draft.audience)
    _insert(connection, draft, source, is_live=True)
    return draft


def keep(connection: sqlite3.Connection, draft: Draft, reason: str, now: int, *, source: str = "") -> Draft:
    """Put a text aside as a kept draft; earlier kept ones that it wholly contains go."""
    for old in _read(
        connection.execute(
            "SELECT * FROM drafts WHERE NOT live AND ticket_id = ? AND audience = ?",
            (draft.ticket_id, bindable(draft.audience)),
        )
    ):
        if old.source in ("", source) and contained(old.draft, draft):
            connection.execute("DELETE FROM drafts WHERE id = ?", (old.id,))
    draft = replace(draft, reason=reason, changed_at=draft.changed_at or now)
    return replace(draft, kept_id=_insert(connection, draft, source, is_live=False))


def put_aside(connection: sqlite3.Connection, stored: Stored, reason: str, now: int) -> None:
    """Turn the live draft into a kept one; an empty one just goes."""
    connection.execute("DELETE FROM drafts WHERE id = ?", (stored.id,))
    if not empty(stored.draft):
        keep(connection, stored.draft, reason, now, source=stored.source)


def come_back(connection: sqlite3.Connection, row: OutboxRow, reason: str, now: int) -> Draft:
    """The text of an outbox row that will not be sent, back into the draft of its ticket and audience.

    A live draft with another text stays as it is, and the returning one becomes a kept draft (its `kept_id` is not 0):
    joining the two could send what was taken back. A row without a text gives an empty draft that is not stored.
    """
    damaged = blobs.digest(row.payload) != row.sha256
    cursor = connection.execute("SELECT cursor_row, cursor_column FROM outbox WHERE id = ?", (row.id,)).fetchone()
    returning = Draft(
        ticket_id=row.ticket_id,
        audience=row.audience,
        text=row.text,
        cursor=(int(cursor[0]), int(cursor[1])),
        status_after=row.status_after,
        base_ids=row.base_ids,
        attachments=blobs.files_of(row.fields.get("files")),
        base_text=str(row.fields.get("base", "")),
        reason=f"{DAMAGED} {reason}".strip() if damaged else reason,
    )
    if empty(returning):
        return returning
    there = live(connection, row.ticket_id, row.audience)
    if there is None or contained(there.draft, returning):
        return put_live(connection, returning, now, source=row.id)
    if there.draft.text.strip() == returning.text.strip():
        both = (*there.draft.attachments, *(f for f in returning.attachments if f not in there.draft.attachments))
        joined = replace(there.draft, attachments=both, reason=returning.reason)
        return put_live(connection, joined, now, source=row.id)
    return keep(connection, returning, returning.reason, now, source=row.id)


def leaves_for_outbox(connection: sqlite3.Connection, sent: Draft, now: int) -> Draft | None:
    """Remove the live draft whose text becomes an outbox row; the draft as it was.

    When it holds anything that the row does not (another window wrote in it), it is kept aside.
    """
    there = live(connection, sent.ticket_id, sent.audience)
    if there is None:
        return None
    if contained(there.draft, sent):
        connection.execute("DELETE FROM drafts WHERE id = ?", (there.id,))
    else:
        put_aside(connection, there, "This stood in the draft when another text was sent from it.", now)
    return there.draft


def delivered(connection: sqlite3.Connection, row: OutboxRow) -> None:
    """A text that had come back was delivered after all: an unedited draft of it goes, an edited one stays."""
    for stored in _read(connection.execute("SELECT * FROM drafts WHERE source = ?", (row.id,))):
        same = stored.draft.text.strip() == row.text.strip()
        if same and set(stored.draft.attachments) <= set(blobs.files_of(row.fields.get("files"))):
            connection.execute("DELETE FROM drafts WHERE id = ?", (stored.id,))
        else:
            connection.execute("UPDATE drafts SET reason = ?, source = '' WHERE id = ?", (DELIVERED, stored.id))


def on_its_way(connection: sqlite3.Connection, draft: Draft) -> bool:
    """Whether exactly this text left the draft for the outbox since it was last saved.

    Then a late automatic save must not bring the draft to life again: someone would send it a second time.
    """
    cursor = connection.execute(
        "SELECT payload FROM outbox WHERE ticket_id = ? AND audience = ? AND state_since >= ?"
        " AND state NOT IN ('refused', 'withdrawn')",
        (draft.ticket_id, bindable(draft.audience), draft.changed_at),
    )
    payloads = [json_or_none(bytes_text(bytes(raw))) for (raw,) in cursor]
    return any(
        isinstance(fields, dict) and str(fields.get("text", "")).strip() == draft.text.strip() for fields in payloads
    )


def empty(draft: Draft) -> bool:
    """Nothing in it that anybody would miss."""
    return not draft.text.strip() and not draft.attachments


def contained(old: Draft, new: Draft) -> bool:
    """Whether the new draft holds all that the old one does."""
    return old.text.strip() in new.text and set(old.attachments) <= set(new.attachments)


def _delete_live(connection: sqlite3.Connection, ticket_id: int, audience: str) -> None:
    connection.execute(
        "DELETE FROM drafts WHERE live AND ticket_id = ? AND audience = ?", (ticket_id, bindable(audience))
    )


def _insert(connection: sqlite3.Connection, draft: Draft, source: str, *, is_live: bool) -> int:
    cursor = connection.execute(
        "INSERT INTO drafts (live, ticket_id, audience, text, sha256, cursor_row, cursor_column, status_after,"
        " base_ids, attachments, base_text, changed_at, reason, source)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            is_live,
            draft.ticket_id,
            bindable(draft.audience),
            text_bytes(draft.text),
            blobs.digest(draft.text),
            *draft.cursor,
            bindable(draft.status_after),
            ids_json(draft.base_ids),
            blobs.manifest_json(draft.attachments),
            text_bytes(draft.base_text),
            draft.changed_at,
            bindable(draft.reason),
            source,
        ),
    )
    return int(cursor.lastrowid or 0)


def _read(cursor: sqlite3.Cursor) -> list[Stored]:
    return [_stored(row) for row in named(cursor)]


def _stored(row: dict[str, object]) -> Stored:
    text = bytes_text(cast("bytes", row["text"]))
    reason = str(row["reason"])
    if blobs.digest(text) != row["sha256"] and DAMAGED not in reason:
        reason = f"{DAMAGED} {reason}".strip()
    base_ids = json_or_none(row["base_ids"])
    draft = Draft(
        ticket_id=cast("int", row["ticket_id"]),
        audience=str(row["audience"]),
        text=text,
        cursor=(cast("int", row["cursor_row"]), cast("int", row["cursor_column"])),
        status_after=str(row["status_after"]),
        base_ids=None if base_ids is None else id_tuple(base_ids),
        attachments=blobs.files_of(json_or_none(row["attachments"])),
        base_text=bytes_text(cast("bytes", row["base_text"])),
        changed_at=cast("int", row["changed_at"]),
        reason=reason,
        kept_id=0 if row["live"] else cast("int", row["id"]),
    )
    return Stored(cast("int", row["id"]), str(row["source"]), draft)
