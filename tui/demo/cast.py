"""Who plays in the demo: the first 64 tickets by hand, so that every state is there to be seen; the rest by chance.

Stages say where a ticket's SLA clock stands: fresh (due in most of a day), soon (due within hours), late, near
(refurbed takes over within hours), taken, none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

LANGUAGES: Final = ("de", "fr", "it", "es", "pl", "en")
MARKET_TOPICS: Final = (
    "device_defect",
    "battery",
    "not_delivered",
    "return",
    "invoice",
    "wrong_item",
    "activation_lock",
)
BUYBACK_TOPICS: Final = ("buyback_offer", "buyback_payout")
STAGES: Final = ("fresh", "soon", "late", "near", "taken", "none")


@dataclass(frozen=True, slots=True)
class Part:
    """One ticket's part. `who` is me, jonas, maria or - for nobody; `turns` counts the public messages.

    Flags: notes, file (the customer sends one), photo (inside the mail), inside (an internal exchange), topicok (a
    topic change may be asked for), big (an id above 2^53), label (a return label was made), help=STATUS+STATUS,
    follow=INDEX (of a closed part), hostile=KIND.
    """

    language: str
    status: str
    stage: str
    urgency: str
    who: str
    topic: str
    turns: int
    flags: frozenset[str]

    @property
    def buyback(self) -> bool:
        return self.topic in BUYBACK_TOPICS

    def value(self, flag: str) -> str:
        """What follows `flag=`, or nothing."""
        return next((one.partition("=")[2] for one in self.flags if one.startswith(flag + "=")), "")


_CAST: Final = """
de OPEN soon - me device_defect 3 notes,file,topicok
fr OPEN fresh - - not_delivered 1 topicok
it OPEN late PANIC me return 3 notes
es OPEN fresh - jonas invoice 1 -
pl OPEN near URGENT maria activation_lock 5 inside,help=PENDING,file
en OPEN soon - - battery 1 photo,topicok
de OPEN taken URGENT jonas wrong_item 3 inside,file,help=OPEN+CLOSED
fr OPEN fresh - me buyback_offer 1 -
it OPEN soon PANIC - device_defect 1 photo
es OPEN late - maria not_delivered 3 notes
pl OPEN fresh - - return 1 topicok
en OPEN fresh - me wrong_item 3 file
de OPEN late - - invoice 1 hostile=markup
fr OPEN soon - jonas battery 3 help=SOLVED
it OPEN fresh - - buyback_payout 1 -
es OPEN none - me device_defect 1 hostile=escape
pl OPEN taken PANIC - not_delivered 3 inside
en OPEN soon - maria return 1 hostile=bidi,file
de OPEN fresh - me activation_lock 5 big,notes,file,topicok
fr OPEN near - - wrong_item 3 photo
it OPEN fresh - jonas invoice 1 follow=52
es OPEN soon - - activation_lock 1 file
pl OPEN fresh - maria buyback_offer 3 notes
en OPEN fresh PANIC - device_defect 1 hostile=fake
de OPEN soon - - return 1 -
fr OPEN fresh - me device_defect 3 help=OPEN
en OPEN late - jonas buyback_payout 3 inside
de OPEN fresh - - not_delivered 1 photo
de PENDING none - me battery 2 notes
fr PENDING none - me return 2 label
it PENDING none - maria not_delivered 4 inside
es PENDING none - me wrong_item 2 file
pl PENDING none - jonas invoice 2 -
en PENDING none - me device_defect 4 notes,help=PENDING
de PENDING none URGENT jonas activation_lock 4 inside,help=OPEN
fr PENDING none - - battery 2 -
it PENDING none - me buyback_offer 2 -
es PENDING none - maria device_defect 2 topicok
pl PENDING none - me wrong_item 4 photo
en PENDING none - - invoice 2 -
de PENDING none PANIC me return 4 label,notes
fr PENDING late - jonas not_delivered 2 -
it PENDING none - me device_defect 2 topicok
en PENDING none - maria return 2 follow=53
de SOLVED none - me battery 2 -
fr SOLVED none - jonas invoice 2 notes
it SOLVED none - me return 4 label
es SOLVED none - - battery 2 -
pl SOLVED none - maria device_defect 4 help=SOLVED
en SOLVED none - me not_delivered 2 -
de SOLVED none - me buyback_payout 2 -
fr SOLVED none - jonas wrong_item 4 file
it CLOSED none - me invoice 2 -
en CLOSED none - maria return 4 label
de CLOSED none - me device_defect 4 help=CLOSED,notes
es CLOSED none - - not_delivered 2 -
pl CLOSED none - jonas battery 2 -
fr CLOSED none URGENT me activation_lock 6 inside
de CLOSED none - - invoice 2 -
en CLOSED none - me wrong_item 4 photo
it CLOSED none - maria buyback_offer 2 -
es CLOSED none - me return 2 -
pl CLOSED none - - not_delivered 2 -
de CLOSED none - jonas battery 2 hostile=markup
"""


@cache
def cast() -> tuple[Part, ...]:
    """The parts written by hand."""
    parts: list[Part] = []
    for line in _CAST.split("\n"):
        if line:
            language, status, stage, urgency, who, topic, turns, flags = line.split()
            named = frozenset(() if flags == "-" else flags.split(","))
            parts.append(Part(language, status, stage, urgency.strip("-"), who, topic, int(turns), named))
    return tuple(parts)


def chance_part(rng: Random) -> Part:
    """A part beyond the cast: a quarter of them active, most of them closed."""
    draw = rng.random()
    topics = MARKET_TOPICS if rng.random() < 0.85 else BUYBACK_TOPICS
    status, stage, turns = "CLOSED", "none", 2 + 2 * (draw > 0.8)
    if draw < 0.12:
        status, stage, turns = "OPEN", STAGES[int(rng.random() * 5.2)], 1 + 2 * (draw < 0.05)
    elif draw < 0.25:
        status = "PENDING"
    elif draw < 0.4:
        status = "SOLVED"
    urgency = ("PANIC", "URGENT")[draw < 0.004] if status == "OPEN" and draw < 0.008 else ""
    return Part(
        LANGUAGES[int(rng.random() * 6)],
        status,
        stage,
        urgency,
        ("me", "jonas", "maria", "-", "-")[int(rng.random() * 5)],
        topics[int(rng.random() * len(topics))],
        turns,
        _FLAGS[int(rng.random() * len(_FLAGS))],
    )


_FLAGS: Final[tuple[frozenset[str], ...]] = (
    *(frozenset[str](),) * 6,
    frozenset(("notes",)),
    frozenset(("file",)),
    frozenset(("photo", "topicok")),
    frozenset(("inside",)),
)
