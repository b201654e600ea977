"""What the gateway refuses, in its own words, and what it takes although it looks odd."""

from __future__ import annotations

from typing import Any

import pytest

from tui.demo.errors import Rejected
from tui.demo.strict import check, parse

Json = dict[str, Any]
MESSAGE: Json = {"body_html": "<p>x</p>"}
SCOPED: Json = {"message": MESSAGE, "scope": "PUBLIC"}


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        ("ListTickets", {"nonsense": 1}, 'proto: unknown field "nonsense"'),
        ("ListTickets", {"filter": {"nonsense": {}}}, 'proto: unknown field "nonsense"'),
        ("ListTickets", {"filter": {"status": {"eq": "OPEN"}}}, 'proto: unknown field "eq"'),
        ("ListTickets", {"pagination": {"limit": 101}}, "inside range [1, 100]"),
        ("ListTickets", {"pagination": {"limit": 0}}, "inside range [1, 100]"),
        ("ListTickets", {"pagination": {"limit": -1}}, "inside range [1, 100]"),
        ("ListTickets", {"pagination": {"limit": "x"}}, 'invalid value for int64 field limit: "x"'),
        ("ListTickets", {"pagination": {"limit": 1.5}}, "invalid value for int64 field limit: 1.5"),
        ("ListTickets", {"pagination": {"limit": True}}, "invalid value for int64 field limit: true"),
        ("ListTickets", {"pagination": {"limit": 2**63}}, "invalid value for int64 field limit"),
        ("ListTickets", {"pagination": []}, "unexpected token []"),
        (
            "ListTickets",
            {"pagination": {"starting_after": "1", "ending_before": "2"}},
            'error parsing "ending_before", oneof refb.merchant.v1.Int64Pagination.cursor is already set',
        ),
        ("ListTickets", {"sort": {"by": "NAME"}}, 'invalid value for enum field by: "NAME"'),
        ("ListTickets", {"sort": {"order": "desc"}}, 'invalid value for enum field order: "desc"'),
        ("ListTickets", {"sort": "UPDATED_AT"}, "unexpected token"),
        ("ListTickets", {"filter": {"status": {"any_of": ["OPENED"]}}}, 'enum field anyOf: "OPENED"'),
        ("ListTickets", {"filter": {"status": {"any_of": "OPEN"}}}, "unexpected token"),
        ("ListTickets", {"filter": {"country": {"any_of": ["XX"]}}}, 'enum field anyOf: "XX"'),
        ("ListTickets", {"filter": {"is_buyback": {"value": "true"}}}, 'bool field value: "true"'),
        ("ListTickets", {"filter": {"ticket_id": {"any_of": [None]}}}, "invalid value for int64 field anyOf: null"),
        ("GetTicket", {}, "invalid GetTicketRequest.TicketId: value is required"),
        ("GetTicket", {"ticket_id": None}, "invalid GetTicketRequest.TicketId: value is required"),
        ("GetTicket", {"ticket_id": "0"}, "invalid GetTicketRequest.TicketId: value is required"),
        ("GetTicket", {"ticket_id": "-4"}, "value must be greater than 0"),
        ("GetTicket", {"ticket_id": "012"}, 'invalid value for int64 field ticketId: "012"'),
        ("GetTicket", {"ticket_id": " 1"}, 'invalid value for int64 field ticketId: " 1"'),
        ("GetTicket", {"ticket_id": "1", "ticketId": "1"}, 'duplicate field "ticketId"'),
        (
            "UpdateTicket",
            {"ticket_id": 1, "unassign": True, "assignee_user_email": "a@b.example"},
            'error parsing "assignee_user_email", oneof',
        ),
        ("UpdateTicket", {"ticket_id": 1, "unassign": "yes"}, 'invalid value for bool field unassign: "yes"'),
        ("UpdateTicket", {"ticket_id": 1, "status": "OPEN"}, 'invalid value for enum field status: "OPEN"'),
        ("UpdateTicket", {"ticket_id": 1, "status": "CLOSED"}, 'invalid value for enum field status: "CLOSED"'),
        ("UpdateTicket", {"ticket_id": 1, "notes": 3}, "invalid value for string field notes: 3"),
        ("UpdateTicket", {"ticket_id": 1, "notes": "\ud800"}, "invalid value for string field notes"),
        ("UpdateTicket", {"ticket_id": 1, "new_message": {"message": MESSAGE}}, "Scope: value is required"),
        ("UpdateTicket", {"ticket_id": 1, "new_message": {"scope": "PUBLIC"}}, "Message: value is required"),
        ("UpdateTicket", {"ticket_id": 1, "new_message": MESSAGE}, 'unknown field "body_html"'),
        (
            "UpdateTicket",
            {"ticket_id": 1, "new_message": {"scope": "PRIVATE", "message": MESSAGE}},
            'enum field scope: "PRIVATE"',
        ),
        (
            "UpdateTicket",
            {"ticket_id": 1, "new_message": {"scope": "PUBLIC", "message": {"body_html": ""}}},
            "BodyHtml: value is required",
        ),
        (
            "UpdateTicket",
            {
                "ticket_id": 1,
                "new_message": {
                    "scope": "PUBLIC",
                    "message": {**MESSAGE, "attachments": [{"filename": "a", "data": "!"}]},
                },
            },
            "invalid value for bytes field data",
        ),
        ("CreateTicket", {"message": MESSAGE}, "Topic: value is required"),
        ("CreateTicket", {"topic": "return"}, "Message: value is required"),
        (
            "CreateTicket",
            {
                "topic": "return",
                "message": MESSAGE,
                "order_item_identifier": {"marketplace_order_item_id": "1", "buyback_order_item_id": "1"},
            },
            "is already set",
        ),
        ("CreateTicket", {"topic": "return", "message": {**MESSAGE, "scope": "PUBLIC"}}, 'unknown field "scope"'),
        ("RequestTopicChange", {"ticket_id": "1"}, "Message: value is required"),
        (
            "RequestTopicChange",
            {"ticket_id": "1", "message": MESSAGE, "attachment_exemption_reason": "LAZY"},
            "enum field",
        ),
        ("CreateTicketHelpRequest", {"ticket_id": "1", "message": MESSAGE}, "Topic: value is required"),
        ("CreateTicketHelpRequest", {"ticket_id": "1", "topic": "X", "message": MESSAGE}, "enum field topic"),
        ("GetTicketHelpRequest", {"ticket_id": "1"}, "HelpRequestId: value is required"),
        ("UpdateTicketHelpRequest", {"ticket_id": "1", "help_request_id": "1"}, "NewMessage: value is required"),
        ("GenerateReturnShippingLabel", {"ticket_id": "1", "size": "A4"}, 'unknown field "size"'),
    ],
)
def test_what_is_refused(operation: str, body: Json, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        check(operation, body)
    assert (caught.value.grpc_code, caught.value.http_status) == (3, 400)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "syntax error (line 1:2)"),
        (b"[]", "unexpected token []"),
        (b'"x"', "unexpected token"),
        (b'{"a": 1, "a": 2}', 'duplicate field "a"'),
        (b'{"a": NaN}', "invalid value NaN"),
        (b"\xff", "invalid UTF-8"),
        (b"[" * 200_000, "recursion depth"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "recursion depth"),
        (b'{"limit": ' + b"9" * 6000 + b"}", "invalid number"),
    ],
    ids=range(9),
)
def test_what_is_no_request_at_all(raw: bytes, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse(raw)
    assert caught.value.grpc_code == 3
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"ticket_id": "9007199254740993"}, {"ticket_id": 9007199254740993}),
        ({"ticket_id": 9007199254740993}, {"ticket_id": 9007199254740993}),
        ({"ticketId": "5"}, {"ticket_id": 5}),
        ({"ticket_id": 5.0}, {"ticket_id": 5}),
        ({"ticket_id": "5", "notes": None, "status": None}, {"ticket_id": 5}),
        ({"ticket_id": "5", "notes": ""}, {"ticket_id": 5, "notes": ""}),
    ],
)
def test_what_is_taken(body: Json, read: Json) -> None:
    operation = "UpdateTicket" if "notes" in body else "GetTicket"
    assert check(operation, body) == read


@pytest.mark.parametrize("text", ["/+8=", "_-8=", "_-8", "/+8"])
def test_bytes_come_in_either_alphabet(text: str) -> None:
    message = {**MESSAGE, "attachments": [{"filename": "a", "data": text}]}
    read: Any = check("RequestTopicChange", {"ticket_id": "1", "message": message})
    assert read["message"]["attachments"][0]["data"] == b"\xff\xef"


def test_an_empty_body_is_an_empty_request() -> None:
    assert parse(b"") == parse(b" \n") == {}
