"""What can be asked of the service, as frozen values that know their JSON (`body()`), and refuse what it would refuse.

A `ValueError` from here is a mistake of the program, not of the user: two members of a oneof (API.md trap 4), a message
without an audience. Ids are ints and leave as strings; empty tuples, "" and None mean "not asked".
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Literal

Json = dict[str, object]
SortBy = Literal["CREATED_AT", "NEXT_SLA_BREACH_AT", "UPDATED_AT"]
SortOrder = Literal["ASC", "DESC"]

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Conditions of ListTickets under the contract's names; all hold together, a tuple means any of it.

    `not_…` is the contract's `none_of`. An empty tuple asks nothing, so a list of ids that came out empty lists
    everything: callers check first.
    """

    ticket_id: tuple[int, ...] = ()
    marketplace_order_id: tuple[int, ...] = ()
    marketplace_order_item_id: tuple[int, ...] = ()
    buyback_order_id: tuple[int, ...] = ()
    buyback_order_item_id: tuple[int, ...] = ()
    assignee_user_email: str = ""
    customer_email: str = ""
    status: tuple[str, ...] = ()
    not_status: tuple[str, ...] = ()
    urgency_status: tuple[str, ...] = ()
    not_urgency_status: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    not_country: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    not_topic: tuple[str, ...] = ()
    customer_name: tuple[str, ...] = ()
    not_customer_name: tuple[str, ...] = ()
    customer_name_contains: str = ""
    customer_panicked: bool | None = None
    is_buyback: bool | None = None
    seller_action_needed: bool | None = None
    has_help_requests: bool | None = None

    def body(self) -> Json:
        """The `filter` object; empty when nothing is asked."""
        asked: Json = {}
        ids = ("ticket_id", "marketplace_order_id", "marketplace_order_item_id", "buyback_order_id")
        for name in (*ids, "buyback_order_item_id"):
            if values := getattr(self, name):
                asked[name] = {"any_of": [str(value) for value in values]}
        for name in ("assignee_user_email", "customer_email"):
            if value := getattr(self, name):
                asked[name] = {"eq": value}
        for name in ("status", "urgency_status", "country", "topic", "customer_name"):
            choice: Json = {}
            if any_of := getattr(self, name):
                choice["any_of"] = list(any_of)
            if none_of := getattr(self, f"not_{name}"):
                choice["none_of"] = list(none_of)
            if name == "customer_name" and self.customer_name_contains:
                choice["contains"] = self.customer_name_contains
            if choice:
                asked[name] = choice
        for name in ("customer_panicked", "is_buyback", "seller_action_needed", "has_help_requests"):
            if (flag := getattr(self, name)) is not None:
                asked[name] = {"value": flag}
        return asked


@dataclass(frozen=True, slots=True)
class ListTickets:
    """One page. `after` and `before` are ids of the last and first ticket received, in the order asked for (trap 2)."""

    filter: TicketFilter = TicketFilter()
    by: SortBy = "UPDATED_AT"
    order: SortOrder = "DESC"
    after: int | None = None
    before: int | None = None
    limit: int = MAX_PAGE

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_PAGE:
            raise ValueError(f"a page holds 1 to {MAX_PAGE} tickets")
        if self.after is not None and self.before is not None:
            raise ValueError("a page starts after one ticket or ends before one, not both")

    def body(self) -> Json:
        pagination: Json = {"limit": self.limit}
        if self.after is not None:
            pagination["starting_after"] = str(self.after)
        if self.before is not None:
            pagination["ending_before"] = str(self.before)
        asked: Json = {"pagination": pagination, "sort": {"by": self.by, "order": self.order}}
        if conditions := self.filter.body():
            asked["filter"] = conditions
        return asked


@dataclass(frozen=True, slots=True)
class OutAttachment:
    """A file to send along; base64 on the wire."""

    filename: str
    data: bytes = field(repr=False)

    def body(self) -> Json:
        return {"filename": self.filename, "data": base64.b64encode(self.data).decode("ascii")}


@dataclass(frozen=True, slots=True)
class OutMessage:
    """A message to submit. `scope` is PUBLIC or INTERNAL in UpdateTicket and empty elsewhere."""

    body_html: str = field(repr=False)
    scope: str = ""
    attachments: tuple[OutAttachment, ...] = ()

    def body(self) -> Json:
        """The TicketMessageSubmission, without the scope."""
        message: Json = {"body_html": self.body_html}
        if self.attachments:
            message["attachments"] = [attachment.body() for attachment in self.attachments]
        return message


@dataclass(frozen=True, slots=True)
class UpdateTicket:
    """Changes to a ticket. `status` empty leaves it out (trap 1 says when); `notes` None keeps, "" empties them."""

    ticket_id: int
    message: OutMessage | None = None
    assignee_email: str = ""
    unassign: bool = False
    status: str = ""
    notes: str | None = None

    def __post_init__(self) -> None:
        if self.assignee_email and self.unassign:
            raise ValueError("a ticket is assigned or unassigned, not both")
        if self.status not in ("", "PENDING", "SOLVED"):
            raise ValueError("only PENDING and SOLVED can be submitted")
        if self.message is not None and self.message.scope not in ("PUBLIC", "INTERNAL"):
            raise ValueError("a message on a ticket is PUBLIC or INTERNAL")

    def body(self) -> Json:
        asked: Json = {"ticket_id": str(self.ticket_id)}
        if self.message is not None:
            asked["new_message"] = {"message": self.message.body(), "scope": self.message.scope}
        if self.assignee_email:
            asked["assignee_user_email"] = self.assignee_email
        if self.unassign:
            asked["unassign"] = True
        if self.status:
            asked["status"] = self.status
        if self.notes is not None:
            asked["notes"] = self.notes
        return asked


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A new ticket on at most one order item; its first message is PUBLIC. `follow_up_to` names the closed ticket."""

    topic: str
    message: OutMessage
    marketplace_order_item_id: int = 0
    buyback_order_item_id: int = 0
    notes: str | None = None
    follow_up_to: int = 0

    def __post_init__(self) -> None:
        if self.marketplace_order_item_id and self.buyback_order_item_id:
            raise ValueError("a ticket is about a marketplace or a buyback item, not both")
        if self.message.scope not in ("", "PUBLIC"):
            raise ValueError("the first message of a ticket is PUBLIC")

    def body(self) -> Json:
        asked: Json = {"topic": self.topic, "message": self.message.body()}
        if self.marketplace_order_item_id:
            asked["order_item_identifier"] = {"marketplace_order_item_id": str(self.marketplace_order_item_id)}
        if self.buyback_order_item_id:
            asked["order_item_identifier"] = {"buyback_order_item_id": str(self.buyback_order_item_id)}
        if self.notes is not None:
            asked["notes"] = self.notes
        if self.follow_up_to:
            asked["follow_up_to_ticket_id"] = str(self.follow_up_to)
        return asked


@dataclass(frozen=True, slots=True)
class TopicChange:
    """Why the topic is wrong, with documents or with the reason why there are none."""

    ticket_id: int
    message: OutMessage
    exemption_reason: str = ""

    def __post_init__(self) -> None:
        _unscoped(self.message)

    def body(self) -> Json:
        asked: Json = {"ticket_id": str(self.ticket_id), "message": self.message.body()}
        if self.exemption_reason:
            asked["attachment_exemption_reason"] = self.exemption_reason
        return asked


@dataclass(frozen=True, slots=True)
class NewHelpRequest:
    """A question to refurbed about a ticket."""

    ticket_id: int
    topic: str
    message: OutMessage

    def __post_init__(self) -> None:
        _unscoped(self.message)

    def body(self) -> Json:
        return {"ticket_id": str(self.ticket_id), "topic": self.topic, "message": self.message.body()}


@dataclass(frozen=True, slots=True)
class HelpReply:
    """One more message on a help request."""

    ticket_id: int
    help_request_id: int
    message: OutMessage

    def __post_init__(self) -> None:
        _unscoped(self.message)

    def body(self) -> Json:
        return {**ids_body(self.ticket_id, self.help_request_id), "new_message": self.message.body()}


def ids_body(ticket_id: int, help_request_id: int | None = None) -> Json:
    """The body of the operations that take ids alone."""
    asked: Json = {"ticket_id": str(ticket_id)}
    if help_request_id is not None:
        asked["help_request_id"] = str(help_request_id)
    return asked


def _unscoped(message: OutMessage) -> None:
    if message.scope:
        raise ValueError("this message has no scope of its own")
