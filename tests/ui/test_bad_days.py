"""The service refuses, is not live, is away, or wants another token: words, and every key answers."""

from __future__ import annotations

import pytest

from tests.ui.harness import House, screen_text, type_in, until, write_reply


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("not-live", "API not live yet"),
        ("unauthorized", "signed out"),
        ("forbidden", "no access"),
        ("rate-limited", "rate-limited"),
    ],
)
async def test_bad_days_have_their_own_words_and_every_key_answers(house: House, scenario: str, words: str) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", "Needs reply 1/")
        house.server.scenario = scenario
        await pilot.press("R")
        shown = await until(app, words, "as of")
        assert "Needs reply 1/" in shown, "what was read before stays readable"
        await pilot.press("j", "enter")
        await until(app, "Esc list", "assigned to")
        assert words in screen_text(app)
        await pilot.press("escape", "question_mark")
        await until(app, "Keys", "Esc or q closes")
        await pilot.press("escape")
        house.server.scenario = "ok"
        await pilot.press("R")
        await until(app, "as of", absent=words)


async def test_not_live_on_the_very_first_day_says_so_and_quits_on_q(house: House) -> None:
    house.server.scenario = "not-live"
    app = await house.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(app, "not live at this address yet (501)", "refurbed-inbox demo", "DEMO")
        await pilot.press("j", "k", "enter", "r", "q", "q")
        await pilot.pause()
    assert app.return_code == 0


async def test_offline_is_said_with_the_age_of_what_is_shown(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await house.server.stop()
        await pilot.press("R")
        await until(app, "offline, as of")


async def test_a_revoked_token_is_replaced_without_a_restart(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "keep me")
        await pilot.press("escape", "q")
        house.server.token = "another-token-0001"
        await pilot.press("R")
        await until(app, "signed out")
        await pilot.press("colon")
        await until(app, "Actions")
        await type_in(pilot, "sign in")
        await pilot.press("enter")
        await until(app, "Token for DEMO")
        await type_in(pilot, "another-token-0001")
        assert "another-token" not in screen_text(app)
        await pilot.press("enter")
        await until(app, "as of", absent="signed out")
        draft = await app.setup.desk.drafts.get(app.state.opened, "customer")
        assert draft is not None and draft.text == "keep me"
