"""Our notes, which nobody else reads, and files on a reply."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.ui.harness import House, type_in, until, write_reply
from tests.ui.test_inbox import updates


async def test_notes_open_on_what_is_there_and_are_saved_through_the_outbox(house: House) -> None:
    ticket_id = next(key for key, ticket in house.tickets.items() if ticket.status == "PENDING")
    house.tickets[ticket_id].notes = "called twice"
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        app.inbox.open_ticket(ticket_id)
        await until(app, "(customer)", "notes: called twice")
        await pilot.press("m")
        await until(app, "Our notes", "called twice")
        await pilot.press("escape")
        await until(app, absent="Our notes · ticket")
        await pilot.press("m")
        await until(app, "Our notes")
        await type_in(pilot, "\nwants a refund")
        await pilot.press("escape")
        await until(app, "SAVE our notes", "y save")
        await pilot.press("y")
        await until(app, "notes: called twice wants a refund", absent="our notes:")
    assert house.tickets[ticket_id].notes == "called twice\nwants a refund"
    assert [(body["notes"], body["status"]) for body in updates(house)] == [("called twice\nwants a refund", "PENDING")]


async def test_a_conflict_in_the_notes_is_shown_and_resolved_by_hand(house: House) -> None:
    house.settings["undo_seconds"] = 1
    ticket_id = next(key for key, ticket in house.tickets.items() if ticket.status == "PENDING")
    house.tickets[ticket_id].notes = "one"
    app = await house.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(app, "as of", " OPEN ")
        app.inbox.open_ticket(ticket_id)
        await until(app, "(customer)", "notes: one")
        await pilot.press("m")
        await until(app, "Our notes")
        await type_in(pilot, " and ours")
        await pilot.press("escape")
        await until(app, "y save")
        world = house.service._world
        with world.change(house.tickets[ticket_id], house.clock.now()) as ticket:
            ticket.notes = "one and theirs"
        await pilot.press("y")
        await until(app, "1 paused", "Somebody else changed the same lines", "one and ours", "one and theirs")
        assert not updates(house)
        await pilot.press("O", "enter")
        await until(app, "take the text back into the draft")
        await pilot.press("d")
        await until(app, "<<<<<<< ours", ">>>>>>> theirs", absent="1 paused")
        assert app.inbox.writing.composer is not None
        app.inbox.writing.composer.area.load_text("one, ours and theirs")
        await pilot.press("escape")
        await until(app, "y save")
        await pilot.press("y")
        await until(app, "notes: one, ours and theirs", absent="our notes:")
    assert house.tickets[ticket_id].notes == "one, ours and theirs"


async def test_a_file_goes_along_as_it_was_when_it_was_attached(house: House, tmp_path: Path) -> None:
    label, other = tmp_path / "label.pdf", tmp_path / "other.txt"
    label.write_bytes(b"%PDF label")
    other.write_bytes(b"never mind")
    app = await house.app()
    async with app.run_test(size=(200, 45), notifications=True) as pilot:
        await write_reply(app, pilot, "the label is attached")
        await pilot.press("escape")
        await until(app, "no file is attached", "no attachments")
        await pilot.press("a")
        await until(app, "The path of a file")
        await type_in(pilot, str(tmp_path / "*.*"))
        await pilot.press("enter")
        await until(app, "label.pdf (10 B), other.txt (10 B)", absent="no file is attached")
        await pilot.press("a")
        await until(app, "take off other.txt")
        await pilot.press("down", "down", "enter")
        await until(app, "label.pdf (10 B)", absent="other.txt (")
        await pilot.press("y")
        await until(app, "leaves at")
        label.write_bytes(b"something else by now")
        await until(app, "attachment: label.pdf", absent="our message")
    sent = updates(house)[0]["new_message"]["message"]["attachments"]
    assert [(file["filename"], base64.b64decode(file["data"])) for file in sent] == [("label.pdf", b"%PDF label")]


async def test_a_file_that_changed_before_sending_or_cannot_be_read_is_named(house: House, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_bytes(b"one")
    app = await house.app()
    async with app.run_test(size=(200, 45), notifications=True) as pilot:
        await write_reply(app, pilot, "see file")
        await pilot.press("escape")
        await until(app, "y send")
        review = app.inbox.writing._review
        await review._add(str(tmp_path / "missing.txt"))
        await until(app, "missing.txt cannot be read: No such file")
        await review._add(str(tmp_path))
        await until(app, "is a folder")
        await review._add(str(report))
        await until(app, "report.txt (3 B)")
        report.write_bytes(b"two")
        await pilot.press("y")
        await until(app, "has changed since it was attached", "SEND to the customer")
        report.unlink()
        await pilot.press("y")
        await until(app, "Not sent.", "cannot be read")
    assert not updates(house)
