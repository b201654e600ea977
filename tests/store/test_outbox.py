"""The outbox step by step: what leaves, what comes back, what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tui.clock import MINUTE, SECOND, FixedClock
from tui.store.desk import Desk
from tui.store.drafts import Draft
from tui.store.errors import StoreError
from tui.store.outbox_states import State
from tui.store.rows import OutboxRow, Outcome, OutFile

NOW = 1_790_000_000_000_000
TEXT = "Hello Ms Svensson,\nyour replacement is on its way."
UNCLEAR = Outcome("unclear", "The line broke.")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def desk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path, clock)
    yield opened
    await opened.close()


async def hold(
    desk: Desk,
    *,
    text: str = TEXT,
    ticket_id: int = 7,
    not_before: int = 0,
    owner: str = "a",
    from_draft: bool = False,
    files: Sequence[OutFile] = (),
    audience: str = "customer",
) -> OutboxRow:
    payload = {"text": text, "html": f"<p>{text}</p>", "scope": "PUBLIC", "status_after": "SOLVED", "files": []}
    return await desk.outbox.hold(
        ticket_id,
        "reply",
        audience,
        payload,
        files=files,
        base_ids=(1, 2),
        not_before=not_before,
        owner=owner,
        from_draft=from_draft,
    )


async def sending(desk: Desk, row: OutboxRow | None = None, *, owner: str = "a") -> OutboxRow:
    row = row or await hold(desk, owner=owner)
    claimed = await desk.outbox.claim(row.id, owner, (1, 2, 3))
    assert claimed is not None
    return claimed


async def undecided(desk: Desk, row: OutboxRow | None = None) -> OutboxRow:
    claimed = await sending(desk, row)
    await desk.outbox.settle(claimed.id, claimed.attempt_no, UNCLEAR)
    given_up = await desk.outbox.give_up(claimed.id)
    assert given_up is not None
    return given_up


async def state_of(desk: Desk, row: OutboxRow) -> State:
    found = await desk.outbox.row(row.id)
    assert found is not None
    return found.state


async def live_text(desk: Desk, ticket_id: int = 7) -> str | None:
    draft = await desk.drafts.get(ticket_id, "customer")
    return draft.text if draft is not None else None


async def test_the_way_of_a_reply(desk: Desk, clock: FixedClock) -> None:
    await desk.drafts.save(Draft(7, "customer", TEXT, (1, 3), "SOLVED", (1, 2)))
    row = await hold(desk, not_before=NOW + 8 * SECOND, from_draft=True)
    assert row.state == "held"
    assert await live_text(desk) is None
    assert await desk.outbox.counts() == {"held": 1}
    assert await desk.outbox.next_moment("a") == NOW + 8 * SECOND
    assert await desk.outbox.release_due("a", clock.now()) == []
    assert await desk.outbox.claim(row.id, "a", ()) is None
    clock.advance(8)
    assert await desk.outbox.release_due("b", clock.now()) == []
    assert await desk.outbox.release_due("a", clock.now()) == [row.id]
    assert [due.id for due in await desk.outbox.next_due("a", clock.now())] == [row.id]
    assert await desk.outbox.next_due("b", clock.now()) == []
    assert await desk.outbox.claim(row.id, "b", ()) is None
    claimed = await desk.outbox.claim(row.id, "a", (1, 2, 3))
    assert claimed is not None
    assert (claimed.state, claimed.attempt_no, claimed.baseline_ids) == ("sending", 1, (1, 2, 3))
    assert await desk.outbox.claim(row.id, "a", ()) is None
    assert await desk.outbox.withdraw(row.id) is None
    sent = await desk.outbox.settle(row.id, 1, Outcome("sent", remote_id=99, evidence="answer"))
    assert (sent.state, sent.remote_id, sent.evidence) == ("sent", 99, "answer")
    assert await desk.outbox.row(row.id) == sent
    assert await desk.outbox.claimed_ids(7) == {99}
    assert [line.event for line in await desk.outbox.attempts(row.id)] == ["held", "queued", "started", "sent"]
    assert await desk.outbox.counts() == {}
    assert await desk.drafts.all() == ()


async def test_the_payload_is_canonical_and_hashed(desk: Desk) -> None:
    row = await hold(desk)
    assert row.payload == json.dumps(json.loads(row.payload), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert row.sha256 == hashlib.sha256(row.payload.encode()).hexdigest()
    assert (row.text, row.status_after, row.base_ids) == (TEXT, "SOLVED", (1, 2))
    with pytest.raises(ValueError, match="JSON"):
        await desk.outbox.hold(
            1, "x", "notes", {"n": float("nan")}, base_ids=None, not_before=0, owner="a", from_draft=False
        )


async def test_undo_brings_everything_back(desk: Desk, clock: FixedClock) -> None:
    draft = await desk.drafts.save(Draft(7, "customer", TEXT, (1, 3), "SOLVED", (1, 2)))
    files = [OutFile("label.pdf", b"%PDF", "/home/x/label.pdf")]
    row = await hold(desk, not_before=NOW + 8 * SECOND, from_draft=True, files=files)
    clock.advance(7.99)
    back = await desk.outbox.withdraw(row.id)
    assert back is not None
    assert (back.text, back.cursor, back.status_after, back.base_ids, back.audience, back.kept_id) == (
        draft.text,
        draft.cursor,
        draft.status_after,
        draft.base_ids,
        "customer",
        0,
    )
    assert [(file.name, file.size, file.path) for file in back.attachments] == [("label.pdf", 4, "/home/x/label.pdf")]
    assert await desk.drafts.get(7, "customer") == back
    # A withdrawn row can never leave, whatever is tried.
    clock.advance(60)
    assert await desk.outbox.release_due("a", clock.now()) == []
    assert await desk.outbox.next_due("a", clock.now()) == []
    assert await desk.outbox.claim(row.id, "a", ()) is None
    assert await desk.outbox.resume(row.id, "a") is None
    assert await desk.outbox.decide(row.id, "send-again", "a") is None
    assert await desk.outbox.confirm(row.id, 5, "reread") is None
    assert await desk.outbox.withdraw(row.id) is None
    assert await state_of(desk, row) == "withdrawn"
    # Its text and bytes go out again as a new row, though the file itself is gone.
    again = await hold(desk, from_draft=True, files=[OutFile(f.name, None, f.path, f.sha256) for f in back.attachments])
    assert again.id != row.id
    assert await desk.outbox.file_bytes(again.files[0].sha256) == b"%PDF"


async def test_a_returning_text_and_another_draft_both_stay(desk: Desk) -> None:
    row = await hold(desk, not_before=NOW + 8 * SECOND)
    await desk.drafts.save(Draft(7, "customer", "A second message, begun meanwhile"))
    back = await desk.outbox.withdraw(row.id)
    assert back is not None
    assert back.kept_id
    assert await live_text(desk) == "A second message, begun meanwhile"
    (kept,) = await desk.drafts.kept()
    assert kept == back
    restored = await desk.drafts.restore(back.kept_id)
    assert restored.text == TEXT


async def test_the_beginning_of_the_same_text_is_not_kept_twice(desk: Desk) -> None:
    row = await hold(desk, not_before=NOW + 8 * SECOND)
    await desk.drafts.save(Draft(7, "customer", "Hello Ms"))
    back = await desk.outbox.withdraw(row.id)
    assert back is not None
    assert back.kept_id == 0
    assert await live_text(desk) == TEXT
    assert await desk.drafts.kept() == ()


async def test_a_refusal_returns_the_text_with_the_reason(desk: Desk, clock: FixedClock) -> None:
    claimed = await sending(desk, await hold(desk, files=[OutFile("a.txt", b"abc")]))
    refused = await desk.outbox.settle(claimed.id, 1, Outcome("refused", "The ticket is closed."))
    assert (refused.state, refused.reason) == ("refused", "The ticket is closed.")
    draft = await desk.drafts.get(7, "customer")
    assert draft is not None
    assert (draft.text, draft.reason, draft.status_after) == (TEXT, "The ticket is closed.", "SOLVED")
    assert await desk.outbox.file_bytes(draft.attachments[0].sha256) == b"abc"
    assert await desk.outbox.counts() == {"refused": 1}
    clock.advance(25 * 3600)
    assert await desk.outbox.counts() == {}


async def test_what_never_left_goes_back_to_the_queue(desk: Desk, clock: FixedClock) -> None:
    claimed = await sending(desk)
    waits = await desk.outbox.settle(claimed.id, 1, Outcome("unsent", "No network.", not_before=NOW + 30 * SECOND))
    assert (waits.state, waits.not_before, waits.reason) == ("queued", NOW + 30 * SECOND, "No network.")
    assert not waits.was_unclear
    assert await desk.outbox.next_due("a", clock.now()) == []
    clock.advance(30)
    again = await sending(desk, waits)
    assert again.attempt_no == 2
    # The outcome of an earlier attempt says nothing of this one.
    assert (await desk.outbox.settle(claimed.id, 1, Outcome("refused", "late"))).state == "sending"
    limited = await desk.outbox.settle(claimed.id, 2, Outcome("limited", "Too many requests.", not_before=0))
    assert (limited.state, limited.not_before) == ("queued", clock.now())
    again = await sending(desk, limited)
    paused = await desk.outbox.settle(again.id, 3, Outcome("signed-out", "Sign in again."))
    assert (paused.state, paused.reason) == ("paused", "Sign in again.")


async def test_an_unknown_outcome_needs_a_person(desk: Desk, clock: FixedClock) -> None:
    claimed = await sending(desk)
    row = await desk.outbox.settle(claimed.id, 1, UNCLEAR)
    assert (row.state, row.was_unclear) == ("unconfirmed", True)
    for refused in (
        await desk.outbox.claim(row.id, "a", ()),
        await desk.outbox.resume(row.id, "a"),
        await desk.outbox.decide(row.id, "send-again", "a"),
        await desk.outbox.pause(row.id, "x"),
        await desk.outbox.withdraw(row.id),
    ):
        assert refused is None
    assert await desk.outbox.next_due("a", clock.now() + MINUTE) == []
    assert await desk.outbox.give_up(row.id) is not None
    assert await desk.outbox.give_up(row.id) is None
    assert await desk.outbox.claim(row.id, "a", ()) is None
    assert await desk.outbox.resume(row.id, "a") is None
    again = await desk.outbox.decide(row.id, "send-again", "b")
    assert again is not None
    assert (again.state, again.human_resends, again.owner, again.was_unclear) == ("queued", 1, "b", True)
    claimed = await sending(desk, again, owner="b")
    assert claimed.attempt_no == 2
    sent = await desk.outbox.settle(row.id, 2, Outcome("sent", remote_id=50, evidence="answer"))
    assert sent.state == "sent"


async def test_a_person_knows_that_it_was_sent(desk: Desk) -> None:
    row = await undecided(desk)
    sent = await desk.outbox.decide(row.id, "it-was-sent", "a")
    assert sent is not None
    assert (sent.state, sent.remote_id) == ("sent", None)
    assert "person" in sent.evidence


async def test_a_person_takes_it_back_and_it_is_found_later(desk: Desk) -> None:
    row = await undecided(desk)
    taken = await desk.outbox.decide(row.id, "to-draft", "a")
    assert taken is not None
    assert taken.state == "withdrawn"
    assert await live_text(desk) == TEXT
    found = await desk.outbox.confirm(row.id, 77, "reread")
    assert found is not None
    assert found.state == "sent"
    # Nobody touched the text since: it must not tempt anyone to send it twice.
    assert await desk.drafts.all() == ()


async def test_a_text_edited_meanwhile_stays_a_draft(desk: Desk) -> None:
    row = await undecided(desk)
    draft = await desk.outbox.withdraw(row.id)
    assert draft is not None
    await desk.drafts.save(replace(draft, text=TEXT + "\nAnd one more thing."))
    assert await desk.outbox.confirm(row.id, 77, "reread") is not None
    (left,) = await desk.drafts.all()
    assert left.text.endswith("one more thing.")
    assert "delivered after all" in left.reason


@pytest.mark.parametrize("way", ["queued", "paused", "refused", "withdrawn"])
async def test_found_later_from_everywhere_once_unclear(desk: Desk, way: State) -> None:
    row = await undecided(desk)
    if way == "withdrawn":
        await desk.outbox.withdraw(row.id)
    else:
        again = await desk.outbox.decide(row.id, "send-again", "a")
        if way == "paused":
            await desk.outbox.pause(row.id, "The ticket changed.")
        if way == "refused":
            await sending(desk, again)
            await desk.outbox.settle(row.id, 2, Outcome("refused", "No."))
    assert await state_of(desk, row) == way
    found = await desk.outbox.confirm(row.id, 77, "reread")
    assert found is not None
    assert found.state == "sent"
    assert await desk.drafts.all() == ()


async def test_what_was_never_unclear_is_not_found_later(desk: Desk) -> None:
    queued = await hold(desk)
    assert await desk.outbox.confirm(queued.id, 77, "reread") is None
    await desk.outbox.pause(queued.id, "x")
    assert await desk.outbox.confirm(queued.id, 77, "reread") is None
    held = await hold(desk, not_before=NOW + SECOND)
    assert await desk.outbox.confirm(held.id, 77, "reread") is None


async def test_a_message_is_claimed_once(desk: Desk) -> None:
    first = await sending(desk)
    await desk.outbox.settle(first.id, 1, Outcome("sent", remote_id=50, evidence="answer"))
    second = await sending(desk)
    unclear = await desk.outbox.settle(second.id, 1, Outcome("sent", remote_id=50, evidence="answer"))
    assert unclear.state == "unconfirmed"
    assert await desk.outbox.confirm(second.id, 50, "reread") is None
    assert await desk.outbox.confirm(second.id, 51, "reread") is not None
    other = await sending(desk, await hold(desk, ticket_id=8))
    sent = await desk.outbox.settle(other.id, 1, Outcome("sent", remote_id=50, evidence="answer"))
    assert sent.state == "sent"


async def test_sent_needs_evidence(desk: Desk) -> None:
    claimed = await sending(desk)
    assert await desk.outbox.confirm(claimed.id, 50, "") is None
    row = await desk.outbox.settle(claimed.id, 1, Outcome("sent", evidence="answer"))
    assert row.state == "unconfirmed"
    assert await desk.outbox.confirm(row.id, None, "reread") is None
    assert await state_of(desk, row) == "unconfirmed"


async def test_order_within_a_ticket_and_none_between_tickets(desk: Desk, clock: FixedClock) -> None:
    first, second = await hold(desk, text="first"), await hold(desk, text="second", audience="internal")
    elsewhere = await hold(desk, ticket_id=8)
    new_tickets = [await hold(desk, ticket_id=0), await hold(desk, ticket_id=0)]

    async def due() -> list[str]:
        return [row.id for row in await desk.outbox.next_due("a", clock.now())]

    free = [elsewhere.id, *(row.id for row in new_tickets)]
    assert await due() == [first.id, *free]
    assert await desk.outbox.claim(second.id, "a", ()) is None
    await sending(desk, first)
    assert await due() == free
    await desk.outbox.settle(first.id, 1, UNCLEAR)
    assert await due() == free
    await desk.outbox.give_up(first.id)
    assert await due() == free
    assert await state_of(desk, second) == "queued"
    await desk.outbox.decide(first.id, "it-was-sent", "a")
    assert await due() == [second.id, *free]
    await desk.outbox.pause(second.id, "The ticket changed.")
    third = await hold(desk, text="third")
    assert third.id not in await due()
    for row in [elsewhere, *new_tickets]:
        await desk.outbox.withdraw(row.id)
    # Nothing but a blocked row: there is no moment to wait for.
    assert await desk.outbox.next_moment("a") == 0
    resumed = await desk.outbox.resume(second.id, "a", (1, 2, 3))
    assert resumed is not None
    assert resumed.base_ids == (1, 2, 3)
    assert await due() == [second.id]


async def test_rows_of_long_ago_wait_for_a_person(desk: Desk, clock: FixedClock) -> None:
    held = await hold(desk, not_before=NOW + 8 * SECOND)
    queued = await hold(desk, ticket_id=8)
    clock.advance(5 * 60 + 9)
    assert await desk.outbox.release_due("a", clock.now()) == [held.id]
    assert await state_of(desk, held) == "paused"
    assert await desk.outbox.pause_stale("b", clock.now()) == []
    assert await desk.outbox.pause_stale("a", clock.now()) == [queued.id]
    row = await desk.outbox.row(queued.id)
    assert row is not None
    assert "five minutes" in row.reason
    resumed = await desk.outbox.resume(queued.id, "c")
    assert resumed is not None
    assert (resumed.owner, resumed.not_before) == ("c", clock.now())
    assert await desk.outbox.pause_stale("c", clock.now()) == []


async def test_recover_takes_nothing_from_the_living(desk: Desk) -> None:
    mine = await hold(desk, owner="me")
    theirs = [
        await hold(desk, owner="gone", ticket_id=1, not_before=NOW + SECOND),
        await hold(desk, owner="gone", ticket_id=2),
        await sending(desk, await hold(desk, owner="gone", ticket_id=3), owner="gone"),
        await hold(desk, owner="alive", ticket_id=4),
        await sending(desk, await hold(desk, owner="alive", ticket_id=5), owner="alive"),
    ]
    changed = await desk.outbox.recover(lambda name: name == "alive", "me")
    assert [row.id for row in changed] == [row.id for row in theirs[:3]]
    states = [await state_of(desk, row) for row in [mine, *theirs]]
    assert states == ["queued", "paused", "paused", "unconfirmed", "queued", "sending"]
    assert all(row.reason for row in changed)
    assert await desk.outbox.recover(lambda name: name == "alive", "me") == []
    # The one thought gone was only slow: its success still counts, its failure decides nothing.
    late = await desk.outbox.settle(theirs[2].id, 1, Outcome("refused", "No."))
    assert late.state == "unconfirmed"
    late = await desk.outbox.settle(theirs[2].id, 1, Outcome("sent", remote_id=9, evidence="answer"))
    assert late.state == "sent"
    assert [line.event for line in await desk.outbox.attempts(late.id)] == [
        "queued",
        "started",
        "unconfirmed",
        "unconfirmed",
        "sent",
    ]


async def test_a_damaged_text_is_never_sent_but_can_be_read(desk: Desk) -> None:
    row = await hold(desk)

    def damage(connection: sqlite3.Connection) -> None:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'outbox_frozen'").fetchone()
        connection.execute("DROP TRIGGER outbox_frozen")
        connection.execute(
            "UPDATE outbox SET payload ="
            " CAST(replace(CAST(payload AS TEXT), 'Svensson', 'Sv' || X'FFFE' || 'sson') AS BLOB)"
        )
        connection.execute(sql)

    await desk._database.write(damage)
    assert await desk.outbox.claim(row.id, "a", ()) is None
    (paused,) = await desk.outbox.rows()
    assert paused.state == "paused"
    assert "damaged" in paused.reason
    assert "your replacement is on its way" in paused.text
    await desk.outbox.resume(row.id, "a")
    assert await desk.outbox.claim(row.id, "a", ()) is None
    back = await desk.outbox.withdraw(row.id)
    assert back is not None
    assert "your replacement is on its way" in back.text
    assert "damaged" in back.reason


async def test_attachment_bytes_are_the_desks_own(desk: Desk) -> None:
    data = os.urandom(200_000)
    first = await hold(desk, files=[OutFile("a.bin", data, "/x/a.bin")])
    second = await hold(desk, ticket_id=8, files=[OutFile("b.bin", data)])
    (file,) = first.files
    assert file.sha256 == hashlib.sha256(data).hexdigest() == second.files[0].sha256
    await sending(desk, first)
    await desk.outbox.settle(first.id, 1, Outcome("sent", remote_id=1, evidence="answer"))
    assert await desk.outbox.file_bytes(file.sha256) == data
    await sending(desk, second)
    await desk.outbox.settle(second.id, 1, UNCLEAR)
    assert await desk.outbox.file_bytes(file.sha256) == data
    await desk.outbox.confirm(second.id, 2, "reread")
    assert await desk.outbox.file_bytes(file.sha256) is None
    with pytest.raises(StoreError, match="no longer there"):
        await hold(desk, files=[OutFile("a.bin", None, "", file.sha256)])
    with pytest.raises(StoreError, match="has changed"):
        await hold(desk, files=[OutFile("a.bin", b"other", "", file.sha256)])
    assert len(await desk.outbox.rows()) == 2


async def test_a_damaged_attachment_stops_the_row(desk: Desk) -> None:
    row = await hold(desk, files=[OutFile("a.bin", b"abc")])
    await desk._database.write(lambda connection: connection.execute("UPDATE files SET data = X'00'").rowcount)
    assert await desk.outbox.claim(row.id, "a", ()) is None
    (paused,) = await desk.outbox.rows()
    assert paused.state == "paused"
    assert "a.bin" in paused.reason
    assert await desk.outbox.file_bytes(row.files[0].sha256) is None


async def test_a_row_without_text_is_withdrawn_without_a_draft(desk: Desk) -> None:
    row = await desk.outbox.hold(
        7, "status", "", {"status": "SOLVED"}, base_ids=None, not_before=NOW + SECOND, owner="a", from_draft=False
    )
    back = await desk.outbox.withdraw(row.id)
    assert back is not None
    assert back.text == ""
    assert await desk.drafts.all() == ()


async def test_listing_never_hides_what_is_unsettled(desk: Desk) -> None:
    first = await hold(desk, ticket_id=1)
    for number in range(5):
        row = await hold(desk, ticket_id=10 + number)
        await desk.outbox.withdraw(row.id)
    rows = await desk.outbox.rows(limit=3)
    assert len(rows) == 3
    assert rows[0].id == first.id
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    assert [row.id for row in await desk.outbox.rows(("queued",))] == [first.id]
    assert [row.ticket_id for row in await desk.outbox.rows(ticket_id=12)] == [12]
    assert await desk.outbox.row("none") is None
    assert await desk.outbox.withdraw("none") is None
    with pytest.raises(LookupError):
        await desk.outbox.settle("none", 1, UNCLEAR)


async def test_undo_and_claim_race_and_one_wins(tmp_path: Path, desk: Desk, clock: FixedClock) -> None:
    other = await Desk.open(tmp_path, clock)
    for _ in range(60):
        row = await hold(desk)
        claimed, back = await asyncio.gather(desk.outbox.claim(row.id, "a", ()), other.outbox.withdraw(row.id))
        assert (claimed is None) != (back is None)
        if claimed is not None:
            await desk.outbox.settle(row.id, 1, Outcome("sent", remote_id=row.seq, evidence="answer"))
    await other.close()


async def test_a_cancelled_claim_is_still_on_record(desk: Desk) -> None:
    row = await hold(desk)
    task = asyncio.create_task(desk.outbox.claim(row.id, "a", ()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.outbox.claim(row.id, "a", ()) is None
    assert await state_of(desk, row) == "sending"
    assert [line.event for line in await desk.outbox.attempts(row.id)] == ["queued", "started"]
