"""Writes whose answers are none: what became of them is found by reading, and nothing is sent a second time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from textual.widgets import Input

from tests.ui.answers import CASES, ELSEWHERE, SIGN_IN, Body, answer, let, numbers, quick_retries, write, written
from tests.ui.harness import House, type_in, until
from tui.demo.errors import unknown
from tui.demo.faults import Fault, error_fault, html_fault


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quick_retries(monkeypatch):
        yield


GARBAGE: Final = tuple(
    fault for fault, _, _ in (*CASES["others"][:2], *CASES["broken"][:3], CASES["too-large"][0], *CASES["shape"][8:10])
)


async def test_a_reply_whose_answer_is_garbage_is_found_by_reading_and_never_sent_again(house: House) -> None:
    house.settings["undo_seconds"] = 0
    tickets = numbers(house)[: len(GARBAGE) + 1]
    garbage: dict[str, Fault] = {
        str(key): Fault(status=fault.status, body=fault.body, headers=fault.headers, cut=fault.cut)
        for key, fault in zip(tickets, GARBAGE, strict=False)
    }
    lost = str(tickets[-1])
    garbage[lost] = answer(SIGN_IN)
    blind = True
    asked: list[str] = []

    def script(operation: str, body: Body) -> Fault | None:
        ticket_id = str(body.get("ticket_id", ""))
        if operation == "UpdateTicket":
            asked.append(ticket_id)
            return garbage[ticket_id]
        return html_fault(502) if operation == "GetTicket" and blind and ticket_id in asked else None

    house.server.script = script
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        for count, ticket_id in enumerate(tickets, 1):
            await write(app, pilot, ticket_id, f"n{count}")
            await pilot.press("y")
            await until(app, f"· {count} unconfirmed", "may have been sent", f"n{count}")
        blind = False
        await pilot.press("R")
        await until(app, "· 1 unconfirmed")
        for count, ticket_id in enumerate(tickets, 1):
            thread = house.service._world.thread(house.tickets[ticket_id])
            found = [message for message in thread if message.body_html == f"<p>n{count}</p>"]
            assert len(found) == (0 if str(ticket_id) == lost else 1)
        await pilot.press("O")
        await until(app, "Outbox and drafts", "may have been sent")
        await pilot.press("escape", "q", "q")
        await pilot.pause(0.3)
    assert app.return_code == 0 and not app.crash
    assert asked == [str(each) for each in tickets], "one update each, whatever came back"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ELSEWHERE, "Redirects are not followed"),
        (error_fault(unknown("ticket not found")), "does not know ticket"),
    ],
)
async def test_a_reply_that_was_turned_away_comes_back_as_its_draft(house: House, fault: Fault, words: str) -> None:
    house.settings["undo_seconds"] = 0
    ticket_id = numbers(house)[0]
    let(house, fault, "UpdateTicket")
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await write(app, pilot, ticket_id, "my words")
        await pilot.press("y")
        await until(app, f"The message on ticket {ticket_id} was refused", words, "back in the draft")
        await pilot.press("r")
        await until(app, "my words", "Reply to the customer")
        await pilot.press("escape", "q")
        await until(app, "Draft kept")
    assert len(written(house)) == 1


async def test_a_token_revoked_while_writing_is_asked_for_and_the_text_stays(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await write(app, pilot, numbers(house)[0], "keep me")
        await pilot.press("enter")
        house.server.token = "another-token-0001"
        shown = await until(app, "signed out, as of", "refused the token", "“sign in” takes another token", "keep me")
        assert "DEMO" in shown and app.inbox.place == "writing"
        await pilot.press("escape", "q")
        for token, words in (("wrong-token-0001", "signed out"), ("another-token-0001", "Needs reply")):
            await pilot.press("colon")
            await until(app, "Actions")
            await type_in(pilot, "sign in")
            await pilot.press("enter")
            await until(app, "Token for DEMO")
            app.screen.query_one(Input).value = token
            await pilot.press("enter")
            await until(app, words, absent="connecting")
        await until(app, "as of", absent="signed out")
        await pilot.press("r")
        await until(app, "keep me", "draft saved")
    assert not written(house)
