"""`list` and `show` against the demo service: what a person, a screen reader and a script get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tui.domain import VIEWS


def tickets(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)
    assert isinstance(found, list)
    return found


def test_list_is_complete_and_in_the_contracts_words(signed_in: Any) -> None:
    ran = signed_in("list", "--json")
    found = tickets(ran.out)
    assert ran.code == 0
    assert ran.err == ""
    assert len({ticket["id"] for ticket in found}) == len(found) > 30
    for ticket in found:
        assert isinstance(ticket["id"], str)
        assert ticket["status"] in ("OPEN", "PENDING")
        assert {"urgency_status", "customer", "assignee", "sla_checkpoints", "notes", "follow_up_to_ticket_id"} <= set(
            ticket
        )
    assert any(int(ticket["id"]) > 2**53 for ticket in found)


def test_a_pipe_gets_tabs_and_no_control_codes(signed_in: Any) -> None:
    ran = signed_in("list", "--view", "needs-reply", "--limit", "7")
    lines = ran.out.splitlines()
    assert len(lines) == 7
    assert all(len(line.split("\t")) == 7 for line in lines)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2500-\u257f]", ran.out)


def test_limit_stops_and_search_finds_words(signed_in: Any) -> None:
    everything = tickets(signed_in("list", "--json").out)
    name = everything[0]["customer"]["name"].split()[-1]
    found = tickets(signed_in("list", "--json", "--search", f"{name} {everything[0]['id']}").out)
    assert [ticket["id"] for ticket in found] == [everything[0]["id"]]
    assert len(tickets(signed_in("list", "--json", "--limit", "3").out)) == 3
    none = signed_in("list", "--search", "no-such-word-anywhere")
    assert (none.code, none.out) == (0, "")
    assert "No tickets" in none.err


def test_the_archive_is_the_solved_and_closed_ones(signed_in: Any) -> None:
    found = tickets(signed_in("list", "--view", "archive", "--json").out)
    assert found
    assert {ticket["status"] for ticket in found} <= {"SOLVED", "CLOSED"}


def test_the_help_names_every_view(program: Any) -> None:
    text = program("list", "--help").out
    assert all(view.id in text for view in VIEWS)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["list", "--view", "todo"], "needs-reply"),
        (["list", "--limit", "0"], "1 or more"),
        (["list", "--limit", "many"], "invalid int"),
        (["list", "--view", "mine"], "me ="),
        (["show", "12x"], "not a ticket's number"),
        (["show", "0"], "not a ticket's number"),
        (["show", "99999999999999999999"], "not a ticket's number"),
        (["show", "1048", "--json", "--raw"], "not allowed with"),
        (["show", "1048", "--raw", "--offline"], "--offline"),
        (["show"], "ID"),
        (["lost"], "invalid choice"),
        (["--profile", "../x", "list"], "lower-case"),
        (["--base-url", "api.refurbed.com", "list"], "https://"),
        (["list", "--base-url", "http://shop.example"], "Plain http"),
        (["--log-level", "loud", "list"], "invalid choice"),
    ],
)
def test_wrong_usage_is_said_in_a_line_and_ends_with_2(signed_in: Any, args: list[str], said: str) -> None:
    ran = signed_in(*args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_show_gives_text_object_and_the_exact_bytes(signed_in: Any) -> None:
    number = signed_in("list", "--limit", "1").out.split("\t")[0]
    text = signed_in("show", f"#{number}")
    assert text.code == 0
    assert f"Ticket: {number}" in text.out
    assert "Message 1 of" in text.out
    whole = json.loads(signed_in("show", number, "--json").out)
    assert list(whole) == ["ticket", "messages"]
    assert whole["ticket"]["id"] == number
    assert {"message", "scope"} == set(whole["messages"][0])
    raw = json.loads(signed_in("show", number, "--raw").raw)
    assert raw["ticket"]["id"] == number
    assert len(raw["messages"]) == len(whole["messages"])


def test_unknown_tickets_are_refused_by_the_service(signed_in: Any) -> None:
    ran = signed_in("show", "999999999")
    assert ran.code == 5
    assert "999999999" in ran.err


@pytest.mark.parametrize(
    ("scenario", "code", "said"), [("not-live", 4, "not live"), ("unauthorized", 3, "token"), ("forbidden", 3, "")]
)
def test_bad_days_have_their_own_codes_and_sentences(
    program: Any, services: Any, scenario: str, code: int, said: str
) -> None:
    url, token = services(scenario)
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    ran = program("list")
    assert ran.code == code
    assert said in ran.err
    assert ran.out == ""


def test_nobody_listening_is_unavailable(program: Any) -> None:
    program.environ |= {"REFURBED_BASE_URL": "http://127.0.0.1:9", "REFURBED_TOKEN": "0123456789"}
    ran = program("list")
    assert ran.code == 4
    assert "127.0.0.1:9" in ran.err


def test_global_options_count_before_and_after(program: Any, services: Any) -> None:
    url, token = services()
    program.environ["REFURBED_TOKEN"] = token
    before = program("--base-url", url, "list", "--limit", "1")
    after = program("list", "--limit", "1", "--base-url", url)
    assert before.code == after.code == 0
    assert before.out == after.out


def test_offline_reads_the_cache_and_says_its_age(signed_in: Any) -> None:
    ran = signed_in("list", "--offline")
    assert ran.code == 0
    assert "never answered" in ran.err
    missing = signed_in("show", "1048", "--offline")
    assert missing.code == 5
    assert "not in the cache" in missing.err


def test_a_reader_that_has_had_enough_is_no_error(signed_in: Any) -> None:
    import subprocess
    import sys

    command = f"{sys.executable} -m tui list --json | head -c 10; echo; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=signed_in.environ, cwd=signed_in.home
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_on_a_terminal_nothing_in_json_can_command_it(signed_in: Any, terminal: Callable[..., Any]) -> None:
    nasty = re.compile(r"[\x80-\x9f\u202a-\u202e\u2066-\u2069]")
    piped = signed_in("list", "--json").out
    assert nasty.search(piped), "the demo is to hold names that attack terminals"
    shown = terminal("list", "--json")
    assert shown.end() == 0
    text = shown.seen.decode().replace("\r\n", "\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert json.loads(text) == json.loads(piped)
