"""Where things lie: XDG folders, one for each profile and service, 0700 (DESIGN.md "Data on disk").

A store is bound to a profile *and* an origin, so that a draft can never reach another service's ticket.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APP: Final = "refurbed-inbox"
PROFILE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
PROFILE_RULE: Final = "lower-case letters, digits, - and _, at most 32 of them"

_DEFAULTS: Final = {"XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache", "XDG_STATE_HOME": ".local/state"}


class PathError(Exception):
    """A folder that cannot be used; the message is a sentence that names it."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The three folders of this user. Nothing is made before it is needed."""

    config: Path
    cache: Path
    state: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    def profile_state(self, profile: str) -> Path:
        """Log, crash reports and, below it, a folder for each origin."""
        return self.state / profile

    def profile_cache(self, profile: str) -> Path:
        return self.cache / profile

    def desk_folder(self, profile: str, origin_url: str) -> Path:
        """Drafts, outbox and marks of one profile on one service."""
        return self.profile_state(profile) / origin_key(origin_url)

    def cache_folder(self, profile: str, origin_url: str) -> Path:
        """The cache of one profile on one service."""
        return self.profile_cache(profile) / origin_key(origin_url)


def paths(environ: Mapping[str, str]) -> Paths:
    """The folders by the XDG rules: a relative path in one of the variables does not count."""
    home = Path(environ.get("HOME") or Path.home())

    def base(variable: str) -> Path:
        given = environ.get(variable, "")
        return (Path(given) if given.startswith("/") else home / _DEFAULTS[variable]) / APP

    return Paths(base("XDG_CONFIG_HOME"), base("XDG_CACHE_HOME"), base("XDG_STATE_HOME"))


def origin_key(origin_url: str) -> str:
    """A folder name for a base URL: readable, and no two alike. A plain word, such as `demo`, stays as it is."""
    if PROFILE_NAME.fullmatch(origin_url):
        return origin_url
    readable = re.sub(r"[^a-z0-9.]+", "-", origin_url.split("://")[-1].lower()).strip("-.")[:60]
    return f"{readable}-{hashlib.sha256(origin_url.encode()).hexdigest()[:8]}"


def ensure_folder(folder: Path) -> Path:
    """Make the folder 0700, or check that it is ours and tighten it. Raises `PathError`."""
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists() and not each.is_symlink()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode) or not stat.S_ISDIR(found.st_mode):
            raise PathError(f"{folder} is not a folder, or a symbolic link. Move it away and start again.")
        if found.st_uid != os.geteuid():
            raise PathError(f"{folder} belongs to another user. Move it away and start again.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PathError(f"{folder} cannot be used: {reason}. Make room or allow access, then start again.") from None
    return folder


def write_private(path: Path, content: str) -> None:
    """Put a text file in place at once and whole, 0600; its folder exists. Raises `OSError`."""
    made = path.with_name(f".{path.name}.{os.getpid()}.new")
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
