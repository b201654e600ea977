"""The outbox: every write to the service as a frozen row, from the undo window to certainty (DESIGN.md "The outbox").

Each method is one transaction that is on the disk when it returns, so that what follows (a POST, a sentence on the
screen) is never ahead of it. A method that raises `StoreError` did nothing. The awaiting coroutine may be cancelled;
the step is taken all the same, so a sender must not be cancelled between `claim` and `settle`.

A row belongs to its `owner`, a running program (`Instance.name`): only that one releases and claims it.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from tui.clock import DAY, MINUTE, Clock
from tui.store import blobs, outbox_moves
from tui.store.database import Database
from tui.store.outbox_states import Decision, State
from tui.store.rows import Attempt, Draft, OutboxRow, Outcome, OutFile

STALE_AFTER: Final = 5 * MINUTE
"""A row this long past its moment waits for a person: what it answers may have changed while the machine slept."""
REFUSED_SHOWN_FOR: Final = DAY

STALE: Final = "This should have left over five minutes ago, but the machine slept. Look at it before it goes."
OWNER_GONE: Final = "The window that was to send this ended before it left. Nothing was sent."
OWNER_GONE_SENDING: Final = "The window that was sending this ended in the middle. It may have been sent; checking."


class Outbox:
    """The outbox of one desk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def hold(
        self,
        ticket_id: int,
        kind: str,
        audience: str,
        payload: Mapping[str, object],
        *,
        files: Sequence[OutFile] = (),
        base_ids: tuple[int, ...] | None,
        not_before: int,
        owner: str,
        from_draft: bool,
    ) -> OutboxRow:
        """Freeze a write: held until `not_before`, or queued at once when that is not ahead.

        With `from_draft` the live draft ends in the same transaction; what it holds beyond the payload's text is kept
        aside. The payload's `files` are filled in from `files`, or name bytes that the desk already has (a text that
        came back). Raises `StoreError` when those are gone, or a file is not what its hash says.
        """
        now = self._clock.now()
        state: State = "queued" if not_before <= now else "held"
        row = OutboxRow(
            id=uuid.uuid4().hex,
            seq=0,
            ticket_id=ticket_id,
            kind=kind,
            audience=audience,
            payload=outbox_moves.canonical(dict(payload)),
            sha256="",
            base_ids=base_ids,
            state=state,
            state_since=now,
            not_before=not_before,
            owner=owner,
            attempt_no=0,
            baseline_ids=(),
            reason="",
            remote_id=None,
            evidence="",
            human_resends=0,
            was_unclear=False,
            created_at=now,
        )
        return await self._database.write(
            lambda connection: outbox_moves.insert(connection, row, files, from_draft=from_draft)
        )

    async def rows(
        self, states: Sequence[State] | None = None, ticket_id: int | None = None, limit: int = 200
    ) -> list[OutboxRow]:
        """Rows in the order they were written; over the limit, unsettled ones and then the newest win."""

        def run(connection: sqlite3.Connection) -> list[OutboxRow]:
            cursor = connection.execute(
                "SELECT * FROM outbox WHERE (?1 IS NULL OR state IN (SELECT value FROM json_each(?1)))"
                " AND (?2 IS NULL OR ticket_id = ?2)"
                " ORDER BY state IN ('sent', 'refused', 'withdrawn'), seq DESC LIMIT ?3",
                (None if states is None else json.dumps(list(states)), ticket_id, limit),
            )
            return sorted(outbox_moves.read(cursor), key=lambda row: row.seq)

        return await self._database.read(run)

    async def row(self, row_id: str) -> OutboxRow | None:
        return await self._database.read(lambda connection: outbox_moves.find(connection, row_id))

    async def counts(self) -> dict[State, int]:
        """How many rows there are of each unsettled state, and how many were refused in the last 24 hours."""
        since = self._clock.now() - REFUSED_SHOWN_FOR

        def run(connection: sqlite3.Connection) -> dict[State, int]:
            cursor = connection.execute(
                "SELECT state, count(*) FROM outbox WHERE state NOT IN ('sent', 'refused', 'withdrawn')"
                " OR (state = 'refused' AND state_since > ?) GROUP BY state",
                (since,),
            )
            return {cast("State", state): int(number) for state, number in cursor}

        return await self._database.read(run)

    async def release_due(self, owner: str, now: int) -> list[str]:
        """held -> queued for this owner's rows whose undo window is over; -> paused when it was over long ago.

        The ids of the rows that changed.
        """

        def run(connection: sqlite3.Connection) -> list[str]:
            held = connection.execute(
                "SELECT * FROM outbox WHERE owner = ? AND state = 'held' AND not_before <= ? ORDER BY seq", (owner, now)
            )
            changed = []
            for row in outbox_moves.read(held):
                new = replace(row, state="paused", reason=STALE) if _stale(row, now) else replace(row, state="queued")
                if outbox_moves.move(connection, row, new, now) is not None:
                    changed.append(row.id)
            return changed

        if await self._any(owner, "held", now):
            return await self._database.write(run)
        return []

    async def pause_stale(self, owner: str, now: int) -> list[str]:
        """After the machine slept: this owner's held and queued rows of long ago -> paused. The ids that changed."""

        def run(connection: sqlite3.Connection) -> list[str]:
            waiting = connection.execute(
                "SELECT * FROM outbox WHERE owner = ? AND state IN ('held', 'queued') ORDER BY seq", (owner,)
            )
            stale = [row for row in outbox_moves.read(waiting) if _stale(row, now)]
            for row in stale:
                outbox_moves.move(connection, row, replace(row, state="paused", reason=STALE), now)
            return [row.id for row in stale]

        return await self._database.write(run)

    async def next_due(self, owner: str, now: int) -> list[OutboxRow]:
        """This owner's queued rows that may leave, at most one of a ticket.

        A row waits, queued, while an earlier write to its ticket is not over: paused or undecided ones hold it up too,
        until a person has decided, for a later text may build on an earlier one.
        """

        def run(connection: sqlite3.Connection) -> list[OutboxRow]:
            queued = connection.execute(
                "SELECT * FROM outbox WHERE owner = ? AND state = 'queued' AND not_before <= ? ORDER BY seq",
                (owner, now),
            )
            return [row for row in outbox_moves.read(queued) if not outbox_moves.is_blocked(connection, row)]

        return await self._database.read(run)

    async def next_moment(self, owner: str) -> int:
        """When this owner's next row is to be released or may leave; 0 when none waits for its time alone."""

        def run(connection: sqlite3.Connection) -> int:
            waiting = connection.execute(
                "SELECT * FROM outbox WHERE owner = ? AND state IN ('held', 'queued') ORDER BY not_before", (owner,)
            )
            for row in outbox_moves.read(waiting):
                if row.state == "held" or not outbox_moves.is_blocked(connection, row):
                    return row.not_before
            return 0

        return await self._database.read(run)

    async def claim(self, row_id: str, owner: str, baseline_ids: tuple[int, ...]) -> OutboxRow | None:
        """queued -> sending: the leave to send this row once, with the message ids known right before.

        None when there is none: it was taken back, is not due, or is not the next of its ticket. A row that was
        damaged on disk is paused instead, with the reason.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: outbox_moves.claim(connection, row_id, owner, baseline_ids, now)
        )

    async def settle(self, row_id: str, attempt_no: int, outcome: Outcome) -> OutboxRow:
        """What came of the attempt that `claim` began; the row as it is now.

        "sent" without evidence, or with a message that another row claimed, is unconfirmed. When another window thought
        us dead meanwhile, a delivery still leads to sent, and anything else is a line in the history. While this raises
        `StoreError` (a full disk), keep the outcome and try again: the row stays sending. Raises `LookupError` for an
        unknown row.
        """
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> OutboxRow:
            row = outbox_moves.find(connection, row_id)
            if row is None:
                raise LookupError("no such outbox row")
            return outbox_moves.settle(connection, row, attempt_no, outcome, now)

        return await self._database.write(run)

    async def confirm(self, row_id: str, remote_id: int | None, evidence: str) -> OutboxRow | None:
        """-> sent for a row that was found at the service, also after it was given up or taken back.

        A returned text that nobody edited since leaves the draft again. None when no way leads there, without evidence,
        or when another row claimed that message.
        """
        return await self._step(
            row_id, lambda connection, row, now: outbox_moves.found(connection, row, remote_id, evidence, now)
        )

    async def give_up(self, row_id: str) -> OutboxRow | None:
        """unconfirmed -> undecided: it was looked for long enough, a person decides."""
        reason = "It was looked for and not found. It may still have been sent."
        return await self._step(
            row_id,
            lambda connection, row, now: outbox_moves.move(
                connection, row, replace(row, state="undecided", reason=reason), now
            ),
        )

    async def pause(self, row_id: str, reason: str) -> OutboxRow | None:
        """held or queued -> paused, with a sentence."""

        def run(connection: sqlite3.Connection, row: OutboxRow, now: int) -> OutboxRow | None:
            if row.state not in ("held", "queued"):
                return None
            return outbox_moves.move(connection, row, replace(row, state="paused", reason=reason), now)

        return await self._step(row_id, run)

    async def resume(self, row_id: str, owner: str, base_ids: tuple[int, ...] | None = None) -> OutboxRow | None:
        """paused -> queued by a person, for `owner` to send now; `base_ids`: what that person has seen by now."""

        def run(connection: sqlite3.Connection, row: OutboxRow, now: int) -> OutboxRow | None:
            if row.state != "paused":
                return None
            seen = row.base_ids if base_ids is None else base_ids
            new = replace(row, state="queued", owner=owner, not_before=now, reason="", base_ids=seen)
            return outbox_moves.move(connection, row, new, now, said="a person lets it go")

        return await self._step(row_id, run)

    async def withdraw(self, row_id: str) -> Draft | None:
        """held, queued, paused or undecided -> withdrawn by a person, the text back in the draft; None: too late.

        When the live draft holds another text by now, the returning one is a kept draft (`kept_id`). A row without a
        text gives an empty draft that is not stored.
        """
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> Draft | None:
            row = outbox_moves.find(connection, row_id)
            reason = "Nobody knows whether this was sent. You took it back." if row and row.state == "undecided" else ""
            done = outbox_moves.withdraw(connection, row, reason, now) if row is not None else None
            return done[1] if done is not None else None

        return await self._database.write(run)

    async def decide(self, row_id: str, decision: Decision, owner: str) -> OutboxRow | None:
        """What a person says of an undecided row; "send-again" is counted in `human_resends`."""
        return await self._step(
            row_id, lambda connection, row, now: outbox_moves.decide(connection, row, decision, owner, now)
        )

    async def recover(self, alive: Callable[[str], bool], me: str) -> list[OutboxRow]:
        """Rows whose owner is gone: sending -> unconfirmed, held and queued -> paused. The rows that changed.

        `alive` is asked once for each owner but `me`. Nothing is ever sent by another owner on its own.
        """
        owners = await self._database.read(
            lambda connection: {
                str(row[0])
                for row in connection.execute(
                    "SELECT DISTINCT owner FROM outbox WHERE state IN ('held', 'queued', 'sending')"
                )
            }
        )
        gone = sorted(owner for owner in owners if owner != me and not alive(owner))
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> list[OutboxRow]:
            left = connection.execute(
                "SELECT * FROM outbox WHERE state IN ('held', 'queued', 'sending')"
                " AND owner IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (json.dumps(gone),),
            )
            changed = []
            for row in outbox_moves.read(left):
                if row.state == "sending":
                    new = replace(row, state="unconfirmed", reason=OWNER_GONE_SENDING)
                else:
                    new = replace(row, state="paused", reason=OWNER_GONE)
                changed.append(outbox_moves.move(connection, row, new, now))
            return [row for row in changed if row is not None]

        return await self._database.write(run) if gone else []

    async def attempts(self, row_id: str) -> list[Attempt]:
        """The row's history, oldest first."""

        def run(connection: sqlite3.Connection) -> list[Attempt]:
            cursor = connection.execute(
                "SELECT outbox_id, attempt_no, at, owner, event, note FROM attempts WHERE outbox_id = ? ORDER BY seq",
                (row_id,),
            )
            return [Attempt(*line) for line in cursor]

        return await self._database.read(run)

    async def file_bytes(self, sha256: str) -> bytes | None:
        """An attachment's bytes as they were frozen; None when they are gone or were damaged on disk."""
        return await self._database.read(lambda connection: blobs.get(connection, sha256))

    async def claimed_ids(self, ticket_id: int) -> frozenset[int]:
        """The message ids of this ticket that belong to a row already."""

        def run(connection: sqlite3.Connection) -> frozenset[int]:
            cursor = connection.execute(
                "SELECT remote_id FROM outbox WHERE ticket_id = ? AND remote_id IS NOT NULL", (ticket_id,)
            )
            return frozenset(int(row[0]) for row in cursor)

        return await self._database.read(run)

    async def _any(self, owner: str, state: State, now: int) -> bool:
        def run(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(
                "SELECT 1 FROM outbox WHERE owner = ? AND state = ? AND not_before <= ?", (owner, state, now)
            )
            return cursor.fetchone() is not None

        return await self._database.read(run)

    async def _step(
        self, row_id: str, step: Callable[[sqlite3.Connection, OutboxRow, int], OutboxRow | None]
    ) -> OutboxRow | None:
        now = self._clock.now()

        def run(connection: sqlite3.Connection) -> OutboxRow | None:
            row = outbox_moves.find(connection, row_id)
            return step(connection, row, now) if row is not None else None

        return await self._database.write(run)


def _stale(row: OutboxRow, now: int) -> bool:
    return now > row.not_before + STALE_AFTER
