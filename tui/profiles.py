"""Which profile, service and settings are in force: command line > environment > file > default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tui.api.origin import PRODUCTION_URL, Origin, OriginError, parse_origin
from tui.config import Config, ConfigError, Profile, parse
from tui.paths import PROFILE_NAME, PROFILE_RULE, PathError, ensure_folder, write_private

DEMO: Final = "demo"
LINE: Final = "the command line"
FILE: Final = "config.toml"
DEFAULT: Final = "the default"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile in force, resolved."""

    name: str
    origin: Origin
    me: str = ""
    token_command: tuple[str, ...] = ()
    keyring_backend: str = ""
    ca_file: Path | None = None
    read_only: bool = False
    at_home: bool = True
    """The origin is the profile's own, so that its kept token may go there. A token in the keyring or from
    `token_command` is for the address in the file; another address on the command line never gets it."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting to where its value came from."""

    @property
    def environment(self) -> str:
        """The word on the screen: PRODUCTION, or SANDBOX with the host."""
        word = self.origin.environment
        return word if word == "PRODUCTION" else f"{word} {self.origin.netloc}"

    @property
    def login_words(self) -> str:
        """The command that signs this profile in."""
        return "refurbed-inbox login" if self.name == "default" else f"refurbed-inbox --profile {self.name} login"


def profile_name(config: Config, environ: Mapping[str, str], given: str | None) -> tuple[str, str]:
    """The profile's name and where it came from. Raises `ConfigError`."""
    variable = environ.get("REFURBED_PROFILE", "")
    if given is not None:
        name, source = given, LINE
    elif variable:
        name, source = variable, "REFURBED_PROFILE"
    else:
        name, source = config.profile, FILE if "profile" in config.given else DEFAULT
    if not PROFILE_NAME.fullmatch(name):
        raise ConfigError(f"The profile's name (from {source}) cannot be used. Allowed: {PROFILE_RULE}.")
    return name, source


def choose(
    config: Config,
    environ: Mapping[str, str],
    *,
    profile: str | None = None,
    base_url: str | None = None,
    read_only: bool = False,
    new: bool = False,
) -> Chosen:
    """The profile in force. `new`: it need not exist yet (login makes it). Raises `ConfigError`."""
    name, name_source = profile_name(config, environ, profile)
    if name == DEMO:
        raise ConfigError(
            "The profile demo has a ticket service of its own, which runs only while `refurbed-inbox demo` is open. "
            "For one that stays, start `refurbed-inbox serve`; it says how to reach it."
        )
    kept = config.profiles.get(name)
    variable = environ.get("REFURBED_BASE_URL", "").strip()
    own_url = kept.base_url if kept and kept.base_url else ""
    if base_url is not None:
        url, url_source = base_url, LINE
    elif variable:
        url, url_source = variable, "REFURBED_BASE_URL"
    elif own_url:
        url, url_source = own_url, FILE
    elif kept is None and name != "default" and not new:
        raise ConfigError(
            f"There is no profile {name} in {config.path} (named by {name_source}). "
            f"`refurbed-inbox --profile {name} login` makes it."
        )
    else:
        url, url_source = PRODUCTION_URL, DEFAULT
    try:
        origin = parse_origin(url)
    except OriginError as error:
        raise ConfigError(f"{error} (It came from {url_source}.)") from None
    kept = kept or Profile(name)
    read_source = LINE if read_only else FILE if "read_only" in kept.given else DEFAULT
    sources = {
        key: FILE if key in kept.given else DEFAULT for key in ("me", "token_command", "keyring_backend", "ca_file")
    }
    return Chosen(
        name,
        origin,
        me=kept.me,
        token_command=kept.token_command,
        keyring_backend=kept.keyring_backend,
        ca_file=Path(kept.ca_file).expanduser() if kept.ca_file else None,
        read_only=read_only or kept.read_only,
        at_home=origin == parse_origin(own_url or PRODUCTION_URL),
        sources=sources | {"profile": name_source, "base_url": url_source, "read_only": read_source},
    )


def keep_profile(config: Config, name: str, base_url: str, me: str) -> None:
    """Write a profile's address and e-mail into config.toml, touching nothing else in it. Raises `ConfigError`.

    A link (many keep their settings elsewhere) is followed, so that it stays one.
    """
    try:
        before = config.path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{config.path} cannot be read, so the profile was not written there.") from None
    after = with_profile(before, name, {"base_url": base_url} | ({"me": me} if me else {}))
    kept = parse(after, config.path).profiles.get(name)
    if kept is None or kept.base_url != base_url or (me and kept.me != me):
        raise ConfigError(_by_hand(config, name, base_url, me, "is written in a way that this program does not change"))
    if after == before:
        return
    try:
        if not config.path.parent.is_dir():
            ensure_folder(config.path.parent)
        write_private(config.path.resolve(), after)
    except PathError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(_by_hand(config, name, base_url, me, f"cannot be written ({reason})")) from None


def with_profile(text: str, name: str, values: Mapping[str, str]) -> str:
    """The text of config.toml with these values in `[profiles.NAME]`; all other lines stay as they are."""
    lines = text.splitlines()
    header = re.compile(rf"""\s*\[\s*profiles\s*\.\s*["']?{re.escape(name)}["']?\s*\]\s*(?:#.*)?""")
    start = next((number for number, line in enumerate(lines) if header.fullmatch(line)), None)
    if start is None:
        lines += [*([""] if lines and lines[-1].strip() else []), f"[profiles.{name}]"]
        start = len(lines) - 1
    end = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    for key, value in values.items():
        line = f"{key} = {_quoted(value)}"
        found = next((n for n in range(start + 1, end) if re.match(rf"\s*{key}\s*=", lines[n])), None)
        if found is None:
            lines.insert(start + 1, line)
            end += 1
        elif _quoted(value) not in lines[found]:
            lines[found] = line
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _by_hand(config: Config, name: str, base_url: str, me: str, why: str) -> str:
    me_line = f", me = {_quoted(me)}" if me else ""
    return f"{config.path} {why}. Put this there yourself: [profiles.{name}] base_url = {_quoted(base_url)}{me_line}"
