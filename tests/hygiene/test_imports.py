"""What is loaded when: a start pays for nothing it does not show (TEXTUAL.md 3.9). By list, not by clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HEAVY = {"textual", "rich", "httpx", "pydantic", "keyring", "sqlite3", "truststore"}


def loaded(code: str, tmp_path: Path) -> set[str]:
    """Top-level modules, and ours in full, after running the code in an interpreter of its own."""
    tail = "\nimport sys; print('\\n' + ' '.join(sorted(sys.modules)))"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "REFURBED_"))}
    done = subprocess.run(
        [sys.executable, "-c", code + tail],
        capture_output=True,
        text=True,
        env=environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    names = done.stdout.splitlines()[-1].split()
    return {name.split(".")[0] for name in names} | {name for name in names if name.startswith("tui.")}


def command(*args: str) -> str:
    return f"import sys; sys.argv[1:] = {list(args)!r}; from tui.__main__ import main; main()"


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("list", "--help"), ("lost",), ("list", "--view", "x")])
def test_what_needs_no_network_and_no_screen_loads_neither(args: tuple[str, ...], tmp_path: Path) -> None:
    assert not loaded(command(*args), tmp_path) & HEAVY


def test_the_version_loads_next_to_nothing(tmp_path: Path) -> None:
    found = loaded(command("--version"), tmp_path)
    ours = {name for name in found if name.startswith("tui.")}
    assert ours == {"tui.__main__", "tui.cli", "tui.cli.main", "tui.cli.context"}
    assert not found & {"asyncio", "subprocess", "tomllib", "logging", "json"}


def test_a_list_needs_no_screen_and_no_database(tmp_path: Path) -> None:
    # Where click is installed, as for development, httpx itself loads rich for its own command.
    code = "import tui.cli.connect, tui.cli.list, tui.api.client, tui.sync.walk"
    assert not loaded(code, tmp_path) & {"textual", "keyring", "sqlite3"}


def test_the_knobs_of_the_screen_are_set_before_it_is_imported(tmp_path: Path) -> None:
    code = command("--version") + "\nfrom textual import constants\nassert constants.TEXTUAL_ANIMATIONS == 'none'"
    assert "textual" in loaded(code, tmp_path)


def test_first_paint_needs_no_network_no_models_and_no_keyring(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from tui.clock import SystemClock

async def open_it():
    from tui.store.cache import Cache
    from tui.store.desk import Desk
    from tui.store.instance import Instance
    from tui.ui.app import InboxApp
    from tui.ui.setup import CannotStart, Setup

    clock, home = SystemClock(), Path.home()
    painted = []

    async def start_engine(tell, token):
        painted.append(set(sys.modules))
        raise CannotStart("No token.")

    cache, desk = await Cache.open(home / "cache", clock), await Desk.open(home / "desk", clock)
    instance = Instance.open(home / "desk")
    setup = Setup("default", "DEMO", "", cache, desk, instance, clock, start_engine)
    app = InboxApp(setup)
    async with app.run_test(size=(100, 30)) as pilot:
        while not painted:
            await pilot.pause(0.05)
        app.exit()
    await cache.close()
    await desk.close()
    instance.close()
    heavy = {"httpx", "pydantic", "keyring", "truststore"} & {name.split(".")[0] for name in painted[0]}
    assert not heavy, heavy
    # Writing comes later than reading.
    assert "textual.widgets._text_area" not in painted[0]

asyncio.run(open_it())
"""
    assert "textual" in loaded(code, tmp_path)
