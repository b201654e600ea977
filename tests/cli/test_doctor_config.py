"""`doctor`, `config`, help, log and interruption."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tui.cli.main import COMMANDS
from tui.settings import GENERAL, INBOX, PROFILE
from tui.ui.actions import ACTIONS


def findings(ran: Any) -> dict[str, tuple[str, str]]:
    return {found["what"]: (found["verdict"], found["says"]) for found in json.loads(ran.out)["findings"]}


def test_doctor_finds_all_well_on_a_good_service(signed_in: Any, terminal: Callable[..., Any]) -> None:
    shown = terminal("doctor")
    assert shown.end() == 0
    for words in ("All is usable", "xterm-256color, 100 columns by 30 rows", "ticket API: ok. live", "rate limit: ok."):
        assert words in shown.text
    assert signed_in.environ["REFURBED_TOKEN"] not in shown.text
    found = findings(signed_in("doctor", "--json"))
    assert found["clock"][0] == "ok"
    assert found["token"] == ("ok", "from REFURBED_TOKEN")
    assert {"python", "colours", "letters", "sqlite", "config", "cache", "drafts and outbox", "keyring"} <= set(found)


@pytest.mark.parametrize(
    ("scenario", "what", "said"), [("not-live", "ticket API", "not live"), ("unauthorized", "sign-in", "token")]
)
def test_doctor_tells_not_live_from_not_signed_in(
    program: Any, services: Any, scenario: str, what: str, said: str
) -> None:
    url, token = services(scenario)
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    ran = program("doctor", "--json")
    assert ran.code == 1
    assert findings(ran)["service"][0] == "ok"
    assert findings(ran)[what][0] == "problem"
    assert said in findings(ran)[what][1]


def test_doctor_goes_on_without_token_network_or_sound_settings(program: Any) -> None:
    program.environ["REFURBED_BASE_URL"] = "http://127.0.0.1:9"
    ran = program("doctor", "--json")
    assert ran.code == 1
    assert findings(ran)["token"][0] == findings(ran)["service"][0] == "problem"
    assert "token_command" in findings(ran)["keyring"][1]
    path = program.configure("[inbox]\nview = 3\n")
    ran = program("doctor")
    assert ran.code == 1
    assert f"config: PROBLEM. {path}, line 2" in ran.out
    program.configure("")
    program.environ |= {"TERM": "dumb"}
    assert findings(program("doctor", "--json"))["python"][0] == "ok"


def test_doctor_names_a_folder_that_others_can_read(signed_in: Any) -> None:
    assert signed_in("outbox").code == 0
    desk = next((signed_in.home / "state").rglob("desk.db"))
    assert "mode 0600" in findings(signed_in("doctor", "--json"))["drafts and outbox"][1]
    desk.chmod(0o644)
    assert findings(signed_in("doctor", "--json"))["drafts and outbox"] == (
        "problem",
        f"{desk}, mode 0644; others can read {desk}: chmod go-rwx {desk}",
    )


def test_config_prints_every_setting_with_value_source_and_meaning(program: Any) -> None:
    program.configure('[inbox]\nundo_seconds = 3\n[keys]\nreply = "r,ctrl+r"\n[profiles.default]\nme = "a@b.example"\n')
    program.environ["REFURBED_BASE_URL"] = "https://sandbox.example"
    ran = program("config", "--thin")
    assert ran.code == 0
    for setting in (*GENERAL, *PROFILE, *INBOX):
        assert f"\n{setting.key} = " in ran.out
        assert setting.meaning in ran.out
    for action in ACTIONS:
        assert f"\n{action.id} = " in ran.out
    for words in (
        "undo_seconds = 3  (config.toml)",
        "retention_days = 30  (the default)",
        'base_url = "https://sandbox.example"  (REFURBED_BASE_URL)',
        'me = "a@b.example"  (config.toml)',
        'reply = "r,ctrl+r"  (config.toml)',
        "thin = true  (the command line)",
        "SANDBOX sandbox.example",
    ):
        assert words in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_screen_and_has_an_example(name: str, capsys: Any) -> None:
    from tui.cli.main import run

    assert run([name, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 23
    assert max(len(line) for line in lines) <= 80
    assert any(line.startswith("example: ") and "refurbed-inbox" in line for line in lines)


def test_the_examples_are_commands_that_exist(capsys: Any) -> None:
    from tui.cli.main import _module, build

    for name in COMMANDS:
        example = _module(name).EXAMPLE.split("refurbed-inbox ", 1)[1]
        assert build().parse_args(example.split()).command == name
    capsys.readouterr()


@pytest.mark.parametrize("command", [["list"], ["reply", "1048", "-", "--wait", "60"]])
def test_interrupted_is_130_without_a_traceback(program: Any, services: Any, command: list[str]) -> None:
    url, token = services("hang")
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environ,
        cwd=program.home,
    )
    assert process.stdin is not None
    process.stdin.write(b"Hello")
    process.stdin.close()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert process.wait(10) == 130
    assert out == b""
    assert b"Traceback" not in err


def test_a_reply_interrupted_in_mid_air_is_unknown_not_lost(program: Any, services: Any) -> None:
    url, token = services("drop-after-commit")
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    number = program("list", "--limit", "1").out.split("\t")[0]
    ran = program("reply", number, "-", "--wait", "0", stdin="In mid-air.")
    assert ran.code == 6
    listed = program("outbox")
    assert f"ticket {number}" in listed.out
    assert "may have been sent" in listed.out


def test_the_log_is_private_and_says_what_was_asked(signed_in: Any) -> None:
    assert signed_in("list", "--limit", "1").code == 0
    log = signed_in.home / "state" / "refurbed-inbox" / "default" / "inbox.log"
    assert "ListTickets 200" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    assert signed_in("--log-level", "error", "list", "--limit", "1").code == 0
    assert log.read_text().count("ListTickets") == 1
    signed_in.environ["REFURBED_LOG"] = "loud"
    ran = signed_in("list")
    assert ran.code == 2
    assert "REFURBED_LOG" in ran.err


def test_the_log_is_rotated_and_stays_private(tmp_path: Any) -> None:
    import logging

    from tui import log

    log.start(tmp_path, "info")
    try:
        for _ in range(1200):
            logging.getLogger("tui.test").info("x" * 1000)
    finally:
        log.stop()
    files = sorted(tmp_path.glob("inbox.log*"))
    assert 1 < len(files) <= log.KEPT + 1
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert all(file.stat().st_size <= log.LARGEST for file in files)


def test_serve_explains_its_bad_days_and_refuses_others(program: Any) -> None:
    listed = program("serve", "--scenario", "list")
    assert listed.code == 0
    assert "not-live: " in listed.out
    assert program("serve", "--scenario", "doom").code == 2
    assert program("serve", "--port", "70000").code == 2
    assert program("serve", "--tickets", "0").code == 2
