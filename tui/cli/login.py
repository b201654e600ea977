"""`login`: base URL, token and e-mail of a profile; one request checks them, then the keyring keeps the token."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, ask, ask_secret, is_terminal, say

if TYPE_CHECKING:
    from tui.profiles import Chosen
    from tui.secret import Secret

EXAMPLE: Final = "pass show refurbed/token | refurbed-inbox login --token-stdin"


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `login`. The token is never one of them."""
    parser.add_argument("--token-stdin", action="store_true", help="read the token from standard input; ask nothing")
    parser.add_argument("--me", metavar="EMAIL", help="your e-mail address: whose tickets are “mine”")


def run(ctx: Context) -> int:
    """Ask, check, keep."""
    from dataclasses import replace

    from tui.credentials import save_token
    from tui.profiles import choose, keep_profile
    from tui.secret import TokenError, parse_token

    args = ctx.args
    asking = not args.token_stdin
    if asking and not is_terminal(0):
        raise Stop(context.USAGE, "login asks on a terminal. Without one, pipe the token: login --token-stdin.")
    chosen = ctx.chosen(new=True)
    if asking and args.base_url is None:
        given = ask(f"Base URL [{chosen.origin.url}]: ")
        if given:
            chosen = choose(ctx.config, ctx.environ, profile=chosen.name, base_url=given, new=True)
    typed = ask_secret(f"Token for {chosen.origin.netloc} (not shown): ") if asking else sys.stdin.read(65_536)
    try:
        token = parse_token(typed)
    except TokenError as error:
        raise Stop(context.NO_CREDENTIALS, str(error)) from None
    me = _me(args.me, chosen, asking=asking)
    sentence = asyncio.run(_check(ctx, replace(chosen, read_only=True), token))
    say(sentence)
    keep_profile(ctx.config, chosen.name, chosen.origin.url, me)
    where = save_token(chosen, token)
    say(f"{where} Signed in to {chosen.environment} as profile {chosen.name}.")
    if ctx.variable is not None:
        say("REFURBED_TOKEN is set and goes before the keyring: unset it to use the kept token.")
    elif chosen.token_command:
        say("token_command in config.toml goes before the keyring: remove it there to use the kept token.")
    return context.DONE


def _me(given: str | None, chosen: Chosen, *, asking: bool) -> str:
    from tui.settings import is_email

    if given is None and asking:
        kept = f" [{chosen.me}]" if chosen.me else " (optional)"
        given = ask(f"Your e-mail address, to know which tickets are yours{kept}: ")
    if not given:
        return chosen.me
    if not is_email(given):
        raise Stop(context.USAGE, "That is not an e-mail address; nothing was kept. Leave it empty if unsure.")
    return given


async def _check(ctx: Context, chosen: Chosen, token: Secret) -> str:
    """One ListTickets of limit 1. Raises `Stop` where the token must not be kept."""
    from tui.api.errors import ApiError, NotLive
    from tui.cli.connect import make_client
    from tui.cli.trouble import code_of

    client = make_client(chosen, token, ctx.paths.desk_folder(chosen.name, chosen.origin.url))
    try:
        await client.list_tickets(limit=1)
    except NotLive:
        return (
            f"The Ticket API at {chosen.origin.netloc} is not live yet (501), so the token could not be tried; it was "
            "not refused either. The inbox shows tickets once refurbed switches the API on."
        )
    except ApiError as error:
        raise Stop(code_of(error), f"{error.sentence} Nothing was kept.") from None
    finally:
        await client.aclose()
    return f"{chosen.origin.netloc} took the token."
