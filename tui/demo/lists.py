"""ListTickets: which tickets a filter means, and their pages in three orders.

Orders are kept sorted, filtered ones too (the last few filters), and changed row by row: a page out of 100,000 tickets
costs no sorting. A cursor is a ticket's place in the order at the time of asking, as in the real service, so a list
that shifts while it is paged repeats and skips (API.md trap 2).
"""

from __future__ import annotations

import heapq
import json
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tui.demo.errors import invalid
from tui.demo.model import Ticket

Key = tuple[int, int]
Test = Callable[[Ticket], bool]
NEVER: Final = 2**62
_KEPT: Final = 8


def next_breach(ticket: Ticket, now: int) -> int:
    """OVERDUE until it passes, then the takeover; those without a clock come last in ascending order."""
    if ticket.overdue_at > now or (ticket.overdue_at and not ticket.takeover_at):
        return ticket.overdue_at
    return ticket.takeover_at or NEVER


def order_key(ticket: Ticket, by: str, now: int) -> Key:
    """The place in an order; the id makes it total."""
    if by == "UPDATED_AT":
        return (ticket.updated_at, ticket.id)
    if by == "NEXT_SLA_BREACH_AT":
        return (next_breach(ticket, now), ticket.id)
    return (ticket.created_at, ticket.id)


def compile_filter(conditions: Mapping[str, Any]) -> Test:
    """The filter of a checked request as one test; conditions hold together, empty ones ask nothing."""
    tests: list[Test] = []
    for name, condition in conditions.items():
        tests += _TESTS[name](condition)

    def test(ticket: Ticket) -> bool:
        return all(one(ticket) for one in tests)

    return test


def _choice(value_of: Callable[[Ticket], object]) -> Callable[[Mapping[str, Any]], list[Test]]:
    def build(condition: Mapping[str, Any]) -> list[Test]:
        tests: list[Test] = []
        if any_of := frozenset(condition.get("any_of", ())):
            tests.append(lambda ticket: value_of(ticket) in any_of)
        if none_of := frozenset(condition.get("none_of", ())):
            tests.append(lambda ticket: value_of(ticket) not in none_of)
        if part := str(condition.get("contains", "")).casefold():
            tests.append(lambda ticket: part in str(value_of(ticket)).casefold())
        return tests

    return build


def _equals(value_of: Callable[[Ticket], str]) -> Callable[[Mapping[str, Any]], list[Test]]:
    def build(condition: Mapping[str, Any]) -> list[Test]:
        wanted = str(condition.get("eq", "")).casefold()
        return [lambda ticket: value_of(ticket).casefold() == wanted]

    return build


def _flag(value_of: Callable[[Ticket], bool]) -> Callable[[Mapping[str, Any]], list[Test]]:
    def build(condition: Mapping[str, Any]) -> list[Test]:
        if "value" not in condition:
            return []
        wanted = condition["value"]
        return [lambda ticket: value_of(ticket) is wanted]

    return build


_TESTS: Final[Mapping[str, Callable[[Mapping[str, Any]], list[Test]]]] = {
    "ticket_id": _choice(lambda ticket: ticket.id),
    "marketplace_order_id": _choice(lambda ticket: 0 if ticket.buyback else ticket.order_id),
    "marketplace_order_item_id": _choice(lambda ticket: 0 if ticket.buyback else ticket.item_id),
    "buyback_order_id": _choice(lambda ticket: ticket.order_id if ticket.buyback else 0),
    "buyback_order_item_id": _choice(lambda ticket: ticket.item_id if ticket.buyback else 0),
    "assignee_user_email": _equals(lambda ticket: ticket.assignee),
    "customer_email": _equals(lambda ticket: ticket.customer_email),
    "status": _choice(lambda ticket: ticket.status),
    "urgency_status": _choice(lambda ticket: ticket.urgency or "UNSPECIFIED"),
    "country": _choice(lambda ticket: ticket.country),
    "topic": _choice(lambda ticket: ticket.topic),
    "customer_name": _choice(lambda ticket: ticket.customer_name),
    "customer_panicked": _flag(lambda ticket: ticket.panicked),
    "is_buyback": _flag(lambda ticket: ticket.buyback),
    "seller_action_needed": _flag(lambda ticket: ticket.action_needed),
    "has_help_requests": _flag(lambda ticket: ticket.has_help_requests),
}


class TicketLists:
    """The tickets in order. Whoever changes a ticket calls `leave` before and `enter` after."""

    def __init__(self, tickets: Mapping[int, Ticket], now: int) -> None:
        self._tickets = tickets
        self._now = now
        self._orders: dict[str, list[Key]] = {}
        self._filtered: OrderedDict[tuple[str, str], tuple[Test, list[Key]]] = OrderedDict()
        self._breaches = [(ticket.overdue_at, ticket.id) for ticket in tickets.values() if ticket.overdue_at > now]
        heapq.heapify(self._breaches)

    def tick(self, now: int) -> None:
        """Time passed: what became overdue has another next breach now."""
        if now <= self._now:
            return
        moved: set[int] = set()
        while self._breaches and self._breaches[0][0] <= now:
            moved.add(heapq.heappop(self._breaches)[1])
        for ticket_id in moved:
            self.leave(self._tickets[ticket_id])
        self._now = now
        for ticket_id in moved:
            self.enter(self._tickets[ticket_id])

    def leave(self, ticket: Ticket) -> None:
        """Take the ticket out of all orders, as it is now."""
        for by, keys in self._orders.items():
            _remove(keys, order_key(ticket, by, self._now))
        for (by, _), (_, keys) in self._filtered.items():
            _remove(keys, order_key(ticket, by, self._now))

    def enter(self, ticket: Ticket) -> None:
        """Put the ticket, changed or new, where it belongs."""
        for by, keys in self._orders.items():
            insort(keys, order_key(ticket, by, self._now))
        for (by, _), (test, keys) in self._filtered.items():
            if test(ticket):
                insort(keys, order_key(ticket, by, self._now))
        if ticket.overdue_at > self._now:
            heapq.heappush(self._breaches, (ticket.overdue_at, ticket.id))

    def page(self, request: Mapping[str, Any]) -> tuple[list[Ticket], bool]:
        """The page a checked ListTicketsRequest asks for, and whether more follow (or, with ending_before, precede)."""
        pagination, sort = request.get("pagination", {}), request.get("sort", {})
        limit: int = pagination.get("limit", 100)
        by: str = sort.get("by", "CREATED_AT")
        falling = sort.get("order", "ASC") == "DESC"
        keys = self._matching(request.get("filter", {}), by)
        after, before = pagination.get("starting_after"), pagination.get("ending_before")
        low, high = 0, len(keys)
        if after is not None:
            low, high = self._around(keys, by, after, after=not falling)
        elif before is not None:
            low, high = self._around(keys, by, before, after=falling)
        more = high - low > limit
        # The end of the range that the page is taken from: the cursor's, or the order's beginning.
        if falling == (before is None):
            low = max(low, high - limit)
        else:
            high = min(high, low + limit)
        found = [self._tickets[ticket_id] for _, ticket_id in keys[low:high]]
        return (found[::-1] if falling else found), more

    def _around(self, keys: list[Key], by: str, cursor: int, *, after: bool) -> tuple[int, int]:
        ticket = self._tickets.get(cursor)
        if ticket is None:
            raise invalid(f"pagination: no ticket has the id {cursor}")
        key = order_key(ticket, by, self._now)
        place = bisect_left(keys, key)
        if after:
            return place + (place < len(keys) and keys[place] == key), len(keys)
        return 0, place

    def _matching(self, conditions: Mapping[str, Any], by: str) -> list[Key]:
        if ids := conditions.get("ticket_id", {}).get("any_of"):
            test = compile_filter(conditions)
            known = (self._tickets[ticket_id] for ticket_id in set(ids) if ticket_id in self._tickets)
            return sorted(order_key(ticket, by, self._now) for ticket in known if test(ticket))
        if not conditions:
            return self._order(by)
        name = (by, json.dumps(conditions, sort_keys=True))
        if name not in self._filtered:
            test = compile_filter(conditions)
            self._filtered[name] = test, self._only(test, self._order(by))
            if len(self._filtered) > _KEPT:
                self._filtered.popitem(last=False)
        self._filtered.move_to_end(name)
        return self._filtered[name][1]

    def _only(self, test: Test, keys: Iterable[Key]) -> list[Key]:
        return [key for key in keys if test(self._tickets[key[1]])]

    def _order(self, by: str) -> list[Key]:
        if by not in self._orders:
            self._orders[by] = sorted(order_key(ticket, by, self._now) for ticket in self._tickets.values())
        return self._orders[by]


def _remove(keys: list[Key], key: Key) -> None:
    place = bisect_left(keys, key)
    if place < len(keys) and keys[place] == key:
        del keys[place]
