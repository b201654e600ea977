"""`doctor`: what works on this machine, and what to do about the rest. Never the token."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tui.cli import context
from tui.cli.context import Context, is_terminal, json_text, line

if TYPE_CHECKING:
    from tui.profiles import Chosen
    from tui.secret import Secret

EXAMPLE: Final = "refurbed-inbox doctor --json"
Verdict = Literal["ok", "note", "problem"]
Finding = tuple[str, Verdict, str]
WORDS: Final[dict[Verdict, str]] = {"ok": "ok", "note": "note", "problem": "PROBLEM"}
CLOCK_TOLERANCE: Final = 30


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doctor`."""
    parser.add_argument("--json", action="store_true", help="an object: findings, and whether all is usable")


def run(ctx: Context) -> int:
    """Look at everything; 0 when all is usable."""
    findings = list(_look(ctx))
    usable = all(verdict != "problem" for _, verdict, _ in findings)
    if ctx.args.json:
        found = [{"what": what, "verdict": verdict, "says": words} for what, verdict, words in findings]
        print(json_text({"usable": usable, "findings": found}))
    else:
        for what, verdict, words in findings:
            line(f"{what}: {WORDS[verdict]}. {words}")
        line("All is usable." if usable else "Not all is usable: see PROBLEM above.")
    return context.DONE if usable else context.FAILED


def _look(ctx: Context) -> Iterator[Finding]:
    from tui import __version__
    from tui.config import ConfigError

    yield "program", "ok", f"refurbed-inbox {__version__}"
    yield "python", "ok", f"{platform.python_version()} at {sys.executable}"
    yield from _terminal(ctx)
    yield _sqlite()
    chosen: Chosen | None = None
    try:
        chosen = ctx.chosen()
        yield "config", "ok", _path_words(ctx.paths.config_file, "not there; all defaults")
    except ConfigError as error:
        yield "config", "problem", str(error)
    if chosen is None:
        return
    yield "profile", "ok", f"{chosen.name}: {chosen.environment}, {chosen.origin.url} ({chosen.sources['base_url']})"
    yield "me", "ok" if chosen.me else "note", chosen.me or 'not set; the view “mine” needs me = "…" in config.toml'
    yield from _folders(ctx, chosen)
    yield _keyring(chosen)
    token, finding = _token(ctx, chosen)
    yield finding
    yield from asyncio.run(_service(ctx, chosen, token))


def _terminal(ctx: Context) -> Iterator[Finding]:
    term = ctx.environ.get("TERM", "")
    if not is_terminal(1):
        yield "terminal", "note", f"standard output is no terminal here (TERM={term or 'unset'})"
    elif term in ("", "dumb"):
        yield "terminal", "problem", f"TERM={term or 'unset'} cannot show the inbox; the subcommands work"
    else:
        size = shutil.get_terminal_size()
        small = size.columns < 60 or size.lines < 20
        words = f"{term}, {size.columns} columns by {size.lines} rows"
        yield "terminal", "problem" if small else "ok", words + ("; the inbox needs 60 by 20" if small else "")
    if ctx.environ.get("NO_COLOR"):
        yield "colours", "ok", "none: NO_COLOR is set"
    else:
        depth = ctx.environ.get("COLORTERM", "")
        many = "16 million" if depth in ("truecolor", "24bit") else "256" if "256" in term else "16, or unknown"
        yield "colours", "ok", f"{many} (COLORTERM={depth or 'unset'}); nothing is said by colour alone"
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding == "utf8":
        yield "letters", "ok", "UTF-8"
    else:
        yield "letters", "problem", f"{encoding or 'unknown'}; set LANG to a UTF-8 locale, such as C.UTF-8"


def _sqlite() -> Finding:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
        search = "with full-text search"
    except sqlite3.Error:
        search = "without full-text search; searching is slower"
    finally:
        connection.close()
    return "sqlite", "ok", f"{sqlite3.sqlite_version}, {search}"


def _folders(ctx: Context, chosen: Chosen) -> Iterator[Finding]:
    from tui.cli.connect import folders

    cache, desk = folders(ctx, chosen)
    for what, path in (("cache", cache / "cache.db"), ("drafts and outbox", desk / "desk.db")):
        loose = [each for each in (path.parent, path) if _mode(each) & 0o077]
        words = _path_words(path, "not there yet")
        if loose:
            yield what, "problem", f"{words}; others can read {loose[0]}: chmod go-rwx {loose[0]}"
        elif not os.access(there := next(each for each in (path, *path.parents) if each.exists()), os.W_OK):
            yield what, "problem", f"{words}; {there} cannot be written"
        else:
            yield what, "ok", words
    yield "log", "ok", _path_words(ctx.paths.profile_state(chosen.name) / "inbox.log", "not there yet")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _path_words(path: Path, absent: str) -> str:
    mode = _mode(path)
    return f"{path}, {'mode ' + format(mode, '04o') if mode else absent}"


def _keyring(chosen: Chosen) -> Finding:
    from tui.credentials import ways
    from tui.keyrings import Keyring, KeyringTrouble

    ring = Keyring(chosen.name, chosen.keyring_backend)
    try:
        backend = ring.backend()
        ring.get()
    except KeyringTrouble as trouble:
        return "keyring", "note", f"{trouble.why}. {ways(chosen, trouble)}"
    return "keyring", "ok", backend.name


def _token(ctx: Context, chosen: Chosen) -> tuple[Secret | None, Finding]:
    from tui.credentials import NoToken, find_token

    try:
        found = find_token(chosen, ctx.variable, ctx.environ)
    except NoToken as problem:
        return None, ("token", "problem", problem.sentence)
    return found.token, ("token", "ok", f"from {found.source}")


async def _service(ctx: Context, chosen: Chosen, token: Secret | None) -> list[Finding]:
    """One ListTickets of limit 1: is it reachable, live, in time, and how much of the limit is left?

    Without a token it is asked with one that is none, which still tells whether the address answers.
    """
    from tui.api.errors import ApiError, Forbidden, NotLive, SignedOut
    from tui.cli.connect import make_client
    from tui.clock import SECOND
    from tui.secret import Secret

    client = make_client(
        chosen, token or Secret("no-token-here"), ctx.paths.desk_folder(chosen.name, chosen.origin.url)
    )
    where = chosen.origin.netloc
    try:
        page = await client.list_tickets(limit=1)
    except NotLive as error:
        return [("service", "ok", f"{where} answers"), ("ticket API", "problem", error.sentence)]
    except (SignedOut, Forbidden) as error:
        answers: Finding = ("service", "ok", f"{where} answers")
        return [answers] if token is None else [answers, ("sign-in", "problem", error.sentence)]
    except ApiError as error:
        return [("service", "problem", error.sentence)]
    finally:
        await client.aclose()
    received = page.received
    findings: list[Finding] = [
        ("service", "ok", f"{where} answers, {received.elapsed_ms:.0f} ms"),
        ("ticket API", "ok", "live"),
    ]
    if received.server_date:
        # The Date header has whole seconds, and the answer took its time.
        apart = round((received.received_at - received.server_date) / SECOND)
        words = (
            "agrees with the service's"
            if abs(apart) <= 2
            else f"is {abs(apart)} s {'ahead of' if apart > 0 else 'behind'} the service's"
        )
        late = abs(apart) > CLOCK_TOLERANCE
        findings.append(
            ("clock", "note" if late else "ok", words + ("; SLA times are off by that much" if late else ""))
        )
    if received.limit_remaining is not None:
        findings.append(("rate limit", "ok", f"{received.limit_remaining} requests left in this second"))
    return findings
