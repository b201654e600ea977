"""What the operations share: finding things, taking in a message, putting a ticket into an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tui.demo.data import AGENTS, DEMO_AGENT_EMAIL
from tui.demo.errors import invalid, unknown
from tui.demo.model import Help, Message, Ticket
from tui.demo.sanitise import is_blank, sanitise
from tui.demo.wire import Json, help_json, message_json, scoped_json, ticket_json
from tui.demo.world import World

MAX_BODY: Final = 512 * 1024
MAX_FILES: Final = 10
Checked = Mapping[str, Any]
Submission = tuple[str, list[tuple[str, bytes]]]


def find_ticket(world: World, request: Checked) -> Ticket:
    """The ticket a request is about."""
    ticket = world.tickets.get(request["ticket_id"])
    if ticket is None:
        raise unknown(f"ticket {request['ticket_id']} not found")
    return ticket


def find_help(request: Checked, helps: Sequence[Help]) -> Help:
    """The help request a request is about."""
    for one in helps:
        if one.id == request["help_request_id"]:
            return one
    raise unknown(f"help request {request['help_request_id']} not found")


def find_agent(email: str) -> str:
    """The address of one of the seller's people, as stored."""
    for known in AGENTS:
        if known == email.casefold():
            return known
    raise invalid(f"user {email} not found")


def submission(message: Checked) -> Submission:
    """A submitted message: its HTML made safe, its files."""
    name = "invalid TicketMessageSubmission"
    if len(message["body_html"].encode()) > MAX_BODY:
        raise invalid(f"{name}.BodyHtml: value length must be at most {MAX_BODY} bytes")
    body = sanitise(message["body_html"])
    if is_blank(body):
        raise invalid(f"{name}.BodyHtml: value must not be blank")
    files = [(one["filename"], one["data"]) for one in message.get("attachments", ())]
    if len(files) > MAX_FILES:
        raise invalid(f"{name}.Attachments: value must contain no more than {MAX_FILES} item(s)")
    for filename, _ in files:
        if len(filename) > 255 or "/" in filename:
            raise invalid(f"{name}.Attachment.Filename: value must be a file name")
    return body, files


def by_agent(scope: str, body: str, now: int) -> Message:
    """A message of the one the token belongs to."""
    return Message(0, scope, now, "MERCHANT", AGENTS[DEMO_AGENT_EMAIL], DEMO_AGENT_EMAIL, body)


def whole_ticket(world: World, ticket: Ticket, base_url: str) -> Json:
    """The ticket with all its messages."""
    messages = [scoped_json(message, base_url) for message in world.thread(ticket)]
    return {"ticket": ticket_json(ticket, AGENTS), "messages": messages}


def whole_help(asked: Help, base_url: str) -> Json:
    """The help request with all its messages."""
    return {"help_request": help_json(asked), "messages": [message_json(one, base_url) for one in asked.messages]}
