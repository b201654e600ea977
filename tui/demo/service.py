"""The stand-in TicketService, on stored tickets, by an injected clock.

Nothing runs by itself: each call first makes happen what is due (`advance`), so the same calls at the same times give
the same answers, to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from tui.clock import SECOND, Clock
from tui.demo.agenda import Agenda
from tui.demo.data import DEFAULT_SEED, DEFAULT_TICKETS, MAX_TICKETS
from tui.demo.desk import Checked
from tui.demo.errors import Rejected
from tui.demo.helps import HelpRequests
from tui.demo.life import Life
from tui.demo.strict import check
from tui.demo.tickets import Tickets
from tui.demo.wire import Json
from tui.demo.world import World

__all__ = ["Rejected", "Service"]

FORMAT: Final = 1


class Service:
    """The service behind the server; `version` grows with each change, so that it is known when to save."""

    def __init__(self, clock: Clock, *, seed: int = DEFAULT_SEED, tickets: int = DEFAULT_TICKETS) -> None:
        if not 1 <= tickets <= MAX_TICKETS:
            raise ValueError(f"the demo has 1 to {MAX_TICKETS} tickets")
        self.clock = clock
        self._deferred = 0
        self._take(World(seed, tickets, clock.now()), Agenda())
        self._life.plan_arrival(self._world.born)

    def _take(self, world: World, agenda: Agenda) -> None:
        self._world = world
        self._life = Life(world, agenda)
        self._tickets = Tickets(world, self._life)
        self._helps = HelpRequests(world, self._life)
        self._operations: dict[str, Callable[[Checked, int], Json]] = {
            "ListTickets": self._tickets.list,
            "GetTicket": self._tickets.get,
            "UpdateTicket": self._tickets.update,
            "CreateTicket": self._tickets.create,
            "RequestTopicChange": self._tickets.request_topic_change,
            "ListTicketHelpRequests": self._helps.list,
            "GetTicketHelpRequest": self._helps.get,
            "CreateTicketHelpRequest": self._helps.create,
            "UpdateTicketHelpRequest": self._helps.update,
            "GenerateReturnShippingLabel": self._tickets.generate_label,
        }

    @property
    def base_url(self) -> str:
        """Where attachments are said to be."""
        return self._tickets.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._tickets.base_url = self._helps.base_url = url

    @property
    def version(self) -> int:
        return self._world.version + self._deferred

    def handle(self, operation: str, body: object) -> Json:
        """Carry out one call now. Raises `Rejected`, and then nothing was changed by it."""
        now = self.clock.now()
        self.advance(now)
        return self._run(operation, body, now)

    def advance(self, now: int) -> None:
        """Make happen what is due by `now`, each at its own instant."""
        while (event := self._life.agenda.next(now)) is not None:
            if event.kind == "deferred":
                try:
                    self._run(event.detail["operation"], event.detail["body"], event.at)
                except Rejected:
                    pass
            else:
                self._life.run(event, now)
        self._world.lists.tick(now)

    def defer(self, seconds: float, operation: str, body: object) -> None:
        """Carry out a call only after this time, whatever its caller was told: a write that arrives late."""
        self._deferred += 1
        at = self.clock.now() + round(seconds * SECOND)
        self._life.agenda.plan(at, "deferred", 0, {"operation": operation, "body": body})

    def file(self, file_id: int, filename: str) -> tuple[str, bytes] | None:
        """Content type and bytes of an attachment, or None."""
        return self._world.file(file_id, filename)

    def to_json(self) -> str:
        """The whole state, to be kept between runs."""
        state = {"format": FORMAT, "world": self._world.dump(), "agenda": self._life.agenda.dump()}
        return json.dumps(state, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, clock: Clock, text: str) -> Service:
        """The service that `to_json` described. Raises `ValueError` when the text is none of ours."""
        try:
            state = json.loads(text)
            if state["format"] != FORMAT:
                raise ValueError("another format")
            service = cls(clock, tickets=1)
            service._take(World.load(state["world"]), Agenda.load(state["agenda"]))
        except (KeyError, TypeError, AttributeError, IndexError, RecursionError, ValueError) as error:
            raise ValueError("The state of the demo service cannot be read. Start it afresh.") from error
        return service

    def _run(self, operation: str, body: object, now: int) -> Json:
        checked = check(operation, body)
        return self._operations[operation](checked, now)
