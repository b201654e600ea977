"""What every command is given, and the few errors that end one. Light: imported at every start."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.config import Config
    from tui.paths import Paths
    from tui.profiles import Chosen

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NO_CREDENTIALS: Final = 3
UNAVAILABLE: Final = 4
REFUSED: Final = 5
UNKNOWN: Final = 6
INTERRUPTED: Final = 130
LARGEST_ID: Final = 2**63 - 1
LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class Stop(Exception):
    """The command ends here, with a sentence on stderr and this exit code."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Context:
    """One call of the program. `variable` is REFURBED_TOKEN as it was set, taken out of the environment by then."""

    def __init__(
        self, args: argparse.Namespace, environ: MutableMapping[str, str], variable: str | None = None
    ) -> None:
        self.args = args
        self.environ = environ
        self.variable = variable
        self._config: Config | None = None

    @property
    def paths(self) -> Paths:
        from tui.paths import paths

        return paths(self.environ)

    @property
    def config(self) -> Config:
        """config.toml, read once. Raises `ConfigError`."""
        if self._config is None:
            from tui.config import load

            self._config = load(self.paths.config_file)
        return self._config

    def chosen(self, *, new: bool = False) -> Chosen:
        """The profile in force; the log is open from here on. Raises `ConfigError`."""
        from tui.profiles import choose

        args = self.args
        chosen = choose(
            self.config,
            self.environ,
            profile=args.profile,
            base_url=args.base_url,
            read_only=args.read_only,
            new=new,
        )
        self.start_log(self.paths.profile_state(chosen.name))
        return chosen

    def start_log(self, folder: Path) -> None:
        """Log into the profile's state folder, at the level asked for."""
        from tui import log

        level = self.args.log_level or self.environ.get("REFURBED_LOG", "").lower() or self.config.log_level
        if level not in LOG_LEVELS:
            raise Stop(USAGE, f"REFURBED_LOG is not a level. Allowed: {' · '.join(LOG_LEVELS)}.")
        log.start(folder, level)


def say(sentence: str) -> None:
    """A message for people: stderr, no colour, and nothing in it that commands a terminal."""
    from tui.text import clean

    try:
        print(clean(sentence), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def line(words: str) -> None:
    """A line of output, cleaned."""
    from tui.text import clean

    print(clean(words))


def is_terminal(number: int) -> bool:
    """Whether a standard stream (0, 1, 2) is one; false when it is closed."""
    try:
        return os.isatty(number)
    except OSError:
        return False


def json_text(value: object, *, indent: int | None = 2) -> str:
    """JSON for stdout: on a terminal with control and bidi characters as \\uXXXX, in a pipe as it is."""
    import json

    written = json.dumps(value, ensure_ascii=False, indent=indent)
    if not is_terminal(1):
        return written
    from tui.text import escape_controls

    return escape_controls(written)


def ticket_id(given: str) -> int:
    """A ticket's number as typed, `#1048` too. Raises `Stop`."""
    digits = given.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and 0 < int(digits) <= LARGEST_ID):
        from tui.text import clean_line

        raise Stop(
            USAGE, f"“{clean_line(given, 40)}” is not a ticket's number. `refurbed-inbox list` shows the numbers."
        )
    return int(digits)


def ask_secret(prompt: str) -> str:
    """Ask on the terminal without echo."""
    import getpass

    try:
        return getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:
        raise Stop(FAILED, "Nothing was entered.") from None


def ask(prompt: str) -> str:
    """Ask on the terminal; the prompt goes to stderr."""
    print(prompt, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        print(file=sys.stderr)
        raise Stop(FAILED, "Nothing was entered.")
    return answer.strip()
