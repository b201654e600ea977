"""ListTickets: filters, three orders, cursors in both directions, lists that shift while they are paged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.clock import FixedClock, parse_instant
from tui.demo.errors import Rejected
from tui.demo.service import Service

Json = dict[str, Any]
NOW = parse_instant("2026-11-23T08:15:00Z")


def page(service: Service, **request: Any) -> tuple[list[str], bool]:
    answer: Json = service.handle("ListTickets", request)
    return [one["id"] for one in answer["tickets"]], bool(answer.get("has_more"))


def tickets(service: Service, **conditions: Any) -> list[Json]:
    answer: Json = service.handle("ListTickets", {"filter": conditions})
    return list(answer["tickets"])


@pytest.mark.parametrize("by", ["CREATED_AT", "NEXT_SLA_BREACH_AT", "UPDATED_AT"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("limit", [1, 7, 64, 100])
def test_pages_in_both_directions_give_the_whole_list_once(service: Service, by: str, order: str, limit: int) -> None:
    sort = {"by": by, "order": order}
    whole, more = page(service, sort=sort)
    assert len(set(whole)) == 64
    assert not more
    found, more = page(service, sort=sort, pagination={"limit": limit})
    while more:
        part, more = page(service, sort=sort, pagination={"limit": limit, "starting_after": found[-1]})
        found += part
    assert found == whole
    back, more = page(service, sort=sort, pagination={"limit": limit, "ending_before": whole[-1]})
    while more:
        part, more = page(service, sort=sort, pagination={"limit": limit, "ending_before": back[0]})
        back = part + back
    assert back == whole[:-1]


def test_the_default_order_is_oldest_first_and_the_last_page_is_empty(service: Service) -> None:
    created = [parse_instant(one["created_at"]) for one in tickets(service)]
    assert created == sorted(created)
    whole, _ = page(service)
    assert page(service, pagination={"starting_after": whole[-1]}) == ([], False)
    assert page(service, pagination={"ending_before": whole[0]}) == ([], False)


def test_the_next_breach_is_the_takeover_once_a_ticket_is_late(service: Service, clock: FixedClock) -> None:
    sort = {"by": "NEXT_SLA_BREACH_AT"}
    before, _ = page(service, sort=sort)
    clock.advance(30 * 3600)
    service.handle("GetTicket", {"ticket_id": before[0]})
    after, _ = page(service, sort=sort)
    by_id = {one["id"]: one for one in tickets(service)}

    def breach(ticket_id: str) -> int:
        points = {
            one["checkpoint_type"]: parse_instant(one["at"]) for one in by_id[ticket_id].get("sla_checkpoints", [])
        }
        overdue, takeover = points.get("OVERDUE", 0), points.get("REFURBED_TAKEOVER", 0)
        if overdue > clock.now() or (overdue and not takeover):
            return overdue
        return takeover or 2**62

    assert [breach(one) for one in after] == sorted(breach(one) for one in by_id)
    assert before != after


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"status": {"any_of": ["OPEN"]}}, lambda one: one["status"] == "OPEN"),
        ({"status": {"none_of": ["OPEN", "CLOSED"]}}, lambda one: one["status"] in ("PENDING", "SOLVED")),
        ({"status": {"any_of": []}}, lambda one: True),
        ({"urgency_status": {"any_of": ["PANIC"]}}, lambda one: one.get("urgency_status") == "PANIC"),
        ({"urgency_status": {"none_of": ["PANIC", "URGENT"]}}, lambda one: not one.get("urgency_status")),
        ({"country": {"any_of": ["DE", "AT"]}}, lambda one: one["country"] in ("DE", "AT")),
        ({"country": {"none_of": ["DE"]}}, lambda one: one["country"] != "DE"),
        ({"topic": {"any_of": ["return"]}}, lambda one: one["topic_slug"] == "return"),
        ({"customer_name": {"contains": "MÜLLER"}}, lambda one: "müller" in one["customer"]["name"].casefold()),
        ({"customer_panicked": {"value": True}}, lambda one: one.get("customer_panicked", False)),
        ({"is_buyback": {"value": True}}, lambda one: "buyback_order_item" in one),
        ({"is_buyback": {"value": False}}, lambda one: "buyback_order_item" not in one),
        ({"is_buyback": {}}, lambda one: True),
        ({"seller_action_needed": {"value": True}}, lambda one: one.get("seller_action_needed", False)),
        ({"has_help_requests": {"value": True}}, lambda one: one.get("has_help_requests", False)),
        (
            {"assignee_user_email": {"eq": "Anna.Berger@phonix-store.example"}},
            lambda one: (one.get("assignee") or {}).get("name") == "Anna Berger",
        ),
        (
            {"status": {"any_of": ["OPEN"]}, "is_buyback": {"value": True}},
            lambda one: one["status"] == "OPEN" and "buyback_order_item" in one,
        ),
    ],
)
def test_filters(service: Service, conditions: Json, holds: Any) -> None:
    wanted = [one["id"] for one in tickets(service) if holds(one)]
    assert [one["id"] for one in tickets(service, **conditions)] == wanted
    assert wanted


def test_filters_by_number_and_name(service: Service) -> None:
    sold = next(one for one in tickets(service) if "marketplace_order_item" in one)
    bought = next(one for one in tickets(service) if "buyback_order_item" in one)
    item, buyback = sold["marketplace_order_item"], bought["buyback_order_item"]
    for name, number, wanted in (
        ("ticket_id", sold["id"], sold),
        ("marketplace_order_id", item["order_id"], sold),
        ("marketplace_order_item_id", item["order_item_id"], sold),
        ("buyback_order_id", buyback["buyback_order_id"], bought),
        ("buyback_order_item_id", buyback["buyback_order_item_id"], bought),
    ):
        assert wanted in tickets(service, **{name: {"any_of": [number, "1"]}})
    assert sold in tickets(service, customer_email={"eq": sold["customer"]["email"]})
    assert sold in tickets(service, customer_name={"any_of": [sold["customer"]["name"]]})
    assert sold not in tickets(service, customer_name={"none_of": [sold["customer"]["name"]]})


def test_a_list_that_shifts_repeats_and_skips(service: Service) -> None:
    sort = {"by": "UPDATED_AT", "order": "DESC"}
    first, _ = page(service, sort=sort, pagination={"limit": 10})
    cursor = first[-1]
    # The cursor's ticket changes: it is on top now, and what follows it is the old first page again.
    service.handle("UpdateTicket", {"ticket_id": cursor, "notes": "moved"})
    second, _ = page(service, sort=sort, pagination={"limit": 10, "starting_after": cursor})
    assert second == [*first[:-1], second[-1]]
    assert second[-1] not in first


def test_a_cursor_that_left_the_filter_keeps_its_place(service: Service) -> None:
    asked: Json = {"filter": {"status": {"any_of": ["OPEN"]}}, "sort": {"by": "CREATED_AT"}}
    whole, _ = page(service, **asked)
    service.handle("UpdateTicket", {"ticket_id": whole[4], "status": "SOLVED"})
    rest, _ = page(service, **asked, pagination={"starting_after": whole[4]})
    assert rest == whole[5:]
    assert page(service, **asked)[0] == whole[:4] + whole[5:]


def test_an_unknown_cursor_is_refused(service: Service) -> None:
    with pytest.raises(Rejected) as caught:
        page(service, pagination={"starting_after": "12"})
    assert (caught.value.grpc_code, caught.value.http_status) == (3, 400)


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 63), st.sampled_from(["notes", "solve", "reply"]), st.integers(0, 40_000)), max_size=12
    )
)
def test_kept_orders_equal_those_sorted_afresh(steps: list[tuple[int, str, int]]) -> None:
    clock = FixedClock(NOW)
    service = Service(clock)
    asked: list[Json] = [
        {"sort": {"by": by}, "filter": {"status": {"any_of": ["OPEN", "PENDING"]}}}
        for by in ("CREATED_AT", "NEXT_SLA_BREACH_AT", "UPDATED_AT")
    ]
    ids, _ = page(service)
    for index, what, seconds in steps:
        for one in asked:
            page(service, **one)
        clock.advance(seconds)
        body: Json = {"ticket_id": ids[index]}
        if what == "reply":
            body["new_message"] = {"scope": "PUBLIC", "message": {"body_html": "<p>x</p>"}}
        else:
            body |= {"status": "SOLVED"} if what == "solve" else {"notes": "n"}
        try:
            service.handle("UpdateTicket", body)
        except Rejected as rejected:
            assert rejected.grpc_code == 9
    fresh = Service.from_json(clock, service.to_json())
    for one in asked:
        assert service.handle("ListTickets", one) == fresh.handle("ListTickets", one)
