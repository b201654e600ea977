"""Every answer of the demo service, and what our client asks, against the published definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui.api.requests import (
    HelpReply,
    ListTickets,
    NewHelpRequest,
    NewTicket,
    OutAttachment,
    OutMessage,
    TicketFilter,
    TopicChange,
    UpdateTicket,
    ids_body,
)
from tui.clock import FixedClock
from tui.demo.errors import Rejected
from tui.demo.schema import COUNTRIES, ENUMS, MESSAGES, OPERATIONS, Field
from tui.demo.service import Service
from tui.demo.strict import check

Json = dict[str, Any]
FILE = OutAttachment("photo.png", b"\x89PNG")
TEXT = OutMessage("<p>Hello</p>", attachments=(FILE,))
IDS = (9007199254740993, 2)
REQUESTS: list[tuple[str, Json]] = [
    ("ListTickets", ListTickets().body()),
    ("ListTickets", ListTickets(after=IDS[0], limit=1, by="NEXT_SLA_BREACH_AT", order="ASC").body()),
    ("ListTickets", ListTickets(before=IDS[0], by="CREATED_AT").body()),
    (
        "ListTickets",
        ListTickets(
            TicketFilter(
                ticket_id=IDS,
                marketplace_order_id=IDS,
                marketplace_order_item_id=IDS,
                buyback_order_id=IDS,
                buyback_order_item_id=IDS,
                assignee_user_email="a@b.example",
                customer_email="c@d.example",
                status=("OPEN", "PENDING"),
                not_status=("CLOSED",),
                urgency_status=("PANIC",),
                not_urgency_status=("URGENT",),
                country=("DE",),
                not_country=("FR",),
                topic=("return",),
                not_topic=("invoice",),
                customer_name=("A",),
                not_customer_name=("B",),
                customer_name_contains="C",
                customer_panicked=True,
                is_buyback=False,
                seller_action_needed=True,
                has_help_requests=False,
            )
        ).body(),
    ),
    ("GetTicket", ids_body(IDS[0])),
    ("UpdateTicket", UpdateTicket(1, OutMessage("<p>x</p>", "PUBLIC", (FILE,)), status="SOLVED", notes="").body()),
    ("UpdateTicket", UpdateTicket(1, assignee_email="a@b.example").body()),
    ("UpdateTicket", UpdateTicket(1, unassign=True, status="PENDING", notes="n").body()),
    ("CreateTicket", NewTicket("return", TEXT, marketplace_order_item_id=3, notes="n").body()),
    ("CreateTicket", NewTicket("return", TEXT, buyback_order_item_id=3, follow_up_to=4).body()),
    ("RequestTopicChange", TopicChange(1, TEXT, "OTHER").body()),
    ("ListTicketHelpRequests", ids_body(1)),
    ("GetTicketHelpRequest", ids_body(1, 2)),
    ("CreateTicketHelpRequest", NewHelpRequest(1, "LEGAL", TEXT).body()),
    ("UpdateTicketHelpRequest", HelpReply(1, 2, TEXT).body()),
    ("GenerateReturnShippingLabel", ids_body(1)),
]


@pytest.mark.parametrize(("operation", "body"), REQUESTS)
def test_the_service_takes_what_our_client_asks(operation: str, body: Json) -> None:
    assert check(operation, json.loads(json.dumps(body)))


@pytest.mark.parametrize(("operation", "body"), REQUESTS)
def test_what_our_client_asks_is_in_the_contract(contract: Any, operation: str, body: Json) -> None:
    contract.check(f"{operation}Request", json.loads(json.dumps(body)))


def test_all_operations_are_represented() -> None:
    assert {operation for operation, _ in REQUESTS} == set(OPERATIONS)
    assert len(OPERATIONS) == 10


def test_our_fields_are_those_of_the_contract(contract: Any) -> None:
    definitions = contract.definitions
    for name, fields in MESSAGES.items():
        assert set(definitions[name]["properties"]) == set(fields), name
        for field_name, field in fields.items():
            _compare(definitions, definitions[name]["properties"][field_name], field)


def test_the_check_finds_what_is_wrong(contract: Any) -> None:
    wrong: Json
    for wrong in ({"ticket": {"id": 5}}, {"tickets": []}, {"messages": [{"scope": "NONE"}]}):
        with pytest.raises(AssertionError):
            contract.check("GetTicketResponse", wrong)


def test_our_countries_are_those_of_the_contract(contract: Any) -> None:
    assert set(contract.definitions["CountryCode"]["enum"]) == {"UNSPECIFIED", *COUNTRIES.split()}


def _compare(definitions: Json, told: Json, field: Field) -> None:
    if field.many:
        assert told["type"] == "array"
        told = told["items"]
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        if field.kind == "enum":
            assert set(definitions[name]["enum"]) == ENUMS[field.of], name
        else:
            assert (field.kind, field.of) == ("message", name)
        return
    kinds = {"int64": "int64", "byte": "bytes"}
    assert field.kind == kinds.get(told.get("format", ""), "bool" if told["type"] == "boolean" else "string")


def test_every_answer_is_in_the_contract(contract: Any, service: Service, clock: FixedClock) -> None:
    answered: set[str] = set()

    def call(operation: str, body: Json) -> Json:
        answer = json.loads(json.dumps(service.handle(operation, body)))
        if operation == "GenerateReturnShippingLabel":
            assert answer == {}
        else:
            contract.check(f"{operation}Response", answer)
        answered.add(operation)
        return dict(answer)

    service.base_url = "http://127.0.0.1:1"
    message = {"body_html": "<p>x</p>", "attachments": [{"filename": "a.pdf", "data": "QUJD"}]}
    for one in call("ListTickets", {})["tickets"]:
        ids: Json = {"ticket_id": one["id"]}
        call("GetTicket", ids)
        listed = call("ListTicketHelpRequests", ids)
        for asked in listed.get("help_requests", []):
            call("GetTicketHelpRequest", {**ids, "help_request_id": asked["id"]})
            if asked["status"] != "CLOSED":
                call("UpdateTicketHelpRequest", {**ids, "help_request_id": asked["id"], "new_message": message})
        if one["status"] == "CLOSED":
            call("CreateTicket", {"topic": "return", "message": message, "follow_up_to_ticket_id": one["id"]})
            continue
        if one.get("topic_change_allowed"):
            call("RequestTopicChange", {**ids, "message": message})
        if "marketplace_order_item" in one:
            call("GenerateReturnShippingLabel", ids)
        call("CreateTicketHelpRequest", {**ids, "topic": "OTHER", "message": message})
        call("UpdateTicket", {**ids, "new_message": {"message": message, "scope": "PUBLIC"}})
    clock.advance(600)
    for one in call("ListTickets", {"sort": {"by": "UPDATED_AT", "order": "DESC"}})["tickets"]:
        call("GetTicket", {"ticket_id": one["id"]})
    assert answered == set(OPERATIONS)
    with pytest.raises(Rejected) as caught:
        service.handle("GetTicket", {"ticket_id": "77"})
    contract.check("Status", caught.value.answer())
