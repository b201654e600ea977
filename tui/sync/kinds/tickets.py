"""New tickets and return labels: what is made, and how it is recognised."""

from __future__ import annotations

from collections.abc import Collection

from tui.api.answers import Thread
from tui.api.requests import NewTicket, TicketFilter
from tui.store.rows import OutboxRow
from tui.sync.kinds.base import MERCHANT, Before, Done, Evidence, Kind, Reach, closed_words, frozen_message
from tui.sync.kinds.messages import find


class TicketOpened(Kind):
    """CreateTicket. Found: a ticket not known before, on the same order item and topic, that begins with this text.

    A follow-up without an order item is looked for on the closed ticket's own item.
    """

    name = "new-ticket"

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        if row.ticket_id:
            thread = await reach.fetch(row.ticket_id)
            if thread.ticket.status != "CLOSED":
                return Before(problem="Not sent. Only a CLOSED ticket gets a follow-up; reply to this one instead.")
        return Before(tuple(await self._on_item(row, reach)))

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        fields = row.fields
        thread = await reach.client.create_ticket(
            NewTicket(
                str(fields["topic"]),
                await frozen_message(row, reach),
                marketplace_order_item_id=_number(row, "marketplace_order_item_id"),
                buyback_order_item_id=_number(row, "buyback_order_item_id"),
                notes=str(fields["notes"]) if fields.get("notes") else None,
                follow_up_to=row.ticket_id,
            )
        )
        found = find(row, thread.messages)
        evidence = Evidence(f"response: ticket {thread.ticket.id}") if found is not None else None
        return Done(evidence, thread)

    async def look(self, row: OutboxRow, reach: Reach) -> Evidence | None:
        for thread in await self._candidates(row, reach):
            if find(row, thread.messages) is not None:
                return Evidence(f"reread: ticket {thread.ticket.id}")
        return None

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        return None

    async def _candidates(self, row: OutboxRow, reach: Reach) -> list[Thread]:
        fresh = [ticket_id for ticket_id in await self._on_item(row, reach) if ticket_id not in row.baseline_ids]
        return [await reach.fetch(ticket_id) for ticket_id in sorted(fresh)]

    async def _on_item(self, row: OutboxRow, reach: Reach) -> list[int]:
        """The ids of this topic's tickets on the order item."""
        sold, bought = _number(row, "marketplace_order_item_id"), _number(row, "buyback_order_item_id")
        if row.ticket_id and not (sold or bought):
            original = (await reach.fetch(row.ticket_id)).ticket
            sold = original.order_item_id if original.item_kind == "marketplace" else 0
            bought = original.order_item_id if original.item_kind == "buyback" else 0
        if not (sold or bought):
            return []
        on_item = (
            TicketFilter(marketplace_order_item_id=(sold,)) if sold else TicketFilter(buyback_order_item_id=(bought,))
        )
        page = await reach.client.list_tickets(on_item, by="CREATED_AT")
        return [ticket.id for ticket in page.tickets if ticket.topic == row.fields["topic"]]


class ReturnLabel(Kind):
    """GenerateReturnShippingLabel: an empty answer, then a message that is not ours with a file. Asked for once.

    Found: such a message that was not there before.
    """

    name = "label"

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        return Before(tuple(message.id for message in thread.messages), closed_words(row, thread))

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        await reach.client.generate_return_label(row.ticket_id)
        # A good answer is proof that it was asked for; the label itself arrives as a message.
        return Done(Evidence("response"))

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        for message in thread.messages:
            new = message.id not in row.baseline_ids and message.id not in claimed
            if new and message.author_type not in (MERCHANT, "CUSTOMER") and message.attachments:
                return Evidence("reread", message.id)
        return None


def _number(row: OutboxRow, name: str) -> int:
    found = str(row.fields.get(name, "") or "0")
    return int(found) if found.isascii() and found.isdigit() else 0
