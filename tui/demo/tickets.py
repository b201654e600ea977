"""The operations on tickets. Each takes a checked request and the present, and refuses before it changes anything."""

from __future__ import annotations

from tui.demo.data import AGENTS
from tui.demo.desk import Checked, by_agent, find_agent, find_ticket, submission, whole_ticket
from tui.demo.errors import invalid, precondition, unknown
from tui.demo.life import Life
from tui.demo.model import Ticket
from tui.demo.wire import Json, ticket_json
from tui.demo.world import World


class Tickets:
    """ListTickets, GetTicket, UpdateTicket, CreateTicket, RequestTopicChange, GenerateReturnShippingLabel."""

    def __init__(self, world: World, life: Life) -> None:
        self._world, self._life = world, life
        self.base_url = ""

    def list(self, request: Checked, _: int) -> Json:
        """One page. `has_more` false is left out at times, as proto3 allows."""
        tickets, more = self._world.lists.page(request)
        answer: Json = {"tickets": [ticket_json(ticket, AGENTS) for ticket in tickets]}
        if more or len(tickets) % 2:
            answer["has_more"] = more
        return answer

    def get(self, request: Checked, _: int) -> Json:
        return self._whole(find_ticket(self._world, request))

    def update(self, request: Checked, now: int) -> Json:
        """Message, assignee, status, notes. Unless told otherwise the status becomes PENDING (API.md trap 1)."""
        ticket = find_ticket(self._world, request)
        scoped = request.get("new_message")
        sent = submission(scoped["message"]) if scoped else None
        scope = scoped["scope"] if scoped else ""
        assignee = self._assignee(request)
        status = request.get("status", "UNSPECIFIED")
        if sent is None and assignee is None and status == "UNSPECIFIED" and "notes" not in request:
            raise invalid("invalid UpdateTicketRequest: at least one change is required")
        if ticket.status == "CLOSED" and (sent is not None or status != "UNSPECIFIED"):
            raise precondition(f"ticket {ticket.id} is closed")
        answered = scope == "PUBLIC"
        with self._world.change(ticket, now):
            if sent is not None:
                self._world.post(ticket, by_agent(scope, sent[0], now), sent[1])
            if assignee is not None:
                ticket.assignee = assignee
            ticket.notes = request.get("notes", ticket.notes)
            if ticket.status != "CLOSED":
                ticket.status = "PENDING" if status == "UNSPECIFIED" else status
            if answered or ticket.status == "SOLVED":
                ticket.stop_clock()
        if answered and ticket.status == "PENDING":
            self._life.plan_answer(ticket, now)
        return self._whole(ticket)

    def create(self, request: Checked, now: int) -> Json:
        """A new ticket about an order item that is known; a follow-up may leave the item out."""
        sent = submission(request["message"])
        original = self._original(request)
        like = self._like(request.get("order_item_identifier", {}), original)
        if len(request["topic"]) > 100:
            raise invalid("invalid CreateTicketRequest.Topic: value length must be at most 100 runes")
        ticket = Ticket(
            id=0,
            index=-1,
            language=like.language,
            status="PENDING",
            urgency="",
            created_at=now,
            updated_at=now,
            buyback=like.buyback,
            order_id=like.order_id,
            item_id=like.item_id,
            product=like.product,
            topic=request["topic"],
            country=like.country,
            customer_name=like.customer_name,
            customer_email=like.customer_email,
            notes=request.get("notes", ""),
            follow_up_to=original.id if original else 0,
        )
        with self._world.change(self._world.add(ticket), now):
            self._world.post(ticket, by_agent("PUBLIC", sent[0], now), sent[1])
        self._life.plan_answer(ticket, now)
        return self._whole(ticket)

    def request_topic_change(self, request: Checked, now: int) -> Json:
        ticket = find_ticket(self._world, request)
        sent = submission(request["message"])
        if not ticket.topic_change_allowed or ticket.status == "CLOSED":
            raise precondition(f"a topic change is not allowed for ticket {ticket.id}")
        if not sent[1] and request.get("attachment_exemption_reason", "UNSPECIFIED") == "UNSPECIFIED":
            raise invalid("a topic change needs documents, or an attachment_exemption_reason")
        with self._world.change(ticket, now):
            ticket.topic_change_allowed = False
            self._world.post(ticket, by_agent("INTERNAL", sent[0], now), sent[1])
        self._life.plan_topic(ticket, now)
        return self._whole(ticket)

    def generate_label(self, request: Checked, now: int) -> Json:
        """Answers with nothing; the label comes as a message a little later."""
        ticket = find_ticket(self._world, request)
        if ticket.buyback:
            raise precondition("return labels are for marketplace orders only")
        if ticket.status == "CLOSED":
            raise precondition(f"ticket {ticket.id} is closed")
        self._life.plan_label(ticket, now)
        self._world.version += 1
        return {}

    def _whole(self, ticket: Ticket) -> Json:
        return whole_ticket(self._world, ticket, self.base_url)

    def _assignee(self, request: Checked) -> str | None:
        """The new assignee's address, "" for nobody, None for no change."""
        if request.get("unassign"):
            return ""
        wanted = request.get("assignee_user_email")
        return find_agent(wanted) if wanted else None

    def _original(self, request: Checked) -> Ticket | None:
        """The closed ticket that a new one follows."""
        follow = request.get("follow_up_to_ticket_id")
        if not follow:
            return None
        original = self._world.tickets.get(follow)
        if original is None:
            raise unknown(f"ticket {follow} not found")
        if original.status != "CLOSED":
            raise precondition(f"ticket {follow} is not closed: only closed tickets get a follow-up")
        return original

    def _like(self, identifier: Checked, original: Ticket | None) -> Ticket:
        """A ticket about the order item: it knows the customer."""
        if not identifier:
            if original is None:
                raise invalid("invalid CreateTicketRequest.OrderItemIdentifier: value is required")
            return original
        ((name, item),) = identifier.items()
        ticket_id = self._world.items.get((name.startswith("buyback"), item))
        if ticket_id is None:
            raise unknown(f"order item {item} not found")
        like = self._world.tickets[ticket_id]
        if original is not None and (original.buyback, original.item_id) != (like.buyback, item):
            raise invalid(f"ticket {original.id} is about another order item")
        return like
