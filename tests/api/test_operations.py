"""All ten operations of the real client against the real demo service, over a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema.protocols import Validator

from tui.api.contract import contract_json
from tui.api.errors import Forbidden, NotFound, NotLive, Refused, SignedOut, Unclear
from tui.api.requests import (
    HelpReply,
    NewHelpRequest,
    NewTicket,
    OutAttachment,
    OutMessage,
    TicketFilter,
    TopicChange,
    UpdateTicket,
)
from tui.clock import FixedClock
from tui.demo.data import DEMO_AGENT_EMAIL, DEMO_TOKEN
from tui.demo.server import DemoServer
from tui.demo.service import Service
from tui.domain import Ticket
from tui.secret import Secret

if TYPE_CHECKING:
    from tests.api.conftest import ClientMaker
    from tui.api.answers import Call
    from tui.api.client import TicketClient

ALL = TicketFilter()
HELLO = OutMessage("<p>Good news: it is on its way.</p>", attachments=(OutAttachment("proof.txt", b"proof"),))


@pytest.fixture
async def demo(clock: FixedClock) -> AsyncIterator[DemoServer]:
    server = DemoServer(Service(clock), rate=1000)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def client(demo: DemoServer, new_client: ClientMaker, calls: list[Call]) -> TicketClient:
    client = new_client(demo.url)
    client.set_token(Secret(DEMO_TOKEN))
    return client


async def everything(client: TicketClient, filter: TicketFilter = ALL) -> list[Ticket]:
    """Page by page, ten at a time."""
    found: list[Ticket] = []
    while True:
        page = await client.list_tickets(
            filter, by="CREATED_AT", order="ASC", after=found[-1].id if found else None, limit=10
        )
        assert page.notes == ()
        found += page.tickets
        if not page.has_more:
            return found


async def one(client: TicketClient, *statuses: str, **conditions: Any) -> Ticket:
    page = await client.list_tickets(TicketFilter(status=statuses, **conditions), limit=1)
    return page.tickets[0]


async def test_every_ticket_and_every_thread_is_read(client: TicketClient, calls: list[Call]) -> None:
    tickets = await everything(client)
    assert len(tickets) >= 60
    assert len({ticket.id for ticket in tickets}) == len(tickets)
    assert {ticket.status for ticket in tickets} == {"OPEN", "PENDING", "SOLVED", "CLOSED"}
    assert {ticket.item_kind for ticket in tickets} >= {"marketplace", "buyback"}
    assert max(ticket.id for ticket in tickets) > 2**53
    assert [ticket.created_at for ticket in tickets] == sorted(ticket.created_at for ticket in tickets)
    for ticket in tickets:
        thread = await client.get_ticket(ticket.id)
        assert thread.ticket == ticket
        assert thread.messages and thread.notes == ()
        assert all(message.created_at and message.scope in ("PUBLIC", "INTERNAL") for message in thread.messages)
        assert list(thread.messages) == sorted(thread.messages, key=lambda message: (message.created_at, message.id))
        assert [json.loads(raw)["message"]["id"] for raw in thread.raw_messages] == [
            str(message.id) for message in thread.messages
        ]
    assert not any(call.problem for call in calls)


async def test_pages_in_both_directions(client: TicketClient) -> None:
    first = await client.list_tickets(limit=5)
    second = await client.list_tickets(after=first.tickets[-1].id, limit=5)
    back = await client.list_tickets(before=second.tickets[0].id, limit=5)
    assert first.has_more and second.has_more
    assert back.tickets == first.tickets
    assert [contract_json("ticket", raw)["id"] for raw in first.raws] == [str(ticket.id) for ticket in first.tickets]


async def test_filters_find_what_they_ask_for(client: TicketClient) -> None:
    tickets = await everything(client)
    some = tickets[::7]
    asked: dict[str, tuple[TicketFilter, Callable[[Ticket], bool]]] = {
        "ids": (TicketFilter(ticket_id=tuple(ticket.id for ticket in some)), lambda ticket: ticket in some),
        "status": (TicketFilter(status=("OPEN", "CLOSED")), lambda ticket: ticket.status in ("OPEN", "CLOSED")),
        "not": (TicketFilter(not_status=("OPEN",)), lambda ticket: ticket.status != "OPEN"),
        "mine": (
            TicketFilter(assignee_user_email=DEMO_AGENT_EMAIL),
            lambda ticket: ticket.assignee_email == DEMO_AGENT_EMAIL,
        ),
        "buyback": (TicketFilter(is_buyback=True), lambda ticket: ticket.item_kind == "buyback"),
        "help": (TicketFilter(has_help_requests=True), lambda ticket: ticket.has_help_requests),
        "country": (TicketFilter(country=(some[0].country,)), lambda ticket: ticket.country == some[0].country),
    }
    for name, (filter, holds) in asked.items():
        found = {ticket.id for ticket in await everything(client, filter)}
        assert found == {ticket.id for ticket in tickets if holds(ticket)}, name


async def test_a_reply_is_in_the_answer_and_in_the_thread(client: TicketClient, calls: list[Call]) -> None:
    ticket = await one(client, "OPEN")
    before = await client.get_ticket(ticket.id)
    sent = await client.update_ticket(UpdateTicket(ticket.id, replace(HELLO, scope="PUBLIC"), status="SOLVED"))
    assert sent.ticket.status == "SOLVED"
    (new,) = [message for message in sent.messages if message not in before.messages]
    assert (new.scope, new.author_type, new.author_email) == ("PUBLIC", "MERCHANT", DEMO_AGENT_EMAIL)
    assert [file.filename for file in new.attachments] == ["proof.txt"]
    assert "Good news" in new.body_html
    again = await client.get_ticket(ticket.id)
    assert (again.ticket, again.messages) == (sent.ticket, sent.messages)
    assert [call.operation for call in calls if call.operation == "UpdateTicket"] == ["UpdateTicket"]


async def test_assignee_notes_and_status_are_adopted_as_answered(client: TicketClient) -> None:
    ticket = await one(client, "PENDING")
    taken = await client.update_ticket(UpdateTicket(ticket.id, assignee_email=DEMO_AGENT_EMAIL, status="PENDING"))
    assert (taken.ticket.assignee_email, taken.ticket.status) == (DEMO_AGENT_EMAIL, "PENDING")
    noted = await client.update_ticket(UpdateTicket(ticket.id, notes="a\nb", unassign=True, status="PENDING"))
    assert (noted.ticket.notes, noted.ticket.assignee_email) == ("a\nb", "")
    assert (await client.update_ticket(UpdateTicket(ticket.id, notes=""))).ticket.notes == ""


async def test_new_tickets_and_follow_ups(client: TicketClient) -> None:
    closed = await one(client, "CLOSED", is_buyback=False)
    follow_up = await client.create_ticket(
        NewTicket(closed.topic, HELLO, marketplace_order_item_id=closed.order_item_id, follow_up_to=closed.id)
    )
    assert follow_up.ticket.follow_up_to == closed.id
    assert follow_up.ticket.order_item_id == closed.order_item_id
    assert [message.scope for message in follow_up.messages] == ["PUBLIC"]
    bought = await one(client, "OPEN", "PENDING", "SOLVED", "CLOSED", is_buyback=True)
    new = await client.create_ticket(
        NewTicket("other", HELLO, buyback_order_item_id=bought.order_item_id, notes="ours")
    )
    assert (new.ticket.item_kind, new.ticket.notes) == ("buyback", "ours")


async def test_topic_changes(client: TicketClient) -> None:
    tickets = await everything(client, TicketFilter(status=("OPEN",)))
    ticket = next(ticket for ticket in tickets if ticket.topic_change_allowed)
    asked = await client.request_topic_change(TopicChange(ticket.id, HELLO))
    assert asked.ticket.id == ticket.id


async def test_help_requests_from_first_to_last(client: TicketClient) -> None:
    ticket = await one(client, "OPEN", has_help_requests=False)
    assert (await client.list_help_requests(ticket.id)).help_requests == ()
    made = await client.create_help_request(NewHelpRequest(ticket.id, "LEGAL", HELLO))
    assert (made.help_request.ticket_id, made.help_request.topic) == (ticket.id, "LEGAL")
    number = made.help_request.id
    written = await client.update_help_request(HelpReply(ticket.id, number, OutMessage("<p>More</p>")))
    assert len(written.messages) == 2 and {message.scope for message in written.messages} == {""}
    read = await client.get_help_request(ticket.id, number)
    assert read.messages == written.messages and read.notes == ()
    listed = await client.list_help_requests(ticket.id)
    assert [row.id for row in listed.help_requests] == [number] and len(listed.raws) == 1
    assert (await client.get_ticket(ticket.id)).ticket.has_help_requests


async def test_a_label_arrives_as_a_message_after_a_while(client: TicketClient, clock: FixedClock) -> None:
    ticket = await one(client, "OPEN", is_buyback=False)
    before = await client.get_ticket(ticket.id)
    received = await client.generate_return_label(ticket.id)
    assert (received.operation, json.loads(received.raw)) == ("GenerateReturnShippingLabel", {})
    clock.advance(60)
    after = await client.get_ticket(ticket.id)
    (label,) = [message for message in after.messages if message not in before.messages]
    assert label.attachments


async def test_what_the_demo_refuses(client: TicketClient, demo: DemoServer) -> None:
    with pytest.raises(NotFound, match="does not know ticket 5 "):
        await client.get_ticket(5)
    closed = await one(client, "CLOSED")
    with pytest.raises(Refused):
        await client.update_ticket(UpdateTicket(closed.id, replace(HELLO, scope="PUBLIC")))
    client.set_token(Secret("no-such-token"))
    with pytest.raises(SignedOut):
        await client.list_tickets()


@pytest.mark.parametrize(
    ("scenario", "read", "write"),
    [
        ("not-live", NotLive, NotLive),
        ("unauthorized", SignedOut, SignedOut),
        ("forbidden", Forbidden, Forbidden),
        ("drop-after-commit", None, Unclear),
        ("hang", Unclear, Unclear),
    ],
)
async def test_the_bad_days(
    client: TicketClient, demo: DemoServer, scenario: str, read: type[Exception] | None, write: type[Exception]
) -> None:
    ticket = await one(client, "PENDING")
    demo.scenario = scenario
    demo.calls.clear()
    if read is None:
        await client.get_ticket(ticket.id)
    else:
        with pytest.raises(read):
            await client.get_ticket(ticket.id)
    with pytest.raises(write):
        await client.update_ticket(UpdateTicket(ticket.id, notes="once"))
    assert [call.operation for call in demo.calls].count("UpdateTicket") <= 1
    demo.scenario = "ok"
    noted = (await client.get_ticket(ticket.id)).ticket.notes == "once"
    assert noted == (scenario == "drop-after-commit")


async def test_every_exchange_is_valid_by_the_contract(
    client: TicketClient, calls: list[Call], contract: Callable[[str], Validator]
) -> None:
    ticket = await one(client, "OPEN", is_buyback=False, has_help_requests=False)
    sold, number = ticket.order_item_id, ticket.id
    await client.update_ticket(UpdateTicket(number, replace(HELLO, scope="INTERNAL"), notes="n"))
    await client.create_ticket(NewTicket("other", HELLO, marketplace_order_item_id=sold))
    help_request = (await client.create_help_request(NewHelpRequest(number, "OTHER", HELLO))).help_request.id
    await client.update_help_request(HelpReply(number, help_request, HELLO))
    await client.get_help_request(number, help_request)
    await client.list_help_requests(number)
    await client.generate_return_label(number)
    allowed = next(one for one in await everything(client) if one.topic_change_allowed and one.status == "OPEN")
    await client.request_topic_change(TopicChange(allowed.id, HELLO, "OTHER"))
    thread = await client.get_ticket(number)
    assert {call.operation for call in calls} == {
        "ListTickets", "GetTicket", "UpdateTicket", "CreateTicket", "RequestTopicChange", "ListTicketHelpRequests",
        "GetTicketHelpRequest", "CreateTicketHelpRequest", "UpdateTicketHelpRequest", "GenerateReturnShippingLabel",
    }  # fmt: skip
    for call in calls:
        assert (call.http_status, call.problem) == (200, ""), call.operation
        contract(f"{call.operation}Request").validate(json.loads(call.request))
        if call.operation != "GenerateReturnShippingLabel":
            contract(f"{call.operation}Response").validate(json.loads(call.answer))
    full = contract_json("ticket", thread.raw_ticket)
    assert full["id"] == str(number) and set(full) >= {"notes", "assignee", "follow_up_to_ticket_id"}
    assert not any(DEMO_TOKEN in str(getattr(call, field.name)) for call in calls for field in fields(call))
