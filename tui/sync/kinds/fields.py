"""Writes that change the ticket itself: status, assignee, notes. The ticket shows whether they happened.

Such a write found done by somebody else is done all the same: what was wanted is so.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import ClassVar

from tui.api.answers import Thread
from tui.api.requests import UpdateTicket
from tui.domain import Ticket
from tui.store.rows import OutboxRow
from tui.sync.kinds.base import Before, Done, Evidence, Kind, Reach, closed_words, kept_status
from tui.sync.kinds.merge import Merged, merge


class _TicketField(Kind):
    """A field of the ticket: read, compared, written, read."""

    writable_when_closed: ClassVar[bool] = True

    @abstractmethod
    def so(self, row: OutboxRow, ticket: Ticket) -> bool:
        """Whether the ticket is as the row wants it."""

    @abstractmethod
    def request(self, row: OutboxRow, ticket: Ticket) -> UpdateTicket:
        """How to ask for it, given the ticket as it is."""

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        problem = "" if self.writable_when_closed else closed_words(row, thread)
        return Before(problem=problem, ticket=thread.ticket)

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        thread = await reach.client.update_ticket(self.request(row, before.ticket or Ticket(row.ticket_id)))
        return Done(Evidence("response") if self.so(row, thread.ticket) else None, thread)

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        return Evidence("reread") if self.so(row, thread.ticket) else None


class Status(_TicketField):
    """PENDING or SOLVED. OPEN cannot be asked for (API.md trap 1)."""

    name = "status"
    writable_when_closed = False

    def so(self, row: OutboxRow, ticket: Ticket) -> bool:
        return ticket.status == row.fields["status"]

    def request(self, row: OutboxRow, ticket: Ticket) -> UpdateTicket:
        return UpdateTicket(row.ticket_id, status=str(row.fields["status"]))


class Assign(_TicketField):
    """Somebody by e-mail address, or nobody (an empty one). The status is repeated where it can be."""

    name = "assign"

    def so(self, row: OutboxRow, ticket: Ticket) -> bool:
        return ticket.assignee_email.casefold() == str(row.fields["assignee"]).casefold()

    def request(self, row: OutboxRow, ticket: Ticket) -> UpdateTicket:
        assignee = str(row.fields["assignee"])
        return UpdateTicket(row.ticket_id, assignee_email=assignee, unassign=not assignee, status=kept_status(ticket))


class Notes(_TicketField):
    """The seller's notes, which have no version: base, ours and theirs are merged line by line right before.

    Our change is there when merging it into the notes as they are changes nothing.
    """

    name = "notes"

    def merged(self, row: OutboxRow, theirs: str) -> Merged:
        """Our change on top of the notes as they are now."""
        return merge(str(row.fields.get("base", "")), row.text, theirs)

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        merged = self.merged(row, thread.ticket.notes)
        if not merged.conflicts:
            return Before(ticket=thread.ticket)
        return Before(
            problem="Not saved. Somebody else changed the same lines of the notes; both are in the merged text below.\n"
            f"{merged.text}"
        )

    def so(self, row: OutboxRow, ticket: Ticket) -> bool:
        merged = self.merged(row, ticket.notes)
        return not merged.conflicts and merged.text == ticket.notes.rstrip("\n")

    def request(self, row: OutboxRow, ticket: Ticket) -> UpdateTicket:
        return UpdateTicket(row.ticket_id, notes=self.merged(row, ticket.notes).text, status=kept_status(ticket))
