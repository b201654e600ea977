"""Sentences of the screen's lines: how old it is, what is unsent, what to do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from tui.clock import MINUTE, to_datetime
from tui.domain import AUDIENCE_WORDS, View, audience_named

if TYPE_CHECKING:
    from tui.store.rows import OutboxRow
    from tui.sync.events import SyncState
    from tui.ui.actions import Keymap

STALE_AFTER: Final = 2 * MINUTE
SIGNED_OUT: Final = ("signed-out", "forbidden")
WELL: Final = ("live", "follower", "starting")
UNSENT_ORDER: Final = ("undecided", "unconfirmed", "refused", "paused", "sending", "queued", "held")
PHASE_WORDS: Final = {
    "offline": "offline",
    "signed-out": "signed out",
    "forbidden": "no access",
    "not-live": "API not live yet",
    "limited": "rate-limited",
    "trouble": "trouble",
    "starting": "connecting",
    "stopped": "stopped",
}


ASKING: Final = "Asking the service…"
SIGN_IN: Final = ": and “sign in” takes another token."


def clock_words(instant: int, now: int, zone: tzinfo | None) -> str:
    """A recent moment: `14:03:12`, with its date when that is not today's."""
    at, today = to_datetime(instant, zone), to_datetime(now, zone)
    return at.strftime("%H:%M:%S" if at.date() == today.date() else "%Y-%m-%d %H:%M")


def age(state: SyncState | None, now: int, zone: tzinfo | None) -> str:
    """How old the list is and what keeps it from being newer: never a silence (promise 3)."""
    as_of = state.as_of if state is not None else 0
    phase = PHASE_WORDS.get(state.phase, "") if state is not None else "connecting"
    if not as_of:
        return f"{phase}, no answer yet" if phase else "no answer yet"
    stale = " (stale)" if now - as_of > STALE_AFTER else ""
    return f"{f'{phase}, ' if phase else ''}as of {clock_words(as_of, now, zone)}{stale}"


def unsent(counts: Mapping[str, int]) -> str:
    """Writes that are not done, the doubtful ones first: `1 unconfirmed, 2 held`."""
    return ", ".join(f"{counts[state]} {state}" for state in UNSENT_ORDER if counts.get(state))


WRITE_NAMES: Final = {
    "topic-change": "our topic-change request",
    "status": "our change of status",
    "assign": "our assignment",
    "notes": "our notes",
    "help-request": "our help request",
    "help-reply": "our message on the help request",
    "new-ticket": "our new ticket",
    "label": "our order for a return label",
}


def write_name(row: OutboxRow) -> str:
    """What a row of the outbox is, with its audience where it has one: `our message to the customer`."""
    if row.kind == "reply":
        return f"our message {AUDIENCE_WORDS[audience_named(row.audience)]}"
    return WRITE_NAMES.get(row.kind, row.kind)


def empty_list(view: View, state: SyncState | None, me: str, search: str) -> str:
    """Why a list is empty, and what to do next."""
    if search:
        return f"Nothing in {view.title} holds “{search}”.\nEsc shows the whole view again."
    if view.assignee == "me" and not me:
        return (
            "The inbox does not know who you are.\n"
            'Set me = "you@shop.example" for this profile in config.toml, or run refurbed-inbox login.'
        )
    phase = state.phase if state is not None else "starting"
    as_of = state.as_of if state is not None else 0
    if phase == "not-live":
        return (
            "The Ticket API is announced, but not live at this address yet (501).\n"
            "Nothing is wrong here. refurbed-inbox demo shows the inbox at work; R asks again."
        )
    if phase in SIGNED_OUT:
        return f"{state.sentence if state is not None else ''}\n{SIGN_IN}"
    if not as_of:
        if phase in ("offline", "trouble", "limited"):
            return f"{state.sentence if state is not None else ''}\nR asks again."
        return "Asking the service for tickets…"
    if view.id == "archive":
        return "No solved or closed tickets on this machine yet. R asks for the archive's next page."
    return f"No tickets in {view.title}. 0 shows all active ones."


def trouble(state: SyncState) -> str:
    """What keeps the worker from its work; how to sign in comes first, for a narrow line cuts the end off."""
    return f"{SIGN_IN} {state.sentence}" if state.phase in SIGNED_OUT else state.sentence


def empty_thread(ticket_id: int) -> str:
    """What stands in the thread pane while there is no thread."""
    return "" if ticket_id else "No ticket chosen."


def hints(place: str, keymap: Keymap, width: int) -> str:
    """The keys worth knowing here, as many as fit; the first matter most."""

    def key(action_id: str) -> str:
        return keymap.words(action_id).split(" ")[0]

    if place == "writing":
        offers = [
            f"Esc review line (there {key('send')} sends)",
            f"{key('editor')} $EDITOR",
            "the draft is kept by itself",
        ]
    elif place == "thread":
        offers = [
            f"{key('reply')} reply",
            f"{key('internal')} to refurbed",
            f"Esc list  {key('help')} help",
            f"{key('next-ticket')}/{key('previous-ticket')} next, previous",
            "Tab message",
        ]
    elif place == "list":
        offers = [
            "Enter open",
            f"{key('reply')} reply",
            f"{key('quit')} quit  {key('help')} help",
            f"{key('filter')} filter",
            f"{key('refresh')} refresh",
            f"{key('palette')} actions",
        ]
    else:
        offers = []
    line = ""
    for offer in offers:
        longer = f"{line} · {offer}" if line else offer
        if len(longer) > width:
            break
        line = longer
    return line
