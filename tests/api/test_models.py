"""From JSON to rows: what is forgiven, what makes an answer unusable."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.api import models
from tui.api.answers import Received, Thread, TicketPage
from tui.api.wire import WireError
from tui.clock import HOUR, SECOND, to_rfc3339
from tui.domain import MAX_ID, Attachment, HelpRequest, Message, Ticket
from tui.text import FORBIDDEN

TICKET: dict[str, Any] = {
    "id": "9007199254740993",
    "status": "OPEN",
    "urgency_status": "PANIC",
    "created_at": "2026-11-20T08:00:00.123456789Z",
    "updated_at": "2026-11-20T10:30:00+02:00",
    "marketplace_order_item": {"order_item_id": "12", "order_id": 13, "instance_name": "iPhone 12 | 64 GB"},
    "topic_slug": "defect",
    "country": "AT",
    "customer": {"email": "anna@example.com", "name": "Anna  Müller"},
    "assignee": {"email": "me@example.com", "name": "Me"},
    "sla_checkpoints": [
        {"checkpoint_type": "AWAITING_REPLY_SINCE", "at": "2026-11-20T08:00:00Z"},
        {"checkpoint_type": "OVERDUE", "at": "2026-11-20T12:00:00Z"},
        {"checkpoint_type": "OVERDUE", "at": "2026-11-20T11:00:00Z"},
        {"checkpoint_type": "REFURBED_TAKEOVER", "at": "2026-11-21T08:00:00Z"},
        {"checkpoint_type": "SOMETHING_NEW", "at": "2026-11-01T08:00:00Z"},
    ],
    "seller_action_needed": True,
    "customer_panicked": True,
    "notes": "line 1\nline 2",
    "follow_up_to_ticket_id": "7",
    "topic_change_allowed": True,
    "has_help_requests": True,
    "new_field": {"x": 1},
}
MESSAGE: dict[str, Any] = {
    "id": "51",
    "body_html": "<p>Hi</p>",
    "created_at": "2026-11-20T08:00:00Z",
    "author": {"type": "MERCHANT", "email": "me@example.com", "name": "Me"},
    "attachments": [{"filename": "a.pdf", "url": "https://files.example/a.pdf?x=1&y=%20", "content_type": "image/png"}],
}


def received(body: object) -> Received:
    return Received("X", 200, body if isinstance(body, bytes) else json.dumps(body).encode())


def page(*tickets: object, **fields: object) -> TicketPage:
    return models.ticket_page(received({"tickets": list(tickets), **fields}))


def thread(*messages: object, ticket: object = None, ticket_id: int | None = None) -> Thread:
    body = {"ticket": {"id": "1"} if ticket is None else ticket, "messages": list(messages)}
    return models.thread_of(ticket_id)(received(body))


def camel(value: object) -> object:
    if isinstance(value, dict):
        return {
            name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:]): camel(inner)
            for name, inner in value.items()
        }
    return [camel(inner) for inner in value] if isinstance(value, list) else value


def test_a_ticket_becomes_a_row() -> None:
    (row,) = page(TICKET).tickets
    assert (row.id, row.status, row.urgency) == (2**53 + 1, "OPEN", "PANIC")
    assert to_rfc3339(row.created_at) == "2026-11-20T08:00:00.123456Z"
    assert to_rfc3339(row.updated_at) == "2026-11-20T08:30:00Z"
    assert (row.item_kind, row.order_id, row.order_item_id, row.product) == (
        "marketplace",
        13,
        12,
        "iPhone 12 | 64 GB",
    )
    assert (row.customer_name, row.customer_email) == ("Anna Müller", "anna@example.com")
    assert (row.assignee_email, row.topic, row.country, row.follow_up_to) == ("me@example.com", "defect", "AT", 7)
    assert row.overdue_at - row.awaiting_since == 3 * HOUR  # the earlier of two of a kind
    assert row.takeover_at - row.awaiting_since == 24 * HOUR
    assert row.seller_action_needed and row.customer_panicked and row.topic_change_allowed and row.has_help_requests
    assert row.notes == "line 1\nline 2"


def test_both_spellings_of_names_are_understood() -> None:
    assert page(camel(TICKET)).tickets == page(TICKET).tickets
    scoped = {"message": MESSAGE, "scope": "PUBLIC"}
    assert thread(camel(scoped)).messages == thread(scoped).messages
    help_request = {
        "id": "3",
        "ticket_id": "1",
        "status": "OPEN",
        "topic": "LEGAL",
        "created_at": "2026-11-20T08:00:00Z",
    }
    lists = [
        models.help_request_list(received(camel(body) if twist else body)).help_requests
        for body in [{"help_requests": [help_request]}]
        for twist in (False, True)
    ]
    assert lists[0] == lists[1]
    assert models.ticket_page(received({"tickets": [], "hasMore": True})).has_more


def test_missing_and_null_are_the_default() -> None:
    nothing = dict.fromkeys(TICKET)
    assert page({"id": "1"}, {**nothing, "id": 1}).tickets == (Ticket(id=1), Ticket(id=1))
    assert models.ticket_page(received({})).tickets == ()
    assert models.ticket_page(received({"tickets": None, "has_more": None})) == TicketPage(
        (), (), False, received({"tickets": None, "has_more": None})
    )
    assert thread({"message": {"id": 5, "author": None, "attachments": None}}).messages == (Message(id=5),)
    assert models.thread_of(1)(received({"ticket": {"id": 1}})).messages == ()
    assert models.help_request_list(received({})).help_requests == ()
    assert models.help_thread_of(3)(received({"help_request": {"id": "3"}})).help_request == HelpRequest(3)


def test_unspecified_is_nothing_and_new_words_are_kept() -> None:
    (row,) = page({"id": "1", "status": "ESCALATED", "urgency_status": "UNSPECIFIED", "country": 17}).tickets
    assert (row.status, row.urgency, row.country) == ("ESCALATED", "", "17")
    (message,) = thread({"message": {**MESSAGE, "author": {"type": "BOT"}}, "scope": "SECRET"}).messages
    assert (message.author_type, message.scope) == ("BOT", "SECRET")


def test_a_buyback_item_fills_the_same_fields() -> None:
    item = {"buyback_order_item_id": "8", "buyback_order_id": "9", "product_variant_name": "Pixel 7"}
    (row,) = page({"id": "1", "buyback_order_item": item, "marketplace_order_item": None}).tickets
    assert (row.item_kind, row.order_id, row.order_item_id, row.product) == ("buyback", 9, 8, "Pixel 7")


@pytest.mark.parametrize(
    ("number", "exact"),
    [("1", 1), (1, 1), ("007", 7), (2**53 + 1, 2**53 + 1), (str(MAX_ID), MAX_ID), (MAX_ID, MAX_ID)],
)
def test_ids_are_exact(number: object, exact: int) -> None:
    assert page({"id": number}).tickets[0].id == exact


@pytest.mark.parametrize(
    "number", [None, "", 0, "0", -1, "-1", 1.0, 1e3, True, "1.0", "1e3", " 1", "٣", str(2**63), 2**63, [1], {"a": 1}]
)
def test_what_is_no_id_makes_a_ticket_unusable(number: object) -> None:
    with pytest.raises(WireError, match=r"^ticket 2 of the list has no usable id$"):
        page({"id": "1"}, {"id": number})


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2026-11-20T00:30:00-05:30", "2026-11-20T06:00:00Z"),
        ("2026-11-20t00:30:00z", "2026-11-20T00:30:00Z"),
    ],
)
def test_times_at_the_edges(time: str, instant: str) -> None:
    read = page({"id": "1", "updated_at": time})
    assert to_rfc3339(read.tickets[0].updated_at) == instant
    assert read.notes == ()


def test_times_beyond_the_calendar_fit_the_store() -> None:
    early, late = page(
        {"id": "1", "updated_at": "0001-01-01T00:00:00+14:00"}, {"id": "2", "updated_at": "9999-12-31T23:59:59-12:00"}
    ).tickets
    assert -(2**63) < early.updated_at < late.updated_at < 2**63


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01T00:00:00Z", "2026-11-20T08:00:00", 5, {}, True, "0" * 99])
def test_a_time_that_is_none_is_noted_and_hides_nothing(time: object) -> None:
    read = page({"id": "1", "updated_at": time, "sla_checkpoints": [{"checkpoint_type": "OVERDUE", "at": time}]})
    assert (read.tickets[0].updated_at, read.tickets[0].overdue_at) == (0, 0)
    assert read.notes == tuple(f"ticket 1 of the list: {name} is not a time" for name in ("updated_at", "at"))


def test_an_order_id_that_is_none_is_noted() -> None:
    read = page({"id": "1", "marketplace_order_item": {"order_id": "12a"}})
    assert (read.tickets[0].order_id, read.notes) == (0, ("ticket 1 of the list: order_id is not an id",))


def test_wrong_kinds_inside_a_ticket_count_as_missing() -> None:
    wrong = {
        "customer": "Anna", "assignee": [], "sla_checkpoints": {"a": 1}, "seller_action_needed": "yes", "notes": ["x"],
        "marketplace_order_item": 5, "topic_slug": {"a": 1}, "has_help_requests": 1, "status": ["OPEN"],
    }  # fmt: skip
    assert page({"id": "1", **wrong}).tickets == (Ticket(id=1),)
    assert page({"id": "1", "sla_checkpoints": [None, 5, "x"]}).tickets == (Ticket(id=1),)


def test_a_message_becomes_a_row_and_the_thread_is_in_order() -> None:
    later = {**MESSAGE, "id": 40, "created_at": "2026-11-20T09:00:00Z"}
    same_time = {**MESSAGE, "id": 50}
    read = thread(*({"message": message, "scope": "INTERNAL"} for message in (later, MESSAGE, same_time)))
    assert [message.id for message in read.messages] == [50, 51, 40]
    assert [json.loads(raw)["message"]["id"] for raw in read.raw_messages] == [50, "51", 40]
    message = read.messages[1]
    assert (message.scope, message.author_type, message.author_email) == ("INTERNAL", "MERCHANT", "me@example.com")
    assert message.attachments == (Attachment("a.pdf", "https://files.example/a.pdf?x=1&y=%20", "image/png"),)
    assert message.created_at % SECOND == 0


def test_texts_are_cleaned_and_addresses_stay_whole() -> None:
    evil = "a\x1b]0;x\x07\u202eb\ud800\x9b2Jc\r\nd"
    url = "https://files.example/" + "é" * 600 + "\x1b\n\u2028x"
    message = {**MESSAGE, "body_html": evil, "author": {"type": evil, "email": evil, "name": evil}}
    message["attachments"] = [{"filename": evil, "url": url, "content_type": evil}]
    read = thread({"message": message, "scope": evil}, ticket={**TICKET, "customer": {"email": evil, "name": evil}})
    row = read.messages[0]
    lines = [row.author_name, row.author_email, row.author_type, row.scope, read.ticket.customer_email]
    lines += [text for file in row.attachments for text in (file.filename, file.url, file.content_type)]
    for text in (*lines, row.body_html, read.ticket.customer_name):
        assert not FORBIDDEN.search(text)
        text.encode()
    assert not any("\n" in line for line in lines)
    assert len(row.attachments[0].url) > 600


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"tickets": {}}, "its tickets are not a list"),
        ({"tickets": "x"}, "its tickets are not a list"),
        ({"tickets": [None]}, "ticket 1 of the list is not an object"),
        ({"tickets": [{"id": "1"}, 5]}, "ticket 2 of the list is not an object"),
        ({"tickets": [{}]}, "ticket 1 of the list has no usable id"),
        ({"code": 5, "message": "no"}, "it has no tickets"),
        ({"error": "no"}, "it has no tickets"),
    ],
)
def test_lists_of_another_shape_are_unusable(body: object, words: str) -> None:
    with pytest.raises(WireError) as caught:
        models.ticket_page(received(body))
    assert str(caught.value) == words
    assert caught.value.__context__ is None  # pydantic's error holds customer data


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "it has no ticket"),
        ({"ticket": None}, "it has no ticket"),
        ({"ticket": []}, "it has no ticket"),
        ({"ticket": [{"id": "1"}]}, "it has no ticket"),
        ({"ticket": {"id": "2"}}, "it is about ticket 2 instead of 1"),
        ({"ticket": {"id": "1"}, "messages": {}}, "its messages are not a list"),
        ({"ticket": {"id": "1"}, "messages": [None]}, "message 1 is not an object"),
        ({"ticket": {"id": "1"}, "messages": [{"message": None}]}, "message 1 has no usable message"),
        ({"ticket": {"id": "1"}, "messages": [{}]}, "message 1 has no usable message"),
        ({"ticket": {"id": "1"}, "messages": [{"message": {}}]}, "message 1 has no usable message.id"),
        ({"code": 5, "ticket": None}, "it has no ticket"),
    ],
)
def test_threads_of_another_shape_are_unusable(body: object, words: str) -> None:
    with pytest.raises(WireError) as caught:
        models.thread_of(1)(received(body))
    assert str(caught.value) == words


def test_help_threads_and_labels() -> None:
    body = {"help_request": {"id": "3", "status": "PENDING"}, "messages": [MESSAGE]}
    read = models.help_thread_of(3)(received(body))
    assert (read.help_request.status, read.messages[0].scope, json.loads(read.raw_messages[0])) == (
        "PENDING",
        "",
        MESSAGE,
    )
    with pytest.raises(WireError, match="about help request 3 instead of 4"):
        models.help_thread_of(4)(received(body))
    with pytest.raises(WireError, match="it has no help_request"):
        models.help_thread_of(None)(received({}))
    answer = received({"label": "soon"})
    assert models.nothing(answer) is answer
    for text in (b"", b"[]", b"<html>", b'{"code": 3}'):
        with pytest.raises(WireError):
            models.nothing(received(text))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=8) | st.sampled_from(["2026-11-20T08:00:00Z", "1", "OVERDUE", "\ud800", "9" * 30, "OPEN"])
NAMES = st.sampled_from(
    sorted({*TICKET, *MESSAGE, "tickets", "ticket", "messages", "message", "scope", "has_more", "help_request", "at",
            "help_requests", "checkpoint_type", "email", "name", "type", "url", "filename", "order_id", "orderId",
            "code", "createdAt", "slaCheckpoints"})
)  # fmt: skip
ANY = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=5),
    max_leaves=25,
)
IDS = st.sampled_from(["1", 1, "12"]) | ANY
OBJECTS = st.fixed_dictionaries({"id": IDS}, optional={name: ANY for name in (*TICKET, *MESSAGE) if name != "id"})
ANSWERS = ANY | st.fixed_dictionaries(
    {},
    optional={
        "tickets": st.lists(OBJECTS | ANY, max_size=3),
        "ticket": OBJECTS,
        "messages": st.lists(OBJECTS | st.fixed_dictionaries({"message": OBJECTS, "scope": ANY}) | ANY, max_size=3),
        "help_request": OBJECTS,
        "help_requests": st.lists(OBJECTS, max_size=2),
        "has_more": ANY,
    },
)


@given(ANSWERS)
@settings(max_examples=250, deadline=None)
def test_any_json_becomes_rows_or_a_wire_error(body: object) -> None:
    answer = Received("X", 200, json.dumps(body).encode())
    readers: list[Callable[[Received], object]] = [
        models.ticket_page, models.thread_of(1), models.thread_of(None), models.help_request_list,
        models.help_thread_of(None), models.nothing,
    ]  # fmt: skip
    for read in readers:
        try:
            rows = read(answer)
        except WireError as error:
            assert str(error).isprintable()
            continue
        for ticket in getattr(rows, "tickets", ()) or [row for row in (getattr(rows, "ticket", None),) if row]:
            assert 0 < ticket.id <= MAX_ID
            assert not FORBIDDEN.search(ticket.customer_name + ticket.notes + ticket.status)
            assert type(ticket.customer_panicked) is bool
        for message in getattr(rows, "messages", ()):
            message.body_html.encode()
            assert -(2**63) < message.created_at < 2**63
