"""Sending what is in the outbox: once, after a look at the thread, and never again by itself (DESIGN.md "The outbox").

The order of things is the promise: the row is `sending` on disk before the request leaves, and what came of it is on
disk before anyone is told. A delivery is never cancelled; a process that dies in the middle leaves `sending` behind,
which becomes `unconfirmed` as soon as its owner is seen to be gone.
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
from tui.store.rows import OutboxRow, Outcome
from tui.sync.events import Announced, Event, OutboxChanged
from tui.sync.replies import find, outcome_of, request_of
from tui.sync.schedule import next_look, old_enough_to_decide
from tui.sync.threads import Threads

FENCE: Final = 5 * SECOND
"""Longest time from the row's `sending` to the first byte; beyond it the machine slept, and all is checked anew."""
SETTLE_AGAIN: Final = 2.0
FIRST_RETRY: Final = 2 * SECOND
LONGEST_RETRY: Final = 60 * SECOND
SAID: Final = {
    "sent": "was sent.",
    "refused": "was refused; its text is back in the draft.",
    "paused": "is paused in the outbox.",
    "queued": "did not leave yet, and will by itself.",
    "unconfirmed": "may have been sent; the thread is being looked through for it.",
}
FOUND_LATER: Final = ("unconfirmed", "undecided", "queued", "paused", "refused", "withdrawn")


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
        self._client = client
        self._desk = desk
        self._instance = instance
        self._threads = threads
        self._clock = clock
        self._tell = tell
        self._retry_at: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        threads.inspect = self.inspect

    def retry_at(self, row_id: str) -> int:
        """When a row whose thread could not be read may be tried again; 0 at once."""
        return self._retry_at.get(row_id, 0)

    async def attempt(self, row_id: str) -> OutboxRow | None:
        """One delivery of a queued row: read the thread, compare, claim, post, settle. Gives the row as it is then."""
        row = await self._desk.outbox.row(row_id)
        if row is None or row.state != "queued":
            return row
        thread = await self._look_before(row)
        if thread is None:
            return await self._desk.outbox.row(row_id)
        problem = await self._collision(row, thread)
        if problem:
            paused = await self._desk.outbox.pause(row_id, problem)
            self._tell(OutboxChanged())
            if paused is not None:
                self._announce(paused)
            return await self._desk.outbox.row(row_id)
        baseline = tuple(message.id for message in thread.messages)
        claimed = await self._desk.outbox.claim(row_id, self._instance.name, baseline)
        self._tell(OutboxChanged())
        if claimed is None or claimed.state != "sending":
            return claimed
        settled = await self._post(claimed)
        self._tell(OutboxChanged())
        return settled

    async def _look_before(self, row: OutboxRow) -> Thread | None:
        """The thread right before the reply leaves; None when it cannot be had, and the row waits or is paused."""
        try:
            thread = await self._threads.fetch(row.ticket_id)
        except ApiError as error:
            await self._not_read(row, error)
            return None
        self._retry_at.pop(row.id, None)
        self._failures.pop(row.id, None)
        return thread

    async def _not_read(self, row: OutboxRow, error: ApiError) -> None:
        lasting = error.effect in ("refused", "signed-out") or isinstance(error, TooLarge)
        if lasting:
            paused = await self._desk.outbox.pause(row.id, f"Not sent. {error.sentence}")
            self._tell(OutboxChanged())
            if paused is not None:
                self._announce(paused)
            return
        failures = self._failures[row.id] = self._failures.get(row.id, 0) + 1
        wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LONGEST_RETRY)
        at = self._clock.now() + wait
        self._retry_at[row.id] = max(at, error.reset_at) if isinstance(error, RateLimited) else at

    async def _collision(self, row: OutboxRow, thread: Thread) -> str:
        """Why a person should look first; empty when nothing happened since the writing began."""
        if thread.ticket.status == "CLOSED":
            return f"Not sent. Ticket {row.ticket_id} is CLOSED for good; only a follow-up ticket can go on from it."
        if row.base_ids is None:
            return ""
        ours = await self._desk.outbox.claimed_ids(row.ticket_id)
        known = set(row.base_ids) | ours
        fresh = [message for message in thread.messages if message.id not in known]
        if not fresh:
            return ""
        who = ", ".join(dict.fromkeys(m.author_name or m.author_type.lower() or "somebody" for m in fresh))
        number = "a new message" if len(fresh) == 1 else f"{len(fresh)} new messages"
        return f"Not sent. Since you began writing there is {number} by {who}. Read it, then send or change your reply."

    async def _post(self, row: OutboxRow) -> OutboxRow:
        outcome = Outcome("unclear", "The program stopped while it was being sent.")
        thread: Thread | None = None
        try:
            request = await request_of(row, self._desk)
            if self._clock.now() - row.state_since > FENCE:
                outcome = Outcome("unsent", "The machine slept before it could leave.", not_before=self._clock.now())
            else:
                thread = await self._client.update_ticket(request)
                outcome = await self._confirmed(row, thread)
        except ApiError as error:
            outcome = outcome_of(error)
            if outcome.effect == "unsent":
                failures = self._failures[row.id] = self._failures.get(row.id, 0) + 1
                wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LONGEST_RETRY)
                outcome = Outcome("unsent", outcome.reason, not_before=self._clock.now() + wait)
        except (ValueError, KeyError) as error:
            outcome = Outcome("refused", f"It cannot be sent: {error}.")
        settled = await self._settle(row, outcome)
        self._announce(settled)
        if thread is not None:
            await self._threads.adopt(thread)
            self._announce_status(row, thread)
        return settled

    async def _settle(self, row: OutboxRow, outcome: Outcome) -> OutboxRow:
        """Write down what came of it, however long the disk refuses: until then the row stays `sending`."""
        while True:
            try:
                return await self._desk.outbox.settle(row.id, row.attempt_no, outcome)
            except StoreError as error:
                if error.kind == "closed":
                    raise
                self._tell(Announced(f"What came of a reply could not be written down. {error.sentence}"))
                await self._clock.sleep(SETTLE_AGAIN)

    async def _confirmed(self, row: OutboxRow, thread: Thread) -> Outcome:
        """A 200 whose thread holds the message is certain; one without it is not (SAFETY.md I3)."""
        message = find(row, thread.messages, await self._desk.outbox.claimed_ids(row.ticket_id))
        if message is None:
            return Outcome("unclear", "The service said yes, but the message is not in its answer.")
        return Outcome("sent", remote_id=message.id, evidence="response")

    def _announce(self, row: OutboxRow) -> None:
        """What came of it, as a sentence: the last word on a write is never that it is about to leave."""
        said = SAID.get(row.state)
        if said:
            self._tell(Announced(f"The message on ticket {row.ticket_id} {said} {row.reason}".rstrip()))

    def _announce_status(self, row: OutboxRow, thread: Thread) -> None:
        """A status that is not the one asked for is never silent (API.md trap 1)."""
        asked, got = row.status_after, thread.ticket.status
        if asked and got and got != asked:
            self._tell(Announced(f"Ticket {row.ticket_id} is {got} now, though {asked} was asked for."))

    async def inspect(self, thread: Thread) -> None:
        """A thread was read: does it hold a write whose outcome was unknown?"""
        rows = await self._desk.outbox.rows(states=FOUND_LATER, ticket_id=thread.ticket.id)
        for row in rows:
            if not row.was_unclear:
                continue
            claimed = await self._desk.outbox.claimed_ids(row.ticket_id)
            message = find(row, thread.messages, claimed)
            if message is not None and await self._desk.outbox.confirm(row.id, message.id, "reread") is not None:
                self._tell(Announced(f"The reply on ticket {row.ticket_id} was sent after all: it is in the thread."))
                self._tell(OutboxChanged())

    async def look(self, row: OutboxRow) -> OutboxRow | None:
        """Read the thread of a write of unknown outcome; after a minute without a find a person must decide."""
        try:
            await self._threads.fetch(row.ticket_id)
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
