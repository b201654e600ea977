"""Views and sort orders as SQL: the same answers as `domain.in_view`, computed where the tickets are.

Every query gives one row: SQLite then works through all tickets without handing the interpreter back and forth, which
with a busy screen would cost up to 5 ms a row. Text compares by code point on both sides (BINARY on UTF-8); what is
compared without regard to case is stored casefolded (`name_folded`, `assignee_folded`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.domain import SLA_RISK_WITHIN, Sort, View

Value = int | str

_DEADLINE: Final = (
    "CASE WHEN overdue_at > :now AND takeover_at > :now THEN min(overdue_at, takeover_at)"
    " WHEN overdue_at > :now THEN overdue_at"
    " WHEN takeover_at > :now THEN takeover_at"
    " ELSE max(overdue_at, takeover_at) END"
)
"""`domain.next_deadline`."""

_ORDERS: Final[dict[Sort, str]] = {
    "sla": "deadline = 0, deadline, created_at, id",
    "updated": "updated_at DESC, id",
    "created": "created_at, id",
    "customer": "name_folded, id",
}
"""`domain.sort_key`."""


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with named parameters."""

    sql: str
    values: dict[str, Value] = field(default_factory=dict)


def order(view: View, sort: Sort, now: int, me: str, matching: Sequence[Query] = ()) -> Query:
    """One row, one column: the ids of the view's tickets in order, joined by commas, or NULL.

    `matching` are conditions on the column `id` that hold as well; their parameters have names of their own.
    """
    held = holds(view, now, me)
    conditions = " AND ".join((held.sql, *(each.sql for each in matching)))
    values = dict(held.values, now=now)
    for each in matching:
        values.update(each.values)
    chosen = f"id, {_DEADLINE} AS deadline" if sort == "sla" else "id"
    # LIMIT keeps SQLite from dropping the inner order as useless to an aggregate.
    parts = (
        "SELECT group_concat(id) FROM (SELECT",
        chosen,
        "FROM tickets WHERE",
        conditions,
        "ORDER BY",
        _ORDERS[sort],
        "LIMIT -1)",
    )
    return Query(" ".join(parts), values)


def counts(views: Sequence[View], now: int, me: str) -> Query:
    """One row, one column a view: how many tickets it holds."""
    values: dict[str, Value] = {"now": now}
    sums: list[str] = []
    for number, view in enumerate(views):
        held = holds(view, now, me, f"v{number}_")
        values.update(held.values)
        sums.append(f"total({held.sql})")
    return Query(" ".join(("SELECT", ", ".join(sums), "FROM tickets")), values)


def holds(view: View, now: int, me: str, prefix: str = "") -> Query:
    """The condition of `View.holds`; needs the parameter `now` as well."""
    values: dict[str, Value] = {f"{prefix}s{number}": status for number, status in enumerate(view.statuses)}
    conditions = [f"status IN ({', '.join(f':{name}' for name in values)})"]
    if view.needs_reply:
        conditions.append("(status = 'OPEN' OR seller_action_needed)")
    if view.assignee == "me":
        values[f"{prefix}me"] = me.casefold()
        conditions.append(f"(:{prefix}me <> '' AND assignee_folded = :{prefix}me)")
    if view.assignee == "nobody":
        conditions.append("assignee_folded = ''")
    if view.sla_risk:
        values[f"{prefix}risk"] = now + SLA_RISK_WITHIN
        conditions.append(f"({_DEADLINE}) BETWEEN 1 AND :{prefix}risk")
    if view.help_requests:
        conditions.append("has_help_requests")
    return Query(f"({' AND '.join(conditions)})", values)
