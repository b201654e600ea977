"""The worker as a whole: its phases, its manners, two of them on one profile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.sync.harness import QUICK, Site, until
from tui.clock import MINUTE, SECOND
from tui.demo.faults import Fault
from tui.demo.server import DEMO_TOKEN
from tui.secret import Secret
from tui.sync.events import TicketsChanged
from tui.sync.schedule import Schedule, next_look


async def test_it_starts_from_disk_goes_live_and_stops_within_a_second(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    await until(lambda: engine.state.phase == "live" and engine.state.as_of > 0)
    started = asyncio.get_running_loop().time()
    await engine.stop()
    assert asyncio.get_running_loop().time() - started < 1.0
    assert worker.phases()[-1] == "stopped"


async def test_it_stops_within_a_second_in_the_middle_of_a_poll_that_hangs(site: Site) -> None:
    worker = await site.worker()
    site.server.scenario = "hang"
    engine = worker.engine()
    await engine.start()
    await asyncio.sleep(0.2)
    started = asyncio.get_running_loop().time()
    await engine.stop()
    assert asyncio.get_running_loop().time() - started < 1.2


@pytest.mark.parametrize(
    ("scenario", "phase", "words"),
    [
        ("not-live", "not-live", "not live yet"),
        ("unauthorized", "signed-out", "refused the token"),
        ("forbidden", "forbidden", "may not do this"),
    ],
)
async def test_each_bad_day_has_its_phase_and_recovers_on_refresh(
    site: Site, scenario: str, phase: str, words: str
) -> None:
    worker = await site.worker()
    site.server.scenario = scenario
    engine = worker.engine(replace(QUICK, not_live=60))
    await engine.start()
    await until(lambda: engine.state.phase == phase)
    assert words in engine.state.sentence
    asked = len(site.server.calls)
    await asyncio.sleep(0.6)
    assert len(site.server.calls) == asked, "it does not knock on a closed door"
    site.server.scenario = "ok"
    engine.refresh()
    await until(lambda: engine.state.phase == "live")
    await engine.stop()


async def test_offline_is_said_and_ends_by_itself(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    await until(lambda: engine.state.phase == "live" and engine.state.as_of > 0)
    await site.server.stop()
    await until(lambda: engine.state.phase == "offline")
    await site.server.start()
    await until(lambda: engine.state.phase == "live")
    await engine.stop()


async def test_another_token_goes_on_without_a_restart_and_a_refused_one_pauses_the_outbox(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    await until(lambda: engine.state.phase == "live")
    row = await worker.queue(site.some(), "held", undo_seconds=60)
    site.server.token = "another-token-1"
    engine.refresh()
    await until(lambda: engine.state.phase == "signed-out")
    await asyncio.sleep(0.1)
    assert (await worker.row(row.id)).state == "paused"
    engine.set_token(Secret("another-token-1"))
    await until(lambda: engine.state.phase == "live")
    await engine.stop()
    site.server.token = DEMO_TOKEN


async def test_the_opened_ticket_is_read_and_kept_fresh_without_downloading_it_again(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    ticket_id = site.some()
    await until(lambda: engine.state.phase == "live")
    engine.open(ticket_id)
    await until(lambda: ticket_id in worker.threads_changed())
    await asyncio.sleep(0.8)
    assert len(site.calls("GetTicket")) == 1
    site.customer_writes(ticket_id, "<p>are you there?</p>")
    await until(lambda: len(site.calls("GetTicket")) == 2)
    await asyncio.sleep(0.1)
    messages = await worker.cache.thread(ticket_id)
    assert "are you there?" in messages[-1].body_html
    await engine.stop()


async def test_an_unknown_ticket_is_said(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    await until(lambda: engine.state.phase == "live")
    engine.open(99_999_999)
    await until(lambda: "does not know ticket 99999999" in worker.said())
    await engine.stop()


async def test_one_instance_polls_the_other_follows_and_takes_over(site: Site) -> None:
    first, second = await site.worker(), await site.worker()
    one, two = first.engine(), second.engine()
    await one.start()
    await until(lambda: one.state.phase == "live" and one.state.as_of > 0)
    await two.start()
    await until(lambda: two.state.phase == "follower" and two.state.as_of > 0)
    before = len(site.server.calls)
    await asyncio.sleep(0.9)
    polls = len(site.server.calls) - before
    assert 2 <= polls <= 6, "one poller for both"
    ticket_id = site.some("PENDING")
    site.customer_writes(ticket_id)
    await until(lambda: TicketsChanged(frozenset()) in second.told)
    await one.stop()
    first.instance.close()
    await until(lambda: two.state.phase == "live")
    await two.stop()


async def test_what_a_dead_instance_left_is_paused_or_looked_for(site: Site) -> None:
    dead, alive = await site.worker(), await site.worker()
    ticket_id = site.some()
    held = await dead.queue(ticket_id, "held", undo_seconds=60)
    other = next(key for key, ticket in site.tickets.items() if ticket.status == "OPEN" and key != ticket_id)
    sending = await dead.queue(other, "in mid-air")
    assert await dead.desk.outbox.claim(sending.id, dead.instance.name, ()) is not None
    dead.instance.close()
    engine = alive.engine()
    await engine.start()
    assert (await alive.row(held.id)).state == "paused"
    assert (await alive.row(sending.id)).state == "unconfirmed"
    await asyncio.sleep(0.5)
    await engine.stop()
    assert not site.calls("UpdateTicket"), "nothing of it was sent by itself"


async def test_a_held_reply_leaves_when_its_window_is_over_and_not_before(site: Site) -> None:
    worker = await site.worker()
    engine = worker.engine()
    await engine.start()
    ticket_id = site.some()
    row = await worker.queue(ticket_id, "window", undo_seconds=1)
    engine.wake()
    await asyncio.sleep(0.6)
    assert (await worker.row(row.id)).state == "held" and not site.calls("UpdateTicket")
    await until(lambda: site.delivered(ticket_id, "window") == 1)
    await engine.stop()
    assert (await worker.row(row.id)).state == "sent"


async def test_stopping_with_a_reply_in_mid_air_leaves_it_unconfirmed(site: Site) -> None:
    worker = await site.worker()
    ticket_id = site.some()
    await worker.threads.fetch(ticket_id)
    site.server.script = lambda operation, body: Fault(hang=True) if operation == "UpdateTicket" else None
    engine = worker.engine()
    await engine.start()
    row = await worker.queue(ticket_id, "in the air")
    engine.wake()
    await until(lambda: engine.sending)
    await asyncio.sleep(0.1)
    await engine.stop()
    assert (await worker.row(row.id)).state == "unconfirmed"
    assert site.delivered(ticket_id, "in the air") == 1


def test_looks_come_at_growing_pauses_and_then_end() -> None:
    since, now = 10 * MINUTE, 10 * MINUTE
    seen: list[int] = []
    while at := next_look(since, now):
        seen.append((at - since) // SECOND)
        now = at
    assert seen == [2, 5, 15, 30, 60]


def test_the_pace_slows_when_nobody_looks_and_backs_off_in_trouble() -> None:
    schedule = Schedule(replace(QUICK, list=30, first_retry=5, longest_retry=120), seed=1)
    assert schedule.until_list("live", 0) == 30
    schedule.focused = False
    assert schedule.until_list("live", 0) == 90
    waits = []
    for failures in range(1, 8):
        schedule.failures = failures
        waits.append(schedule.until_list("offline", 0))
    assert waits == [5, 10, 20, 40, 80, 120, 120]
    assert schedule.until_list("signed-out", 0) is None
