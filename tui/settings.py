"""Every setting of config.toml, once: its type, default, meaning and what it may be. No value lives here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Value = str | int | bool | tuple[str, ...]

THEMES: Final = (
    "refurbed-dark",
    "refurbed-light",
    "ansi-dark",
    "ansi-light",
    "textual-dark",
    "textual-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "tokyo-night",
)
LOG_LEVELS: Final = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `problem` says why a value of the right type cannot be, or nothing; `allowed` is for people."""

    key: str
    default: Value
    meaning: str
    allowed: str
    problem: Callable[[Value], str] = lambda value: ""

    @property
    def type_words(self) -> str:
        """The type as TOML users know it."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, int):
            return "a whole number"
        return "a list of texts" if isinstance(self.default, tuple) else "a text in quotes"

    def take(self, found: object) -> Value | None:
        """The value when it has the right type, else None."""
        if isinstance(self.default, tuple):
            fits = isinstance(found, list) and all(isinstance(item, str) for item in found)
            return tuple(found) if fits and isinstance(found, list) else None
        if isinstance(self.default, bool):
            return found if isinstance(found, bool) else None
        if isinstance(self.default, int):
            return found if isinstance(found, int) and not isinstance(found, bool) else None
        return found if isinstance(found, str) else None


def _one_of(*choices: str) -> Callable[[Value], str]:
    return lambda value: "" if value in choices else "there is no such choice"


def _between(low: int, high: int) -> Callable[[Value], str]:
    return lambda value: "" if isinstance(value, int) and low <= value <= high else "it is out of range"


def _view(value: Value) -> str:
    from tui.domain import VIEW_BY_ID

    return "" if value in VIEW_BY_ID else "there is no such view"


def _rules(value: Value) -> str:
    from tui.lint import RULES

    unknown = [name for name in value if name not in RULES] if isinstance(value, tuple) else []
    return f"there is no rule {unknown[0]!r}" if unknown else ""


def _base_url(value: Value) -> str:
    from tui.api.origin import OriginError, parse_origin

    try:
        parse_origin(str(value))
    except OriginError as error:
        return str(error)
    return ""


def _email(value: Value) -> str:
    return "" if not value or is_email(str(value)) else "it is not an e-mail address"


def is_email(text: str) -> bool:
    """Whether it could be an address: something, an @, something, all printable and without spaces."""
    before, mark, after = text.partition("@")
    return (
        bool(before and mark and after)
        and len(text) <= 254
        and text.isprintable()
        and not any(c.isspace() for c in text)
    )


def _command(value: Value) -> str:
    return "the first item, the program, is empty" if isinstance(value, tuple) and value and not value[0] else ""


GENERAL: Final = (
    Setting("profile", "default", "the profile used when none is named", "the name of a profile"),
    Setting("log_level", "info", "how much the log says", " · ".join(LOG_LEVELS), _one_of(*LOG_LEVELS)),
)
PROFILE: Final = (
    Setting("base_url", "https://api.refurbed.com", "the service's address", "an https:// address", _base_url),
    Setting("me", "", "your e-mail address: whose tickets are “mine”", "an e-mail address, or empty", _email),
    Setting(
        "token_command",
        (),
        "a command that prints the token",
        'a list: program and arguments, such as ["pass", "show", "refurbed/token"]',
        _command,
    ),
    Setting("keyring_backend", "", "a keyring backend outside the allow-list to trust", "module.Class, or empty"),
    Setting("ca_file", "", "certificate authorities to trust besides the system's", "the path of a PEM file, or empty"),
    Setting("read_only", False, "never send anything that changes a ticket", "true or false"),
)
INBOX: Final = (
    Setting("undo_seconds", 8, "how long a sent reply can be taken back", "0 to 60", _between(0, 60)),
    Setting(
        "view",
        "needs-reply",
        "the view shown first",
        "active · needs-reply · mine · unassigned · waiting · sla · help · archive",
        _view,
    ),
    Setting(
        "sort",
        "sla",
        "the order of tickets",
        "sla · updated · created · customer",
        _one_of("sla", "updated", "created", "customer"),
    ),
    Setting("theme", "refurbed-dark", "colours", " · ".join(THEMES), _one_of(*THEMES)),
    Setting("thin", False, "fewer bytes on a slow line", "true or false"),
    Setting(
        "retention_days", 30, "days that solved and closed tickets stay in the cache", "1 to 3650", _between(1, 3650)
    ),
    Setting("lint_off", (), "warnings of the review line to leave out", "names of rules", _rules),
)
