"""A reply leaves once, after a look at the thread, and what nobody knows is never sent again by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.sync.harness import Site, Worker, until
from tui.demo.errors import status
from tui.demo.faults import Fault, error_fault, html_fault
from tui.store.rows import OutboxRow


async def seen_ids(site: Site, worker: Worker, ticket_id: int) -> tuple[int, ...]:
    thread = await worker.threads.fetch(ticket_id)
    return tuple(message.id for message in thread.messages)


def on_write(site: Site, fault: Fault, times: int = 1) -> None:
    """Let this happen to the next writes."""
    left = times

    def script(operation: str, body: object) -> Fault | None:
        nonlocal left
        if operation == "UpdateTicket" and left:
            left -= 1
            return fault
        return None

    site.server.script = script


async def attempt(site: Site, worker: Worker, fault: Fault | None) -> tuple[int, OutboxRow]:
    ticket_id = site.some()
    base = await seen_ids(site, worker, ticket_id)
    row = await worker.queue(ticket_id, "Hello & <b>goodbye</b>\n\nsecond", base_ids=base)
    if fault is not None:
        on_write(site, fault)
    await worker.sender.attempt(row.id)
    return ticket_id, await worker.row(row.id)


async def test_a_good_answer_is_certainty(site: Site) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, None)
    assert row.state == "sent" and row.remote_id and row.evidence == "response"
    assert site.delivered(ticket_id, "second") == 1
    assert "was sent" in worker.said()
    shown = await worker.cache.thread(ticket_id)
    assert row.remote_id in {message.id for message in shown}
    ticket = await worker.cache.ticket(ticket_id)
    assert ticket is not None and ticket.status == "PENDING"


async def test_a_newer_message_stops_the_reply_and_a_person_lets_it_go(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    base = await seen_ids(site, worker, ticket_id)
    row = await worker.queue(ticket_id, "late answer", base_ids=base)
    site.customer_writes(ticket_id)
    await worker.sender.attempt(row.id)
    paused = await worker.row(row.id)
    assert paused.state == "paused" and "a new message by" in paused.reason
    assert not site.calls("UpdateTicket")
    fresh = tuple(message.id for message in await worker.cache.thread(ticket_id))
    await worker.desk.outbox.resume(row.id, worker.instance.name, base_ids=fresh)
    await worker.sender.attempt(row.id)
    assert (await worker.row(row.id)).state == "sent"
    assert site.delivered(ticket_id, "late answer") == 1


async def test_our_own_earlier_reply_is_no_collision(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    base = await seen_ids(site, worker, ticket_id)
    first = await worker.queue(ticket_id, "first", base_ids=base)
    second = await worker.queue(ticket_id, "second", base_ids=base)
    due = await worker.desk.outbox.next_due(worker.instance.name, worker.clock.now())
    assert [row.id for row in due] == [first.id], "one write of a ticket after the other"
    await worker.sender.attempt(first.id)
    await worker.sender.attempt(second.id)
    assert (await worker.row(second.id)).state == "sent"


async def test_what_another_window_sent_meanwhile_is_a_collision(site: Site) -> None:
    worker, other = await site.worker(), await site.worker()
    ticket_id = site.some()
    base = await seen_ids(site, worker, ticket_id)
    first = await other.queue(ticket_id, "from the other window", base_ids=base)
    await other.sender.attempt(first.id)
    second = await worker.queue(ticket_id, "from this one", base_ids=base)
    await worker.sender.attempt(second.id)
    paused = await worker.row(second.id)
    assert paused.state == "paused" and "a new message by" in paused.reason
    assert site.delivered(ticket_id, "from this one") == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(close="reset"),
        Fault(close="end"),
        Fault(hang=True),
        Fault(cut=20),
        html_fault(502, commit=True),
        error_fault(status(14, "unavailable"), commit=True),
        error_fault(status(2, "unknown"), commit=True),
        Fault(status=200, body=b"not json"),
        Fault(status=200, body=b"{}"),
        error_fault(status(10, "aborted"), commit=True),
    ],
)
async def test_an_unclear_outcome_that_happened_is_found_and_never_resent(site: Site, fault: Fault) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, fault)
    assert row.state == "unconfirmed" and row.reason
    found = await worker.sender.look(row)
    assert found is not None and found.state == "sent" and found.evidence == "reread"
    assert site.delivered(ticket_id, "goodbye") == 1
    assert len(site.calls("UpdateTicket")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(close="reset", commit=False),
        Fault(hang=True, commit=False),
        html_fault(503),
        error_fault(status(13, "internal")),
    ],
)
async def test_an_unclear_outcome_that_did_not_happen_waits_for_a_person(site: Site, fault: Fault) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, fault)
    assert row.state == "unconfirmed"
    looked = await worker.sender.look(row)
    assert looked is not None and looked.state == "unconfirmed", "not given up within the first minute"
    await worker.desk.outbox.give_up(row.id)
    await worker.sender.attempt(row.id)
    assert (await worker.row(row.id)).state == "undecided"
    assert len(site.calls("UpdateTicket")) == 1
    again = await worker.desk.outbox.decide(row.id, "send-again", worker.instance.name)
    assert again is not None
    await worker.sender.attempt(row.id)
    assert (await worker.row(row.id)).state == "sent"
    assert site.delivered(ticket_id, "goodbye") == 1


async def test_a_write_that_arrives_after_the_first_look_is_found_later(site: Site) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, Fault(hang=True, commit=False, late=0.9))
    assert row.state == "unconfirmed"
    look = await worker.sender.look(row)
    assert look is not None
    await asyncio.sleep(1.0)
    late = await worker.sender.look(row)
    assert late is not None and late.state == "sent"
    assert site.delivered(ticket_id, "goodbye") == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (error_fault(status(3, "body_html: too long")), "too long"),
        (error_fault(status(12, "Not Implemented")), "not live"),
        (error_fault(status(5, "ticket not found")), "does not know"),
        (Fault(status=307, headers={"Location": "https://elsewhere.example/"}, commit=False), "elsewhere.example"),
    ],
)
async def test_a_refusal_gives_the_text_back_with_the_reason(site: Site, fault: Fault, words: str) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, fault)
    assert row.state == "refused" and words in row.reason
    draft = await worker.desk.drafts.get(ticket_id, "customer")
    assert draft is not None and draft.text == "Hello & <b>goodbye</b>\n\nsecond" and words in draft.reason
    assert site.delivered(ticket_id, "goodbye") == 0


async def test_a_rate_limit_puts_it_back_in_the_queue_and_it_leaves_later_once(site: Site) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, error_fault(status(8, "rate limit exceeded")))
    assert row.state == "queued" and row.not_before > row.created_at
    engine = worker.engine()
    await engine.start()
    await until(lambda: site.delivered(ticket_id, "goodbye") == 1)
    await engine.stop()
    assert (await worker.row(row.id)).state == "sent"


async def test_no_way_to_the_service_leaves_it_queued(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    row = await worker.queue(ticket_id, "later", base_ids=await seen_ids(site, worker, ticket_id))
    await site.server.stop()
    await worker.sender.attempt(row.id)
    assert (await worker.row(row.id)).state == "queued"
    assert worker.sender.retry_at(row.id) > worker.clock.now()
    await site.server.start()
    await worker.sender.attempt(row.id)
    assert (await worker.row(row.id)).state == "sent"
    assert site.delivered(ticket_id, "later") == 1


async def test_a_refused_token_pauses_it(site: Site) -> None:
    worker = await site.worker()
    ticket_id, row = await attempt(site, worker, error_fault(status(16, "expired")))
    assert row.state == "paused" and "refused the token" in row.reason
    assert site.delivered(ticket_id, "goodbye") == 0


async def test_a_closed_ticket_is_not_written_to(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some("CLOSED")
    row = await worker.queue(ticket_id, "too late")
    await worker.sender.attempt(row.id)
    paused = await worker.row(row.id)
    assert paused.state == "paused" and "follow-up" in paused.reason
    assert not site.calls("UpdateTicket")


async def test_a_status_that_was_not_asked_for_is_announced(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    row = await worker.queue(ticket_id, "hi", base_ids=await seen_ids(site, worker, ticket_id))
    service = site.server.service
    before = service.handle

    def reopened(operation: str, body: object) -> dict[str, Any]:
        answer: dict[str, Any] = before(operation, body)
        if operation == "UpdateTicket":
            answer["ticket"]["status"] = "OPEN"
        return answer

    service.handle = reopened  # type: ignore[method-assign]  # a service that has its own mind
    await worker.sender.attempt(row.id)
    assert f"Ticket {ticket_id} is OPEN now, though PENDING was asked for" in worker.said()


async def test_delivery_for_the_command_line_ends_with_certainty_or_when_time_is_up(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    row = await worker.queue(ticket_id, "from the shell", base_ids=await seen_ids(site, worker, ticket_id))
    on_write(site, Fault(close="end"))
    done = await worker.sender.deliver(row.id, wait=6)
    assert done is not None and done.state == "sent" and done.evidence == "reread"
    other = await worker.queue(ticket_id, "lost", base_ids=tuple(m.id for m in await worker.cache.thread(ticket_id)))
    on_write(site, Fault(close="reset", commit=False))
    unsure = await worker.sender.deliver(other.id, wait=0.5)
    assert unsure is not None and unsure.state == "unconfirmed"
