"""The outbox as DESIGN.md draws it: which state may follow which, and the words for each. Pure."""

from __future__ import annotations

from typing import Final, Literal, get_args

State = Literal["held", "queued", "paused", "sending", "sent", "refused", "unconfirmed", "undecided", "withdrawn"]
STATES: Final[tuple[State, ...]] = get_args(State)

Decision = Literal["it-was-sent", "send-again", "to-draft"]

EDGES: Final[dict[State, frozenset[State]]] = {
    "held": frozenset({"queued", "withdrawn", "paused"}),
    # A person may take back what only waits for the line: the same as pausing it and then withdrawing it.
    "queued": frozenset({"sending", "paused", "withdrawn"}),
    "paused": frozenset({"queued", "withdrawn"}),
    "sending": frozenset({"sent", "refused", "queued", "paused", "unconfirmed"}),
    "unconfirmed": frozenset({"sent", "undecided"}),
    "undecided": frozenset({"sent", "queued", "withdrawn"}),
    "sent": frozenset(),
    "refused": frozenset(),
    "withdrawn": frozenset(),
}

FOUND_LATER: Final[frozenset[State]] = frozenset({"queued", "paused", "refused", "withdrawn"})
"""States that also lead to sent, but only for a row whose outcome was once unknown: it is found in the thread later."""

BY_PERSON: Final[frozenset[tuple[State, State]]] = frozenset(
    {
        ("held", "withdrawn"),
        ("queued", "withdrawn"),
        ("paused", "withdrawn"),
        ("paused", "queued"),
        ("undecided", "queued"),
        ("undecided", "withdrawn"),
    }
)
"""Edges that nothing but a person's own decision takes."""

UNSETTLED: Final[tuple[State, ...]] = ("held", "queued", "paused", "sending", "unconfirmed", "undecided")
"""What is not over yet: later writes to the same ticket wait for it, and quitting speaks of it."""

SETTLED: Final[tuple[State, ...]] = ("sent", "refused", "withdrawn")

DECISIONS: Final[dict[Decision, State]] = {"it-was-sent": "sent", "send-again": "queued", "to-draft": "withdrawn"}

WORDS: Final[dict[State, str]] = {
    "held": "leaves in a moment, can be undone",
    "queued": "waiting to be sent",
    "paused": "paused, waits for you",
    "sending": "being sent",
    "sent": "sent",
    "refused": "refused, the text is back in the draft",
    "unconfirmed": "may have been sent, being checked",
    "undecided": "nobody knows whether it was sent, you decide",
    "withdrawn": "withdrawn, the text is back in the draft",
}


def allowed(old: State, new: State, *, was_unclear: bool = False) -> bool:
    """Whether a row may go from `old` to `new`; `was_unclear` when its outcome was once unknown."""
    return new in EDGES[old] or (was_unclear and new == "sent" and old in FOUND_LATER)
