"""The seeded tickets: every state is there, in six languages, and the same seed gives the same bytes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tui.clock import HOUR, FixedClock, parse_instant
from tui.demo.data import BIG_ID, DEMO_AGENT_EMAIL, SCENARIOS
from tui.demo.service import Service

Json = dict[str, Any]


def everything(service: Service) -> list[Json]:
    return [service.handle("GetTicket", {"ticket_id": one["id"]}) for one in all_tickets(service)]


def all_tickets(service: Service) -> list[Json]:
    answer: Json = service.handle("ListTickets", {})
    return list(answer["tickets"])


def test_every_state_is_there(service: Service, clock: FixedClock) -> None:
    tickets = all_tickets(service)
    assert len(tickets) == 64
    assert {one["status"] for one in tickets} == {"OPEN", "PENDING", "SOLVED", "CLOSED"}
    assert {one.get("urgency_status") for one in tickets} == {None, "PANIC", "URGENT"}
    assert {(one.get("assignee") or {}).get("email", "") == DEMO_AGENT_EMAIL for one in tickets} == {True, False}
    assert any(not one.get("assignee") for one in tickets)
    assert len({(one.get("assignee") or {}).get("email") for one in tickets}) == 4
    assert any("buyback_order_item" in one for one in tickets)
    assert any("marketplace_order_item" in one for one in tickets)
    closed = {one["id"] for one in tickets if one["status"] == "CLOSED"}
    assert {one["follow_up_to_ticket_id"] for one in tickets if "follow_up_to_ticket_id" in one} <= closed
    assert sum("follow_up_to_ticket_id" in one for one in tickets) == 2
    assert any(one.get("notes") for one in tickets)
    assert any(one.get("topic_change_allowed") for one in tickets)
    assert str(BIG_ID) in {one["id"] for one in tickets}
    assert {len(one["country"]) for one in tickets} == {2}


def test_clocks_stand_at_every_stage(service: Service, clock: FixedClock) -> None:
    now, stages = clock.now(), set[str]()
    for one in all_tickets(service):
        at = {point["checkpoint_type"]: parse_instant(point["at"]) for point in one.get("sla_checkpoints", [])}
        if not at:
            stages.add("none")
        elif at.get("REFURBED_TAKEOVER", now + 1) <= now:
            stages.add("taken")
        elif at["OVERDUE"] > now + 4 * HOUR:
            stages.add("awaiting")
        elif at["OVERDUE"] > now:
            stages.add("soon")
        elif at.get("REFURBED_TAKEOVER", now + 99 * HOUR) < now + 4 * HOUR:
            stages.add("near")
        else:
            stages.add("late")
        assert all(point <= now for kind, point in at.items() if kind == "AWAITING_REPLY_SINCE")
    assert stages == {"none", "taken", "awaiting", "soon", "near", "late"}


def test_threads_speak_six_languages_in_the_html_of_mail_programs(service: Service) -> None:
    threads = everything(service)
    text = " ".join(item["message"]["body_html"] for thread in threads for item in thread["messages"])
    for words in ("Guten Tag", "Bonjour", "Buongiorno", "Hola, ", "Dzień dobry", "thank you for your message"):
        assert words.casefold() in text.casefold()
    for shape in (
        "phonix-store.example/help</a></p>",
        "MsoNormal",
        "gmail_quote",
        'blockquote type="cite"',
        "<table",
        "<img",
        "<a href=",
    ):
        assert shape in text
    for thread in threads:
        times = [parse_instant(item["message"]["created_at"]) for item in thread["messages"]]
        ids = [int(item["message"]["id"]) for item in thread["messages"]]
        assert times == sorted(times)
        assert ids == sorted(set(ids))
        assert times[0] == parse_instant(thread["ticket"]["created_at"])
        assert times[-1] <= parse_instant(thread["ticket"]["updated_at"])
    authors = {item["message"]["author"]["type"] for thread in threads for item in thread["messages"]}
    assert authors == {"CUSTOMER", "MERCHANT", "REFURBED", "SYSTEM"}
    assert {item["scope"] for thread in threads for item in thread["messages"]} == {"PUBLIC", "INTERNAL"}
    numbers = [item["message"]["id"] for thread in threads for item in thread["messages"]]
    assert len(numbers) == len(set(numbers))


def test_strangers_write_hostile_things(service: Service) -> None:
    threads = everything(service)
    text = " ".join(item["message"]["body_html"] for thread in threads for item in thread["messages"])
    assert all(part in text for part in ("[/]", "\x1b]52;", "\u202e", "[@click=", "account-check.example"))
    assert any("\x1b" in thread["ticket"]["customer"]["name"] for thread in threads)


def test_help_requests_stand_in_every_status(service: Service) -> None:
    found: dict[str, int] = {}
    for one in all_tickets(service):
        listed: Any = service.handle("ListTicketHelpRequests", {"ticket_id": one["id"]}).get("help_requests", [])
        assert bool(listed) == bool(one.get("has_help_requests"))
        for request in listed:
            found[request["status"]] = found.get(request["status"], 0) + 1
            whole = service.handle("GetTicketHelpRequest", {"ticket_id": one["id"], "help_request_id": request["id"]})
            assert whole["help_request"] == request
            assert whole["messages"]
    assert set(found) == {"OPEN", "PENDING", "SOLVED", "CLOSED"}


def test_the_same_seed_gives_the_same_bytes(clock: FixedClock) -> None:
    def bytes_of(seed: int) -> bytes:
        return json.dumps(everything(Service(clock, seed=seed))).encode()

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)


def test_answers_leave_defaults_out_at_times(service: Service) -> None:
    tickets = all_tickets(service)
    assert {"has_help_requests" in one for one in tickets} == {True, False}
    assert {"assignee" in one for one in tickets if not one.get("assignee")} == {True, False}
    digits = {len(one["updated_at"].partition(".")[2]) for one in tickets}
    assert {7, 10} <= digits


def test_a_hundred_thousand_tickets_are_there_in_seconds(clock: FixedClock) -> None:
    begun = time.perf_counter()
    service = Service(clock, tickets=100_000)
    assert time.perf_counter() - begun < 12
    active = {"filter": {"status": {"any_of": ["OPEN", "PENDING"]}}, "sort": {"by": "UPDATED_AT", "order": "DESC"}}
    pages, begun, seen, after = 0, time.perf_counter(), set[str](), ""
    while pages < 60:
        pagination = {"starting_after": after} if after else {}
        page: Any = service.handle("ListTickets", {**active, "pagination": pagination})
        seen |= {one["id"] for one in page["tickets"]}
        after = page["tickets"][-1]["id"]
        service.handle("UpdateTicket", {"ticket_id": page["tickets"][0]["id"], "notes": str(pages)})
        pages += 1
    assert (time.perf_counter() - begun) / pages < 0.05
    assert len(seen) > 5000
    begun = time.perf_counter()
    text = service.to_json()
    assert len(text) < 1_000_000
    assert time.perf_counter() - begun < 1


def test_a_number_out_of_range_is_refused(clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="1 to 100000"):
        Service(clock, tickets=0)


def test_each_scenario_has_a_sentence() -> None:
    assert [name for name, _ in SCENARIOS] == [
        "ok",
        "not-live",
        "unauthorized",
        "forbidden",
        "rate-limited",
        "slow",
        "flaky",
        "drop-after-commit",
        "hang",
    ]
    assert all(sentence.endswith(".") for _, sentence in SCENARIOS)
