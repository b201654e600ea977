"""`serve`: the demo's ticket service alone, on loopback, also on its bad days."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.cli import context
from tui.cli.context import Context, Stop, line, say

if TYPE_CHECKING:
    from tui.demo.server import DemoServer
    from tui.demo.service import Service

EXAMPLE: Final = "refurbed-inbox serve --scenario not-live"
SAVE_EVERY: Final = 1.0
LOCK: Final = "service.lock"
LOCK_PATIENCE: Final = 3.0


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `serve`. The hidden ones are for the demo, which runs it as its child."""
    parser.add_argument("--port", metavar="N", type=int, default=0, help="the port (default: any free one)")
    parser.add_argument("--scenario", metavar="NAME", default="ok", help="a bad day; `--scenario list` explains them")
    add_data(parser)
    parser.add_argument("--state", help=argparse.SUPPRESS)
    parser.add_argument("--handover", action="store_true", help=argparse.SUPPRESS)


def add_data(parser: argparse.ArgumentParser) -> None:
    """What the tickets are made from, for `serve` and `demo`."""
    parser.add_argument("--tickets", metavar="N", type=int, help="how many tickets there are")
    parser.add_argument("--seed", metavar="S", type=int, help="which tickets: the same seed, the same tickets")


def run(ctx: Context) -> int:
    """Serve until interrupted, or, as the demo's child, until the parent is gone."""
    from tui.demo.data import SCENARIOS

    args = ctx.args
    if args.scenario == "list":
        for name, sentence in SCENARIOS:
            line(f"{name}: {sentence}")
        return context.DONE
    names = [name for name, _ in SCENARIOS]
    if args.scenario not in names:
        raise Stop(context.USAGE, f"There is no scenario of that name. Scenarios: {', '.join(names)}.")
    if not 0 <= args.port <= 65535:
        raise Stop(context.USAGE, "--port takes 1 to 65535, or 0 for any free one.")
    if args.tickets is not None and not 1 <= args.tickets <= 100_000:
        raise Stop(context.USAGE, "--tickets takes 1 to 100000.")
    state = Path(args.state) if args.state else None
    with _alone(state):
        return asyncio.run(_serve(ctx, state))


@contextmanager
def _alone(state: Path | None) -> Iterator[None]:
    if state is None:
        yield
        return
    with locked(state.parent / LOCK, LOCK_PATIENCE):
        yield


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the demo's lock. Raises `Stop` when another demo keeps it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise Stop(context.FAILED, "The demo is open in another window. Close it there first.") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


async def _serve(ctx: Context, state: Path | None) -> int:
    from tui.demo.data import DEMO_TOKEN
    from tui.demo.server import DemoServer

    args = ctx.args
    service, made_from = _service(args, state)
    token = secrets.token_urlsafe(24) if args.handover else DEMO_TOKEN
    # The port of last time, where it is free: threads that were kept point there for their attachments.
    last = made_from.get("port", 0)
    server = DemoServer(service, token=token, scenario=args.scenario, port=args.port or last)
    try:
        await server.start()
    except OSError as error:
        if args.port or not last:
            reason = error.strerror or type(error).__name__
            raise Stop(
                context.FAILED, f"Port {args.port} on 127.0.0.1 cannot be used: {reason}. Choose another."
            ) from None
        server = DemoServer(service, token=token, scenario=args.scenario)
        await server.start()
    made_from["port"] = int(server.url.rpartition(":")[2])
    if args.handover:
        print(json.dumps({"url": server.url, "token": token}), flush=True)
    else:
        _announce(server.url, token, args.scenario)
    over = asyncio.Event()
    try:
        _end_with(over, parent=args.handover)
        await _attend(server, service, made_from, state, over)
    finally:
        await server.stop()
        _save(service, made_from, state)
    return context.DONE


def _announce(url: str, token: str, scenario: str) -> None:
    line(f"A demo TicketService answers at {url} (scenario {scenario}). Ctrl+C ends it. In another terminal:")
    line(f"REFURBED_BASE_URL={url} REFURBED_TOKEN={token} refurbed-inbox")
    sys.stdout.flush()


def _service(args: argparse.Namespace, state: Path | None) -> tuple[Service, dict[str, int]]:
    """The service as it was left, or a new one."""
    from tui.clock import SystemClock
    from tui.demo.data import DEFAULT_SEED, DEFAULT_TICKETS
    from tui.demo.service import Service

    kept = read_state(state) if state is not None else None
    if kept is not None:
        with suppress(ValueError):
            service = Service.from_json(SystemClock(), kept["service"])
            return service, {key: int(kept.get(key, 0)) for key in ("tickets", "seed", "port")}
    made_from = {
        "tickets": args.tickets or DEFAULT_TICKETS,
        "seed": DEFAULT_SEED if args.seed is None else args.seed,
    }
    return Service(SystemClock(), seed=made_from["seed"], tickets=made_from["tickets"]), made_from


def read_state(state: Path) -> dict[str, str] | None:
    """What an earlier run left: `tickets`, `seed`, and `service` as the service wrote it; None where it is no use."""
    try:
        kept = json.loads(state.read_text(encoding="utf-8"))
        int(kept["tickets"]), int(kept["seed"]), kept["service"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return dict(kept)


def _save(service: Service, made_from: dict[str, int], state: Path | None) -> None:
    if state is None:
        return
    from tui.paths import write_private

    with suppress(OSError):
        write_private(state, json.dumps(made_from | {"service": service.to_json()}))


def _end_with(over: asyncio.Event, *, parent: bool) -> None:
    """Set `over` at SIGTERM, and, as a child, when the pipe from the parent closes, however the parent died."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    if not parent:
        return

    def gone() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            over.set()

    loop.add_reader(0, gone)


async def _attend(
    server: DemoServer, service: Service, made_from: dict[str, int], state: Path | None, over: asyncio.Event
) -> None:
    """Tell of what arrives, and save what changed, until it is over."""
    last: object = None
    saved, save_at = -1, 0.0
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.25)
        last = _tell_of_calls(server, last) if state is None else None
        if state is not None and service.version != saved and time.monotonic() >= save_at:
            began, saved = time.monotonic(), service.version
            _save(service, made_from, state)
            # A service of many thousand tickets takes its time; it is not to do nothing else.
            save_at = time.monotonic() + max(SAVE_EVERY, 20 * (time.monotonic() - began))


def _tell_of_calls(server: DemoServer, last: object) -> object:
    """A line on stderr for each call after `last`; the newest one."""
    from tui.clock import to_datetime

    fresh = []
    for call in reversed([*server.calls]):
        if call is last:
            break
        fresh.append(call)
    for call in reversed(fresh):
        say(f"{to_datetime(call.at):%H:%M:%S} {call.operation} {call.http_status or 'no answer'}")
    return fresh[0] if fresh else last


def child_command(state: Path, tickets: int | None, seed: int | None) -> list[str]:
    """How the demo starts it as a child. `-P`: a folder named tui where the user stands is not ours."""
    command = [sys.executable, "-P", "-m", "tui", "serve", "--handover", "--state", str(state)]
    command += [] if tickets is None else ["--tickets", str(tickets)]
    return command + ([] if seed is None else ["--seed", str(seed)])
