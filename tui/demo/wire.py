"""Stored rows as the JSON of an answer: ids as strings, times with as many digits as a gateway gives, defaults at times
left out (API.md "JSON habits"). What is left out depends on the id alone, so a row always looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.clock import SECOND, to_rfc3339
from tui.demo.files import file_path
from tui.demo.model import Help, Message, Ticket

Json = dict[str, object]
_CHECKPOINTS: Final = (
    ("AWAITING_REPLY_SINCE", "awaiting_since"),
    ("OVERDUE", "overdue_at"),
    ("REFURBED_TAKEOVER", "takeover_at"),
)


def stamp(at: int, salt: int) -> str:
    """RFC 3339 with no, six or nine digits; the last three of nine come from `salt`."""
    if at % SECOND == 0:
        return to_rfc3339(at)
    digits = f"{at % SECOND:06}" + (f"{salt % 997 + 1:03}" if salt % 3 else "")
    return to_rfc3339(at - at % SECOND).replace("Z", f".{digits}Z")


def ticket_json(ticket: Ticket, names: Mapping[str, str]) -> Json:
    """A ticket; `names` are those of the seller's people by e-mail address."""
    answer: Json = {"id": str(ticket.id), "status": ticket.status}
    if ticket.urgency:
        answer["urgency_status"] = ticket.urgency
    answer["created_at"] = stamp(ticket.created_at, ticket.id)
    if ticket.buyback:
        answer["buyback_order_item"] = {
            "buyback_order_item_id": str(ticket.item_id),
            "buyback_order_id": str(ticket.order_id),
            "product_variant_name": ticket.product,
        }
    else:
        answer["marketplace_order_item"] = {
            "order_item_id": str(ticket.item_id),
            "order_id": str(ticket.order_id),
            "instance_name": ticket.product,
        }
    answer["topic_slug"] = ticket.topic
    answer["country"] = ticket.country
    answer["customer"] = {"email": ticket.customer_email, "name": ticket.customer_name}
    assignee: object = None
    if ticket.assignee:
        assignee = {"email": ticket.assignee, "name": names.get(ticket.assignee, "")}
    answer["assignee"] = assignee
    answer["sla_checkpoints"] = [
        {"checkpoint_type": kind, "at": stamp(at, ticket.id)}
        for kind, field in _CHECKPOINTS
        if (at := getattr(ticket, field))
    ]
    answer["updated_at"] = stamp(ticket.updated_at, ticket.id)
    answer["seller_action_needed"] = ticket.action_needed
    answer["customer_panicked"] = ticket.panicked
    answer["notes"] = ticket.notes
    if ticket.follow_up_to:
        answer["follow_up_to_ticket_id"] = str(ticket.follow_up_to)
    answer["topic_change_allowed"] = ticket.topic_change_allowed
    answer["has_help_requests"] = ticket.has_help_requests
    return _lean(answer, ticket.id)


def message_json(message: Message, base: str) -> Json:
    """A message without its scope; `base` is the address that the files are under."""
    author: Json = {"type": message.author_type, "name": message.author_name}
    if message.author_email:
        author["email"] = message.author_email
    answer: Json = {
        "id": str(message.id),
        "body_html": message.body_html,
        "created_at": stamp(message.created_at, message.id),
        "author": author,
        "attachments": [
            {
                "filename": file.filename,
                "url": base + file_path(file.id, file.filename),
                "content_type": file.content_type,
            }
            for file in message.files
        ],
    }
    return _lean(answer, message.id)


def scoped_json(message: Message, base: str) -> Json:
    """A message of a ticket."""
    return {"message": message_json(message, base), "scope": message.scope}


def help_json(request: Help) -> Json:
    """A help request without its messages."""
    return {
        "id": str(request.id),
        "ticket_id": str(request.ticket_id),
        "status": request.status,
        "topic": request.topic,
        "created_at": stamp(request.created_at, request.id),
    }


def _lean(answer: Json, salt: int) -> Json:
    """Two rows of five come without what holds its default."""
    if salt % 5 > 1:
        return answer
    return {name: value for name, value in answer.items() if value not in (None, False, "", [])}
