"""Where the token comes from, and what to do where it does not (DESIGN.md "Command line", SAFETY.md section 1).

REFURBED_TOKEN > `token_command` > OS keyring > asked for. Never a file of ours, never an argument.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tui.keyrings import UNLOCK, Keyring, KeyringTrouble
from tui.profiles import Chosen
from tui.secret import Secret, TokenError, parse_token
from tui.text import clean, clean_line

COMMAND_SECONDS: Final = 30.0
COMMAND_BYTES: Final = 64 * 1024
VARIABLE: Final = "REFURBED_TOKEN"


class NoToken(Exception):
    """No token to sign in with. `sentence` says why and which ways there are."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class CommandTrouble(Exception):
    """`token_command` gave no token; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """A token and, in words, where it was."""

    token: Secret
    source: str


def find_token(chosen: Chosen, variable: str | None, environ: Mapping[str, str]) -> Found:
    """The token, without asking anybody. Blocks up to 30 s. Raises `NoToken`.

    A kept token (command, keyring) is for the profile's own address: given another one, it stays where it is.
    """
    if variable is not None:
        try:
            return Found(parse_token(variable), VARIABLE)
        except TokenError as error:
            raise NoToken(f"{VARIABLE} cannot be used. {error}") from None
    if not chosen.at_home:
        raise NoToken(
            f"The kept token of profile {chosen.name} is for the address in config.toml and is not sent to "
            f"{chosen.origin.netloc}. Set {VARIABLE} for this run, or make a profile of its own: "
            f"refurbed-inbox --profile NAME --base-url {chosen.origin.url} login"
        )
    if chosen.token_command:
        try:
            return Found(run_command(chosen.token_command, environ), "token_command")
        except CommandTrouble as error:
            raise NoToken(str(error)) from None
    try:
        kept = Keyring(chosen.name, chosen.keyring_backend).get()
    except KeyringTrouble as trouble:
        raise NoToken(f"There is no token for profile {chosen.name}: {trouble.why}. {ways(chosen, trouble)}") from None
    if kept is None:
        raise NoToken(
            f"There is no token for profile {chosen.name} yet. `{chosen.login_words}` asks for one and keeps it; "
            "`refurbed-inbox demo` needs none."
        )
    try:
        return Found(parse_token(kept.reveal()), "the system keyring")
    except TokenError as error:
        raise NoToken(
            f"What the keyring keeps for profile {chosen.name} is no token. {error} {chosen.login_words}"
        ) from None


def save_token(chosen: Chosen, token: Secret) -> str:
    """Keep the token in the keyring; a sentence on where it is. Raises `NoToken` with the ways that remain."""
    try:
        name = Keyring(chosen.name, chosen.keyring_backend).put(token)
    except KeyringTrouble as trouble:
        raise NoToken(f"The token was not saved: {trouble.why}. {ways(chosen, trouble)}") from None
    return f"The token is kept in the system keyring ({name})."


def ways(chosen: Chosen, trouble: KeyringTrouble) -> str:
    """What can be done without this keyring: the three ways of the README, with their commands."""
    table = "[profiles.default]" if chosen.name == "default" else f"[profiles.{chosen.name}]"
    option = "" if chosen.name == "default" else f" --profile {chosen.name}"
    third = {
        "hung": "or end the keyring daemon that hangs, and sign in to the desktop again.",
        "refused": "or unset PYTHON_KEYRING_BACKEND; name a backend that you trust as keyring_backend in config.toml.",
        "not-kept": "or name another keyring in PYTHON_KEYRING_BACKEND.",
        "no-bus": "or, with GNOME Keyring, start a session of its own with `dbus-run-session -- bash` and unlock it "
        f"there: {UNLOCK}",
    }.get(trouble.kind, f"or unlock GNOME Keyring: {UNLOCK}")
    return (
        f"Three ways: let a command print the token, in config.toml under {table}: "
        'token_command = ["pass", "show", "refurbed/token"]; '
        f"or give it for one run: read -rs {VARIABLE}; export {VARIABLE}; refurbed-inbox{option}; {third}"
    )


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> Secret:
    """The token that `token_command` prints: no shell, no input, 30 s, 64 KB. Raises `CommandTrouble`."""
    shown = clean_line(command[0], 80)
    try:
        child = subprocess.Popen(  # noqa: S603 - the user's own command, as a list
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            process_group=0,
        )
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it cannot be started"
        raise CommandTrouble(f"token_command ({shown}) did not start: {reason}. Check it in config.toml.") from None
    stop = _Stop(child)
    atexit.register(stop)
    try:
        out, err, problem = _collect(child)
    finally:
        stop()
        atexit.unregister(stop)
    if problem:
        raise CommandTrouble(f"token_command ({shown}) {problem}.")
    if child.returncode != 0:
        said = clean_line(" ".join(clean(err.decode("utf-8", "replace")).split()), 300)
        raise CommandTrouble(
            f"token_command ({shown}) ended with code {child.returncode}{f': {said}' if said else ', without a word'}"
        )
    try:
        return parse_token(out.decode("utf-8"))
    except UnicodeDecodeError:
        raise CommandTrouble(f"token_command ({shown}) printed what is not text.") from None
    except TokenError as error:
        raise CommandTrouble(f"What token_command ({shown}) printed cannot be used. {error}") from None


class _Stop:
    """Ends the command and whatever it started; harmless when that is over."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child

    def __call__(self) -> None:
        child = self._child
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()
        if child.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _collect(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes, str]:
    """Output, error output (its beginning) and what went wrong, as a clause; the child is over unless that says so."""
    assert child.stdout is not None
    assert child.stderr is not None
    out, err = bytearray(), bytearray()
    deadline = time.monotonic() + COMMAND_SECONDS
    late = f"did not end within {COMMAND_SECONDS:g} seconds and was stopped"
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ, out)
        selector.register(child.stderr, selectors.EVENT_READ, err)
        while (selector.get_map() and child.poll() is None) or _readable(selector):
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(out), bytes(err), late
            for key, _ in selector.select(min(left, 0.1)):
                part = os.read(key.fd, 65536)
                if not part:
                    selector.unregister(key.fileobj)
                elif key.data is err:
                    err += part[: 4096 - len(err)]
                else:
                    out += part
            if len(out) > COMMAND_BYTES:
                return b"", bytes(err), f"printed more than {COMMAND_BYTES // 1024} KB, which is no token"
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(out), bytes(err), late
    return bytes(out), bytes(err), ""


def _readable(selector: selectors.BaseSelector) -> bool:
    return bool(selector.get_map()) and bool(selector.select(0))
