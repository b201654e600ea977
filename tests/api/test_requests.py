"""What leaves: every body as the contract has it, and what is refused before it is one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator

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
from tui.domain import MAX_ID

FILE = OutAttachment("a ü.pdf", bytes(range(256)))
HELLO = OutMessage("<p>Hi</p>", attachments=(FILE,))
PUBLIC = OutMessage("<p>Hi</p>", "PUBLIC", (FILE,))
EVERYTHING = TicketFilter(
    ticket_id=(1, MAX_ID),
    marketplace_order_id=(2,),
    marketplace_order_item_id=(3,),
    buyback_order_id=(4,),
    buyback_order_item_id=(5,),
    assignee_user_email="me@example.com",
    customer_email="anna@example.com",
    status=("OPEN", "PENDING"),
    not_status=("CLOSED",),
    urgency_status=("PANIC",),
    not_urgency_status=("URGENT",),
    country=("AT", "NO"),
    not_country=("DE",),
    topic=("defect",),
    not_topic=("other",),
    customer_name=("Anna",),
    not_customer_name=("Bert",),
    customer_name_contains="nn",
    customer_panicked=False,
    is_buyback=True,
    seller_action_needed=True,
    has_help_requests=False,
)


@pytest.mark.parametrize(
    ("definition", "body"),
    [
        ("ListTicketsRequest", ListTickets().body()),
        ("ListTicketsRequest", ListTickets(EVERYTHING, "NEXT_SLA_BREACH_AT", "ASC", after=MAX_ID, limit=1).body()),
        ("ListTicketsRequest", ListTickets(TicketFilter(status=("OPEN",)), "CREATED_AT", before=5).body()),
        ("GetTicketRequest", ids_body(MAX_ID)),
        ("ListTicketHelpRequestsRequest", ids_body(1)),
        ("GetTicketHelpRequestRequest", ids_body(1, 2)),
        ("GenerateReturnShippingLabelRequest", ids_body(1)),
        ("UpdateTicketRequest", UpdateTicket(1, PUBLIC, "me@example.com", status="SOLVED", notes="n").body()),
        ("UpdateTicketRequest", UpdateTicket(1, OutMessage("x", "INTERNAL"), unassign=True, notes="").body()),
        ("UpdateTicketRequest", UpdateTicket(1).body()),
        ("CreateTicketRequest", NewTicket("defect", HELLO, marketplace_order_item_id=2, notes="n").body()),
        ("CreateTicketRequest", NewTicket("defect", PUBLIC, buyback_order_item_id=2, follow_up_to=3).body()),
        ("RequestTopicChangeRequest", TopicChange(1, HELLO, "ISSUE_SOLVED_ITSELF").body()),
        ("RequestTopicChangeRequest", TopicChange(1, HELLO).body()),
        ("CreateTicketHelpRequestRequest", NewHelpRequest(1, "LEGAL", HELLO).body()),
        ("UpdateTicketHelpRequestRequest", HelpReply(1, 2, HELLO).body()),
    ],
)
def test_bodies_are_valid_by_the_contract(
    definition: str, body: dict[str, Any], contract: Callable[[str], Validator]
) -> None:
    contract(definition).validate(json.loads(json.dumps(body)))


def test_the_oracle_refuses_what_is_wrong(contract: Callable[[str], Validator]) -> None:
    assert not contract("GetTicketRequest").is_valid({"ticket_id": 1})
    assert not contract("GetTicketRequest").is_valid({"ticket_id": "1", "more": 1})
    assert not contract("GetTicketRequest").is_valid({})
    assert not contract("UpdateTicketRequest").is_valid({"ticket_id": "1", "status": "OPEN"})
    assert not contract("ListTicketsRequest").is_valid({"filter": {"status": {"any_of": ["NEW"]}}})


def test_a_filter_says_what_is_asked_and_no_more() -> None:
    assert TicketFilter().body() == {}
    assert "filter" not in ListTickets().body()
    asked = TicketFilter(ticket_id=(2**53 + 1,), customer_panicked=False, not_topic=("x",), customer_name_contains="n")
    assert asked.body() == {
        "ticket_id": {"any_of": ["9007199254740993"]},
        "topic": {"none_of": ["x"]},
        "customer_name": {"contains": "n"},
        "customer_panicked": {"value": False},
    }


def test_a_page_says_where_it_begins() -> None:
    assert ListTickets(after=2**53 + 1, limit=7).body() == {
        "pagination": {"limit": 7, "starting_after": "9007199254740993"},
        "sort": {"by": "UPDATED_AT", "order": "DESC"},
    }


def test_an_update_sends_only_what_changes() -> None:
    assert UpdateTicket(1, notes="").body() == {"ticket_id": "1", "notes": ""}
    assert UpdateTicket(1, assignee_email="a@b").body() == {"ticket_id": "1", "assignee_user_email": "a@b"}
    assert UpdateTicket(1, unassign=True, status="PENDING").body() == {
        "ticket_id": "1",
        "unassign": True,
        "status": "PENDING",
    }


def test_files_are_base64() -> None:
    body: Any = PUBLIC.body()
    assert base64.b64decode(body["attachments"][0]["data"], validate=True) == FILE.data
    assert body["attachments"][0]["filename"] == "a ü.pdf"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ListTickets(limit=0),
        lambda: ListTickets(limit=101),
        lambda: ListTickets(after=1, before=2),
        lambda: UpdateTicket(1, assignee_email="a@b", unassign=True),
        lambda: UpdateTicket(1, status="OPEN"),
        lambda: UpdateTicket(1, OutMessage("x")),
        lambda: UpdateTicket(1, OutMessage("x", "PRIVATE")),
        lambda: NewTicket("t", HELLO, marketplace_order_item_id=1, buyback_order_item_id=2),
        lambda: NewTicket("t", OutMessage("x", "INTERNAL")),
        lambda: TopicChange(1, PUBLIC),
        lambda: NewHelpRequest(1, "LEGAL", PUBLIC),
        lambda: HelpReply(1, 2, PUBLIC),
    ],
)
def test_what_the_service_would_refuse_is_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()


def test_message_texts_and_files_are_not_printed() -> None:
    assert "Hi" not in repr(UpdateTicket(1, PUBLIC)) and "\\x00" not in repr(FILE)


WORDS = st.text(max_size=10)
SOME = st.lists(WORDS, max_size=3).map(tuple)
SOME_IDS = st.lists(st.integers(1, MAX_ID), max_size=3).map(tuple)


@given(
    st.builds(
        TicketFilter,
        ticket_id=SOME_IDS,
        buyback_order_id=SOME_IDS,
        assignee_user_email=WORDS,
        status=st.lists(st.sampled_from(["OPEN", "CLOSED"]), max_size=2).map(tuple),
        topic=SOME,
        not_topic=SOME,
        customer_name=SOME,
        customer_name_contains=WORDS,
        is_buyback=st.none() | st.booleans(),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_filter_is_valid(contract: Callable[[str], Validator], asked: TicketFilter) -> None:
    contract("ListTicketsRequest.Filter").validate(json.loads(json.dumps(asked.body())))
