"""The outbox inside one transaction: each function is one step of a row, with all its effects, or nothing.

A step compares and sets: it changes a row only from the state it was seen in, by a way that `outbox_states.allowed`
knows, and adds a line to the row's attempts. What did not happen is None.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from tui.store import blobs, draft_rows
from tui.store.desk_schema import bindable, bytes_text, ids_json, json_or_none, named, text_bytes
from tui.store.outbox_states import DECISIONS, Decision, State, allowed
from tui.store.rows import Draft, OutboxRow, Outcome, OutFile, id_tuple

REPLY: Final = "reply"
BY_A_PERSON: Final = "a person said so"

DAMAGED_TEXT: Final = (
    "The text was damaged on disk after it was written, so it was not sent. Take it back into the draft, read it "
    "through, and send it anew."
)
DAMAGED_FILE: Final = (
    "The attachment {name} was damaged on disk after it was attached, so nothing was sent. Take the text back into the "
    "draft and attach the file anew."
)
NO_EVIDENCE: Final = "The service said it was sent, but the message could not be told from another. Checking."


def find(connection: sqlite3.Connection, row_id: str) -> OutboxRow | None:
    found = read(connection.execute("SELECT * FROM outbox WHERE id = ?", (row_id,)))
    return found[0] if found else None


def read(cursor: sqlite3.Cursor) -> list[OutboxRow]:
    """The outbox rows of a query over all columns."""
    return [_row(each) for each in named(cursor)]


def insert(connection: sqlite3.Connection, row: OutboxRow, files: Sequence[OutFile], *, from_draft: bool) -> OutboxRow:
    """Freeze a write: its payload with the manifest of its attachments, their bytes, and the draft's end.

    `row.payload` is the payload without attachments; hash and number are filled in here.
    """
    fields = cast("dict[str, object]", json.loads(row.payload))
    wanted = list(files) or [OutFile(f.name, None, f.path, f.sha256) for f in blobs.files_of(fields.get("files"))]
    stored = [blobs.put(connection, file) for file in wanted]
    if stored or "files" in fields:
        fields["files"] = blobs.manifest_list(stored)
    payload = canonical(fields)
    text = str(fields.get("text", ""))
    lines = text.split("\n")
    cursor = (len(lines) - 1, len(lines[-1]))
    if from_draft:
        sent = Draft(ticket_id=row.ticket_id, audience=row.audience, text=text, attachments=tuple(stored))
        draft = draft_rows.leaves_for_outbox(connection, sent, row.created_at)
        if draft is not None:
            # Not before the draft's last save, also with a clock that went back: `draft_rows.on_its_way` compares them.
            since = max(row.created_at, draft.changed_at)
            row = replace(row, state_since=since)
            cursor = draft.cursor if draft.text == text else cursor
    sha256 = blobs.digest(payload)
    added = connection.execute(
        "INSERT INTO outbox (id, ticket_id, kind, audience, payload, sha256, cursor_row, cursor_column, base_ids,"
        " state, state_since, not_before, owner, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            row.ticket_id,
            bindable(row.kind),
            bindable(row.audience),
            text_bytes(payload),
            sha256,
            *cursor,
            ids_json(row.base_ids),
            row.state,
            row.state_since,
            row.not_before,
            row.owner,
            row.created_at,
        ),
    )
    row = replace(row, payload=payload, sha256=sha256, seq=int(added.lastrowid or 0))
    note(connection, row, row.state, "", row.created_at)
    return row


def move(
    connection: sqlite3.Connection, old: OutboxRow, new: OutboxRow, at: int, *, event: str = "", said: str = ""
) -> OutboxRow | None:
    """Take a row from the state of `old` to that of `new`; the one place where a state changes."""
    if not allowed(old.state, new.state, was_unclear=old.was_unclear):
        return None
    new = replace(new, state_since=at, was_unclear=old.was_unclear or new.state == "unconfirmed")
    done = connection.execute(
        "UPDATE outbox SET base_ids = ?, state = ?, state_since = ?, not_before = ?, owner = ?, attempt_no = ?,"
        " baseline_ids = ?, reason = ?, remote_id = ?, evidence = ?, human_resends = ?, was_unclear = ?"
        " WHERE id = ? AND state = ? AND attempt_no = ?",
        (
            ids_json(new.base_ids),
            new.state,
            new.state_since,
            new.not_before,
            new.owner,
            new.attempt_no,
            ids_json(new.baseline_ids),
            bindable(new.reason),
            new.remote_id,
            bindable(new.evidence),
            new.human_resends,
            new.was_unclear,
            old.id,
            old.state,
            old.attempt_no,
        ),
    )
    if done.rowcount != 1:
        return None
    note(connection, new, event or new.state, said or new.reason or new.evidence, at)
    return new


def note(connection: sqlite3.Connection, row: OutboxRow, event: str, said: str, at: int) -> None:
    """A line in the row's history."""
    connection.execute(
        "INSERT INTO attempts (outbox_id, attempt_no, at, owner, event, note) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.attempt_no, at, row.owner, event, bindable(said)),
    )


def claim(
    connection: sqlite3.Connection, row_id: str, owner: str, baseline_ids: tuple[int, ...], at: int
) -> OutboxRow | None:
    """queued -> sending, for the owner's next due row of a ticket; one that was damaged on disk -> paused, and None."""
    row = find(connection, row_id)
    if row is None or row.state != "queued" or row.owner != owner or row.not_before > at or is_blocked(connection, row):
        return None
    trouble = damage(connection, row)
    if trouble:
        move(connection, row, replace(row, state="paused", reason=trouble), at)
        return None
    new = replace(row, state="sending", attempt_no=row.attempt_no + 1, baseline_ids=baseline_ids, reason="")
    return move(connection, row, new, at, event="started")


def damage(connection: sqlite3.Connection, row: OutboxRow) -> str:
    """A sentence when the row is not what was frozen, else empty."""
    if blobs.digest(row.payload) != row.sha256:
        return DAMAGED_TEXT
    for file in row.files:
        if blobs.get(connection, file.sha256) is None:
            return DAMAGED_FILE.format(name=file.name)
    return ""


def is_blocked(connection: sqlite3.Connection, row: OutboxRow) -> bool:
    """Whether an earlier write to the same ticket is not over. Ticket 0 (a ticket to be made) is no ticket."""
    if row.ticket_id == 0:
        return False
    earlier = connection.execute(
        "SELECT 1 FROM outbox WHERE ticket_id = ? AND seq < ? AND state NOT IN ('sent', 'refused', 'withdrawn')",
        (row.ticket_id, row.seq),
    )
    return earlier.fetchone() is not None


def settle(connection: sqlite3.Connection, row: OutboxRow, attempt_no: int, outcome: Outcome, at: int) -> OutboxRow:
    """What came of an attempt. When the row has moved on meanwhile, a delivery still counts, all else is only noted."""
    if row.state != "sending" or row.attempt_no != attempt_no:
        return _late(connection, row, outcome, at)
    reason = outcome.reason
    if outcome.effect == "sent":
        done = found(connection, row, outcome.remote_id, outcome.evidence, at)
        return done or _must(move(connection, row, replace(row, state="unconfirmed", reason=NO_EVIDENCE), at))
    if outcome.effect == "refused":
        new = _must(move(connection, row, replace(row, state="refused", reason=reason), at))
        draft_rows.come_back(connection, row, reason, at)
        blobs.sweep(connection)
        return new
    if outcome.effect in ("unsent", "limited"):
        return _must(
            move(
                connection, row, replace(row, state="queued", reason=reason, not_before=max(at, outcome.not_before)), at
            )
        )
    state: State = "paused" if outcome.effect == "signed-out" else "unconfirmed"
    return _must(move(connection, row, replace(row, state=state, reason=reason), at))


def found(
    connection: sqlite3.Connection, row: OutboxRow, remote_id: int | None, evidence: str, at: int
) -> OutboxRow | None:
    """-> sent, with its evidence; None without any, or when another row of the ticket claimed that message.

    A reply is evidenced by its message, or by a person.
    """
    if not evidence or (row.kind == REPLY and remote_id is None and evidence != BY_A_PERSON):
        return None
    if remote_id is not None:
        taken = connection.execute(
            "SELECT 1 FROM outbox WHERE ticket_id = ? AND remote_id = ? AND id <> ?", (row.ticket_id, remote_id, row.id)
        )
        if taken.fetchone() is not None:
            return None
    new = replace(row, state="sent", remote_id=remote_id, evidence=evidence, reason="")
    done = move(connection, row, new, at)
    if done is not None:
        draft_rows.delivered(connection, row)
        blobs.sweep(connection)
    return done


def withdraw(connection: sqlite3.Connection, row: OutboxRow, reason: str, at: int) -> tuple[OutboxRow, Draft] | None:
    """-> withdrawn, its text back in the draft; None where no way leads there."""
    new = move(connection, row, replace(row, state="withdrawn", reason=reason), at)
    if new is None:
        return None
    draft = draft_rows.come_back(connection, row, reason, at)
    blobs.sweep(connection)
    return new, draft


def decide(connection: sqlite3.Connection, row: OutboxRow, decision: Decision, owner: str, at: int) -> OutboxRow | None:
    """What a person says of an undecided row. "send-again" is the only way back, and it is counted."""
    if row.state != "undecided":
        return None
    target = DECISIONS[decision]
    if target == "sent":
        return found(connection, row, None, BY_A_PERSON, at)
    if target == "withdrawn":
        done = withdraw(connection, row, "Nobody knows whether this was sent. You took it back.", at)
        return done[0] if done is not None else None
    new = replace(row, state=target, owner=owner, not_before=at, reason="", human_resends=row.human_resends + 1)
    return move(connection, row, new, at, said="a person sends it again")


def canonical(fields: object) -> str:
    """A payload as it is frozen: one text for one meaning."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _late(connection: sqlite3.Connection, row: OutboxRow, outcome: Outcome, at: int) -> OutboxRow:
    if outcome.effect == "sent":
        done = found(connection, row, outcome.remote_id, outcome.evidence, at)
        if done is not None:
            return done
        if row.remote_id == outcome.remote_id:
            return row
    note(
        connection, row, row.state, f"A late answer: {outcome.effect} {outcome.reason or outcome.evidence}".strip(), at
    )
    return row


def _must(row: OutboxRow | None) -> OutboxRow:
    if row is None:
        raise RuntimeError("an edge out of sending is missing")
    return row


def _row(row: dict[str, object]) -> OutboxRow:
    base_ids = json_or_none(row["base_ids"])
    return OutboxRow(
        id=str(row["id"]),
        seq=cast("int", row["seq"]),
        ticket_id=cast("int", row["ticket_id"]),
        kind=str(row["kind"]),
        audience=str(row["audience"]),
        payload=bytes_text(cast("bytes", row["payload"])),
        sha256=str(row["sha256"]),
        base_ids=None if base_ids is None else id_tuple(base_ids),
        state=cast("State", row["state"]),
        state_since=cast("int", row["state_since"]),
        not_before=cast("int", row["not_before"]),
        owner=str(row["owner"]),
        attempt_no=cast("int", row["attempt_no"]),
        baseline_ids=id_tuple(json_or_none(row["baseline_ids"])),
        reason=str(row["reason"]),
        remote_id=cast("int | None", row["remote_id"]),
        evidence=str(row["evidence"]),
        human_resends=cast("int", row["human_resends"]),
        was_unclear=bool(row["was_unclear"]),
        created_at=cast("int", row["created_at"]),
    )
