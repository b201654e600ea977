"""The house rules that a machine can hold: sizes, rooms, and no text for users that gives bad advice."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "tui").rglob("*.py"))
LARGEST = 400
LARGEST_APP = 250


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_too_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (LARGEST_APP if name_of(path) == "tui/ui/app.py" else LARGEST)


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in MODULES
        if (text := path.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent


def test_every_room_stands_in_a_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    held = {module for contract in contracts for module in contract["source_modules"]}
    rooms = {
        f"tui.{path.stem}"
        for path in (ROOT / "tui").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.stem.startswith("__")
    }
    assert rooms - held == set()
    assert held - rooms == set()


def test_nobody_is_told_to_keep_a_token_in_the_clear() -> None:
    told = [name_of(path) for path in MODULES if re.search(r"install keyrings|keyrings\.alt", path.read_text())]
    assert not told


def test_there_are_no_stubs_and_no_unexplained_exceptions_to_the_linters() -> None:
    bare = re.compile(
        r"#\s*(?:type: ignore(?:\[[\w,-]+\])?|noqa(?:: [\w, ]+)?)\s*$|\bTODO\b|\bFIXME\b|NotImplementedError\(\)"
    )
    found = [
        f"{name_of(path)}:{number}"
        for path in MODULES
        if path != ROOT / "tui" / "lint.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert not found
