"""Whatever is pressed, on whatever day: nothing breaks, and nothing leaves that was not agreed to."""

from __future__ import annotations

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tests.ui.answers import numbers, write, written
from tests.ui.harness import House, screen_text, until
from tui.demo.faults import Fault
from tui.message_html import reply_html
from tui.ui.app import InboxApp
from tui.ui.widgets.bars import Bar

MOVES: Final = ("j", "k", "j", "k", "down", "up", "pagedown", "pageup", "ctrl+d", "ctrl+u", "g", "G", "home", "end")
PLACES: Final = ("enter", "enter", "escape", "escape", "q", "tab", "shift+tab", "J", "K", "h", "l", "left", "right")
VIEWS: Final = tuple("01234567")
PROGRAM: Final = ("R", "f5", "S", "/", ":", "ctrl+p", "?", "f1", "ctrl+l", "ctrl+z", "ctrl+c", "ctrl+q", "y", "o", "O")
WRITING: Final = (
    "r",
    "r",
    "i",
    "m",
    "z",
    "u",
    "H",
    "s",
    "a",
    "c",
    "X",
    "y",
    "n",
    "w",
    "ctrl+o",
    "e",
    "space",
    "x",
    "é",
)
ODD: Final = ("alt+y", "alt+q", "alt+escape", "backspace", "delete", "9", "v", "f9", "ctrl+t", "\u4e2d", "~")
EVERY: Final = MOVES + PLACES + VIEWS + PROGRAM + WRITING + ODD
SCENARIOS: Final = ("ok", "ok", "ok", "flaky", "flaky", "not-live", "unauthorized", "rate-limited")
SIZES: Final = ((60, 20), (79, 24), (80, 24), (100, 30), (119, 32), (120, 40), (160, 45), (200, 60))

ONCE: Final = re.compile(r"t\d+x")
"""What `Hand.write` writes, each time with another number."""


def post(app: InboxApp, key: str) -> None:
    """A key as the terminal sends it, without waiting for what comes of it."""
    if app._driver is not None:
        name = _character_to_key(key) if len(key) == 1 else key
        event = events.Key(name, key if len(key) == 1 else {"space": " "}.get(key))
        event.set_sender(app)
        app._driver.send_message(event)


@dataclass
class Hand:
    """Somebody at the keyboard. `agreed` counts what was sent with `y` while the review line stood on the screen."""

    house: House
    rng: Random
    agreed: Counter[tuple[str, str]] = field(default_factory=Counter)
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    words: int = 0

    def listen(self, operation: str, body: Mapping[str, Any]) -> Fault | None:
        """Every message that reaches the service, whatever becomes of it then."""
        message = body.get("new_message") if operation == "UpdateTicket" else None
        if message:
            self.arrived[str(body["ticket_id"]), str(message["message"]["body_html"])] += 1
        return None

    async def press(self, app: InboxApp, pilot: Pilot[None], key: str) -> None:
        """One key, at the pace of a person or of a paste."""
        if key == "y":
            await pilot.pause()
            self._note_agreement(app)
        post(app, key)
        await asyncio.sleep(self.rng.choice((0, 0, 0.005, 0.02)))

    def _note_agreement(self, app: InboxApp) -> None:
        writing, draft = app.inbox.writing, app.inbox.writing.draft
        painted = writing.composer is not None and writing.composer.review_painted
        if app.screen is app.inbox and app.inbox.place == "review" and painted and draft and draft.audience != "notes":
            assert "SEND" in screen_text(app), "what y agrees to stands on the screen"
            assert writing.composer is not None
            self.agreed[str(draft.ticket_id), reply_html(writing.composer.area.text)] += 1

    async def write(self, app: InboxApp, pilot: Pilot[None]) -> None:
        """A message that has not been written before, sent or left lying."""
        self.words += 1
        for key in (self.rng.choice("ri"), *f"t{self.words}x", "escape", *self.rng.choice(("y", "q", "yyy"))):
            await self.press(app, pilot, key)
            if key == "escape":
                await pilot.pause()

    async def act(self, app: InboxApp, pilot: Pilot[None]) -> int:
        """The next thing; gives the number of keys it took."""
        chance = self.rng.random()
        if chance < 0.05:
            await pilot.resize_terminal(*self.rng.choice(SIZES))
        elif chance < 0.10:
            self.house.server.scenario = self.rng.choice(SCENARIOS)
        elif chance < 0.13:
            tickets = self.house.tickets
            self.house.customer_writes(self.rng.choice(sorted(tickets)[-20:]), "<p>hello?</p>")
        elif chance < 0.19:
            await self.write(app, pilot)
            return 6
        else:
            await self.press(app, pilot, self.rng.choice(EVERY))
            return 1
        return 0

    async def look(self, app: InboxApp) -> None:
        """What must be so after whatever was pressed."""
        assert not app.crash and app._exception is None, app.crash
        assert app.inbox.query_one("#status", Bar).words.startswith(" DEMO ")
        if app.screen is app.inbox:
            await until(app, "DEMO", seconds=2)


@pytest.mark.parametrize("seed", [1, 2])
async def test_any_keys_on_any_day_break_nothing_and_send_nothing_that_was_not_agreed_to(
    house: House, seed: int
) -> None:
    house.settings["undo_seconds"] = seed - 1
    hand = Hand(house, Random(seed))
    house.server.script = hand.listen
    asyncio.get_running_loop().set_exception_handler(lambda _, context: hand.faults.append(str(context)))
    pressed = 0
    while pressed < 300:
        app = await house.app()
        async with app.run_test(size=(160, 45), notifications=True) as pilot:
            await until(app, "DEMO")
            while pressed < 300 and app.return_code is None:
                pressed += await hand.act(app, pilot)
                if app.return_code is None:
                    await hand.look(app)
            house.server.scenario = "ok"
            app.bridge.leaving.quit_now()
            while app.return_code is None:
                await asyncio.sleep(0.02)
        assert app.return_code == 0 and not app.crash
        app.setup.instance.close()
    gc.collect()
    assert not hand.faults
    assert hand.agreed
    for (ticket_id, html), count in hand.arrived.items():
        assert count <= hand.agreed[ticket_id, html], f"{html} on {ticket_id}"
        assert count == 1 or not ONCE.search(html), f"{html} on {ticket_id}, {count} times"


@pytest.mark.parametrize("opens", ["?", ":", "S", "/"])
@pytest.mark.parametrize("keys", [("alt+q",), ("escape", "escape"), ("enter", "enter"), ("escape", "q", "q")])
async def test_keys_that_come_faster_than_a_dialog_closes_close_nothing_else(
    house: House, opens: str, keys: tuple[str, ...]
) -> None:
    hand = Hand(house, Random(1))
    app = await house.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await hand.press(app, pilot, opens)
        await pilot.pause()
        for key in keys:
            post(app, key)
        await pilot.pause()
        assert app.inbox in app.screen_stack
        await hand.look(app)


@pytest.mark.parametrize(
    "burst", ["Xy", "sy", "ay", "qy", ["enter", "escape", "y"], ["enter", "alt+y"], ["escape", "!", "alt+y"]]
)
async def test_a_burst_answers_no_review_line_that_nobody_has_seen(house: House, burst: str | list[str]) -> None:
    house.settings["undo_seconds"] = 0
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await write(app, pilot, numbers(house)[0], "not yet")
        await pilot.pause()
        for key in burst:
            post(app, key)
        await pilot.pause(0.3)
        await until(app, "DEMO")
    assert not written(house)


async def test_a_burst_of_keys_is_written_in_its_order_and_wholly(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("enter")
        await until(app, "(customer)")
        await pilot.press("r")
        await until(app, "Reply to the customer")
        keys = (*"teh", "backspace", "backspace", *"he", "left", "X", "delete", "end", "enter", *"last", "escape")
        for key in keys:
            post(app, key)
        await until(app, "SEND to the customer")
        draft = app.inbox.writing.taken()
        assert draft is not None and draft.text == "thX\nlast"
        await pilot.press("q")
        await until(app, "Draft kept")
        await pilot.press("J")
        for pause in range(12):
            post(app, "i")
            for key in (*"0123", "backspace", *"456789"):
                post(app, key)
                await asyncio.sleep(0.003 * pause)
            await until(app, "Message to refurbed and us", "012456789")
            await pilot.press("escape")
            await until(app, "X discard")
            await pilot.press("X")
            await until(app, "Discard this draft?")
            await pilot.press("y")
            await until(app, "Draft discarded")
        for key in ("/", *"smyt", "backspace", "backspace", *"ith", "enter"):
            post(app, key)
        await until(app, "Needs reply “smith”")


async def test_what_is_typed_ahead_of_a_dialog_lands_in_it(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        for key in (":", *"sign", "space", *"in"):
            post(app, key)
        await until(app, "sign in with another token", absent="view: Mine")
        assert app.inbox.place == "list"
        await pilot.press("escape")
        for key in ("/", *"smith", "enter"):
            post(app, key)
        await until(app, "Needs reply “smith”")
