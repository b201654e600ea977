"""What customers and refurbed do by themselves: answer, write in, approve, send labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tui.clock import MINUTE, SECOND
from tui.demo.agenda import Agenda, Event
from tui.demo.cast import LANGUAGES, MARKET_TOPICS
from tui.demo.data import PRODUCTS, customer, pick
from tui.demo.files import pdf
from tui.demo.model import Help, Message, Ticket
from tui.demo.sanitise import text_of
from tui.demo.shapes import Quoted
from tui.demo.texts import SPEECHES
from tui.demo.threads import HELP_ANSWER, LABEL_HTML, REFURBED_NAMES, customer_letter, label_name
from tui.demo.world import World

CATCH_UP: Final = 10 * MINUTE
"""Messages that come in by themselves are made up for at most this much of the time nobody asked."""
_ACTIVE: Final = ("OPEN", "PENDING", "SOLVED")


class Life:
    """Carries out the events of an agenda."""

    def __init__(self, world: World, agenda: Agenda) -> None:
        self.world, self.agenda = world, agenda
        self._handlers: dict[str, Callable[[Event, int], None]] = {
            "answer": self._answer,
            "arrival": self._arrival,
            "label": self._label,
            "topic": self._topic,
            "help": self._help,
        }

    def run(self, event: Event, now: int) -> None:
        """Make an event happen, at its own instant; `now` is when it is noticed."""
        self._handlers[event.kind](event, now)

    def plan_arrival(self, after: int) -> None:
        """The next message that comes in unasked."""
        self.agenda.plan(after + int((45 + 75 * self.world.rng().random()) * SECOND), "arrival")

    def plan_answer(self, ticket: Ticket, at: int) -> None:
        """The customer answers a reply after 8 to 20 seconds; the last of several replies counts."""
        self.agenda.cancel("answer", ticket.id)
        self.agenda.plan(at + int((8 + 12 * self.world.rng().random()) * SECOND), "answer", ticket.id)

    def plan_label(self, ticket: Ticket, at: int) -> None:
        """The label arrives a little later."""
        self.agenda.plan(at + int((1 + 2 * self.world.rng().random()) * SECOND), "label", ticket.id)

    def plan_topic(self, ticket: Ticket, at: int) -> None:
        """refurbed approves a topic change within a minute."""
        self.agenda.plan(at + int((20 + 30 * self.world.rng().random()) * SECOND), "topic", ticket.id)

    def plan_help(self, request: Help, at: int) -> None:
        """refurbed answers a help request within a minute."""
        self.agenda.plan(
            at + int((15 + 30 * self.world.rng().random()) * SECOND), "help", request.ticket_id, request.id
        )

    def _answer(self, event: Event, _: int) -> None:
        ticket = self.world.tickets[event.ticket_id]
        if ticket.status not in ("OPEN", "PENDING"):
            return
        rng = self.world.rng()
        speech = SPEECHES[ticket.language]
        self._customer_writes(ticket, event.at, pick(speech.thanks if rng.random() < 0.5 else speech.asks, rng))

    def _arrival(self, event: Event, now: int) -> None:
        rng = self.world.rng()
        if rng.random() < 0.2:
            self._new_ticket(event.at)
        else:
            for _ in range(50):
                ticket = self.world.tickets[self.world.ids[int(rng.random() * len(self.world.ids))]]
                if ticket.status in _ACTIVE and self.world.thread(ticket):
                    self._customer_writes(ticket, event.at, pick(SPEECHES[ticket.language].chases, rng))
                    break
        self.plan_arrival(max(event.at, now - CATCH_UP))

    def _customer_writes(self, ticket: Ticket, at: int, text: str) -> None:
        rng = self.world.rng()
        earlier = [one for one in self.world.thread(ticket) if one.scope == "PUBLIC" and one.author_type == "MERCHANT"]
        quoted = tuple(
            Quoted(one.author_name, one.author_email, one.created_at, tuple(text_of(one.body_html).split("\n")))
            for one in earlier[-1:]
        )
        message = Message(0, "PUBLIC", at, "CUSTOMER", ticket.customer_name, "", "")
        message.body_html = customer_letter(ticket, text, rng, quoted if rng.random() < 0.6 else ())
        with self.world.change(ticket, at):
            posted = self.world.post(ticket, message)
            ticket.start_clock(posted.created_at)

    def _new_ticket(self, at: int) -> None:
        rng = self.world.rng()
        speech = SPEECHES[pick(LANGUAGES, rng)]
        name, email = customer(speech, rng)
        number = self.world.draws
        ticket = Ticket(
            id=0,
            index=-1,
            language=speech.code,
            status="OPEN",
            urgency="",
            created_at=at,
            updated_at=at,
            buyback=False,
            order_id=8_000_000 + number * 3,
            item_id=10_800_000 + number * 5,
            product=pick(PRODUCTS, rng),
            topic=pick(MARKET_TOPICS, rng),
            country=pick(speech.countries, rng),
            customer_name=name,
            customer_email=email,
        )
        self.world.add(ticket)
        self._customer_writes(ticket, at, speech.openings[ticket.topic])

    def _label(self, event: Event, _: int) -> None:
        ticket = self.world.tickets[event.ticket_id]
        label = pdf(("RETURN LABEL", f"Order {ticket.order_id}", f"Ticket {ticket.id}", "Parcel 00340434161094042557"))
        with self.world.change(ticket, event.at):
            message = Message(0, "PUBLIC", event.at, "SYSTEM", "refurbed", "", LABEL_HTML)
            self.world.post(ticket, message, [(label_name(ticket), label)])

    def _topic(self, event: Event, _: int) -> None:
        ticket = self.world.tickets[event.ticket_id]
        with self.world.change(ticket, event.at):
            ticket.topic = "other"
            body = "<p>The topic change was approved. The topic is now: other.</p>"
            self.world.post(ticket, Message(0, "INTERNAL", event.at, "SYSTEM", "refurbed", "", body))

    def _help(self, event: Event, _: int) -> None:
        ticket = self.world.tickets[event.ticket_id]
        for request in self.world.change_helps(ticket):
            if request.id == event.detail and request.status == "OPEN":
                with self.world.change(ticket, event.at):
                    request.status = "PENDING"
                    name = pick(REFURBED_NAMES, self.world.rng())
                    self.world.post_help(request, Message(0, "", event.at, "REFURBED", name, "", HELP_ANSWER))
