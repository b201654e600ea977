"""The command line: one parser, one door for errors. Imports argparse; everything else where it is needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Final, NoReturn

from tui import __version__
from tui.cli import context
from tui.cli.context import Context, Stop, say

COMMANDS: Final = {
    "demo": "open the inbox on built-in tickets; needs no account",
    "login": "check a token with the service and keep it in the keyring",
    "logout": "remove a profile's token from the keyring",
    "doctor": "say what works on this machine, and what to do about the rest",
    "list": "print tickets, a line each",
    "show": "print one ticket with its thread",
    "reply": "write to a ticket, and wait until it is certain",
    "outbox": "print what is unsent, and settle what needs you",
    "purge": "erase the cached tickets and messages of a profile",
    "config": "print every setting with its value, source and meaning",
    "serve": "run the demo's ticket service alone, on this machine",
}
"""Each is a module of its name beside this one, which is imported when the command is chosen."""
EXIT_CODES: Final = (
    "exit codes: 0 done, 1 failed, 2 wrong usage, 3 no or refused credentials,\n"
    "4 API unavailable or not live, 5 refused by the API, 6 outcome unknown, 130 interrupted"
)
GLOBAL_HINT: Final = "Global options (--profile, --base-url, …): refurbed-inbox --help"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where help is."""

    def error(self, message: str) -> NoReturn:
        say(f"{self.prog}: {message}. See `{self.prog} --help`.")
        sys.exit(context.USAGE)


class CommandParser(Parser):
    """Learns its arguments from the command's module once the command is chosen: a start pays for one command."""

    _whole = False

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]  # as in argparse
        if not self._whole:
            self._whole = True
            module = _module(self.prog.split()[-1])
            module.add(self)
            self.epilog = f"example: {module.EXAMPLE}\n{GLOBAL_HINT}"
            _add_global(self, hidden=True)
        return super().parse_known_args(args, namespace)


def _module(name: str) -> ModuleType:
    return import_module(f"tui.cli.{name}")


def build() -> argparse.ArgumentParser:
    """The whole parser. Global options count before and after the subcommand."""
    parser = Parser(
        prog="refurbed-inbox",
        description="A terminal inbox for sellers on refurbed. Without a command it opens the inbox.",
        epilog=f"example: refurbed-inbox demo\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"refurbed-inbox {__version__}")
    _add_global(parser, hidden=False)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=CommandParser)
    for name, words in COMMANDS.items():
        subparsers.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    return parser


def _add_global(parser: argparse.ArgumentParser, *, hidden: bool) -> None:
    def words(text: str) -> str:
        return argparse.SUPPRESS if hidden else text

    unset: object = argparse.SUPPRESS if hidden else None
    off: object = argparse.SUPPRESS if hidden else False
    parser.add_argument("--profile", metavar="NAME", default=unset, help=words("whose inbox: a profile of config.toml"))
    parser.add_argument("--base-url", metavar="URL", default=unset, help=words("the service's address, for this run"))
    parser.add_argument("--read-only", action="store_true", default=off, help=words("send nothing"))
    parser.add_argument("--thin", action="store_true", default=off, help=words("fewer bytes on a slow line"))
    parser.add_argument(
        "--log-level", choices=context.LOG_LEVELS, metavar="LEVEL", default=unset, help=words("how much the log says")
    )


def run(argv: Sequence[str]) -> int:
    """Parse, run, and turn whatever goes wrong into a sentence and an exit code."""
    _steady_streams()
    try:
        ctx = Context(argparse.Namespace(profile=None), os.environ, os.environ.pop("REFURBED_TOKEN", None))
        code = _run(ctx, argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has had enough, as `head` has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return context.DONE
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return context.INTERRUPTED
    finally:
        _close_log()
    return code


def _close_log() -> None:
    log = sys.modules.get("tui.log")
    if log is not None:
        log.stop()


def _run(ctx: Context, argv: Sequence[str]) -> int:
    try:
        ctx.args = build().parse_args(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else context.USAGE
    module = _module(ctx.args.command or "inbox")
    try:
        code: int = module.run(ctx)
    except Stop as end:
        say(str(end))
        return end.code
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:
        from tui.cli.trouble import explain

        return explain(ctx, error)
    return code


def _steady_streams() -> None:
    """A closed stream, or one that cannot say every letter, is no reason to fail."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the rest of the program's life
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - the same
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
