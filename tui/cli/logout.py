"""`logout`: forget a profile's token."""

from __future__ import annotations

import argparse
from typing import Final

from tui.cli import context
from tui.cli.context import Context, Stop, say

EXAMPLE: Final = "refurbed-inbox --profile sandbox logout"


def add(parser: argparse.ArgumentParser) -> None:
    """`logout` has no arguments of its own."""


def run(ctx: Context) -> int:
    """Remove it, and say what else still signs in."""
    from tui.keyrings import Keyring, KeyringTrouble

    chosen = ctx.chosen(new=True)
    try:
        removed = Keyring(chosen.name, chosen.keyring_backend).remove()
    except KeyringTrouble as trouble:
        raise Stop(
            context.FAILED, f"The keyring could not be asked: {trouble.why}. If it holds a token, it is still there."
        ) from None
    said = "was removed from the keyring" if removed else "was not in the keyring; nothing to remove"
    say(f"The token of profile {chosen.name} {said}.")
    if ctx.variable is not None:
        say("REFURBED_TOKEN still signs in: unset it.")
    if chosen.token_command:
        say("token_command in config.toml still signs in: remove it there.")
    say("Cached tickets stay until `refurbed-inbox purge`; the token itself is revoked at refurbed.")
    return context.DONE
