"""What a ticket is: rows, the SLA clock, views, sort orders. Pure: no I/O, no time of its own.

Times are instants of `clock` (microseconds since the epoch); 0 means "none". Statuses, topics, countries and scopes
are the service's own words: an unknown one is kept and shown as it is (API.md "JSON habits").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from tui.clock import HOUR, MINUTE

ACTIVE_STATUSES: Final = ("OPEN", "PENDING")
ARCHIVE_STATUSES: Final = ("SOLVED", "CLOSED")
SLA_RISK_WITHIN: Final = 4 * HOUR
MAX_ID: Final = 2**63 - 1

Audience = Literal["customer", "internal", "notes"]
AUDIENCE_WORDS: Final[dict[Audience, str]] = {
    "customer": "to the customer",
    "internal": "to refurbed and us",
    "notes": "our notes",
}
AUDIENCE_SCOPES: Final[dict[Audience, str]] = {"customer": "PUBLIC", "internal": "INTERNAL"}
SCOPE_WORDS: Final[dict[str, str]] = {"PUBLIC": "to all", "INTERNAL": "refurbed and us only"}


def audience_named(name: str) -> Audience:
    """The audience a stored name means. `ValueError` for any other: a text must never go to somebody else."""
    for audience in get_args(Audience):
        if audience == name:
            return cast("Audience", audience)
    raise ValueError(f"there is no audience {name!r}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as the service describes it, cleaned, with every default filled in."""

    id: int
    status: str = ""
    urgency: str = ""
    created_at: int = 0
    updated_at: int = 0
    item_kind: str = ""
    """`marketplace`, `buyback`, or empty when the service named no order item."""
    order_id: int = 0
    order_item_id: int = 0
    product: str = ""
    topic: str = ""
    country: str = ""
    customer_name: str = ""
    customer_email: str = ""
    assignee_email: str = ""
    assignee_name: str = ""
    awaiting_since: int = 0
    overdue_at: int = 0
    takeover_at: int = 0
    seller_action_needed: bool = False
    customer_panicked: bool = False
    notes: str = ""
    follow_up_to: int = 0
    topic_change_allowed: bool = False
    has_help_requests: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a message. `url` is public and foreign: the token never goes there (API.md trap 6)."""

    filename: str
    url: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. `body_html` is strangers' HTML (API.md trap 5)."""

    id: int
    scope: str = ""
    created_at: int = 0
    author_type: str = ""
    author_name: str = ""
    author_email: str = ""
    body_html: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """A question to refurbed about a ticket; OPEN is refurbed's turn, PENDING the seller's, CLOSED the end of it."""

    id: int
    ticket_id: int = 0
    status: str = ""
    topic: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Sla:
    """The ladder's rung of one ticket at one moment."""

    kind: Literal["none", "due", "late", "takeover", "taken"]
    at: int
    """The instant the kind speaks of: the deadline ahead, or the one that passed; 0 for `none`."""

    def words(self, now: int) -> str:
        """As the list says it: `due 2h14m`, `late 0h42m`, `takeover 3h`, `taken over`, or nothing."""
        if self.kind == "none":
            return ""
        if self.kind == "taken":
            return "taken over"
        if self.kind == "takeover":
            return f"takeover {short_span(self.at - now) if self.at - now < HOUR else f'{(self.at - now) // HOUR}h'}"
        return f"{self.kind} {short_span(abs(self.at - now))}"


def sla(ticket: Ticket, now: int) -> Sla:
    """Which deadline matters now (DESIGN.md "The screen"): due, then late, then refurbed's takeover.

    A late ticket says how late until the takeover is within four hours; then it says how long is left.
    """
    overdue, takeover = ticket.overdue_at, ticket.takeover_at
    if takeover and takeover <= now:
        return Sla("taken", takeover)
    if overdue and overdue > now:
        return Sla("due", overdue)
    if takeover and (not overdue or takeover - now <= SLA_RISK_WITHIN):
        return Sla("takeover", takeover)
    if overdue:
        return Sla("late", overdue)
    return Sla("none", 0)


def next_deadline(ticket: Ticket, now: int) -> int:
    """The ladder's sort value: the next of OVERDUE and REFURBED_TAKEOVER, or the last one that passed; 0 is none."""
    ahead = [at for at in (ticket.overdue_at, ticket.takeover_at) if at > now]
    return min(ahead) if ahead else max(ticket.overdue_at, ticket.takeover_at)


def short_span(span: int) -> str:
    """A length of time in at most six cells: `12m`, `2h14m`, `3d04h`, `120d`."""
    minutes = max(0, span) // MINUTE
    if minutes < 60:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours:02}h" if days < 100 else f"{days}d"


@dataclass(frozen=True, slots=True)
class View:
    """A named question to the tickets. All conditions hold together; an empty one asks nothing."""

    id: str
    key: str
    title: str
    short: str
    """The title where there is little room."""
    statuses: tuple[str, ...] = ACTIVE_STATUSES
    needs_reply: bool = False
    assignee: Literal["", "me", "nobody"] = ""
    sla_risk: bool = False
    help_requests: bool = False

    def holds(self, ticket: Ticket, now: int, me: str) -> bool:
        """Whether the ticket belongs to this view; `me` is the agent's e-mail address, or empty."""
        return (
            ticket.status in self.statuses
            and (not self.needs_reply or ticket.status == "OPEN" or ticket.seller_action_needed)
            and (self.assignee != "me" or (me != "" and ticket.assignee_email.casefold() == me.casefold()))
            and (self.assignee != "nobody" or not ticket.assignee_email)
            and (not self.sla_risk or 0 < next_deadline(ticket, now) <= now + SLA_RISK_WITHIN)
            and (not self.help_requests or ticket.has_help_requests)
        )


VIEWS: Final = (
    View("active", "0", "All active", "All"),
    View("needs-reply", "1", "Needs reply", "Reply", needs_reply=True),
    View("mine", "2", "Mine", "Mine", assignee="me"),
    View("unassigned", "3", "Unassigned", "Free", assignee="nobody"),
    View("waiting", "4", "Waiting", "Wait", statuses=("PENDING",)),
    View("sla", "5", "SLA risk", "SLA", sla_risk=True),
    View("help", "6", "Help requests", "Help", help_requests=True),
    View("archive", "7", "Archive", "Archive", statuses=ARCHIVE_STATUSES),
)
VIEW_BY_ID: Final = {view.id: view for view in VIEWS}
DEFAULT_VIEW: Final = VIEW_BY_ID["needs-reply"]

Sort = Literal["sla", "updated", "created", "customer"]
SORT_WORDS: Final[dict[Sort, str]] = {
    "sla": "SLA ladder",
    "updated": "last change first",
    "created": "oldest first",
    "customer": "customer",
}


def sort_key(ticket: Ticket, sort: Sort, now: int) -> tuple[int | str, ...]:
    """The order of a view; the id makes it total, so that two polls never swap equal rows."""
    if sort == "updated":
        return (-ticket.updated_at, ticket.id)
    if sort == "created":
        return (ticket.created_at, ticket.id)
    if sort == "customer":
        return (ticket.customer_name.casefold(), ticket.id)
    deadline = next_deadline(ticket, now)
    return (0 if deadline else 1, deadline, ticket.created_at, ticket.id)


def in_view(tickets: Iterable[Ticket], view: View, sort: Sort, now: int, me: str) -> list[Ticket]:
    """The view's tickets in order, for those who hold all tickets in hand (the command line)."""
    return sorted((t for t in tickets if view.holds(t, now, me)), key=lambda t: sort_key(t, sort, now))


def status_after_reply(current: str) -> str:
    """What a reply asks for unless told otherwise. OPEN cannot be submitted (API.md trap 1)."""
    return "SOLVED" if current == "SOLVED" else "PENDING"
