"""Against a real Secret Service: gnome-keyring under a D-Bus session of its own, in five states (SAFETY.md 1)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

NEEDED = ("dbus-daemon", "dbus-send", "gnome-keyring-daemon")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
REQUIRED = os.environ.get("REFURBED_REQUIRE_SECRET_SERVICE") == "1"
pytestmark = [
    pytest.mark.secret_service,
    pytest.mark.skipif(
        bool(MISSING) and not REQUIRED,
        reason="no Secret Service can run here: apt install dbus gnome-keyring, and these tests run too",
    ),
]
PASSWORD = b"only-for-this-test"


class SecretService:
    """A private bus, and a keyring daemon on it that can be unlocked, locked, hung or gone."""

    def __init__(self, home: Path) -> None:
        # A socket's path is short, a test's folder is not.
        self.run = Path(tempfile.mkdtemp(prefix="bus-"))
        self.data = home / "data"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.run),
            "XDG_DATA_HOME": str(self.data),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        self.data.mkdir()
        self._daemon: subprocess.Popen[bytes] | None = None
        command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={self.run}/bus"]
        self._bus = subprocess.Popen(
            [*command, "--print-address=1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environ
        )
        assert self._bus.stdout is not None
        self.address = self._bus.stdout.readline().decode().strip()
        self.environ["DBUS_SESSION_BUS_ADDRESS"] = self.address

    def start(self, *, unlocked: bool) -> None:
        """A daemon; unlocked, it makes the login keyring when there is none."""
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] if unlocked else [])]
        self._daemon = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if unlocked else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environ,
        )
        if self._daemon.stdin is not None:
            self._hand_over(self._daemon.stdin)
        # Without the wait a client could have the bus start a second, locked one.
        for _ in range(200):
            if self._owned():
                return
            time.sleep(0.05)
        raise AssertionError("the keyring daemon did not come up")

    def hang(self) -> None:
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)

    def stop_daemon(self) -> None:
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGCONT)
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
            while self._owned():
                time.sleep(0.02)

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.stop_daemon()
        self._bus.kill()
        self._bus.wait()
        if self._bus.stdout is not None:
            self._bus.stdout.close()
        shutil.rmtree(self.run, ignore_errors=True)

    @staticmethod
    def _hand_over(stream: IO[bytes]) -> None:
        stream.write(PASSWORD)
        stream.close()

    def _owned(self) -> bool:
        owner = "org.freedesktop.DBus.NameHasOwner"
        asked = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", owner]
        said = subprocess.run([*asked, "string:org.freedesktop.secrets"], capture_output=True, env=self.environ)
        return b"boolean true" in said.stdout


@pytest.fixture
def keyring_service(tmp_path: Path) -> Iterator[SecretService]:
    assert not MISSING, f"REFURBED_REQUIRE_SECRET_SERVICE=1, but there is no {', '.join(MISSING)}"
    home = tmp_path / "keyring-home"
    home.mkdir(mode=0o700)
    service = SecretService(home)
    yield service
    service.close()


@pytest.fixture
def signed_up(program: Any, services: Any, keyring_service: SecretService) -> Any:
    """The program on a good service, at home there, with the bus of the test."""
    url, _ = services()
    program.configure(f'[profiles.default]\nbase_url = "{url}"\n')
    program.environ["DBUS_SESSION_BUS_ADDRESS"] = keyring_service.address
    return program


def login(program: Any, services: Any) -> Any:
    return program("login", "--token-stdin", stdin=services()[1])


def test_the_token_is_kept_used_replaced_and_removed(
    signed_up: Any, services: Any, keyring_service: SecretService
) -> None:
    keyring_service.start(unlocked=True)
    kept = login(signed_up, services)
    assert kept.code == 0
    assert "keyring.backends.SecretService.Keyring" in kept.err
    assert signed_up("list", "--limit", "1").code == 0
    assert login(signed_up, services).code == 0
    assert signed_up("list", "--limit", "1").code == 0
    token = services()[1].encode()
    assert token not in signed_up.everything()
    files = [path for path in keyring_service.data.rglob("*") if path.is_file()]
    assert files, "the keyring is on disk"
    assert all(token not in path.read_bytes() for path in files)
    gone = signed_up("logout")
    assert gone.code == 0
    assert "was removed" in gone.err
    after = signed_up("list", "--limit", "1")
    assert after.code == 3
    assert "refurbed-inbox login" in after.err
    assert "nothing to remove" in signed_up("logout").err


def test_each_profile_has_a_token_of_its_own(signed_up: Any, services: Any, keyring_service: SecretService) -> None:
    keyring_service.start(unlocked=True)
    assert login(signed_up, services).code == 0
    url, token = services()
    assert signed_up("--profile", "sandbox", "login", "--token-stdin", "--base-url", url, stdin=token).code == 0
    assert signed_up("logout").code == 0
    assert signed_up("list", "--limit", "1").code == 3
    assert signed_up("--profile", "sandbox", "list", "--limit", "1").code == 0


def test_the_bus_is_found_without_its_variable(signed_up: Any, services: Any, keyring_service: SecretService) -> None:
    keyring_service.start(unlocked=True)
    del signed_up.environ["DBUS_SESSION_BUS_ADDRESS"]
    signed_up.environ["XDG_RUNTIME_DIR"] = str(keyring_service.run)
    assert login(signed_up, services).code == 0
    assert signed_up("list", "--limit", "1").code == 0


def test_a_locked_keyring_is_called_locked(signed_up: Any, services: Any, keyring_service: SecretService) -> None:
    keyring_service.start(unlocked=True)
    assert login(signed_up, services).code == 0
    keyring_service.stop_daemon()
    keyring_service.start(unlocked=False)
    for ran in (signed_up("list"), login(signed_up, services)):
        assert ran.code == 3
        assert "is locked" in ran.err
        assert "gnome-keyring-daemon --replace --unlock" in ran.err
        assert "Traceback" not in ran.err


def test_where_no_keyring_was_ever_made_that_is_said(
    signed_up: Any, services: Any, keyring_service: SecretService
) -> None:
    keyring_service.start(unlocked=False)
    ran = login(signed_up, services)
    assert ran.code == 3
    assert "no keyring was ever created" in ran.err
    assert "token_command" in ran.err


def test_without_a_bus_that_is_said(signed_up: Any, services: Any) -> None:
    del signed_up.environ["DBUS_SESSION_BUS_ADDRESS"]
    ran = login(signed_up, services)
    assert ran.code == 3
    assert "no system keyring can be reached" in ran.err
    assert "keyrings.alt" not in ran.err


def test_a_hung_keyring_holds_up_neither_sentence_nor_exit(
    signed_up: Any, services: Any, keyring_service: SecretService
) -> None:
    keyring_service.start(unlocked=True)
    assert login(signed_up, services).code == 0
    keyring_service.hang()
    began = time.monotonic()
    ran = signed_up("list", timeout=10)
    assert ran.code == 3
    assert "did not answer" in ran.err
    assert time.monotonic() - began < 6


def test_doctor_names_the_keyring_and_never_the_token(
    signed_up: Any, services: Any, keyring_service: SecretService
) -> None:
    keyring_service.start(unlocked=True)
    assert login(signed_up, services).code == 0
    ran = signed_up("doctor")
    assert "keyring: ok. keyring.backends.SecretService.Keyring" in ran.out
    assert "token: ok. from the system keyring" in ran.out
    assert services()[1] not in ran.out + ran.err


def test_the_inbox_opens_on_a_hung_keyring_and_leaves(
    signed_up: Any, services: Any, keyring_service: SecretService, terminal: Callable[..., Any]
) -> None:
    keyring_service.start(unlocked=True)
    assert login(signed_up, services).code == 0
    keyring_service.hang()
    shown = terminal()
    shown.wait_for("q quit")
    shown.wait_for("did not answer")
    shown.send("q")
    began = time.monotonic()
    assert shown.end() == 0
    assert time.monotonic() - began < 3
