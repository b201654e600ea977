"""The operations on help requests."""

from __future__ import annotations

from tui.demo.desk import Checked, by_agent, find_help, find_ticket, submission, whole_help
from tui.demo.errors import precondition
from tui.demo.life import Life
from tui.demo.model import Help
from tui.demo.wire import Json, help_json
from tui.demo.world import World


class HelpRequests:
    """ListTicketHelpRequests, GetTicketHelpRequest, CreateTicketHelpRequest, UpdateTicketHelpRequest."""

    def __init__(self, world: World, life: Life) -> None:
        self._world, self._life = world, life
        self.base_url = ""

    def list(self, request: Checked, _: int) -> Json:
        """An empty list is left out, as proto3 allows."""
        helps = self._world.helps(find_ticket(self._world, request))
        return {"help_requests": [help_json(one) for one in helps]} if helps else {}

    def get(self, request: Checked, _: int) -> Json:
        helps = self._world.helps(find_ticket(self._world, request))
        return whole_help(find_help(request, helps), self.base_url)

    def create(self, request: Checked, now: int) -> Json:
        """refurbed's turn: it answers within a minute."""
        ticket = find_ticket(self._world, request)
        body, files = submission(request["message"])
        if ticket.status == "CLOSED":
            raise precondition(f"ticket {ticket.id} is closed")
        with self._world.change(ticket, now):
            ticket.has_help_requests = True
            created = Help(self._world.new_help_id(), ticket.id, "OPEN", request["topic"], now)
            self._world.change_helps(ticket).append(created)
            self._world.post_help(created, by_agent("", body, now), files)
        self._life.plan_help(created, now)
        return whole_help(created, self.base_url)

    def update(self, request: Checked, now: int) -> Json:
        """A SOLVED one opens again, a CLOSED one does not."""
        ticket = find_ticket(self._world, request)
        body, files = submission(request["new_message"])
        if find_help(request, self._world.helps(ticket)).status == "CLOSED":
            raise precondition(f"help request {request['help_request_id']} is closed")
        with self._world.change(ticket, now):
            asked = find_help(request, self._world.change_helps(ticket))
            asked.status = "OPEN"
            self._world.post_help(asked, by_agent("", body, now), files)
        self._life.plan_help(asked, now)
        return whole_help(asked, self.base_url)
