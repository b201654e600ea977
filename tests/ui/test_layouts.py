"""Three layouts, every size, and keys that arrive together."""

from __future__ import annotations

import asyncio

import pytest

from tests.ui.harness import House, type_in, until, write_reply
from tests.ui.test_inbox import updates


@pytest.mark.parametrize("size", [(60, 20), (79, 24), (80, 24), (119, 40), (120, 40), (200, 60)])
async def test_every_size_from_60x20_shows_what_must_always_be_there(house: House, size: tuple[int, int]) -> None:
    app = await house.app()
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(app, "DEMO", "Needs reply", "as of", " OPEN ")
        await pilot.press("enter")
        await until(app, "(customer)")
        await pilot.press("r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "x")
        await pilot.press("escape")
        await until(app, "SEND to the customer", "y send", "X discard", "DEMO")


async def test_resizing_at_any_moment_keeps_cursor_text_and_words(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("j", "j", "enter")
        await until(app, "(customer)")
        await pilot.press("r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "still here")
        for width, height in ((80, 24), (60, 20), (40, 10), (130, 30), (160, 45)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        await until(app, "still here", "DEMO")


async def test_a_terminal_too_small_says_so(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(50, 15), notifications=True):
        await until(app, "needs 60 columns and 20 rows. q quits.")


async def test_what_an_empty_list_says_is_whole_in_a_narrow_pane(house: House) -> None:
    house.server.scenario = "not-live"
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True):
        await until(app, "R asks again.")


async def test_esc_and_the_next_key_arriving_as_one_are_two(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "text")
        await pilot.press("alt+y")
        await until(app, "SEND to the customer")
        await asyncio.sleep(0.3)
        assert app.inbox.place == "review", "y counts only once the review line has been painted"
    assert not updates(house)
