"""The OS keyring, kept at arm's length: allow-listed backends only, and no call may block screen or exit.

Facts and wording rules: SAFETY.md section 1. A hung keyring daemon blocks its caller for ever, so that every call runs
in a daemon thread with a time limit.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from tui.secret import Secret
from tui.text import clean_line

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
Trouble = Literal["none", "no-bus", "no-keyring", "locked", "hung", "refused", "not-kept", "broken"]

SERVICE: Final = "refurbed-inbox"
TIME_LIMIT: Final = 2.5
TRUSTED: Final = frozenset(
    {
        "keyring.backends.SecretService",
        "keyring.backends.kwallet",
        "keyring.backends.libsecret",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }
)
CHAINER: Final = "keyring.backends.chainer"
UNLOCK: Final = (
    'read -rs P; printf %s "$P" | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null; unset P'
)


class KeyringTrouble(Exception):
    """The keyring did not do what was asked. `why` is a clause for people, `kind` which row of SAFETY.md it is."""

    def __init__(self, kind: Trouble, why: str) -> None:
        super().__init__(why)
        self.kind: Trouble = kind
        self.why = why


@dataclass(frozen=True, slots=True)
class Backend:
    """The keyring in use, as doctor names it."""

    name: str
    trusted: bool


class Keyring:
    """One profile's entry. All methods may take up to `TIME_LIMIT` seconds and raise `KeyringTrouble`.

    `allowed` is the user's own choice of a backend outside the list (`keyring_backend`), as `module.Class`.
    """

    def __init__(self, profile: str, allowed: str = "", limit: float = TIME_LIMIT) -> None:
        self._profile = profile
        self._allowed = allowed
        self._limit = limit

    def backend(self) -> Backend:
        """Which keyring would be used. Does not touch its content."""

        def look() -> Backend:
            found = _detect()
            return Backend(_name(found), self._trusts(found))

        return self._limited(look)

    def get(self) -> Secret | None:
        """The token kept for this profile, unchecked."""
        value = self._limited(lambda: self._chosen().get_password(SERVICE, self._profile))
        return None if value is None else Secret(value)

    def put(self, token: Secret) -> str:
        """Keep a token and read it back; the backend's name."""

        def keep() -> tuple[str, str | None]:
            chosen = self._chosen()
            chosen.set_password(SERVICE, self._profile, token.reveal())
            return _name(chosen), chosen.get_password(SERVICE, self._profile)

        name, back = self._limited(keep)
        if back != token.reveal():
            raise KeyringTrouble("not-kept", f"{name} took it and gave something else back")
        return name

    def remove(self) -> bool:
        """Forget the token; False when there was none."""

        def forget() -> bool:
            chosen = self._chosen()
            if chosen.get_password(SERVICE, self._profile) is None:
                return False
            chosen.delete_password(SERVICE, self._profile)
            return True

        return self._limited(forget)

    def _chosen(self) -> KeyringBackend:
        found = _detect()
        if _module(found) == "keyring.backends.fail":
            raise KeyringTrouble("no-bus", "no system keyring can be reached from here")
        if not self._trusts(found):
            raise KeyringTrouble("refused", f"{_name(found)} is not one that keeps a token safe")
        return found

    def _trusts(self, backend: KeyringBackend) -> bool:
        if self._allowed and _name(backend) == self._allowed:
            return True
        if _module(backend) == CHAINER:
            members = list(getattr(backend, "backends", ()))
            return bool(members) and all(_module(member) in TRUSTED for member in members)
        return _module(backend) in TRUSTED

    def _limited(self, work: Callable[[], T]) -> T:
        done: list[T] = []
        problems: list[KeyringTrouble] = []

        def run() -> None:
            try:
                done.append(work())
            except KeyringTrouble as trouble:
                problems.append(trouble)
            except BaseException as error:
                problems.append(_explain(error))

        thread = threading.Thread(target=run, daemon=True, name="keyring")
        thread.start()
        thread.join(self._limit)
        if problems:
            raise problems[0]
        if not done:
            raise KeyringTrouble("hung", f"the system keyring did not answer within {self._limit:g} seconds")
        return done[0]


def find_bus(environ: MutableMapping[str, str]) -> None:
    """Name the user's D-Bus where only its socket says where it is: the keyring library looks at the variable alone."""
    folder = environ.get("XDG_RUNTIME_DIR", "")
    if environ.get("DBUS_SESSION_BUS_ADDRESS") or not folder:
        return
    socket = Path(folder) / "bus"
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(socket.stat().st_mode):
            environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"


def _detect() -> KeyringBackend:
    find_bus(os.environ)
    import keyring

    return keyring.get_keyring()


def _module(backend: object) -> str:
    return type(backend).__module__


def _name(backend: object) -> str:
    return f"{_module(backend)}.{type(backend).__qualname__}"


def _explain(error: BaseException) -> KeyringTrouble:
    """Which row of SAFETY.md section 1 an exception of the keyring library is. Its own text is not repeated: it may
    give bad advice, and on some systems quotes what was to be kept."""
    names = {type(each).__name__ for each in _chain(error)}
    text = str(error)
    if "NoKeyringError" in names:
        return KeyringTrouble("no-bus", "no system keyring can be reached from here")
    if "KeyringLocked" in names:
        return KeyringTrouble(
            "locked", "the system keyring is locked, and without a desktop session nothing asks for its password"
        )
    if "InitError" in names and "create the collection" in text:
        return KeyringTrouble(
            "no-keyring", "no keyring was ever created here, and without a desktop session none can be"
        )
    if "-25308" in text:
        return KeyringTrouble("locked", "the login keychain is locked; `security unlock-keychain` unlocks it")
    if isinstance(error, ModuleNotFoundError | RuntimeError | AttributeError | TypeError | ValueError):
        setting = clean_line(os.environ.get("PYTHON_KEYRING_BACKEND", ""), 80)
        if setting:
            return KeyringTrouble("broken", f"PYTHON_KEYRING_BACKEND={setting} names no keyring that works here")
    return KeyringTrouble("broken", f"the system keyring failed ({type(error).__name__})")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
