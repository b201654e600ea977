"""`reply` and `outbox`: sent once or not at all, and the exit code tells which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def first_open(program: Any) -> str:
    number: str = next(
        ticket["id"] for ticket in json.loads(program("list", "--json").out) if ticket["status"] == "OPEN"
    )
    return number


def messages(program: Any, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(program("show", number, "--json").out)["messages"]
    return found


def test_a_reply_is_in_the_thread_once(signed_in: Any, tmp_path: Path) -> None:
    number = first_open(signed_in)
    before = len(messages(signed_in, number))
    text = tmp_path / "answer.txt"
    text.write_text("Guten Tag,\n\ndas Etikett kommt <heute> & morgen.\n")
    ran = signed_in("reply", number, "--file", str(text), "--json")
    outcome = json.loads(ran.out)
    assert (ran.code, outcome["state"]) == (0, "sent")
    after = messages(signed_in, number)
    ours = [entry for entry in after if "kommt &lt;heute&gt; &amp; morgen" in entry["message"]["body_html"]]
    assert [entry["message"]["id"] for entry in ours] == [outcome["message_id"]]
    assert ours[0]["scope"] == "PUBLIC"
    assert len(after) == before + 1
    assert "Nothing is unsent" in signed_in("outbox").err


def test_internal_and_solve_are_what_they_say(signed_in: Any) -> None:
    number = first_open(signed_in)
    ran = signed_in("reply", number, "-", "--internal", "--solve", stdin="Für refurbed: bitte prüfen.")
    assert ran.code == 0
    assert "was sent" in ran.err
    shown = json.loads(signed_in("show", number, "--json").out)
    assert shown["messages"][-1]["scope"] == "INTERNAL"
    assert shown["ticket"]["status"] == "SOLVED"


def test_an_attachment_goes_along(signed_in: Any, tmp_path: Path) -> None:
    number = first_open(signed_in)
    (tmp_path / "label.txt").write_text("a label")
    ran = signed_in("reply", number, "-", "--attach", str(tmp_path / "label.txt"), stdin="See the attached label.")
    assert ran.code == 0
    assert messages(signed_in, number)[-1]["message"]["attachments"][0]["filename"] == "label.txt"


@pytest.mark.parametrize(
    ("args", "stdin", "said"),
    [
        (["reply", "1048", "-"], "", "empty"),
        (["reply", "1048", "-"], " \n\t\n", "empty"),
        (["reply", "1048", "-"], b"caf\xe9", "not UTF-8"),
        (["reply", "1048", "-"], "x" * 64_001, "too long"),
        (["reply", "1048", "--file", "/no/such/file"], "", "cannot be read"),
        (["reply", "1048", "--file", "/"], "", "cannot be read"),
        (["reply", "1048"], "text", "--file F, or -"),
        (["reply", "1048", "-", "--file", "x"], "text", "--file F, or -"),
        (["reply", "ten", "-"], "text", "not a ticket's number"),
        (["reply", "1048", "-", "--attach", "/no/such/file"], "text", "cannot be attached"),
        (["reply", "1048", "-", "--wait", "-1"], "text", "--wait"),
        (["--read-only", "reply", "1048", "-"], "text", "read-only"),
    ],
)
def test_what_cannot_be_sent_is_said_before_anything_is(
    signed_in: Any, args: list[str], stdin: str | bytes, said: str
) -> None:
    ran = signed_in(*args, stdin=stdin)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_an_unknown_ticket_is_refused(signed_in: Any) -> None:
    assert signed_in("reply", "999999999", "-", stdin="Hello").code == 5


def test_a_lost_answer_is_looked_for_and_found(program: Any, services: Any) -> None:
    url, token = services("drop-after-commit")
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    number = first_open(program)
    ran = program("reply", number, "-", "--json", stdin="Sent, though nobody said so.")
    outcome = json.loads(ran.out)
    assert (ran.code, outcome["state"], outcome["evidence"]) == (0, "sent", "reread")
    found = [m for m in messages(program, number) if "though nobody said so" in m["message"]["body_html"]]
    assert len(found) == 1


def test_no_patience_leaves_the_outcome_unknown_and_a_person_settles_it(program: Any, services: Any) -> None:
    url, token = services("drop-after-commit")
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    number = first_open(program)
    ran = program("reply", number, "-", "--wait", "0", stdin="Without patience.")
    assert ran.code == 6
    assert "may have been sent" in ran.err
    rows = json.loads(program("outbox", "--json").out)
    assert [(row["ticket_id"], row["state"], row["text"]) for row in rows] == [
        (number, "unconfirmed", "Without patience.")
    ]
    again = program("outbox", "--settle", rows[0]["id"], "again")
    assert again.code == 1
    assert "cannot be sent again" in again.err
    found = [m for m in messages(program, number) if "Without patience" in m["message"]["body_html"]]
    assert len(found) == 1


def test_settling_wants_an_id_and_an_answer_that_are(signed_in: Any) -> None:
    assert signed_in("outbox", "--settle", "abc", "maybe").code == 2
    unknown = signed_in("outbox", "--settle", "abc", "draft")
    assert unknown.code == 2
    assert "not in the outbox" in unknown.err


@pytest.mark.parametrize(("scenario", "code"), [("not-live", 4), ("unauthorized", 3)])
def test_nothing_is_queued_where_the_service_says_no_at_once(
    program: Any, services: Any, scenario: str, code: int
) -> None:
    url, token = services(scenario)
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    assert program("reply", "1048", "-", stdin="Hello").code == code
    assert json.loads(program("outbox", "--json").out) == []
