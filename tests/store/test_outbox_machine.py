"""The outbox under any order of events, by two windows that live and die: nothing lost, nothing sent twice.

The model keeps what the outside world would know: every POST that left, what arrived at the service, every text typed.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui.clock import FixedClock
from tui.store.desk import Desk
from tui.store.drafts import Draft
from tui.store.outbox_states import DECISIONS, UNSETTLED, Decision, State, allowed
from tui.store.rows import Effect, OutboxRow, Outcome, OutFile

TICKETS = (7, 8)
WINDOWS = st.sampled_from("ab")
SECONDS = st.sampled_from([1.0, 8.0, 60.0, 400.0])
EFFECTS: tuple[Effect, ...] = ("sent", "refused", "unsent", "limited", "signed-out", "unclear")


class OutboxMachine(RuleBasedStateMachine):
    """Two windows on one desk folder; a window that dies forgets what it was sending."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FixedClock(1_790_000_000_000_000)
        self.lives = {"a": 0, "b": 0}
        self.desks = {window: self.open() for window in "ab"}
        self.typed: list[str] = []
        self.sends: dict[str, int] = {}
        """Row id -> attempt, for rows whose POST is under way in a living window."""
        self.posts: Counter[str] = Counter()
        self.unsent: Counter[str] = Counter()
        """POSTs of which the transport knew that nothing left, or that the service turned away."""
        self.arrived: dict[int, str] = {}
        self.next_message = 100
        self.last: dict[str, OutboxRow] = {}
        for window, ticket in (("a", 7), ("b", 8), ("b", 7)):
            self.send(window, ticket, 0.0, True)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            for desk in self.desks.values():
                self.runner.run(desk.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def open(self) -> Desk:
        return self.runner.run(Desk.open(self.folder, self.clock))

    def owner(self, window: str) -> str:
        return f"{window}{self.lives[window]}"

    def alive(self, name: str) -> bool:
        return name in {self.owner(window) for window in self.lives}

    def rows(self) -> list[OutboxRow]:
        return self.runner.run(self.desks["a"].outbox.rows(limit=10_000))

    def any(self, *states: State) -> list[OutboxRow]:
        """The rows in these states, as of the last rule."""
        return [row for row in self.last.values() if row.state in states]

    def arrive(self, row: OutboxRow) -> int:
        self.next_message += 1
        self.arrived[self.next_message] = row.id
        return self.next_message

    @rule(window=WINDOWS, ticket=st.sampled_from(TICKETS), stale=st.booleans())
    def type(self, window: str, ticket: int, stale: bool) -> None:
        drafts = self.desks[window].drafts
        text = f"text {len(self.typed)} of ticket {ticket}."
        self.typed.append(text)
        old = None if stale else self.runner.run(drafts.get(ticket, "customer"))
        draft = replace(old, text=text) if old is not None else Draft(ticket, "customer", text)
        if old is not None:
            # A person who replaces a text has deleted the old one.
            self.typed = [each for each in self.typed if each not in old.text]
        saved = self.runner.run(drafts.save(draft))
        assert self.runner.run(drafts.get(ticket, "customer")) == saved

    @rule(window=WINDOWS, ticket=st.sampled_from(TICKETS), wait=st.sampled_from([0.0, 8.0]), file=st.booleans())
    def send_something(self, window: str, ticket: int, wait: float, file: bool) -> None:
        self.send(window, ticket, wait, file)

    @rule(window=WINDOWS, ticket=st.sampled_from(TICKETS))
    def send_over_a_draft(self, window: str, ticket: int) -> None:
        """A window that does not know what another one wrote in the draft sends its own text."""
        self.send(window, ticket, 0.0, False, unaware=True)

    def send(self, window: str, ticket: int, wait: float, file: bool, *, unaware: bool = False) -> None:
        desk = self.desks[window]
        draft = self.runner.run(desk.drafts.get(ticket, "customer"))
        if draft is None or unaware:
            self.typed.append(f"text {len(self.typed)} of ticket {ticket}.")
            draft = Draft(ticket, "customer", self.typed[-1])
        files = [OutFile(f.name, None, f.path, f.sha256) for f in draft.attachments]
        if file and not files:
            files = [OutFile("a.txt", f"file {len(self.typed)}".encode())]
        payload = {"text": draft.text, "html": "", "scope": "PUBLIC", "status_after": "", "files": []}
        row = self.runner.run(
            desk.outbox.hold(
                ticket,
                "reply",
                "customer",
                payload,
                files=files,
                base_ids=(),
                not_before=self.clock.now() + round(wait * 1_000_000),
                owner=self.owner(window),
                from_draft=True,
            )
        )
        assert self.runner.run(desk.drafts.get(ticket, "customer")) is None
        self.last[row.id] = row

    @rule(window=WINDOWS, seconds=SECONDS)
    def pass_time(self, window: str, seconds: float) -> None:
        self.clock.advance(seconds)
        outbox, owner = self.desks[window].outbox, self.owner(window)
        self.runner.run(outbox.release_due(owner, self.clock.now()))

    @precondition(lambda self: self.any("held", "queued"))
    @rule(window=WINDOWS)
    def wake_up(self, window: str) -> None:
        self.runner.run(self.desks[window].outbox.pause_stale(self.owner(window), self.clock.now()))

    @precondition(lambda self: self.any("held", "queued"))
    @rule(window=WINDOWS, effect=st.sampled_from((None, "unclear", *EFFECTS)), arrives=st.booleans())
    def post(self, window: str, effect: Effect | None, arrives: bool) -> None:
        """Send all that is due; the answers come at once, or later (None)."""
        outbox, owner = self.desks[window].outbox, self.owner(window)
        self.runner.run(outbox.release_due(owner, self.clock.now()))
        for due in self.runner.run(outbox.next_due(owner, self.clock.now())):
            earlier = [row for row in self.rows() if row.ticket_id == due.ticket_id and row.seq < due.seq]
            assert not any(row.state in UNSETTLED for row in earlier)
            claimed = self.runner.run(outbox.claim(due.id, owner, tuple(self.arrived)))
            assert claimed is not None
            assert claimed.sha256 == due.sha256
            lines = self.runner.run(outbox.attempts(due.id))
            assert (lines[-1].event, lines[-1].attempt_no) == ("started", claimed.attempt_no)
            for file in claimed.files:
                assert self.runner.run(outbox.file_bytes(file.sha256)) is not None
            self.posts[due.id] += 1
            self.sends[due.id] = claimed.attempt_no
            if effect is not None:
                self.answered(claimed, effect, arrives)

    @precondition(lambda self: self.last)
    @rule(data=st.data())
    def try_anything(self, data: st.DataObject) -> None:
        """Whatever is asked of a row in a state that does not know it changes nothing."""
        row = data.draw(st.sampled_from(self.rows()))
        outbox = self.desks["a"].outbox
        assert self.runner.run(outbox.claim(row.id, "nobody", ())) is None
        tries: list[tuple[tuple[State, ...], Callable[[], Coroutine[object, object, object]]]] = [
            (("queued",), lambda: outbox.claim(row.id, row.owner, ())),
            (("unconfirmed",), lambda: outbox.give_up(row.id)),
            (("undecided",), lambda: outbox.decide(row.id, "send-again", "nobody")),
            (("undecided",), lambda: outbox.decide(row.id, "it-was-sent", "nobody")),
            (("undecided",), lambda: outbox.decide(row.id, "to-draft", "nobody")),
            (("paused",), lambda: outbox.resume(row.id, "nobody")),
            (("held", "queued"), lambda: outbox.pause(row.id, "why")),
            (("held", "queued", "paused", "undecided"), lambda: outbox.withdraw(row.id)),
        ]
        for states, attempt in tries:
            if row.state not in states:
                assert self.runner.run(attempt()) is None
        assert self.runner.run(outbox.row(row.id)) == row

    @precondition(lambda self: self.sends)
    @rule(data=st.data(), effect=st.sampled_from(EFFECTS), arrives=st.booleans())
    def answer(self, data: st.DataObject, effect: Effect, arrives: bool) -> None:
        row_id = data.draw(st.sampled_from(sorted(self.sends)))
        self.answered(next(row for row in self.rows() if row.id == row_id), effect, arrives)

    def answered(self, row: OutboxRow, effect: Effect, arrives: bool) -> None:
        attempt, desk = self.sends.pop(row.id), self.desks[row.owner[0]]
        if effect == "sent":
            outcome = Outcome("sent", remote_id=self.arrive(row), evidence="answer")
        else:
            if effect != "unclear":
                self.unsent[row.id] += 1
            elif arrives:
                self.arrive(row)
            outcome = Outcome(effect, "why", not_before=self.clock.now())
        after = self.runner.run(desk.outbox.settle(row.id, attempt, outcome))
        if effect == "sent":
            assert after.state == "sent"
        if effect == "refused":
            drafts = (*self.runner.run(desk.drafts.all()), *self.runner.run(desk.drafts.kept()))
            assert row.text in [draft.text for draft in drafts]

    @rule(window=WINDOWS, arrives=st.booleans())
    def die(self, window: str, arrives: bool) -> None:
        """kill -9: what it was sending may or may not have arrived; another window sees to the rest."""
        if self.sends:
            window = next(row.owner[0] for row in self.rows() if row.id in self.sends)
        owner = self.owner(window)
        lost = [row for row in self.rows() if row.id in self.sends and row.owner == owner]
        for row in lost:
            self.sends.pop(row.id)
            if arrives:
                self.arrive(row)
        self.runner.run(self.desks[window].close())
        self.lives[window] += 1
        self.desks[window] = self.open()
        changed = self.runner.run(self.desks[window].outbox.recover(self.alive, self.owner(window)))
        assert {row.state for row in changed} <= {"paused", "unconfirmed"}
        assert not any(row.owner == owner and row.state in ("held", "queued", "sending") for row in self.rows())

    @precondition(lambda self: self.arrived)
    @rule(window=WINDOWS)
    def look(self, window: str) -> None:
        """Read the thread: whatever arrived and is not claimed is found by its row."""
        outbox = self.desks[window].outbox
        for message, row_id in self.arrived.items():
            row = self.last[row_id]
            if message not in self.runner.run(outbox.claimed_ids(row.ticket_id)):
                self.runner.run(outbox.confirm(row_id, message, "reread"))

    @precondition(lambda self: self.any("unconfirmed"))
    @rule(window=WINDOWS)
    def give_up(self, window: str) -> None:
        for row in self.any("unconfirmed"):
            assert self.runner.run(self.desks[window].outbox.give_up(row.id)) is not None

    @precondition(lambda self: self.any("undecided"))
    @rule(window=WINDOWS, data=st.data(), decision=st.sampled_from(tuple(DECISIONS)))
    def decide(self, window: str, data: st.DataObject, decision: Decision) -> None:
        row = data.draw(st.sampled_from(self.any("undecided")))
        done = self.runner.run(self.desks[window].outbox.decide(row.id, decision, self.owner(window)))
        assert done is not None
        assert done.human_resends == row.human_resends + (decision == "send-again")

    @precondition(lambda self: self.any("held", "queued", "paused", "undecided"))
    @rule(window=WINDOWS, data=st.data())
    def withdraw(self, window: str, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.any("held", "queued", "paused", "undecided")))
        draft = self.runner.run(self.desks[window].outbox.withdraw(row.id))
        assert draft is not None
        assert draft.text == row.text
        assert {file.sha256 for file in draft.attachments} >= {file.sha256 for file in row.files}

    @precondition(lambda self: self.any("held", "queued"))
    @rule(window=WINDOWS, data=st.data())
    def pause(self, window: str, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.any("held", "queued")))
        assert self.runner.run(self.desks[window].outbox.pause(row.id, "why")) is not None

    @precondition(lambda self: self.any("paused"))
    @rule(window=WINDOWS)
    def resume(self, window: str) -> None:
        for row in self.any("paused"):
            assert self.runner.run(self.desks[window].outbox.resume(row.id, self.owner(window))) is not None

    @rule(window=WINDOWS, ticket=st.sampled_from(TICKETS))
    def discard(self, window: str, ticket: int) -> None:
        self.runner.run(self.desks[window].drafts.discard(ticket, "customer"))

    @rule(window=WINDOWS, data=st.data())
    def restore(self, window: str, data: st.DataObject) -> None:
        kept = self.runner.run(self.desks[window].drafts.kept())
        if kept:
            draft = data.draw(st.sampled_from(kept))
            assert self.runner.run(self.desks[window].drafts.restore(draft.kept_id)).text == draft.text

    @invariant()
    def rows_go_only_where_they_may(self) -> None:
        """A row says what it said, and went only by ways of the diagram (through several of them in one rule)."""
        for row in self.rows():
            before = self.last[row.id]
            assert (row.payload, row.sha256, row.ticket_id, row.audience) == (
                before.payload,
                before.sha256,
                before.ticket_id,
                before.audience,
            )
            if before.state in ("sent", "refused", "withdrawn") and row.state != before.state:
                assert before.was_unclear
                assert allowed(before.state, row.state, was_unclear=True)
            if before.was_unclear:
                assert row.was_unclear
            self.last[row.id] = row

    @invariant()
    def nothing_is_sent_twice_but_by_a_person(self) -> None:
        for row in self.rows():
            assert self.posts[row.id] - self.unsent[row.id] <= 1 + row.human_resends
            if row.state == "sending":
                assert row.id in self.sends
            if row.state == "sent":
                assert row.evidence
                assert row.remote_id is None or self.arrived[row.remote_id] == row.id
            if row.state == "withdrawn" and row.attempt_no == 0:
                assert self.posts[row.id] == 0

    @invariant()
    def no_text_is_lost(self) -> None:
        """Every text is a draft, a kept draft or an outbox row."""
        drafts = self.desks["b"].drafts
        places = [draft.text for draft in (*self.runner.run(drafts.all()), *self.runner.run(drafts.kept()))]
        everything = "\n".join([*places, *(row.text for row in self.rows())])
        for text in self.typed:
            assert text in everything

    @invariant()
    def attachments_are_there_while_needed(self) -> None:
        for row in self.rows():
            if row.state in UNSETTLED:
                for file in row.files:
                    assert self.runner.run(self.desks["b"].outbox.file_bytes(file.sha256)) is not None


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
