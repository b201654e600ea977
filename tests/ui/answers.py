"""Answers that are none, and what the tests of them share."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest
from textual.pilot import Pilot

from tests.ui.harness import House, until
from tui.api.body import ANSWER_LIMIT
from tui.api.transport import Transport
from tui.demo import server as demo_server
from tui.demo.errors import unknown
from tui.demo.faults import Fault, error_fault, html_fault
from tui.demo.http import Response, encode
from tui.sync.engine import Engine
from tui.sync.events import Phase
from tui.ui.app import InboxApp

Body = Mapping[str, object]
Json = dict[str, Any]
STREAMED: Final = "X-Streamed"
CHUNK: Final = 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"


def answer(body: object, **more: Any) -> Fault:
    """A 200 with this body; JSON of it unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Fault(status=200, body=raw, **{"commit": False, **more})


def page(tickets: object, **more: object) -> Fault:
    return answer({"tickets": tickets, "has_more": False, **more})


HUGE: Final = b'{"tickets":[],"ticket":"' + b" " * ANSWER_LIMIT + b'"}'
DEEP: Final = b"[" * 100_000
SIGN_IN: Final = b"<!doctype html><title>Sign in</title><p>Please sign in to the WLAN"
ELSEWHERE: Final = Fault(status=307, body=b"", headers={"Location": "https://elsewhere.example/x"}, commit=False)
LIST, THREAD, BOTH = ("ListTickets",), ("GetTicket",), ("ListTickets", "GetTicket")
Case = tuple[Fault, str, tuple[str, ...]]
CASES: Final[dict[str, tuple[Case, ...]]] = {
    "others": (
        (answer(SIGN_IN), "A web page answered at", BOTH),
        (html_fault(502), "a gateway or proxy on the way answered 502", BOTH),
        (ELSEWHERE, "points to elsewhere.example instead of answering. Redirects are not followed", BOTH),
        (answer(b""), "the answer is empty", BOTH),
    ),
    "broken": (
        (Fault(cut=20), "closed the connection before its answer was whole", BOTH),
        (answer(b'{"tickets":[{"id":"10'), "the answer is cut off", BOTH),
        (answer(b'{"tickets":' + DEEP), "nested too deeply", BOTH),
        (answer(b'{"tickets":' + DEEP + b"]" * len(DEEP) + b"}"), "nested too deeply", BOTH),
        (answer(b'{"tickets":[{"id":' + b"9" * 6000 + b"}]}"), "a number too long to read", BOTH),
        (answer(b'{"tickets":[{"id":1e' + b"9" * 6000 + b"}]}"), "a number too large to read", BOTH),
    ),
    "too-large": (
        (answer(HUGE, cut=20), "more than 32 MB", BOTH),
        (answer(HUGE, headers={STREAMED: "1"}), "more than 32 MB", BOTH),
        (answer(gzip.compress(HUGE, 1), headers={"Content-Encoding": "gzip"}), "more than 32 MB", BOTH),
    ),
    "shape": (
        (answer([]), "the answer is not a JSON object", BOTH),
        (page({}), "its tickets are not a list", LIST),
        (page([None]), "ticket 1 of the list is not an object", LIST),
        (page([{"id": "9" * 6000, "status": "OPEN"}]), "ticket 1 of the list has no usable id", LIST),
        (page(None, code=13, message="oh"), "it has no tickets", LIST),
        (answer({"status": "ok"}), "it has no tickets", LIST),
        (page([], has_more=True), "says that there are more tickets, but sends no new ones", LIST),
        (answer({"messages": []}), "it has no ticket", THREAD),
        (answer({"ticket": None, "messages": []}), "it has no ticket", THREAD),
        (answer({"ticket": {"id": "1"}, "messages": []}), "it is about ticket 1 instead of", THREAD),
        (error_fault(unknown("ticket not found")), "The service does not know ticket", THREAD),
    ),
}


@contextmanager
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries without long pauses, a server that can stream without saying how much; no loop may meet a fault."""
    met: list[str] = []
    told = Engine._set

    def listen(engine: Engine, phase: Phase, sentence: str = "", as_of: int | None = None) -> None:
        met.extend([sentence] if "unexpected" in sentence else [])
        told(engine, phase, sentence, as_of)

    monkeypatch.setattr(Engine, "_set", listen)
    monkeypatch.setattr(Transport, "_backoff", lambda _self, _failures: 0.01)
    monkeypatch.setattr(demo_server, "encode", _encode)
    yield
    assert not met


def _encode(response: Response, now: int, *, close: bool, head_only: bool = False) -> bytes:
    whole = encode(response, now, close=close, head_only=head_only)
    if STREAMED not in response.headers:
        return whole
    head, _, body = whole.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    parts = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n" + chunks + b"0\r\n\r\n"


def let(house: House, fault: Fault | None, *operations: str) -> None:
    """Answer these operations so from now on."""
    house.server.script = lambda operation, _body: fault if operation in operations else None


async def open_ticket(app: InboxApp, ticket_id: int, *words: str) -> None:
    app.inbox.open_ticket(ticket_id)
    await until(app, f"{ticket_id} · ", *words)


async def write(app: InboxApp, pilot: Pilot[None], ticket_id: int, words: str) -> None:
    """A reply, up to its review line."""
    await open_ticket(app, ticket_id, "(customer)")
    await pilot.press("r")
    await until(app, "Reply to the customer", f"ticket {ticket_id}")
    assert app.inbox.writing.composer is not None
    app.inbox.writing.composer.area.insert(words)
    await pilot.press("escape")
    await until(app, "SEND to the customer", "y send")


def numbers(house: House, status: str = "OPEN") -> list[int]:
    return [key for key, ticket in house.tickets.items() if ticket.status == status]


def written(house: House) -> list[Json]:
    """The bodies of all updates that reached the service."""
    return [dict(c.body) for c in house.server.calls if c.operation == "UpdateTicket" and isinstance(c.body, dict)]
