"""Answers that are none: each is said in words, what was read before stays, every key answers, `q` quits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from textual.pilot import Pilot

from tests.ui.answers import BOM, BOTH, CASES, Body, Json, answer, let, numbers, open_ticket, quick_retries, write
from tests.ui.harness import House, screen_text, until
from tui.demo.faults import Fault
from tui.ui.app import InboxApp


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quick_retries(monkeypatch):
        yield


async def every_key_answers(app: InboxApp, pilot: Pilot[None]) -> None:
    """In the list: moving, filter, palette and help do what they always do."""
    at = app.inbox.tickets.ticket_id
    await pilot.press("j")
    assert app.inbox.tickets.ticket_id != at
    await pilot.press("k", "question_mark")
    await until(app, "Esc or q closes")
    await pilot.press("escape", "colon")
    await until(app, "Actions")
    await pilot.press("escape", "slash")
    await until(app, "Filter Needs reply")
    await pilot.press("escape")
    assert app.inbox.tickets.ticket_id == at


@pytest.mark.parametrize("group", CASES)
async def test_what_is_no_answer_is_said_where_it_matters_and_touches_nothing(house: House, group: str) -> None:
    app = await house.app()
    mine, *others = numbers(house)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        before = list(app.inbox.tickets.ids)
        await write(app, pilot, mine, "half a sent")
        await pilot.press("enter")
        composer = app.inbox.writing.composer
        assert composer is not None
        fault, words, _ = CASES[group][0]
        let(house, fault, *BOTH)
        await until(app, "trouble, as of", "Reply to the customer", "half a sent")
        assert (composer.area.text, app.focused) == ("half a sent", composer.area)
        await pilot.press("escape", "q", "escape")
        await until(app, words, "DEMO", "trouble, as of")
        await every_key_answers(app, pilot)
        for other, (fault, words, operations) in zip(others, CASES[group], strict=False):
            let(house, fault, *operations)
            if "ListTickets" in operations:
                await pilot.press("R")
                await until(app, words, "DEMO", "Needs reply", "trouble, as of", *map(str, before[:9]))
            if "GetTicket" in operations:
                app.inbox.open_ticket(other)
                await until(app, "The messages of this ticket are not on this machine.", words)
                assert "Asking the service" not in screen_text(app)
            let(house, None)
            await pilot.press("R")
            await until(app, "(customer)", "as of", absent="trouble, as of")
            await until(app, absent="not on this machine")
        assert list(app.inbox.tickets.ids) == before
        draft = await app.setup.desk.drafts.get(mine, "customer")
        assert draft is not None and draft.text == "half a sent"
        await pilot.press("q", "q")
        await pilot.pause(0.1)
    assert app.return_code == 0 and not app.crash


@pytest.mark.parametrize("messages", [{"messages": None}, {"messages": []}, {}])
async def test_a_thread_that_comes_back_without_its_messages_keeps_those_read_before(
    house: House, messages: Json
) -> None:
    ticket_id = numbers(house)[0]
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await open_ticket(app, ticket_id, "(customer)")
        held = await app.setup.cache.thread(ticket_id)
        house.customer_writes(ticket_id, "<p>and now?</p>")
        whole = house.service.handle("GetTicket", {"ticket_id": str(ticket_id)})
        let(house, answer({"ticket": whole["ticket"], **messages}), "GetTicket")
        await until(app, "without the messages that were read before", "What stands here may be old", "(customer)")
        assert await app.setup.cache.thread(ticket_id) == held
        let(house, None)
        await pilot.press("R")
        await until(app, "and now?", absent="may be old")


async def test_nothing_is_forgotten_unless_the_service_says_not_found(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        before = await app.setup.cache.active()
        await app.setup.cache.put("reconciled_at", "1")
        let(house, answer({}), "ListTickets", "GetTicket")
        await pilot.press("R")
        await until(app, "it has no ticket", "trouble, as of")
        assert await app.setup.cache.active() == before
        gone = numbers(house)[0]
        world = house.service._world
        world.lists.leave(world.tickets[gone])
        del world.tickets[gone]
        let(house, None)
        await pilot.press("R")
        await until(app, "as of", absent="trouble, as of")
    assert set(before) - set(await app.setup.cache.active()) == {gone}


async def test_an_archive_that_never_ends_is_said(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("7")
        await until(app, "Archive 1/")
        archive = house.service.handle("ListTickets", {"filter": {"status": {"any_of": ["SOLVED", "CLOSED"]}}})
        for stuck in ({"tickets": [], "has_more": True}, {**archive, "has_more": True}):
            let(house, answer(stuck), "ListTickets")
            await pilot.press("R")
            await until(app, "says that there are more tickets, but sends no new ones")
            let(house, None)
            await pilot.press("R")
            await until(app, "That is the whole archive.")


def readable(house: House, change: Callable[[Any], Any], wrap: Callable[[bytes], bytes]) -> None:
    """Answer what the service would answer, written otherwise."""

    def script(operation: str, body: Body) -> Fault | None:
        if operation not in ("ListTickets", "GetTicket"):
            return None
        return answer(wrap(json.dumps(change(house.service.handle(operation, body))).encode()))

    house.server.script = script


def camel(value: object) -> object:
    if isinstance(value, dict):
        names = {name: name.title().replace("_", "") for name in value}
        return {names[name][:1].lower() + names[name][1:]: camel(inner) for name, inner in value.items()}
    return [camel(inner) for inner in value] if isinstance(value, list) else value


def everywhere(change: Callable[[str, object], object]) -> Callable[[Any], Any]:
    """Change every field that is no object and no list."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: walk(v) if isinstance(v, dict | list) else change(k, v) for k, v in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return walk


def year(number: str) -> Callable[[Any], Any]:
    return everywhere(lambda name, value: f"{number}-12-31T23:59:59Z" if name in ("at", "updated_at") else value)


READABLE: Final[dict[str, tuple[Callable[[Any], Any], Callable[[bytes], bytes], str]]] = {
    "lower-camel": (camel, bytes, "(customer)"),
    "mark": (everywhere(lambda _name, value: value), lambda raw: BOM + raw, "(customer)"),
    "surrogates": (everywhere(lambda n, v: f"{v} \ud800\udc00\udfff\ud8ff" if n == "name" else v), bytes, "\ufffd"),
    "null": (everywhere(lambda n, v: None if n in ("urgency_status", "notes", "type") else v), bytes, "unknown author"),
    "number-ids": (everywhere(lambda n, v: int(str(v)) if n in ("id", "order_id") else v), bytes, "(customer)"),
    "year-1": (year("0001"), bytes, "(customer)"),
    "year-9999": (year("9999"), bytes, "due 29"),
}


async def test_what_can_be_read_is_shown_and_does_no_harm_later(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ", "Needs reply 1/")
        for ticket_id, (name, (change, wrap, words)) in zip(numbers(house), READABLE.items(), strict=False):
            readable(house, change, wrap)
            house.customer_writes(ticket_id, f"<p>odd {name}</p>")
            app.inbox.open_ticket(ticket_id)
            await pilot.press("R")
            await until(app, f"odd {name}", words)
            assert app.inbox.state.sync is not None and app.inbox.state.sync.phase == "live"
            let(house, None)
            house.customer_writes(ticket_id, f"<p>even {name}</p>")
            await pilot.press("R")
            await until(app, f"even {name}")
        await pilot.press("q")
        await pilot.pause(0.4)
        await every_key_answers(app, pilot)
        await pilot.press("q")
        await pilot.pause(0.1)
    assert app.return_code == 0 and not app.crash
