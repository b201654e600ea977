"""Every kind of write: known to have happened, looked for when nobody can say, never repeated by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.sync.harness import Site, Worker
from tui.demo.faults import Fault
from tui.message_html import reply_html
from tui.store.rows import OutboxRow
from tui.sync.kinds.registry import KINDS
from tui.sync.replies import queue_change, queue_notes

COLLEAGUE = "jonas.weber@phonix-store.example"


@dataclass(frozen=True)
class Case:
    """How a kind is asked for, by which operation, and how often the service has it done."""

    kind: str
    operation: str
    fields: dict[str, str]
    count: Callable[[Site, int], int]


def text(words: str, **more: str) -> dict[str, str]:
    return {"text": words, "html": reply_html(words), **more}


def helps(site: Site, ticket_id: int) -> int:
    world = site.server.service._world
    found = world.helps(world.tickets[ticket_id])
    return sum("please help" in message.body_html for request in found for message in request.messages)


def labels(site: Site, ticket_id: int) -> int:
    return sum(call.committed for call in site.calls("GenerateReturnShippingLabel"))


def opened(site: Site, ticket_id: int) -> int:
    world = site.server.service._world
    return sum("a new matter" in m.body_html for ticket in list(world.tickets.values()) for m in world.thread(ticket))


def solved(site: Site, ticket_id: int) -> int:
    return int(site.tickets[ticket_id].status == "SOLVED")


def theirs(site: Site, ticket_id: int) -> int:
    return int(site.tickets[ticket_id].assignee == COLLEAGUE)


def nobodys(site: Site, ticket_id: int) -> int:
    return int(not site.tickets[ticket_id].assignee)


def noted(site: Site, ticket_id: int) -> int:
    return int(site.tickets[ticket_id].notes == "called\nback")


def explained(site: Site, ticket_id: int) -> int:
    return site.delivered(ticket_id, "wrong topic")


CASES = [
    Case("status", "UpdateTicket", {"status": "SOLVED"}, solved),
    Case("assign", "UpdateTicket", {"assignee": COLLEAGUE}, theirs),
    Case("assign", "UpdateTicket", {"assignee": ""}, nobodys),
    Case("notes", "UpdateTicket", {"text": "called\nback", "base": ""}, noted),
    Case("topic-change", "RequestTopicChange", text("wrong topic", exemption_reason="OTHER"), explained),
    Case("help-request", "CreateTicketHelpRequest", text("please help", topic="OTHER"), helps),
    Case("label", "GenerateReturnShippingLabel", {}, labels),
    Case("new-ticket", "CreateTicket", text("a new matter", topic="invoice"), opened),
]


def a_ticket(site: Site, case: Case) -> int:
    """An open one on which the case can be done and is not done yet."""
    for key, ticket in site.tickets.items():
        usable = ticket.status == ("CLOSED" if case.kind == "new-ticket" else "OPEN") and not ticket.buyback
        allowed = case.kind != "topic-change" or ticket.topic_change_allowed
        if usable and allowed and not ticket.notes and ticket.assignee not in (COLLEAGUE, ""):
            return key
    raise AssertionError("no ticket for this case")


async def put(site: Site, worker: Worker, case: Case, ticket_id: int) -> OutboxRow:
    fields = dict(case.fields)
    if case.kind == "new-ticket":
        fields["marketplace_order_item_id"] = str(site.tickets[ticket_id].item_id)
    return await queue_change(
        worker.desk, worker.instance, worker.clock, ticket_id=ticket_id, kind=case.kind, fields=fields, undo_seconds=0
    )


def test_every_kind_is_named_and_in_the_table() -> None:
    assert {case.kind for case in CASES} | {"reply", "help-reply"} == set(KINDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
async def test_a_good_answer_is_certainty(site: Site, case: Case) -> None:
    worker = await site.worker()
    ticket_id = a_ticket(site, case)
    before = case.count(site, ticket_id)
    row = await put(site, worker, case, ticket_id)
    settled = await worker.sender.attempt(row.id)
    assert settled is not None and (settled.state, settled.reason) == ("sent", "")
    assert settled.evidence
    assert case.count(site, ticket_id) == before + 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
async def test_what_happened_without_an_answer_is_found(site: Site, case: Case) -> None:
    worker = await site.worker()
    ticket_id = a_ticket(site, case)
    row = await put(site, worker, case, ticket_id)
    site.server.script = lambda operation, body: Fault(close="end") if operation == case.operation else None
    unclear = await worker.sender.attempt(row.id)
    assert unclear is not None and unclear.state == "unconfirmed"
    site.server.script = None
    if case.kind == "label":
        # The label itself comes a little later.
        site.server.service.advance(site.clock.now() + 5_000_000)
    found = await worker.sender.look(unclear)
    assert found is not None and found.state == "sent", found
    assert found.evidence.startswith("reread")
    assert len(site.calls(case.operation)) == 1
    assert case.count(site, ticket_id) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
async def test_what_did_not_happen_is_not_found_and_not_repeated(site: Site, case: Case) -> None:
    worker = await site.worker()
    ticket_id = a_ticket(site, case)
    before = case.count(site, ticket_id)
    row = await put(site, worker, case, ticket_id)
    lost = Fault(close="reset", commit=False)
    site.server.script = lambda operation, body: lost if operation == case.operation else None
    unclear = await worker.sender.attempt(row.id)
    assert unclear is not None and unclear.state == "unconfirmed"
    site.server.script = None
    again = await worker.sender.look(unclear)
    assert again is not None and again.state == "unconfirmed"
    await worker.sender.attempt(row.id)
    assert len(site.calls(case.operation)) == 1
    assert case.count(site, ticket_id) == before


async def test_a_help_request_is_answered_and_a_lost_answer_found(site: Site) -> None:
    worker = await site.worker()
    world = site.server.service._world
    ticket = next(t for t in world.tickets.values() if any(h.status != "CLOSED" for h in world.helps(t)))
    request = next(h for h in world.helps(ticket) if h.status != "CLOSED")
    fields = text("please help again", help_request_id=str(request.id))
    case = Case("help-reply", "UpdateTicketHelpRequest", fields, helps)
    first = await put(site, worker, case, ticket.id)
    settled = await worker.sender.attempt(first.id)
    assert settled is not None and settled.state == "sent"
    second = await put(site, worker, case, ticket.id)
    site.server.script = lambda operation, body: Fault(close="end") if operation == case.operation else None
    unclear = await worker.sender.attempt(second.id)
    assert unclear is not None and unclear.state == "unconfirmed"
    site.server.script = None
    found = await worker.sender.look(unclear)
    assert found is not None and found.state == "sent"
    assert found.evidence != settled.evidence, "each has its own message"


async def test_an_update_repeats_the_status_where_it_can_and_leaves_it_out_for_open(site: Site) -> None:
    worker = await site.worker()
    for status, stated in (("OPEN", None), ("PENDING", "PENDING"), ("SOLVED", "SOLVED")):
        ticket_id = site.some(status)
        row = await queue_change(
            worker.desk,
            worker.instance,
            worker.clock,
            ticket_id=ticket_id,
            kind="assign",
            fields={"assignee": COLLEAGUE},
            undo_seconds=0,
        )
        await worker.sender.attempt(row.id)
        body = site.calls("UpdateTicket")[-1].body
        assert isinstance(body, dict) and body.get("status") == stated
    assert "is PENDING now, by the service's own rule" in worker.said()


async def test_notes_are_merged_with_what_a_colleague_wrote_meanwhile(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some("PENDING")
    site.tickets[ticket_id].notes = "one\ntwo\nthree\nfour"
    row = await queue_notes(
        worker.desk,
        worker.instance,
        worker.clock,
        ticket_id=ticket_id,
        base="one\ntwo\nthree",
        ours="one, ours\ntwo\nthree",
        undo_seconds=0,
        from_draft=False,
    )
    settled = await worker.sender.attempt(row.id)
    assert settled is not None and settled.state == "sent"
    assert site.tickets[ticket_id].notes == "one, ours\ntwo\nthree\nfour"


async def test_a_conflict_in_the_notes_is_shown_with_both_sides(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some("PENDING")
    site.tickets[ticket_id].notes = "theirs\ntwo"
    row = await queue_notes(
        worker.desk,
        worker.instance,
        worker.clock,
        ticket_id=ticket_id,
        base="one\ntwo",
        ours="ours\ntwo",
        undo_seconds=0,
        from_draft=False,
    )
    paused = await worker.sender.attempt(row.id)
    assert paused is not None and paused.state == "paused"
    assert "ours" in paused.reason and "theirs" in paused.reason
    assert not site.calls("UpdateTicket")
    assert site.tickets[ticket_id].notes == "theirs\ntwo"


async def test_a_row_of_an_unknown_kind_waits_for_the_version_that_knows_it(site: Site) -> None:
    worker = await site.worker()
    row = await queue_change(
        worker.desk,
        worker.instance,
        worker.clock,
        ticket_id=site.some(),
        kind="from-the-future",
        fields={},
        undo_seconds=0,
    )
    paused = await worker.sender.attempt(row.id)
    assert paused is not None and paused.state == "paused" and "newer version" in paused.reason
