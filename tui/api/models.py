"""What the service sends, read into domain rows: forgiving about details, strict about what makes an answer usable.

The rules are API.md "JSON habits": ids as strings or numbers, missing defaults, null as default, unknown enum values
kept, unknown fields ignored, either spelling of a name. An answer is unusable (`WireError`) when the thing asked for is
missing, when an element of a list is no object, or when something has no id. Every text is cleaned here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from tui.api.answers import HelpRequestList, HelpThread, Received, Thread, TicketPage
from tui.api.contract import contract_json
from tui.api.wire import Document, Element, WireError, read_document
from tui.clock import parse_instant
from tui.domain import MAX_ID, Attachment, HelpRequest, Message, Ticket
from tui.text import clean, clean_line

__all__ = ["contract_json", "help_request_list", "help_thread_of", "nothing", "thread_of", "ticket_page"]

LINE_LIMIT: Final = 500
WORD_LIMIT: Final = 80
_DIGITS: Final = re.compile(r"\d{1,19}", re.ASCII)
_UNSPECIFIED: Final = "UNSPECIFIED"
_ERROR_KEYS: Final = frozenset(("code", "error"))
_HAS_MORE: Final = ("has_more", "hasMore")
_SINGLE: Final = ("ticket", "help_request", "helpRequest")


def _number(value: object) -> int:
    """An id, exact; 0 when it is none. Floats are refused: beyond 2^53 they are not exact."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID:
        return value
    return 0


def _needed_id(value: object) -> int:
    if not (number := _number(value)):
        raise ValueError("no usable id")
    return number


def _note(info: ValidationInfo, what: str) -> None:
    if isinstance(info.context, list):
        info.context.append(f"{info.field_name} is {what}")


def _id(value: object, info: ValidationInfo) -> int:
    number = _number(value)
    if not number and value not in (None, 0, "0", ""):
        _note(info, "not an id")
    return number


def _instant(value: object, info: ValidationInfo) -> int:
    """A time; one that cannot be read is noted and counts as none, rather than hide a customer's ticket."""
    if value in (None, ""):
        return 0
    try:
        if isinstance(value, str):
            return parse_instant(value)
    except ValueError:
        pass
    _note(info, "not a time")
    return 0


def _word(value: object) -> str:
    """An enum value; a gateway sends one it has no name for as a number."""
    text = clean_line(_text(value), WORD_LIMIT)
    return "" if text == _UNSPECIFIED else text


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _url(value: object) -> str:
    """A web address, whole (a shortened one leads elsewhere), and as sent where it is printable ASCII."""
    text = _text(value)
    return text if text.isascii() and text.isprintable() else clean_line(text, max(LINE_LIMIT, len(text)))


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _maybe_object(value: object) -> object:
    return value if isinstance(value, dict) else None


def _objects(value: object) -> list[object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


NeededId = Annotated[int, PlainValidator(_needed_id)]
Id = Annotated[int, PlainValidator(_id)]
Instant = Annotated[int, PlainValidator(_instant)]
Word = Annotated[str, PlainValidator(_word)]
Line = Annotated[str, PlainValidator(lambda value: clean_line(_text(value), LINE_LIMIT))]
Text = Annotated[str, PlainValidator(lambda value: clean(_text(value)))]
Url = Annotated[str, PlainValidator(_url)]
Flag = Annotated[bool, PlainValidator(lambda value: value is True)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_camel(name))),
    )


class _Person(_Wire):
    email: Line = ""
    name: Line = ""


class _Author(_Person):
    type: Word = ""


class _MarketplaceItem(_Wire):
    order_item_id: Id = 0
    order_id: Id = 0
    instance_name: Line = ""


class _BuybackItem(_Wire):
    buyback_order_item_id: Id = 0
    buyback_order_id: Id = 0
    product_variant_name: Line = ""


class _Checkpoint(_Wire):
    checkpoint_type: Word = ""
    at: Instant = 0


class _Ticket(_Wire):
    id: NeededId
    status: Word = ""
    urgency_status: Word = ""
    created_at: Instant = 0
    updated_at: Instant = 0
    marketplace_order_item: Annotated[_MarketplaceItem | None, BeforeValidator(_maybe_object)] = None
    buyback_order_item: Annotated[_BuybackItem | None, BeforeValidator(_maybe_object)] = None
    topic_slug: Line = ""
    country: Word = ""
    customer: Annotated[_Person, BeforeValidator(_object)] = _Person()
    assignee: Annotated[_Person, BeforeValidator(_object)] = _Person()
    sla_checkpoints: Annotated[tuple[_Checkpoint, ...], BeforeValidator(_objects)] = ()
    seller_action_needed: Flag = False
    customer_panicked: Flag = False
    notes: Text = ""
    follow_up_to_ticket_id: Id = 0
    topic_change_allowed: Flag = False
    has_help_requests: Flag = False

    def row(self) -> Ticket:
        kind, order, item, product = "", 0, 0, ""
        if (sold := self.marketplace_order_item) is not None:
            kind, order, item, product = "marketplace", sold.order_id, sold.order_item_id, sold.instance_name
        elif (bought := self.buyback_order_item) is not None:
            kind, order, item = "buyback", bought.buyback_order_id, bought.buyback_order_item_id
            product = bought.product_variant_name
        return Ticket(
            id=self.id,
            status=self.status,
            urgency=self.urgency_status,
            created_at=self.created_at,
            updated_at=self.updated_at,
            item_kind=kind,
            order_id=order,
            order_item_id=item,
            product=product,
            topic=self.topic_slug,
            country=self.country,
            customer_name=self.customer.name,
            customer_email=self.customer.email,
            assignee_email=self.assignee.email,
            assignee_name=self.assignee.name,
            awaiting_since=self._checkpoint("AWAITING_REPLY_SINCE"),
            overdue_at=self._checkpoint("OVERDUE"),
            takeover_at=self._checkpoint("REFURBED_TAKEOVER"),
            seller_action_needed=self.seller_action_needed,
            customer_panicked=self.customer_panicked,
            notes=self.notes,
            follow_up_to=self.follow_up_to_ticket_id,
            topic_change_allowed=self.topic_change_allowed,
            has_help_requests=self.has_help_requests,
        )

    def _checkpoint(self, kind: str) -> int:
        """The earliest of its kind: the careful reading where a kind comes twice."""
        return min(
            (point.at for point in self.sla_checkpoints if point.checkpoint_type == kind and point.at), default=0
        )


class _Attachment(_Wire):
    filename: Line = ""
    url: Url = ""
    content_type: Line = ""


class _Message(_Wire):
    id: NeededId
    body_html: Text = ""
    created_at: Instant = 0
    author: Annotated[_Author, BeforeValidator(_object)] = _Author()
    attachments: Annotated[tuple[_Attachment, ...], BeforeValidator(_objects)] = ()

    def row(self, scope: str) -> Message:
        return Message(
            id=self.id,
            scope=scope,
            created_at=self.created_at,
            author_type=self.author.type,
            author_name=self.author.name,
            author_email=self.author.email,
            body_html=self.body_html,
            attachments=tuple(Attachment(file.filename, file.url, file.content_type) for file in self.attachments),
        )


class _ScopedMessage(_Wire):
    message: _Message
    scope: Word = ""


class _HelpRequest(_Wire):
    id: NeededId
    ticket_id: Id = 0
    status: Word = ""
    topic: Word = ""
    created_at: Instant = 0

    def row(self) -> HelpRequest:
        return HelpRequest(self.id, self.ticket_id, self.status, self.topic, self.created_at)


W = TypeVar("W", bound=_Wire)
Messages = tuple[tuple[Message, ...], tuple[bytes, ...]]


def ticket_page(received: Received) -> TicketPage:
    """ListTickets. Raises `WireError`, as do all that follow."""
    document = read_document(received.raw)
    notes: list[str] = []
    elements = _list(document, "tickets")
    tickets = tuple(
        _validated(_Ticket, element, f"ticket {place} of the list", notes).row()
        for place, element in enumerate(elements, 1)
    )
    has_more = any(key in document.values and document.values[key].value is True for key in _HAS_MORE)
    return TicketPage(tickets, tuple(element.raw for element in elements), has_more, received, tuple(notes))


def thread_of(ticket_id: int | None) -> Callable[[Received], Thread]:
    """How to read the answer to a call about this ticket; another ticket in it is no answer."""

    def read(received: Received) -> Thread:
        document = read_document(received.raw)
        notes: list[str] = []
        element = _single(document, "ticket")
        ticket = _validated(_Ticket, element, "the ticket", notes).row()
        if ticket_id is not None and ticket.id != ticket_id:
            raise WireError(f"it is about ticket {ticket.id} instead of {ticket_id}")
        messages, raws = _messages(document, notes, scoped=True)
        return Thread(ticket, messages, element.raw, raws, received, tuple(notes))

    return read


def help_request_list(received: Received) -> HelpRequestList:
    """ListTicketHelpRequests."""
    document = read_document(received.raw)
    notes: list[str] = []
    elements = _list(document, "help_requests", "helpRequests")
    rows = tuple(
        _validated(_HelpRequest, element, f"help request {place} of the list", notes).row()
        for place, element in enumerate(elements, 1)
    )
    return HelpRequestList(rows, tuple(element.raw for element in elements), received, tuple(notes))


def help_thread_of(help_request_id: int | None) -> Callable[[Received], HelpThread]:
    """How to read the answer to a call about this help request."""

    def read(received: Received) -> HelpThread:
        document = read_document(received.raw)
        notes: list[str] = []
        element = _single(document, "help_request", "helpRequest")
        row = _validated(_HelpRequest, element, "the help request", notes).row()
        if help_request_id is not None and row.id != help_request_id:
            raise WireError(f"it is about help request {row.id} instead of {help_request_id}")
        messages, raws = _messages(document, notes, scoped=False)
        return HelpThread(row, messages, element.raw, raws, received, tuple(notes))

    return read


def nothing(received: Received) -> Received:
    """GenerateReturnShippingLabel answers with an empty object; what else is in it is of no concern."""
    if _ERROR_KEYS & read_document(received.raw).values.keys():
        raise WireError("it has the shape of an error")
    return received


def _messages(document: Document, notes: list[str], *, scoped: bool) -> Messages:
    """The thread, oldest first, each with its exact JSON."""
    found: list[tuple[Message, bytes]] = []
    for place, element in enumerate(_list(document, "messages"), 1):
        what = f"message {place}"
        if scoped:
            wrapped = _validated(_ScopedMessage, element, what, notes)
            row = wrapped.message.row(wrapped.scope)
        else:
            row = _validated(_Message, element, what, notes).row("")
        found.append((row, element.raw))
    found.sort(key=lambda pair: (pair[0].created_at, pair[0].id))
    return tuple(row for row, _ in found), tuple(raw for _, raw in found)


def _validated(kind: type[W], element: Element, what: str, notes: list[str]) -> W:
    if not isinstance(element.value, dict):
        raise WireError(f"{what} is not an object")
    found: list[str] = []
    problem = ""
    try:
        wire = kind.model_validate(element.value, context=found)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        problem = f"{what} has no usable {clean_line(place, WORD_LIMIT)}"
    if problem:
        raise WireError(problem)
    notes += [f"{what}: {note}" for note in found]
    return wire


def _list(document: Document, *names: str) -> tuple[Element, ...]:
    """A list by any of its names. Missing and null are empty, as proto3 has it, but not in what is another answer:

    in an error's shape, or in an object that has none of the names a page has.
    """
    for name in names:
        if name in document.lists:
            return document.lists[name]
        if name in document.values and document.values[name].value is not None:
            raise WireError(f"its {names[0]} are not a list")
    sent = document.values.keys() | document.lists.keys()
    if _ERROR_KEYS & document.values.keys() or (sent and not sent & {*names, *_SINGLE, *_HAS_MORE}):
        raise WireError(f"it has no {names[0]}")
    return ()


def _single(document: Document, *names: str) -> Element:
    for name in names:
        if name in document.values and isinstance(document.values[name].value, dict):
            return document.values[name]
    raise WireError(f"it has no {names[0]}")
