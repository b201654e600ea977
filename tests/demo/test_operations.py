"""What each operation does, and what the world does by itself afterwards."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tui.clock import DAY, HOUR, FixedClock, parse_instant
from tui.demo.data import DEMO_AGENT_EMAIL
from tui.demo.errors import Rejected
from tui.demo.sanitise import sanitise, text_of
from tui.demo.service import Service

Json = dict[str, Any]


def ticket(service: Service, holds: Callable[[Json], bool]) -> Json:
    answer: Json = service.handle("ListTickets", {})
    return next(one for one in answer["tickets"] if holds(one))


def with_status(service: Service, status: str, sold: bool = True) -> Json:
    return ticket(service, lambda one: one["status"] == status and ("marketplace_order_item" in one) is sold)


def message(text: str = "<p>Hello</p>", **more: object) -> Json:
    return {"body_html": text, **more}


def reply(service: Service, ticket_id: str, scope: str = "PUBLIC", **more: Any) -> Json:
    new = {"message": message(), "scope": scope}
    return service.handle("UpdateTicket", {"ticket_id": ticket_id, "new_message": new, **more})


def update(service: Service, body: Json) -> Json:
    return service.handle("UpdateTicket", body)


def refused(service: Service, operation: str, body: Json) -> tuple[int, int, str]:
    with pytest.raises(Rejected) as caught:
        service.handle(operation, body)
    return caught.value.grpc_code, caught.value.http_status, caught.value.message


def test_a_reply_stops_the_clock_and_comes_back_in_the_answer(service: Service, clock: FixedClock) -> None:
    open_one = ticket(service, lambda one: one["status"] == "OPEN" and bool(one.get("sla_checkpoints")))
    before: Json = service.handle("GetTicket", {"ticket_id": open_one["id"]})
    after = reply(service, open_one["id"])
    assert after["ticket"]["status"] == "PENDING"
    assert not after["ticket"].get("sla_checkpoints")
    assert not after["ticket"].get("seller_action_needed")
    assert parse_instant(after["ticket"]["updated_at"]) >= clock.now()
    assert after["messages"][:-1] == before["messages"]
    new = after["messages"][-1]
    assert new["scope"] == "PUBLIC"
    assert new["message"]["author"] == {"type": "MERCHANT", "name": "Anna Berger", "email": DEMO_AGENT_EMAIL}
    assert service.handle("GetTicket", {"ticket_id": open_one["id"]}) == after


def test_two_changes_in_one_moment_both_move_updated_at(service: Service) -> None:
    one = with_status(service, "PENDING")
    moved: list[int] = []
    for text in ("a", "b", "c"):
        answer: Json = service.handle("UpdateTicket", {"ticket_id": one["id"], "notes": text})
        moved.append(parse_instant(answer["ticket"]["updated_at"]))
    assert moved == sorted(set(moved))


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("OPEN", {"notes": "n"}, "PENDING"),
        ("OPEN", {"assignee_user_email": DEMO_AGENT_EMAIL}, "PENDING"),
        ("OPEN", {"unassign": True, "status": "UNSPECIFIED"}, "PENDING"),
        ("OPEN", {"status": "SOLVED"}, "SOLVED"),
        ("PENDING", {"notes": "n"}, "PENDING"),
        ("SOLVED", {"notes": "n"}, "PENDING"),
        ("SOLVED", {"notes": "n", "status": "SOLVED"}, "SOLVED"),
        ("CLOSED", {"notes": "n"}, "CLOSED"),
    ],
)
def test_the_status_becomes_pending_unless_told_otherwise(
    service: Service, before: str, change: Json, after: str
) -> None:
    one = with_status(service, before)
    answer: Json = service.handle("UpdateTicket", {"ticket_id": one["id"], **change})
    assert answer["ticket"]["status"] == after
    assert answer["ticket"].get("notes", "") == change.get("notes", one.get("notes", ""))


def test_an_internal_message_leaves_the_customer_waiting(service: Service, clock: FixedClock) -> None:
    one = ticket(service, lambda one: one["status"] == "OPEN" and bool(one.get("sla_checkpoints")))
    answer = reply(service, one["id"], scope="INTERNAL")
    assert answer["ticket"]["sla_checkpoints"] == one["sla_checkpoints"]
    clock.advance(25)
    later: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert later["messages"] == answer["messages"]


def test_assigning_names_the_person_and_knows_only_its_own_people(service: Service) -> None:
    one = with_status(service, "PENDING")
    body = {"ticket_id": one["id"], "assignee_user_email": "Jonas.Weber@phonix-store.example"}
    answer = update(service, body)
    assert answer["ticket"]["assignee"] == {"email": "jonas.weber@phonix-store.example", "name": "Jonas Weber"}
    answer = update(service, {"ticket_id": one["id"], "unassign": True})
    assert not answer["ticket"].get("assignee")
    stranger = {"ticket_id": one["id"], "assignee_user_email": "x@y.example"}
    assert refused(service, "UpdateTicket", stranger) == (3, 400, "user x@y.example not found")


def test_a_closed_ticket_takes_no_reply(service: Service) -> None:
    one = with_status(service, "CLOSED")
    before = service.handle("GetTicket", {"ticket_id": one["id"]})
    new = {"message": message(), "scope": "PUBLIC"}
    code, status, text = refused(service, "UpdateTicket", {"ticket_id": one["id"], "new_message": new})
    assert (code, status, text) == (9, 400, f"ticket {one['id']} is closed")
    assert refused(service, "UpdateTicket", {"ticket_id": one["id"], "status": "SOLVED"})[0] == 9
    assert service.handle("GetTicket", {"ticket_id": one["id"]}) == before


def test_unknown_things_are_not_found(service: Service) -> None:
    one = with_status(service, "OPEN")
    for operation in ("GetTicket", "ListTicketHelpRequests", "GenerateReturnShippingLabel"):
        assert refused(service, operation, {"ticket_id": "77"}) == (5, 404, "ticket 77 not found")
    body = {"ticket_id": one["id"], "help_request_id": "77"}
    assert refused(service, "GetTicketHelpRequest", body) == (5, 404, "help request 77 not found")
    assert refused(service, "NoSuchThing", {}) == (5, 404, "Not Found")


def test_files_sent_along_can_be_fetched(service: Service) -> None:
    one = with_status(service, "OPEN")
    data = bytes(range(256)) * 40
    files = [{"filename": "Beleg ü.pdf", "data": base64.b64encode(data).decode()}]
    body = {"ticket_id": one["id"], "new_message": {"message": message(attachments=files), "scope": "INTERNAL"}}
    answer: Json = service.handle("UpdateTicket", body)
    (sent,) = answer["messages"][-1]["message"]["attachments"]
    assert (sent["filename"], sent["content_type"]) == ("Beleg ü.pdf", "application/pdf")
    assert sent["url"].endswith("/Beleg%20%C3%BC.pdf")
    file_id = int(sent["url"].split("/")[-2])
    assert service.file(file_id, "Beleg ü.pdf") == ("application/pdf", data)
    assert service.file(file_id, "other.pdf") is None
    assert service.file(file_id + 1, "Beleg ü.pdf") is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<p>a<br>b</p>", "<p>a<br/>b</p>"),
        ("<P CLASS=x onclick='y'>a</P>", "<p>a</p>"),
        ("a<script>alert('<p>')</script>b", "ab"),
        ("a<style>p{}</style><!-- x -->b<img src=x onerror=y>", "ab"),
        ("<a href='https://x.example/?a=1&amp;b'>x</a>", None),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("1 < 2 &amp; 3 > 2", "1 &lt; 2 &amp; 3 > 2"),
        ("<script>never closed", "never closed"),
        ("<blink>old</blink><font color=red>x</font>", "oldx"),
        ("<p", "&lt;p"),
    ],
)
def test_html_is_made_safe(sent: str, stored: str | None) -> None:
    wanted = stored or '<a href="https://x.example/?a=1&amp;b" rel="nofollow noreferrer noopener">x</a>'
    assert sanitise(sent) == wanted
    assert sanitise(wanted) == wanted


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<script>", "</", "<p>", "&", "<script><", "<!", "<style"])
def test_making_html_safe_takes_linear_time(piece: str, clock: FixedClock) -> None:
    sanitise(piece * (400_000 // len(piece)))


def test_quoted_text_keeps_its_lines() -> None:
    assert text_of("<p>One &amp; two</p><p>three<br/>four</p>") == "One & two\nthree\nfour"


def test_the_customer_answers_a_reply_in_their_language(service: Service, clock: FixedClock) -> None:
    one = ticket(service, lambda one: one["status"] == "OPEN" and one["country"] == "FR")
    sent = reply(service, one["id"])
    clock.advance(7.9)
    assert service.handle("GetTicket", {"ticket_id": one["id"]}) == sent
    clock.advance(12.2)
    answer: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert len(answer["messages"]) == len(sent["messages"]) + 1
    new = answer["messages"][-1]
    at = parse_instant(new["message"]["created_at"])
    assert clock.now() - 20 * 1_000_000 < at < clock.now()
    assert new["scope"] == "PUBLIC"
    assert new["message"]["author"]["type"] == "CUSTOMER"
    assert any(word in new["message"]["body_html"] for word in ("merci", "parfait", "compris", "port"))
    assert answer["ticket"]["status"] == "OPEN"
    assert answer["ticket"]["seller_action_needed"]
    clocks = {point["checkpoint_type"]: parse_instant(point["at"]) for point in answer["ticket"]["sla_checkpoints"]}
    assert clocks == {"AWAITING_REPLY_SINCE": at, "OVERDUE": at + DAY, "REFURBED_TAKEOVER": at + 3 * DAY}
    clock.advance(30)
    assert service.handle("GetTicket", {"ticket_id": one["id"]}) == answer


def test_two_replies_get_one_answer_and_a_solved_ticket_none(service: Service, clock: FixedClock) -> None:
    open_ones: Json = service.handle("ListTickets", {"filter": {"status": {"any_of": ["OPEN"]}}})
    first, second = open_ones["tickets"][0]["id"], open_ones["tickets"][1]["id"]
    reply(service, first)
    clock.advance(2)
    count = len(reply(service, first)["messages"])
    solved = reply(service, second, status="SOLVED")
    assert solved["ticket"]["status"] == "SOLVED"
    clock.advance(25)
    answer: Json = service.handle("GetTicket", {"ticket_id": first})
    assert len(answer["messages"]) == count + 1
    assert service.handle("GetTicket", {"ticket_id": second}) == solved


def test_messages_come_in_by_themselves(service: Service, clock: FixedClock) -> None:
    def newest() -> Json:
        answer: Json = service.handle("ListTickets", {"sort": {"by": "UPDATED_AT", "order": "DESC"}})
        return dict(answer["tickets"][0])

    before, count = newest(), 0
    for _ in range(10):
        clock.advance(60)
        count += newest()["updated_at"] != before["updated_at"]
        before = newest()
    assert 4 <= count <= 10
    assert before["status"] == "OPEN"
    clock.advance(30 * 24 * 3600)
    everything: Json = service.handle("ListTickets", {})
    late = [one for one in everything["tickets"] if parse_instant(one["updated_at"]) > clock.now() - HOUR]
    assert 1 <= len(late) <= 20


def test_the_same_calls_at_the_same_times_give_the_same_bytes_also_after_a_restart(clock: FixedClock) -> None:
    def run(restart: bool) -> list[str]:
        own = FixedClock(clock.now())
        service = Service(own)
        out: list[str] = []
        listed: Json = service.handle("ListTickets", {})
        ids = [one["id"] for one in listed["tickets"]]
        for step in range(40):
            own.advance(11)
            body: Json = {"ticket_id": ids[-step - 1]}
            out.append(json.dumps(service.handle("GetTicket", body)))
            if step % 3 == 0:
                try:
                    out.append(json.dumps(reply(service, ids[-step - 1])))
                except Rejected as rejected:
                    out.append(rejected.message)
            if restart and step % 10 == 5:
                service = Service.from_json(own, service.to_json())
        return out

    assert run(False) == run(False) == run(True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 99}', '{"format": 1, "world": {}, "agenda": []}'])
def test_a_state_that_cannot_be_read_says_so(clock: FixedClock, text: str) -> None:
    with pytest.raises(ValueError, match="Start it afresh"):
        Service.from_json(clock, text)


def test_the_version_moves_with_each_change_only(service: Service) -> None:
    one, version = with_status(service, "OPEN"), service.version
    service.handle("GetTicket", {"ticket_id": one["id"]})
    refused(service, "UpdateTicket", {"ticket_id": one["id"]})
    assert service.version == version
    service.handle("UpdateTicket", {"ticket_id": one["id"], "notes": ""})
    assert service.version > version


def test_a_late_write_lands_at_its_own_moment(service: Service, clock: FixedClock) -> None:
    one = with_status(service, "OPEN")
    service.defer(90, "UpdateTicket", {"ticket_id": one["id"], "notes": "late"})
    service.defer(91, "UpdateTicket", {"ticket_id": "77", "notes": "nowhere"})
    service = Service.from_json(clock, service.to_json())
    clock.advance(40)
    answer: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert answer["ticket"].get("notes", "") == one.get("notes", "")
    begun = clock.now()
    clock.advance(60)
    landed: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert landed["ticket"]["notes"] == "late"
    assert parse_instant(landed["ticket"]["updated_at"]) == begun + 50 * 1_000_000


def test_a_new_ticket_waits_for_the_customer_of_its_order(service: Service, clock: FixedClock) -> None:
    like = ticket(service, lambda one: "buyback_order_item" in one)
    item = like["buyback_order_item"]["buyback_order_item_id"]
    body: Json = {
        "order_item_identifier": {"buyback_order_item_id": item},
        "topic": "buyback_offer",
        "message": message("<p>Your offer</p>"),
        "notes": "ours",
    }
    answer: Json = service.handle("CreateTicket", body)
    made = answer["ticket"]
    assert made["status"] == "PENDING"
    assert made["customer"] == like["customer"]
    assert made["buyback_order_item"] == like["buyback_order_item"]
    assert made["notes"] == "ours"
    assert [one["scope"] for one in answer["messages"]] == ["PUBLIC"]
    assert made["id"] not in {like["id"]}
    clock.advance(21)
    later: Json = service.handle("GetTicket", {"ticket_id": made["id"]})
    assert later["messages"][-1]["message"]["author"]["type"] == "CUSTOMER"
    found: Json = service.handle("ListTickets", {"filter": {"ticket_id": {"any_of": [made["id"]]}}})
    assert found["tickets"] == [later["ticket"]]


def test_a_follow_up_follows_a_closed_ticket_only(service: Service) -> None:
    closed, open_one = with_status(service, "CLOSED"), with_status(service, "OPEN")
    body: Json = {"topic": "return", "message": message()}
    answer: Json = service.handle("CreateTicket", {**body, "follow_up_to_ticket_id": closed["id"]})
    assert answer["ticket"]["follow_up_to_ticket_id"] == closed["id"]
    assert answer["ticket"]["marketplace_order_item"] == closed["marketplace_order_item"]
    assert refused(service, "CreateTicket", {**body, "follow_up_to_ticket_id": open_one["id"]})[:2] == (9, 400)
    assert refused(service, "CreateTicket", {**body, "follow_up_to_ticket_id": "77"})[:2] == (5, 404)
    assert refused(service, "CreateTicket", body)[:2] == (3, 400)
    unknown = {"marketplace_order_item_id": "77"}
    assert refused(service, "CreateTicket", {**body, "order_item_identifier": unknown})[:2] == (5, 404)
    other = {"marketplace_order_item_id": open_one["marketplace_order_item"]["order_item_id"]}
    both = {**body, "order_item_identifier": other, "follow_up_to_ticket_id": closed["id"]}
    assert refused(service, "CreateTicket", both)[:2] == (3, 400)


def test_a_topic_change_needs_leave_and_documents(service: Service, clock: FixedClock) -> None:
    one = ticket(service, lambda one: one.get("topic_change_allowed", False))
    other = ticket(service, lambda one: not one.get("topic_change_allowed", False))
    body: Json = {"ticket_id": one["id"], "message": message("<p>It is about delivery</p>")}
    assert refused(service, "RequestTopicChange", body)[:2] == (3, 400)
    assert refused(service, "RequestTopicChange", {**body, "ticket_id": other["id"]})[:2] == (9, 400)
    answer: Json = service.handle("RequestTopicChange", {**body, "attachment_exemption_reason": "OTHER"})
    assert not answer["ticket"].get("topic_change_allowed")
    assert answer["messages"][-1]["scope"] == "INTERNAL"
    assert refused(service, "RequestTopicChange", {**body, "attachment_exemption_reason": "OTHER"})[:2] == (9, 400)
    clock.advance(51)
    later: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert later["ticket"]["topic_slug"] == "other"
    assert later["messages"][-1]["message"]["author"]["type"] == "SYSTEM"


def test_a_help_request_is_answered_and_can_be_written_to_until_it_is_closed(
    service: Service, clock: FixedClock
) -> None:
    one = ticket(service, lambda one: one["status"] == "OPEN" and not one.get("has_help_requests"))
    body: Json = {"ticket_id": one["id"], "topic": "LEGAL", "message": message("<p>A lawyer wrote</p>")}
    made: Json = service.handle("CreateTicketHelpRequest", body)
    asked = made["help_request"]
    assert (asked["status"], asked["topic"], asked["ticket_id"]) == ("OPEN", "LEGAL", one["id"])
    whole: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert whole["ticket"]["has_help_requests"]
    clock.advance(46)
    ids = {"ticket_id": one["id"], "help_request_id": asked["id"]}
    answered: Json = service.handle("GetTicketHelpRequest", ids)
    assert answered["help_request"]["status"] == "PENDING"
    assert answered["messages"][-1]["author"]["type"] == "REFURBED"
    again: Json = service.handle("UpdateTicketHelpRequest", {**ids, "new_message": message("<p>Thanks</p>")})
    assert again["help_request"]["status"] == "OPEN"
    assert len(again["messages"]) == 3
    assert service.handle("ListTicketHelpRequests", {"ticket_id": one["id"]}) == {
        "help_requests": [again["help_request"]]
    }


def test_a_closed_help_request_and_a_closed_ticket_take_nothing(service: Service) -> None:
    answer: Json = service.handle("ListTickets", {"filter": {"has_help_requests": {"value": True}}})
    for one in answer["tickets"]:
        listed: Json = service.handle("ListTicketHelpRequests", {"ticket_id": one["id"]})
        for asked in listed["help_requests"]:
            ids = {"ticket_id": one["id"], "help_request_id": asked["id"]}
            if asked["status"] == "CLOSED":
                assert refused(service, "UpdateTicketHelpRequest", {**ids, "new_message": message()})[:2] == (9, 400)
            else:
                service.handle("UpdateTicketHelpRequest", {**ids, "new_message": message()})
    body = {"ticket_id": with_status(service, "CLOSED")["id"], "topic": "OTHER", "message": message()}
    assert refused(service, "CreateTicketHelpRequest", body)[:2] == (9, 400)


def test_a_return_label_arrives_as_a_message_with_a_pdf(service: Service, clock: FixedClock) -> None:
    one = with_status(service, "OPEN")
    before: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    assert service.handle("GenerateReturnShippingLabel", {"ticket_id": one["id"]}) == {}
    clock.advance(3.1)
    answer: Json = service.handle("GetTicket", {"ticket_id": one["id"]})
    (new,) = answer["messages"][len(before["messages"]) :]
    assert new["message"]["author"]["type"] == "SYSTEM"
    (label,) = new["message"]["attachments"]
    assert label["content_type"] == "application/pdf"
    found = service.file(int(label["url"].split("/")[-2]), label["filename"])
    assert found is not None
    assert found[1].startswith(b"%PDF-1.4")
    assert found[1].rstrip().endswith(b"%%EOF")
    assert answer["ticket"]["status"] == "OPEN"
    assert answer["ticket"]["updated_at"] != before["ticket"]["updated_at"]
    for other in (with_status(service, "CLOSED"), with_status(service, "OPEN", sold=False)):
        assert refused(service, "GenerateReturnShippingLabel", {"ticket_id": other["id"]})[:2] == (9, 400)
