"""Where the token comes from, what is said where it does not, and that it turns up nowhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tui import credentials, keyrings
from tui.api.origin import parse_origin
from tui.credentials import CommandTrouble, NoToken, find_token, run_command, save_token
from tui.keyrings import Keyring, KeyringTrouble, find_bus
from tui.profiles import Chosen
from tui.secret import Secret

ENVIRON = {"PATH": os.environ["PATH"]}


def chosen(**others: Any) -> Chosen:
    return Chosen("default", parse_origin("https://api.refurbed.com"), **others)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


class Fake:
    """A keyring backend, of whatever module is wanted."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self._keeps = keeps

    def set_password(self, service: str, user: str, value: str) -> None:
        if self._keeps:
            self.kept[service, user] = value

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def delete_password(self, service: str, user: str) -> None:
        del self.kept[service, user]


def use(monkeypatch: pytest.MonkeyPatch, backend: object, module: str) -> None:
    monkeypatch.setattr(type(backend), "__module__", module)
    monkeypatch.setattr(keyrings, "_detect", lambda: backend)


def test_the_environment_goes_first_and_a_bad_one_is_not_repeated(canary: str) -> None:
    command = ("false",)
    found = find_token(chosen(token_command=command), f"Plain {canary}\n", ENVIRON)
    assert (found.token.reveal(), found.source) == (canary, "REFURBED_TOKEN")
    for bad in ("", "  ", f"{canary}\n{canary}", f"{canary} x"):
        with pytest.raises(NoToken, match="REFURBED_TOKEN cannot be used") as caught:
            find_token(chosen(), bad, ENVIRON)
        assert "canary" not in str(caught.value)


def test_the_command_goes_before_the_keyring(canary: str) -> None:
    found = find_token(chosen(token_command=tuple(python(f"print('Plain {canary}')"))), None, ENVIRON)
    assert (found.token.reveal(), found.source) == (canary, "token_command")


def test_a_kept_token_never_goes_to_another_address(monkeypatch: pytest.MonkeyPatch, canary: str) -> None:
    backend = Fake()
    use(monkeypatch, backend, "keyring.backends.SecretService")
    save_token(chosen(), Secret(canary))
    assert find_token(chosen(), None, ENVIRON).token.reveal() == canary
    elsewhere = Chosen("default", parse_origin("https://evil.example"), token_command=("echo", canary), at_home=False)
    with pytest.raises(NoToken, match=r"not sent to evil\.example"):
        find_token(elsewhere, None, ENVIRON)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.stderr.write('gpg: \\x1b[31mno \\x9b1mkey\\n'); sys.exit(2)", "ended with code 2: gpg: "),
        ("import sys; sys.exit(1)", "without a word"),
        ("pass", "empty"),
        ("print('a' * 70000)", "more than 64 KB"),
        ("import sys; sys.stdout.buffer.write(b'\\xff' * 20)", "not text"),
        ("print('two words and more')", "space"),
    ],
)
def test_a_command_that_gives_no_token_is_said(code: str, said: str) -> None:
    with pytest.raises(CommandTrouble) as caught:
        run_command(python(code), ENVIRON)
    assert said in str(caught.value)
    assert all(char.isprintable() for char in str(caught.value))


def test_a_command_that_does_not_exist_is_said() -> None:
    with pytest.raises(CommandTrouble, match="did not start"):
        run_command(["/no/such/program"], ENVIRON)


def test_a_command_that_hangs_is_ended_with_all_it_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(credentials, "COMMAND_SECONDS", 0.5)
    mark = tmp_path / "pid"
    start = f"p = subprocess.Popen(['sleep', '60']); open({str(mark)!r}, 'w').write(str(p.pid))"
    code = f"import subprocess, time; {start}; time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(CommandTrouble, match="was stopped"):
        run_command(python(code), ENVIRON)
    assert time.monotonic() - began < 5
    for _ in range(50):
        if not alive(int(mark.read_text())):
            return
        time.sleep(0.05)
    raise AssertionError("what the command started is still there")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_command_gets_no_input() -> None:
    with pytest.raises(CommandTrouble, match="empty"):
        run_command(python("import sys; print(sys.stdin.read())"), ENVIRON)


@pytest.mark.parametrize(
    "module", ["keyrings.alt.file", "keyring.backends.null", "keyrings.cryptfile.cryptfile", "keyring.backends.chainer"]
)
def test_a_backend_that_is_not_on_the_list_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, canary: str, module: str
) -> None:
    backend = Fake()
    use(monkeypatch, backend, module)
    with pytest.raises(NoToken, match="not one that keeps a token safe") as caught:
        save_token(chosen(), Secret(canary))
    assert f"{module}.Fake" in str(caught.value)
    assert not backend.kept
    assert save_token(chosen(keyring_backend=f"{module}.Fake"), Secret(canary)).startswith("The token is kept")


def test_a_chain_is_trusted_only_when_all_its_members_are(monkeypatch: pytest.MonkeyPatch, canary: str) -> None:
    class Member:
        pass

    backend = Fake()
    backend.backends = [Member()]  # type: ignore[attr-defined]  # as keyring's chainer has it
    use(monkeypatch, backend, "keyring.backends.chainer")
    with pytest.raises(KeyringTrouble):
        Keyring("default").put(Secret(canary))
    monkeypatch.setattr(Member, "__module__", "keyring.backends.SecretService")
    Keyring("default").put(Secret(canary))
    assert backend.kept


def test_what_is_not_given_back_counts_as_not_kept(monkeypatch: pytest.MonkeyPatch, canary: str) -> None:
    use(monkeypatch, Fake(keeps=False), "keyring.backends.SecretService")
    with pytest.raises(NoToken, match="was not saved") as caught:
        save_token(chosen(), Secret(canary))
    assert "canary" not in str(caught.value)


def test_a_keyring_that_hangs_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "_detect", lambda: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(KeyringTrouble) as caught:
        Keyring("default", limit=0.2).get()
    assert caught.value.kind == "hung"
    assert time.monotonic() - began < 1


def test_the_bus_is_found_by_its_socket(tmp_path: Path) -> None:
    import socket

    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    find_bus(environ)
    assert "DBUS_SESSION_BUS_ADDRESS" not in environ
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        find_bus(environ)
    assert environ["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={tmp_path}/bus"
    kept = {"XDG_RUNTIME_DIR": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/other"}
    find_bus(kept)
    assert kept["DBUS_SESSION_BUS_ADDRESS"] == "unix:path=/other"


def test_without_a_keyring_the_three_ways_are_told(program: Any, services: Any) -> None:
    url, _ = services()
    program.configure(f'[profiles.default]\nbase_url = "{url}"\n')
    ran = program("list")
    assert ran.code == 3
    assert 'token_command = ["pass", "show", "refurbed/token"]' in ran.err
    assert "read -rs REFURBED_TOKEN; export REFURBED_TOKEN" in ran.err
    assert "gnome-keyring-daemon --replace --unlock" in ran.err
    assert "keyrings.alt" not in ran.err


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.null.Keyring", "keyring.backends.null.Keyring is not one that keeps a token safe"),
        ("no.such.Keyring", "PYTHON_KEYRING_BACKEND=no.such.Keyring names no keyring"),
    ],
)
def test_a_backend_forced_by_the_environment_is_refused_by_name(
    program: Any, services: Any, backend: str, said: str
) -> None:
    url, token = services()
    program.environ["PYTHON_KEYRING_BACKEND"] = backend
    ran = program("login", "--token-stdin", "--base-url", url, stdin=token)
    assert ran.code == 3
    assert said in ran.err


def test_children_do_not_inherit_the_token(program: Any, services: Any, tmp_path: Path, canary: str) -> None:
    url, token = services()
    shown = tmp_path / "environ"
    command = [
        sys.executable,
        "-c",
        f"import os; open({str(shown)!r}, 'w').write(repr(dict(os.environ))); print({token!r})",
    ]
    program.configure(f'[profiles.default]\nbase_url = "{url}"\ntoken_command = {command!r}\n')
    assert program("list", "--limit", "1").code == 0
    assert "PATH" in shown.read_text()
    program.environ["REFURBED_TOKEN"] = canary
    run = "sys.argv[1:] = ['config']; from tui.__main__ import main; main()"
    code = f"import sys, subprocess; {run}; subprocess.run(['env'])"
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=program.environ)
    assert "PATH=" in done.stdout
    assert canary not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("Plain\n", "empty"),
        ("a b c d e f g\n", "space"),
        ("abcdefgh\nabcdefgh\n", "line break"),
    ],
)
def test_login_refuses_what_is_no_token(program: Any, typed: str, said: str) -> None:
    ran = program("login", "--token-stdin", stdin=typed)
    assert ran.code == 3
    assert said in ran.err
    assert not (program.home / "config").exists()


def test_login_keeps_nothing_that_the_service_refuses(program: Any, services: Any, canary: str) -> None:
    url, _ = services()
    ran = program("login", "--token-stdin", "--base-url", url, stdin=canary)
    assert ran.code == 3
    assert "Nothing was kept" in ran.err
    assert canary not in ran.err
    assert not (program.home / "config").exists()


def test_login_without_a_terminal_says_how(program: Any) -> None:
    ran = program("login")
    assert ran.code == 2
    assert "--token-stdin" in ran.err


def test_login_asks_without_echo_and_keeps_the_address(
    program: Any, services: Any, terminal: Callable[..., Any]
) -> None:
    url, token = services()
    asked = terminal("login")
    asked.wait_for("Base URL [https://api.refurbed.com]: ")
    asked.send(f"{url}\n")
    asked.wait_for("(not shown): ")
    time.sleep(0.1)
    asked.send(f"Plain {token}\n")
    asked.wait_for("(optional): ")
    asked.send("anna@shop.example\n")
    asked.wait_for("took the token")
    text = asked.wait_for("Three ways")
    assert asked.end() == 3
    assert token not in text
    kept = (program.home / "config" / "refurbed-inbox" / "config.toml").read_text()
    assert f'base_url = "{url}"' in kept
    assert 'me = "anna@shop.example"' in kept
    assert token not in kept


def test_a_token_is_asked_for_where_somebody_sits(program: Any, services: Any, terminal: Callable[..., Any]) -> None:
    url, token = services()
    program.configure(f'[profiles.default]\nbase_url = "{url}"\n')
    asked = terminal("list", "--limit", "1")
    asked.wait_for("for this run only (not shown): ")
    time.sleep(0.1)
    asked.send(f"{token}\n")
    assert asked.end() == 0
    assert token not in asked.text


def test_a_token_not_tried_because_the_api_is_not_live_is_no_refusal(program: Any, services: Any) -> None:
    url, token = services("not-live")
    ran = program("login", "--token-stdin", "--base-url", url, stdin=token)
    assert "not live yet" in ran.err
    assert "not refused" in ran.err
    assert (program.home / "config" / "refurbed-inbox" / "config.toml").exists()


def test_the_token_turns_up_nowhere(program: Any, services: Any, canary: str) -> None:
    url, _ = services()
    program.environ |= {"REFURBED_BASE_URL": url, "REFURBED_TOKEN": canary, "REFURBED_LOG": "debug"}
    said = ""
    for args in (["list"], ["show", "1048"], ["doctor"], ["config"], ["outbox"], ["reply", "1048", "-"], ["purge"]):
        ran = program(*args, stdin="Hello")
        said += ran.out + ran.err
    assert "refused" in said or "token" in said
    assert canary not in said
    assert canary.encode() not in program.everything()
    assert (program.home / "state" / "refurbed-inbox" / "default" / "inbox.log").stat().st_mode & 0o077 == 0


def test_a_crash_is_one_line_and_a_report_without_words(tmp_path: Path, canary: str) -> None:
    from tui import log

    log.start(tmp_path, "debug")
    try:
        try:
            token, customer = canary, "anna.mueller@customer.example"
            raise ValueError(f"bad {token} of {customer}")
        except ValueError as error:
            error.add_note(canary)
            sentence = log.report_crash(tmp_path, error)
    finally:
        log.stop()
    report = next(tmp_path.glob("crash-*.txt"))
    written = report.read_text() + (tmp_path / "inbox.log").read_text()
    assert "\n" not in sentence
    assert str(report) in sentence
    assert "ValueError" in written
    assert "test_credentials.py" in written
    assert canary not in written + sentence
    assert "anna.mueller" not in written + sentence
    assert report.stat().st_mode & 0o777 == 0o600


def test_an_unexpected_error_of_a_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path, canary: str
) -> None:
    from tui.cli import main

    def broken(ctx: object) -> int:
        raise KeyError(canary)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(main, "_module", lambda name: SimpleNamespace(run=broken, add=lambda parser: None, EXAMPLE=""))
    assert main.run(["list"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "KeyError" in said.err
    assert canary not in said.err
