"""Replies through every fault there is, and the process dying in between: how many are doubled, lost, or resent?

`python -m tests.benchmarks.fault_campaign --runs 10000` prints a table and ends with 1 on any violation. Each run is a
seed: the real worker on real stores on disk, against the real demo service, which fails as the seed says. A death is
abrupt: nothing more is written, the lock is let go, and another worker starts on the same folder. (Real SIGKILLs of the
real program are in tests/pty.) A naive client with retries meets the same faults as control, so that they are known to
bite. Time runs faster inside than outside; the pauses are the product's own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from tests.benchmarks.lives import Life
from tui.clock import SystemClock
from tui.demo.data import DEMO_TOKEN
from tui.demo.errors import status
from tui.demo.faults import Fault, error_fault, html_fault
from tui.demo.model import Message
from tui.demo.server import DemoServer
from tui.demo.service import Service
from tui.message_html import plain_text
from tui.store.rows import OutboxRow
from tui.sync.replies import queue_reply
from tui.sync.threads import Threads

TICKETS: Final = 2000
PATIENCE: Final = 90.0
"""Seconds that a run gets to settle: a person may have to decide several times, each after the product's own minute."""
PREFIX: Final = "/refb.merchant.v1.TicketService/"
FAULTS: Final[tuple[tuple[str, Fault | None], ...]] = (
    ("none", None),
    ("none", None),
    ("reset, done", Fault(close="reset")),
    ("reset, not done", Fault(close="reset", commit=False)),
    ("closed, done", Fault(close="end")),
    ("closed, not done", Fault(close="end", commit=False)),
    ("502 page, done", html_fault(502, commit=True)),
    ("503 page, not done", html_fault(503)),
    ("500, done", error_fault(status(13, "internal"), commit=True)),
    ("500, not done", error_fault(status(13, "internal"))),
    ("409, done", error_fault(status(10, "aborted"), commit=True)),
    ("429", error_fault(status(8, "rate limit exceeded"))),
    ("400", error_fault(status(3, "refused"))),
    ("hang, done", Fault(hang=True)),
    ("hang, not done", Fault(hang=True, commit=False)),
    ("late", Fault(hang=True, commit=False, late=0.8)),
    ("very late", Fault(close="reset", commit=False, late=4.0)),
    ("cut", Fault(cut=30)),
    ("garbage", Fault(status=200, body=b"<html>hello</html>")),
)
CERTAIN: Final = ("none", "429", "400")
"""Faults after which it is known whether it happened."""


@dataclass
class Result:
    """What one run came to; every count but `naive_…` and `resends_by_person` must be 0."""

    seed: int
    duplicates: int = 0
    lost: int = 0
    automatic_resends: int = 0
    false_certainty: int = 0
    unfinished: int = 0
    resends_by_person: int = 0
    naive_duplicates: int = 0
    naive_lost: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        violations = (self.duplicates, self.lost, self.automatic_resends, self.false_certainty, self.unfinished)
        return any(violations)


class Field:
    """The service that all runs share, and what it did to each text."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.service = Service(self.clock, seed=3, tickets=TICKETS)
        self.server = DemoServer(self.service, rate=1_000_000)
        self.server.script = self._script
        self.tickets = [key for key, one in self.service._world.tickets.items() if one.status in ("OPEN", "PENDING")]
        self.plans: dict[str, list[tuple[str, Fault | None]]] = {}
        self.posts: dict[str, list[str]] = {}
        self.naive = httpx.AsyncClient(timeout=0.4, headers={"Authorization": f"Plain {DEMO_TOKEN}"})

    def _script(self, operation: str, body: Any) -> Fault | None:
        if operation != "UpdateTicket":
            return None
        words = plain_text(body["new_message"]["message"]["body_html"])
        name, fault = self.plans[words].pop(0) if self.plans.get(words) else ("none", None)
        self.posts.setdefault(words, []).append(name)
        return fault

    def delivered(self, ticket_id: int, words: str) -> int:
        """How often the service holds this text."""
        world = self.service._world
        return sum(plain_text(one.body_html) == words for one in world.thread(world.tickets[ticket_id]))

    def colleague_writes(self, ticket_id: int) -> None:
        world, now = self.service._world, self.clock.now()
        ticket = world.tickets[ticket_id]
        with world.change(ticket, now):
            world.post(ticket, Message(0, "PUBLIC", now, "CUSTOMER", ticket.customer_name, "", "<p>and?</p>"))


async def run(place: Field, seed: int, folder: Path, *, kill: bool = False) -> Result:
    """One seed, from writing to the last decision; with `kill` a real process writes, and meets SIGKILL."""
    rng, result = Random(seed), Result(seed)
    ticket_id = place.tickets[seed % len(place.tickets)]
    texts = [f"run {seed} reply {number}" for number in range(rng.choice((1, 1, 2)))]
    for words in texts:
        place.plans[words] = [rng.choice(FAULTS) for _ in range(rng.choice((1, 1, 2)))]
        result.log.append(f"{words}: {[name for name, _ in place.plans[words]]}")
    life = await (_killed if kill else _dying)(place, rng, result, ticket_id, texts, folder)
    written = {row.text for row in await life.desk.outbox.rows()}
    rows = await _to_the_end(place, life, rng, result, ticket_id)
    await asyncio.sleep(0.05)
    for words in texts:
        if words not in written:
            # It died before the reply was given to it whole: then nothing of it may have left.
            result.false_certainty += place.delivered(ticket_id, words)
    for row in rows:
        await _count(place, life, result, ticket_id, row.text, row)
    await life.end()
    return result


async def _dying(place: Field, rng: Random, result: Result, ticket_id: int, texts: list[str], folder: Path) -> Life:
    """Write the replies, then die and begin again, or not; the life that is left."""
    seed = result.seed
    life = Life(place.server.url, folder, seed)
    await life.begin()
    thread = await Threads(life.client, life.cache, clock=life.clock, tell=lambda event: None).fetch(ticket_id)
    base = tuple(message.id for message in thread.messages)
    for words in texts:
        await queue_reply(
            life.desk,
            life.instance,
            life.clock,
            ticket_id=ticket_id,
            audience="customer",
            body=words,
            status_after="PENDING",
            base_ids=base,
            undo_seconds=rng.choice((0, 0, 2)),
            from_draft=False,
        )
    if rng.random() < 0.15:
        place.colleague_writes(ticket_id)
    life.engine.wake()
    for _ in range(rng.choice((0, 1, 1, 2))):
        await asyncio.sleep(rng.random() * 0.3)
        result.log.append("dies")
        await life.die()
        life = Life(place.server.url, folder, seed)
        await life.begin()
    return life


async def _killed(place: Field, rng: Random, result: Result, ticket_id: int, texts: list[str], folder: Path) -> Life:
    """The replies are written by another process, which is killed at some instant; the life after it."""
    undo = str(rng.choice((0, 0, 2)))
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.victim", str(folder), place.server.url, str(ticket_id), undo, *texts,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert victim.stdout is not None
    await victim.stdout.readline()
    await asyncio.sleep(rng.random() * 0.5)
    victim.kill()
    await victim.wait()
    result.log.append("killed")
    life = Life(place.server.url, folder, result.seed)
    await life.begin()
    return life


async def _to_the_end(place: Field, life: Life, rng: Random, result: Result, ticket_id: int) -> list[OutboxRow]:
    """Until nothing moves any more; a person decides what waits for one."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        rows = await life.desk.outbox.rows()
        for row in rows:
            if row.state == "paused":
                result.log.append(f"{row.text}: paused, a person lets it go: {row.reason}")
                fresh = tuple(m.id for m in place.service._world.thread(place.service._world.tickets[ticket_id]))
                await life.desk.outbox.resume(row.id, life.instance.name, base_ids=fresh)
                life.engine.wake()
            elif row.state == "undecided":
                there = place.delivered(ticket_id, row.text)
                decision = "it-was-sent" if there else rng.choice(("send-again", "to-draft"))
                result.log.append(f"{row.text}: undecided, a person says {decision}")
                await life.desk.outbox.decide(row.id, decision, life.instance.name)  # type: ignore[arg-type]  # one of the three
                life.engine.wake()
        if all(row.state in ("sent", "refused", "withdrawn") for row in rows):
            return rows
        await asyncio.sleep(0.05)
    result.log.append("it did not come to an end")
    result.unfinished += 1
    return await life.desk.outbox.rows()


async def _count(place: Field, life: Life, result: Result, ticket_id: int, words: str, row: OutboxRow) -> None:
    there, names = place.delivered(ticket_id, words), place.posts.get(words, [])
    row = await life.desk.outbox.row(row.id) or row
    result.ends[row.state] += 1
    result.resends_by_person += row.human_resends
    result.log.append(f"{words}: {row.state}, {there} at the service, posts {names}, resends {row.human_resends}")
    result.duplicates += max(0, there - 1 - row.human_resends)
    doubtful = sum(name not in CERTAIN for name in names[:-1])
    result.automatic_resends += max(0, doubtful - row.human_resends)
    if row.state == "sent" and not there:
        result.false_certainty += 1
    drafts = [draft.text for draft in (*await life.desk.drafts.all(), *await life.desk.drafts.kept())]
    if not there and words not in drafts and row.state in ("refused", "withdrawn"):
        result.lost += 1


async def naive(place: Field, seed: int, result: Result) -> None:
    """The control: posts, and posts again on any error, as clients do that take no answer for a failure."""
    rng = Random(seed)
    ticket_id = place.tickets[(seed * 7 + 1) % len(place.tickets)]
    for number in range(rng.choice((1, 1, 2))):
        words = f"naive {seed} reply {number}"
        place.plans[words] = [rng.choice(FAULTS) for _ in range(rng.choice((1, 1, 2)))]
        body = {"body_html": f"<p>{words}</p>"}
        request = {"ticket_id": str(ticket_id), "new_message": {"message": body, "scope": "PUBLIC"}}
        for _ in range(3):
            with suppress(httpx.HTTPError, ValueError, KeyError):
                answer = await place.naive.post(f"{place.server.url}{PREFIX}UpdateTicket", json=request)
                if answer.status_code == 200 and answer.json()["messages"]:
                    break
        await asyncio.sleep(0)
        there = place.delivered(ticket_id, words)
        result.naive_duplicates += max(0, there - 1)
        result.naive_lost += not there


async def campaign(runs: int, first: int, at_once: int, *, kill: bool = False) -> list[Result]:
    """All seeds from `first` on, some at a time."""
    place = Field()
    await place.server.start()
    gate = asyncio.Semaphore(at_once)
    root = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))

    async def one(seed: int) -> Result:
        async with gate:
            folder = root / str(seed)
            result = await run(place, seed, folder, kill=kill)
            await naive(place, seed, result)
            shutil.rmtree(folder, ignore_errors=True)
            return result

    try:
        return await asyncio.gather(*(one(seed) for seed in range(first, first + runs)))
    finally:
        await place.naive.aclose()
        await place.server.stop()
        shutil.rmtree(root, ignore_errors=True)


def table(results: list[Result], seconds: float) -> dict[str, object]:
    """The counts of all runs."""
    ends: Counter[str] = sum((result.ends for result in results), Counter())
    return {
        "runs": len(results),
        "seconds": round(seconds, 1),
        "duplicates": sum(result.duplicates for result in results),
        "lost texts": sum(result.lost for result in results),
        "automatic resends of an unknown outcome": sum(result.automatic_resends for result in results),
        "called sent though it was not": sum(result.false_certainty for result in results),
        "not settled in time": sum(result.unfinished for result in results),
        "resends that a person chose": sum(result.resends_by_person for result in results),
        "ends": dict(ends),
        "naive client: duplicates": sum(result.naive_duplicates for result in results),
        "naive client: lost texts": sum(result.naive_lost for result in results),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=40)
    parser.add_argument("--kill", action="store_true", help="real processes and SIGKILL, ten times slower")
    parser.add_argument("--replay", action="store_true", help="print the log of each run")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    started = time.monotonic()
    results = asyncio.run(campaign(args.runs, args.seed, args.at_once, kill=args.kill))
    counts = table(results, time.monotonic() - started)
    print(json.dumps(counts) if args.json else "\n".join(f"{name:42} {value}" for name, value in counts.items()))
    for result in results:
        if result.bad or args.replay:
            print(f"seed {result.seed}:", *result.log, sep="\n  ", file=sys.stderr)
    return int(any(result.bad for result in results))


if __name__ == "__main__":
    sys.exit(main())
