"""`demo`: the inbox on a ticket service of its own, which runs as a child and remembers what you did."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.cli import context, serve
from tui.cli.context import Context, Stop, say

if TYPE_CHECKING:
    from tui.profiles import Chosen
    from tui.secret import Secret

EXAMPLE: Final = "refurbed-inbox demo --fresh --tickets 500"
STATE: Final = "service.json"
STOP_PATIENCE: Final = 2.0


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `demo`."""
    serve.add_data(parser)
    parser.add_argument("--fresh", action="store_true", help="start over: forget what was done in earlier runs")


def run(ctx: Context) -> int:
    """Start the service, open the inbox on it, end the service. REFURBED_TOKEN and REFURBED_BASE_URL do not count."""
    from tui.cli import inbox
    from tui.cli.connect import folders
    from tui.demo.data import DEMO_AGENT_EMAIL
    from tui.paths import ensure_folder

    inbox.need_screen(ctx)
    if ctx.args.base_url is not None:
        raise Stop(context.USAGE, "The demo has an address of its own: leave out --base-url.")
    if ctx.args.profile not in (None, "demo"):
        raise Stop(context.USAGE, "The demo is the profile demo: leave out --profile.")
    cache_folder, desk_folder = folders(ctx, None)
    home = ensure_folder(ctx.paths.profile_state("demo"))
    ctx.start_log(home)
    state = home / STATE
    tickets, seed = getattr(ctx.args, "tickets", None), getattr(ctx.args, "seed", None)
    with serve.locked(home / serve.LOCK, serve.LOCK_PATIENCE):
        if getattr(ctx.args, "fresh", False):
            start_over(state, cache_folder, desk_folder)
        else:
            _same_tickets(state, tickets, seed)
    service = Child(state, tickets, seed)
    try:
        return inbox.open_inbox(ctx, inbox.demo_plan(ctx, cache_folder, desk_folder, DEMO_AGENT_EMAIL, service.connect))
    finally:
        service.stop()


def start_over(state: Path, cache_folder: Path, desk_folder: Path) -> None:
    """Forget the demo's service and its stores; nothing else lies in these folders."""
    state.unlink(missing_ok=True)
    for folder in (cache_folder, desk_folder):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)


def _same_tickets(state: Path, tickets: int | None, seed: int | None) -> None:
    kept = serve.read_state(state)
    if kept is None:
        if state.exists():
            say("What the demo kept from earlier runs cannot be read; it starts over.")
        return
    for name, asked in (("tickets", tickets), ("seed", seed)):
        if asked is not None and asked != int(kept[name]):
            raise Stop(
                context.USAGE,
                f"The demo goes on with what you did in it ({kept['tickets']} tickets of seed {kept['seed']}). Add "
                "--fresh to start over with others.",
            )


class Child:
    """The service as a child process. Address and token come through its pipe; when we die, however, so does it."""

    def __init__(self, state: Path, tickets: int | None, seed: int | None) -> None:
        import tui

        package = str(Path(tui.__file__).parent.parent)
        others = os.environ.get("PYTHONPATH")
        environ = os.environ | {"PYTHONPATH": f"{package}{os.pathsep}{others}" if others else package}
        log = os.open(state.parent / "service.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                serve.child_command(state, tickets, seed),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environ,
                start_new_session=True,
            )
        finally:
            os.close(log)
        self._log = state.parent / "service.log"
        self._handed: dict[str, str] = {}

    async def connect(self, entered: Secret | None) -> tuple[Chosen, Secret]:
        """Where the service is, once it stands. Raises `Offline`."""
        from tui.api.origin import parse_origin
        from tui.offload import beside
        from tui.profiles import Chosen
        from tui.secret import Secret

        handed = self._handed or await beside(self._receive)
        return Chosen("demo", parse_origin(handed["url"])), entered or Secret(handed["token"])

    def _receive(self) -> dict[str, str]:
        from tui.api.errors import Offline

        assert self._process.stdout is not None
        try:
            self._handed = json.loads(self._process.stdout.readline(65_536))
        except (ValueError, OSError):
            raise Offline(f"The demo's service did not start. {self._log} says why.") from None
        return self._handed

    def stop(self) -> None:
        """Close the pipe, which ends it; a child that does not end is killed."""
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
