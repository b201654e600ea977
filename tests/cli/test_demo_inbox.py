"""The inbox on a real terminal: opens, is left, comes back; its service lives and dies with it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def services_running(state: Path) -> list[int]:
    """Processes that were started as `serve` on this state."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and str(state).encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def gone(state: Path, patience: float = 5) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if not services_running(state):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def state(program: Any) -> Path:
    path: Path = program.home / "state" / "refurbed-inbox" / "demo" / "service.json"
    return path


def test_the_demo_opens_ignores_the_variables_and_takes_its_service_along(
    program: Any, terminal: Callable[..., Any], state: Path, canary: str
) -> None:
    shown = terminal("demo", REFURBED_TOKEN=canary, REFURBED_BASE_URL="https://api.refurbed.com")
    shown.wait_for("DEMO")
    shown.wait_for("as of ")
    assert len(services_running(state)) == 1
    command = Path(f"/proc/{services_running(state)[0]}/cmdline").read_bytes()
    assert b"token" not in command
    shown.send("q")
    assert shown.end() == 0
    assert gone(state)
    assert state.stat().st_mode & 0o077 == 0
    assert canary.encode() not in shown.seen + program.everything()


def test_the_service_ends_when_the_inbox_is_killed(terminal: Callable[..., Any], state: Path) -> None:
    shown = terminal("demo")
    shown.wait_for("as of ")
    shown.process.send_signal(signal.SIGKILL)
    shown.process.wait()
    assert gone(state)


def test_the_demo_remembers_and_fresh_starts_over(program: Any, terminal: Callable[..., Any], state: Path) -> None:
    first = terminal("demo", "--tickets", "60", "--seed", "3")
    first.wait_for("as of ")
    first.send("q")
    assert first.end() == 0
    assert json.loads(state.read_text())["seed"] == 3
    other = terminal("demo", "--seed", "4")
    assert other.end() == 2
    assert "--fresh" in other.text
    again = terminal("demo")
    again.wait_for("as of ")
    again.send("q")
    assert again.end() == 0
    assert json.loads(state.read_text())["seed"] == 3
    fresh = terminal("demo", "--fresh", "--seed", "4")
    fresh.wait_for("as of ")
    fresh.send("q")
    assert fresh.end() == 0
    assert json.loads(state.read_text())["seed"] == 4


def test_a_second_demo_says_that_one_is_open(terminal: Callable[..., Any]) -> None:
    first = terminal("demo")
    first.wait_for("as of ")
    second = terminal("demo")
    assert second.end() == 1
    assert "another window" in second.text


def test_two_variables_open_the_inbox_on_a_service(signed_in: Any, terminal: Callable[..., Any]) -> None:
    shown = terminal()
    shown.wait_for("SANDBOX 127.0.0.1")
    shown.wait_for("as of ")
    shown.send("q")
    assert shown.end() == 0
    offline = signed_in("list", "--offline", "--limit", "3")
    assert len(offline.out.splitlines()) == 3
    assert "From the cache, as of" in offline.err
    number = offline.out.split("\t")[0]
    purged = signed_in("purge")
    assert re.search(r"Erased: \d+ cached tickets", purged.out)
    assert "Remains: " in purged.out
    assert signed_in("list", "--offline").out == ""
    assert signed_in("show", number, "--offline").code == 5


def test_not_live_is_said_in_plain_words_and_can_be_left(
    program: Any, services: Any, terminal: Callable[..., Any]
) -> None:
    url, token = services("not-live")
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": token}
    shown = terminal()
    shown.wait_for("not live")
    shown.send("q")
    assert shown.end() == 0


def test_without_a_token_the_inbox_opens_and_says_so(terminal: Callable[..., Any]) -> None:
    shown = terminal()
    shown.wait_for("PRODUCTION")
    shown.wait_for("no token")
    shown.send("q")
    assert shown.end() == 0


def test_a_damaged_cache_is_set_aside_and_said(signed_in: Any, terminal: Callable[..., Any]) -> None:
    first = terminal()
    first.wait_for("as of ")
    first.send("q")
    assert first.end() == 0
    cache = next((signed_in.home / "cache").rglob("cache.db"))
    cache.write_bytes(b"no database at all" * 500)
    shown = terminal()
    shown.wait_for("as of ")
    shown.send("q")
    assert shown.end() == 0
    assert "The cache was damaged" in shown.text
    assert list(cache.parent.glob("quarantine-*"))


def test_a_dropped_line_ends_it_in_order(program: Any, terminal: Callable[..., Any], state: Path) -> None:
    shown = terminal("demo")
    shown.wait_for("as of ")
    os.kill(shown.process.pid, signal.SIGHUP)
    shown.end()
    assert gone(state)


@pytest.mark.parametrize("args", [[], ["demo"]])
def test_without_a_screen_the_subcommands_are_named(
    program: Any, terminal: Callable[..., Any], args: list[str]
) -> None:
    ran = program(*args)
    assert ran.code == 2
    assert "refurbed-inbox list" in ran.err
    dumb = terminal(*args, TERM="dumb")
    assert dumb.end() == 2
    assert "cannot place text" in dumb.text


def test_a_wrong_setting_stops_the_start_in_a_line(program: Any, terminal: Callable[..., Any]) -> None:
    path = program.configure("[inbox]\nundo_seconds = 90\n")
    shown = terminal()
    assert shown.end() == 2
    text = " ".join(shown.text.split())
    assert f"{path}, line 2" in text
    assert "0 to 60" in text
