"""config.toml: read once, checked whole, frozen. What is wrong is named with file, line, key and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from tui.paths import PROFILE_NAME, PROFILE_RULE
from tui.settings import GENERAL, INBOX, PROFILE, Setting, Value

SECTIONS: Final = ("profiles", "inbox", "keys")
LARGEST: Final = 1_000_000


class ConfigError(Exception):
    """A setting that cannot be. The message is a sentence for people; the command ends with exit code 2."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One `[profiles.NAME]` as the file has it; `given` names the keys that stand there."""

    name: str
    base_url: str = ""
    me: str = ""
    token_command: tuple[str, ...] = ()
    keyring_backend: str = ""
    ca_file: str = ""
    read_only: bool = False
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Inbox:
    """`[inbox]`, with the defaults of settings.py filled in."""

    undo_seconds: int = 8
    view: str = "needs-reply"
    sort: str = "sla"
    theme: str = "refurbed-dark"
    thin: bool = False
    retention_days: int = 30
    lint_off: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `path` is where it is, or would be."""

    path: Path
    profile: str = "default"
    log_level: str = "info"
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    keys: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()


def load(path: Path) -> Config:
    """The settings in a file; all defaults where there is none. Raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Config(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or type(error).__name__}.") from None
    if len(content) > LARGEST:
        raise ConfigError(f"{path} is larger than a settings file can be ({LARGEST // 1000} kB).")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: this is not UTF-8 text. Save the file as UTF-8.") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """The settings in a text. Raises `ConfigError`."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_bad_toml(path, str(error))) from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply to be read.") from None
    return _Reader(text, path).config(found)


class _Reader:
    """Turns the parsed tables into a `Config`, and finds the line of whatever is wrong."""

    def __init__(self, text: str, path: Path) -> None:
        self._lines = text.splitlines()
        self._path = path

    def config(self, found: Mapping[str, object]) -> Config:
        general = {key: value for key, value in found.items() if key not in SECTIONS}
        values = self._values("", general, GENERAL, extra=tuple(f"[{name}]" for name in SECTIONS))
        profiles = {
            name: self._profile(name, self._table(f"profiles.{name}", table))
            for name, table in self._table("profiles", found.get("profiles", {})).items()
        }
        inbox = self._values("inbox", self._table("inbox", found.get("inbox", {})), INBOX)
        keys = self._keys(self._table("keys", found.get("keys", {})))
        config = Config(
            self._path,
            profiles=profiles,
            inbox=Inbox(**inbox, given=frozenset(inbox)),  # type: ignore[arg-type]  # types are checked by settings.py
            keys=keys,
            given=frozenset(values),
            **values,  # type: ignore[arg-type]  # the same
        )
        if "profile" in values and config.profile not in {*profiles, "default", "demo"}:
            self._fail("", "profile", f"there is no profile {_shown(config.profile)}", f"[profiles.{config.profile}]")
        return config

    def _profile(self, name: str, table: Mapping[str, object]) -> Profile:
        section = f"profiles.{name}"
        if not PROFILE_NAME.fullmatch(name):
            self._fail("profiles", name, "this is no name for a profile", PROFILE_RULE)
        if name == "demo":
            self._fail("profiles", name, "the profile demo is built in and has no settings", "another name")
        values = self._values(section, table, PROFILE)
        return Profile(name, **values, given=frozenset(values))  # type: ignore[arg-type]  # checked by settings.py

    def _values(
        self, section: str, table: Mapping[str, object], settings: Sequence[Setting], extra: tuple[str, ...] = ()
    ) -> dict[str, Value]:
        known = {setting.key: setting for setting in settings}
        values: dict[str, Value] = {}
        for key, found in table.items():
            setting = known.get(key)
            if setting is None:
                self._fail(section, key, "there is no such setting", " · ".join((*known, *extra)))
            value = setting.take(found)
            if value is None:
                self._fail(section, key, f"this must be {setting.type_words}", setting.allowed)
            if problem := setting.problem(value):
                self._fail(section, key, problem, setting.allowed)
            values[key] = value
        return values

    def _keys(self, table: Mapping[str, object]) -> dict[str, str]:
        keys: dict[str, str] = {}
        for action_id, spelled in table.items():
            if not isinstance(spelled, str):
                self._fail("keys", action_id, "this must be a text", 'keys, such as "r,ctrl+r"')
            keys[action_id] = spelled
        if keys:
            from tui.ui.actions import check_keys

            if problem := check_keys(keys):
                first = next((key for key in keys if check_keys({key: keys[key]})), next(iter(keys)))
                self._fail("keys", first, problem, "ids of actions, as `refurbed-inbox config` lists them")
        return keys

    def _table(self, section: str, found: object) -> Mapping[str, object]:
        if not isinstance(found, dict):
            above, _, key = section.rpartition(".")
            self._fail(above, key, "this must be a table", f"[{section}] and its keys below it")
        return found

    def _fail(self, section: str, key: str, problem: str, allowed: str) -> NoReturn:
        line = find_line(self._lines, section, key)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        name = f"{section}.{key}" if section else key
        problem = problem.rstrip(".")
        raise ConfigError(f"{where}: {_shown(name)}: {problem}. Allowed: {allowed}.")


def find_line(lines: Sequence[str], section: str, key: str) -> int:
    """The line (from 1) on which a key of a section is set, or its own header; 0 when it is written another way."""
    inside, header_line = "", 0
    quoted = rf"""["']?{re.escape(key)}["']?"""
    for number, line in enumerate(lines, 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$", line)
        if header:
            inside = header[1].replace('"', "").replace("'", "").replace(" ", "")
            path = (f"{section}.{key}" if section else key).replace(" ", "")
            if not header_line and (inside == path or inside.startswith(f"{path}.")):
                header_line = number
        elif inside == section and re.match(rf"\s*{quoted}\s*[=.]", line):
            return number
    return header_line


def _bad_toml(path: Path, message: str) -> str:
    match = re.fullmatch(r"(.*?)\s*\(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if match is None:
        return f"{path} is not valid TOML: {_shown(message)}."
    where = f"line {match[2]}, column {match[3]}" if match[2] else "at its end"
    return f"{path}, {where}: this is not valid TOML: {_shown(match[1])}."


def _shown(text: str) -> str:
    """What somebody wrote, on one line and without control characters."""
    from tui.text import clean_line

    return clean_line(text, 120)
