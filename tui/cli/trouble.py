"""An error that ends a command, as a sentence and an exit code (DESIGN.md "Command line")."""

from __future__ import annotations

from tui.cli import context
from tui.cli.context import Context, say


def explain(ctx: Context, error: Exception) -> int:
    """Say what is wrong on stderr; the exit code."""
    from tui.api.errors import ApiError
    from tui.config import ConfigError
    from tui.credentials import NoToken
    from tui.paths import PathError
    from tui.store.errors import StoreError

    match error:
        case ConfigError():
            say(str(error))
            return context.USAGE
        case NoToken():
            say(error.sentence)
            return context.NO_CREDENTIALS
        case ApiError():
            say(error.sentence)
            return code_of(error)
        case StoreError() | PathError():
            say(str(error))
            return context.FAILED
    from tui import log
    from tui.paths import PROFILE_NAME

    profile = ctx.args.profile or ""
    folder = ctx.paths.profile_state(profile if PROFILE_NAME.fullmatch(profile) else "default")
    say(log.report_crash(folder, error))
    return context.FAILED


def code_of(error: Exception) -> int:
    """The exit code for a call that gave no answer, as a read. What became of a write: reply.py."""
    from tui.api.errors import Forbidden, NotLive, ReadOnly, Refused, SignedOut

    match error:
        case SignedOut() | Forbidden():
            return context.NO_CREDENTIALS
        case ReadOnly():
            return context.USAGE
        case NotLive():
            return context.UNAVAILABLE
        case Refused():
            return context.REFUSED
    return context.UNAVAILABLE
