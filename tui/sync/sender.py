"""Sending what is in the outbox: once, after a look at what is there, never again by itself (DESIGN.md "The outbox").

The order of things is the promise: the row is `sending` on disk before the request leaves, and what came of it is on
disk before anyone is told. A delivery is never cancelled; a process that dies in the middle leaves `sending` behind,
which becomes `unconfirmed` as soon as its owner is seen to be gone. How a kind of write is known to have happened is
the kind's own affair (`kinds`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tui.api.answers import Thread
from tui.api.client import TicketClient
from tui.api.errors import ApiError, RateLimited, TooLarge
from tui.clock import SECOND, Clock
from tui.store.desk import Desk
from tui.store.errors import StoreError
from tui.store.instance import Instance
from tui.store.outbox_states import State
from tui.store.rows import OutboxRow, Outcome
from tui.sync.events import Announced, Event, OutboxChanged
from tui.sync.kinds.base import Before, Done, Evidence, Kind, Reach
from tui.sync.kinds.registry import KINDS
from tui.sync.schedule import next_look, old_enough_to_decide
from tui.sync.threads import Threads

FENCE: Final = 5 * SECOND
"""Longest time from the row's `sending` to the first byte; beyond it the machine slept, and all is checked anew."""
SETTLE_AGAIN: Final = 2.0
FIRST_RETRY: Final = 2 * SECOND
LONGEST_RETRY: Final = 60 * SECOND
SAID: Final[dict[State, str]] = {
    "sent": "was sent.",
    "refused": "was refused.",
    "paused": "is paused in the outbox.",
    "queued": "did not leave yet, and will by itself.",
    "unconfirmed": "may have been sent; it is being looked for.",
}
FOUND_LATER: Final[tuple[State, ...]] = ("unconfirmed", "undecided", "queued", "paused", "refused", "withdrawn")
NAMES: Final = {
    "reply": "message",
    "topic-change": "topic change",
    "status": "change of status",
    "assign": "assignment",
    "notes": "change of the notes",
    "help-request": "help request",
    "help-reply": "message on the help request",
    "new-ticket": "new ticket",
    "label": "return label",
}


class Sender:
    """Delivers rows of this instance and settles those of unknown outcome. Raises `StoreError` alone."""

    def __init__(
        self,
        client: TicketClient,
        desk: Desk,
        instance: Instance,
        threads: Threads,
        *,
        clock: Clock,
        tell: Callable[[Event], None],
    ) -> None:
        self._desk = desk
        self._instance = instance
        self._threads = threads
        self._clock = clock
        self._tell = tell
        self._reach = Reach(client, desk, threads.fetch, desk.outbox.claimed_ids)
        self._retry_at: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        threads.inspect = self.inspect

    def retry_at(self, row_id: str) -> int:
        """When a row before which nothing could be read may be tried again; 0 at once."""
        return self._retry_at.get(row_id, 0)

    async def attempt(self, row_id: str) -> OutboxRow | None:
        """One delivery of a queued row: read, compare, claim, post, settle. Gives the row as it is then."""
        row = await self._desk.outbox.row(row_id)
        if row is None or row.state != "queued":
            return row
        kind = KINDS.get(row.kind)
        if kind is None:
            return await self._pause(row, "Not sent. A newer version of refurbed-inbox wrote this; start that one.")
        before = await self._look_before(kind, row)
        if before is None:
            return await self._desk.outbox.row(row_id)
        if before.problem:
            return await self._pause(row, before.problem)
        claimed = await self._desk.outbox.claim(row_id, self._instance.name, before.baseline)
        self._tell(OutboxChanged())
        if claimed is None or claimed.state != "sending":
            return claimed
        settled = await self._post(kind, claimed, before)
        self._tell(OutboxChanged())
        return settled

    async def _pause(self, row: OutboxRow, reason: str) -> OutboxRow | None:
        paused = await self._desk.outbox.pause(row.id, reason)
        self._tell(OutboxChanged())
        if paused is not None:
            self._announce(paused)
        return await self._desk.outbox.row(row.id)

    async def _look_before(self, kind: Kind, row: OutboxRow) -> Before | None:
        """What is there right before it leaves; None when that cannot be had, and the row waits or is paused."""
        try:
            before = await kind.before(row, self._reach)
        except ApiError as error:
            await self._not_read(row, error)
            return None
        self._retry_at.pop(row.id, None)
        self._failures.pop(row.id, None)
        return before

    async def _not_read(self, row: OutboxRow, error: ApiError) -> None:
        if error.effect in ("refused", "signed-out") or isinstance(error, TooLarge):
            await self._pause(row, f"Not sent. {error.sentence}")
            return
        at = self._clock.now() + self._wait(row)
        self._retry_at[row.id] = max(at, error.reset_at) if isinstance(error, RateLimited) else at

    def _wait(self, row: OutboxRow) -> int:
        """How long until the next try of a row that did not leave: longer each time."""
        failures = self._failures[row.id] = self._failures.get(row.id, 0) + 1
        return min(FIRST_RETRY << min(failures - 1, 10), LONGEST_RETRY)

    async def _post(self, kind: Kind, row: OutboxRow, before: Before) -> OutboxRow:
        outcome, done = await self._perform(kind, row, before)
        settled = await self._settle(row, outcome)
        self._announce(settled)
        if done is not None and done.thread is not None:
            await self._threads.adopt(done.thread)
            self._announce_status(row, before, done.thread)
        return settled

    async def _perform(self, kind: Kind, row: OutboxRow, before: Before) -> tuple[Outcome, Done | None]:
        if self._clock.now() - row.state_since > FENCE:
            return Outcome("unsent", "The machine slept before it could leave.", not_before=self._clock.now()), None
        try:
            done = await kind.perform(row, self._reach, before)
        except ApiError as error:
            not_before = error.reset_at if isinstance(error, RateLimited) else 0
            if error.effect == "unsent":
                not_before = self._clock.now() + self._wait(row)
            return Outcome(error.effect, error.sentence, not_before=not_before), None
        except (ValueError, KeyError) as error:
            return Outcome("refused", f"It cannot be sent: {error}."), None
        if done.evidence is None:
            # A yes that does not show the effect is not certainty (SAFETY.md I3).
            return Outcome("unclear", "The service said yes, but its answer does not show it."), done
        return Outcome("sent", remote_id=done.evidence.remote_id, evidence=done.evidence.words), done

    async def _settle(self, row: OutboxRow, outcome: Outcome) -> OutboxRow:
        """Write down what came of it, however long the disk refuses: until then the row stays `sending`."""
        while True:
            try:
                return await self._desk.outbox.settle(row.id, row.attempt_no, outcome)
            except StoreError as error:
                if error.kind == "closed":
                    raise
                self._tell(Announced(f"What came of a write could not be kept yet. {error.sentence}"))
                await self._clock.sleep(SETTLE_AGAIN)

    def _announce(self, row: OutboxRow) -> None:
        """What came of it, as a sentence: the last word on a write is never that it is about to leave."""
        said = SAID.get(row.state)
        if said:
            back = " Its text is back in the draft." if row.state == "refused" and row.text else ""
            self._tell(Announced(f"The {_name(row)} {said} {row.reason}".rstrip() + back))

    def _announce_status(self, row: OutboxRow, before: Before, thread: Thread) -> None:
        """A status that is not the one asked for is never silent (API.md trap 1)."""
        was = before.ticket.status if before.ticket is not None else ""
        wanted = row.status_after or str(row.fields.get("status", "")) or was
        got = thread.ticket.status
        if wanted and got and got != wanted:
            asked = f"though {wanted} was asked for" if wanted != "OPEN" else "by the service's own rule"
            self._tell(Announced(f"Ticket {row.ticket_id} is {got} now, {asked}."))

    async def inspect(self, thread: Thread) -> None:
        """A thread was read: does it show a write whose outcome was unknown?"""
        for row in await self._desk.outbox.rows(states=FOUND_LATER, ticket_id=thread.ticket.id):
            kind = KINDS.get(row.kind)
            if row.was_unclear and kind is not None:
                claimed = await self._desk.outbox.claimed_ids(row.ticket_id)
                await self._found(row, kind.in_thread(row, thread, claimed))

    async def _found(self, row: OutboxRow, evidence: Evidence | None) -> None:
        if evidence is None:
            return
        if await self._desk.outbox.confirm(row.id, evidence.remote_id, evidence.words) is not None:
            self._tell(Announced(f"The {_name(row)} did arrive: the service has it."))
            self._tell(OutboxChanged())

    async def look(self, row: OutboxRow) -> OutboxRow | None:
        """Look for a write of unknown outcome; after a minute without a find a person must decide."""
        kind = KINDS.get(row.kind)
        if kind is None:
            return row
        try:
            await self._found(row, await kind.look(row, self._reach))
        except ApiError:
            return row
        now = await self._desk.outbox.row(row.id)
        if now is not None and now.state == "unconfirmed" and old_enough_to_decide(now.state_since, self._clock.now()):
            now = await self._desk.outbox.give_up(row.id)
            self._tell(OutboxChanged())
        return now

    async def deliver(self, row_id: str, wait: float) -> OutboxRow | None:
        """See one row through, for at most `wait` seconds: for the command line, which has no worker.

        Ends early once the row is settled, paused or undecided.
        """
        end = self._clock.monotonic() + wait
        while True:
            await self._desk.outbox.release_due(self._instance.name, self._clock.now())
            row = await self._desk.outbox.row(row_id)
            now = self._clock.now()
            pause = 0.5
            if row is None or row.state in ("sent", "refused", "withdrawn", "paused", "undecided"):
                return row
            if row.state == "queued" and max(row.not_before, self.retry_at(row_id)) <= now:
                due = await self._desk.outbox.next_due(self._instance.name, now)
                if any(each.id == row_id for each in due):
                    await self.attempt(row_id)
                    continue
            elif row.state == "unconfirmed":
                at = next_look(row.state_since, now)
                pause = max(0.1, (at - now) / SECOND) if at else 5.0
            if self._clock.monotonic() + pause > end:
                return row
            await self._clock.sleep(pause)
            if row.state == "unconfirmed":
                await self.look(row)


def _name(row: OutboxRow) -> str:
    """What a row is, for a sentence: `message on ticket 1048`."""
    name = NAMES.get(row.kind, "write")
    return f"{name} on ticket {row.ticket_id}" if row.ticket_id else name
