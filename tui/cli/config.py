"""`config`: every setting with its value, where that came from, and what it means."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from tui.cli import context
from tui.cli.context import Context, line

EXAMPLE: Final = "refurbed-inbox config"


def add(parser: argparse.ArgumentParser) -> None:
    """`config` has no arguments of its own."""


def run(ctx: Context) -> int:
    """Read config.toml and the environment."""
    from tui.profiles import DEFAULT, FILE, LINE, choose, profile_name
    from tui.settings import GENERAL, INBOX, PROFILE
    from tui.ui.actions import ACTIONS, Keymap

    config, paths = ctx.config, ctx.paths
    name, name_source = profile_name(config, ctx.environ, ctx.args.profile)
    there = "" if paths.config_file.exists() else " (not there yet)"
    line(f"Settings: {paths.config_file}{there}")
    line(f"Cache: {paths.profile_cache(name)}")
    line(f"Drafts, outbox, log: {paths.profile_state(name)}")
    level = ctx.args.log_level or ctx.environ.get("REFURBED_LOG", "") or config.log_level
    level_source = LINE if ctx.args.log_level else "REFURBED_LOG" if ctx.environ.get("REFURBED_LOG") else ""
    given: Mapping[str, tuple[object, str]] = {"profile": (name, name_source)}
    for setting in GENERAL:
        value, source = given.get(
            setting.key, (level, level_source or (FILE if setting.key in config.given else DEFAULT))
        )
        _print(setting.key, value, source, setting.meaning, setting.allowed)
    if name != "demo":
        args = ctx.args
        chosen = choose(
            config, ctx.environ, profile=args.profile, base_url=args.base_url, read_only=args.read_only, new=True
        )
        line(f"\n[profiles.{name}]  {chosen.environment}")
        for setting in PROFILE:
            value = chosen.origin.url if setting.key == "base_url" else getattr(chosen, setting.key) or setting.default
            _print(setting.key, value, chosen.sources[setting.key], setting.meaning, setting.allowed)
    line("\n[inbox]")
    for setting in INBOX:
        source = (
            LINE if setting.key == "thin" and ctx.args.thin else FILE if setting.key in config.inbox.given else DEFAULT
        )
        value = True if source == LINE else getattr(config.inbox, setting.key)
        _print(setting.key, value, source, setting.meaning, setting.allowed)
    line("\n[keys]")
    keymap = Keymap(config.keys)
    for action in ACTIONS:
        _print(
            action.id, ",".join(keymap.keys(action.id)), FILE if action.id in config.keys else DEFAULT, action.label, ""
        )
    return context.DONE


def _print(key: str, value: object, source: str, meaning: str, allowed: str) -> None:
    from tui.text import clean_line

    may = f" Allowed: {allowed}." if allowed else ""
    line(f"{key} = {clean_line(_toml(value))}  ({source}) {meaning}.{may}")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
