"""A day at the inbox: what an agent sees and what the service receives."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.ui.harness import House, type_in, until, write_reply
from tui.domain import VIEWS


def updates(house: House) -> list[dict[str, Any]]:
    return [
        call.body for call in house.server.calls if call.operation == "UpdateTicket" and isinstance(call.body, dict)
    ]


async def test_the_list_stands_with_environment_view_count_and_age(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True):
        shown = await until(app, "DEMO", "Needs reply 1/", "as of", " due ", " OPEN ")
    counted = app.state.counts
    assert counted["active"] == len([t for t in house.tickets.values() if t.status in ("OPEN", "PENDING")])
    assert "0 All active" in shown


async def test_reading_a_ticket_shows_its_messages(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("enter")
        await until(app, "Esc list", "assigned to", "(customer)")
        assert app.inbox.thread.content is not None and app.inbox.thread.content.messages
        await pilot.press("escape")
        await until(app, "Enter open")


async def test_a_reply_is_reviewed_held_sent_once_and_seen_in_the_thread(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("enter")
        await until(app, "(customer)")
        ticket_id = app.state.opened
        await pilot.press("r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "Hello there\nit leaves today")
        await pilot.press("escape")
        await until(app, "SEND to the customer", "then PENDING", "y send")
        assert not updates(house), "nothing leaves before y"
        await pilot.press("y")
        await until(app, "takes it back", "leaves in a moment")
        assert not updates(house), "nothing leaves within the undo window"
        await until(app, "to all", absent="our message to the customer")
        sent = updates(house)
        assert len(sent) == 1
        assert sent[0]["ticket_id"] == str(ticket_id)
        assert sent[0]["status"] == "PENDING"
        message = sent[0]["new_message"]
        assert message["scope"] == "PUBLIC"
        assert message["message"]["body_html"] == "<p>Hello there<br>it leaves today</p>"
        await until(app, "it leaves today", "(us)")
    assert len(updates(house)) == 1


async def test_undo_brings_the_text_back_and_nothing_was_sent(house: House) -> None:
    house.settings["undo_seconds"] = 30
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "too early")
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y")
        await until(app, "1 held")
        await pilot.press("z")
        await until(app, "too early", "Reply to the customer", absent="1 held")
        assert app.inbox.writing.draft is not None
        assert app.inbox.writing.draft.text == "too early"
    assert not updates(house)


async def test_undo_takes_back_the_reply_of_the_ticket_in_hand(house: House) -> None:
    house.settings["undo_seconds"] = 30
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "for the first")
        first = app.state.opened
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y")
        await until(app, "1 held")
        await pilot.press("J", "r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "for the second")
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y")
        await until(app, "2 held")
        await pilot.press("K")
        await until(app, "leaves in a moment")
        assert app.state.opened == first
        await pilot.press("z")
        await until(app, "for the first", "Reply to the customer", "1 held")
        assert app.inbox.writing.draft is not None and app.inbox.writing.draft.ticket_id == first


async def test_a_second_y_never_sends_twice(house: House) -> None:
    house.settings["undo_seconds"] = 0
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "once")
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y", "y", "y")
        await until(app, "once", "(us)")
        await asyncio.sleep(0.5)
    assert len(updates(house)) == 1


async def test_internal_messages_say_their_audience_and_ask_for_no_status_of_an_open_ticket(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        row = next(key for key in app.inbox.tickets.ids if house.tickets[key].status == "OPEN")
        app.inbox.open_ticket(row)
        await until(app, "(customer)")
        await pilot.press("i")
        await until(app, "Message to refurbed and us")
        await type_in(pilot, "please look")
        await pilot.press("escape")
        await until(app, "SEND to refurbed and us", "the service may set PENDING")
        await pilot.press("y")
        await until(app, "refurbed and us only", "please look", absent="our message")
    sent = updates(house)
    assert [s.get("status", "") for s in sent] == [""]
    assert sent[0]["new_message"]["scope"] == "INTERNAL"


async def test_views_switch_by_number_and_the_cursor_stays_on_its_ticket(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("j", "j", "j")
        ticket_id = app.inbox.tickets.ticket_id
        await pilot.press("0")
        await until(app, "All active")
        assert app.inbox.tickets.ticket_id == ticket_id
        for view in VIEWS:
            await pilot.press(view.key)
            await until(app, f"[{view.key} {view.title}")
        await until(app, "Archive 1/")


async def test_a_filter_narrows_and_escape_widens(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("0")
        await until(app, "All active 1/")
        row = app.inbox.tickets.row(app.inbox.tickets.ticket_id)
        assert row is not None
        word = row.ticket.customer_name.split()[0]
        await pilot.press("slash")
        await until(app, "Filter All active")
        await type_in(pilot, word)
        await pilot.press("enter")
        await until(app, f"All active “{word}”")
        assert 0 < len(app.inbox.tickets.ids) < app.state.counts["active"]
        await pilot.press("escape")
        await until(app, "All active 1/")


async def test_a_poll_touches_neither_cursor_nor_composer(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("j", "j", "enter")
        await until(app, "(customer)")
        await pilot.press("r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "half a sent")
        area = app.inbox.writing.composer.area if app.inbox.writing.composer is not None else None
        assert area is not None
        before = (app.inbox.tickets.ticket_id, app.state.opened, area.text, area.cursor_location)
        polls = len([call for call in house.server.calls if call.operation == "ListTickets"])
        for ticket_id in [key for key, ticket in house.tickets.items() if ticket.status == "OPEN"][:20]:
            house.customer_writes(ticket_id, "<p>me too</p>")
        while len([call for call in house.server.calls if call.operation == "ListTickets"]) < polls + 4:
            await asyncio.sleep(0.05)
        after = (app.inbox.tickets.ticket_id, app.state.opened, area.text, area.cursor_location)
        assert after == before
        assert app.focused is area


async def test_the_place_and_the_draft_are_there_after_a_restart(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("0", "j", "j", "enter")
        await until(app, "(customer)")
        ticket_id = app.state.opened
        await pilot.press("r")
        await until(app, "Reply to the customer")
        await type_in(pilot, "not finished")
        await until(app, "draft saved")
        await pilot.press("ctrl+q")
        while app.return_code is None:
            await asyncio.sleep(0.02)
    again = await house.app()
    async with again.run_test(size=(160, 45), notifications=True) as pilot:
        await until(again, "All active", "(customer)")
        assert again.state.opened == ticket_id
        await pilot.press("r")
        await until(again, "not finished", "draft saved")


async def test_a_draft_is_on_disk_within_a_second_of_the_last_key(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "kept")
        await asyncio.sleep(0.9)
        draft = await app.setup.desk.drafts.get(app.state.opened, "customer")
        assert draft is not None and draft.text == "kept"


async def test_a_customers_answer_is_seen_without_a_key(house: House) -> None:
    house.settings["undo_seconds"] = 0
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        await pilot.press("enter")
        await until(app, "(customer)")
        opened = app.state.opened
        house.customer_writes(opened, "<p>And my <b>charger</b>?</p>")
        await until(app, "And my charger?")
        await pilot.press("q")
        await until(app, "Enter open")


async def test_a_ticket_by_its_number_and_an_unknown_one(house: House) -> None:
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        wanted = app.inbox.tickets.ids[-1]
        await pilot.press("colon")
        await until(app, "Actions")
        await type_in(pilot, str(wanted))
        await pilot.press("enter")
        await until(app, "(customer)")
        assert app.state.opened == wanted
        await pilot.press("colon")
        await until(app, "Actions")
        await type_in(pilot, "99999999")
        await pilot.press("enter")
        await until(app, "does not know ticket 99999999")


async def test_read_only_greys_writing_and_says_why(house: House) -> None:
    house.settings["read_only"] = True
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "READ-ONLY", "as of")
        await pilot.press("r")
        await until(app, "nothing can be sent")
        await pilot.press("colon")
        await until(app, "reply to the customer (This session is read-only")


async def test_leaving_with_a_held_reply_says_so_and_can_wait(house: House) -> None:
    house.settings["undo_seconds"] = 2
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "wait for me")
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y")
        await until(app, "1 held")
        await pilot.press("ctrl+q")
        await until(app, "Not sent yet: 1 held", "quit now", "stay")
        await pilot.press("w")
        for _ in range(200):
            if app.return_code is not None:
                break
            await asyncio.sleep(0.05)
    assert len(updates(house)) == 1


async def test_leaving_at_once_keeps_a_held_reply_paused_and_never_sends_it(house: House) -> None:
    house.settings["undo_seconds"] = 3
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await write_reply(app, pilot, "later")
        await pilot.press("escape")
        await until(app, "y send")
        await pilot.press("y")
        await until(app, "1 held")
        await pilot.press("ctrl+q")
        await until(app, "Not sent yet")
        await pilot.press("p")
        await pilot.pause()
    app.setup.instance.close()
    await asyncio.sleep(3.2)
    again = await house.app()
    async with again.run_test(size=(120, 40), notifications=True) as pilot:
        await until(again, "1 paused")
        await pilot.press("O")
        await until(again, "Outbox and drafts", "paused, waits for you", "later")
        assert not updates(house)
        await pilot.press("enter")
        await until(again, "send it now")
        await pilot.press("s")
        await until(again, "as of", absent="1 paused")
        for _ in range(100):
            if updates(house):
                break
            await asyncio.sleep(0.05)
    assert len(updates(house)) == 1


async def test_what_strangers_write_is_text_and_nothing_else(house: House) -> None:
    ticket_id = next(key for key, ticket in house.tickets.items() if ticket.status == "OPEN")
    ticket = house.tickets[ticket_id]
    hostile = "[/] [bold]x[/bold] [@click=app.quit]z[/]\x1b]52;c;aGk=\x07\x9b31m\u202eevil"
    ticket.customer_name = ticket.topic = ticket.notes = hostile
    house.customer_writes(ticket_id, f"<p>{hostile}&#27;[2J</p>")
    app = await house.app()
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        app.inbox.open_ticket(ticket_id)
        shown = await until(app, "[/] [bold]x[/bold]", "[@click=app.quit]z[/]")
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}
        await pilot.press("colon")
        await until(app, "Actions")
        await pilot.press("escape")
        json.dumps(shown)
