"""The line: what leaves, how often, over which connection, and who is told of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import time
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx
import pytest

from tui import __version__
from tui.api.client import TicketClient, Timeouts
from tui.api.errors import RateLimited, ReadOnly, SignedOut, Unclear
from tui.api.limiter import Limiter
from tui.api.requests import (
    HelpReply,
    NewHelpRequest,
    NewTicket,
    OutAttachment,
    OutMessage,
    TopicChange,
    UpdateTicket,
)
from tui.api.transport import TokenAuth
from tui.clock import SECOND, FixedClock, SystemClock
from tui.secret import Secret

if TYPE_CHECKING:
    from tests.api.conftest import ClientMaker, Fails, Server
    from tui.api.answers import Call

KINDS = pytest.mark.parametrize("kind", ["read", "write"])
GOOD = {"ticket": {"id": "1"}}
BODY = json.dumps(GOOD).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def head(length: int) -> bytes:
    return HEAD + f"Content-Length: {length}\r\n\r\n".encode()


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


async def test_a_request_as_it_arrives(server: Server, new_client: ClientMaker, canary: str) -> None:
    server.answers(GOOD)
    client = new_client(server.url + "/pre/fix")
    await client.get_ticket(1)
    (request,) = server.arrived
    assert (request.method, request.path) == ("POST", "/pre/fix/refb.merchant.v1.TicketService/GetTicket")
    assert request.body == b'{"ticket_id":"1"}'
    assert request.headers["authorization"] == f"Plain {canary}"
    assert request.headers["user-agent"] == f"refurbed-inbox/{__version__} - python-httpx/{httpx.__version__}"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert request.headers["content-length"] == "17"
    assert "transfer-encoding" not in request.headers and "cookie" not in request.headers


async def test_large_requests_arrive_whole(server: Server, client: TicketClient) -> None:
    server.answers(GOOD)
    files = (OutAttachment("a.bin", bytes(3_000_000)),)
    await client.update_ticket(UpdateTicket(1, OutMessage("<p>ü €</p>", "PUBLIC", files)))
    (request,) = server.arrived
    sent = json.loads(request.body)
    assert sent["new_message"]["message"]["body_html"] == "<p>ü €</p>"
    assert len(sent["new_message"]["message"]["attachments"][0]["data"]) == 4_000_000
    assert request.headers["content-length"] == str(len(request.body))


async def test_reads_share_a_connection_and_writes_never_do(server: Server, client: TicketClient) -> None:
    server.answers(GOOD)
    for _ in range(3):
        await client.get_ticket(1)
    for _ in range(2):
        await client.update_ticket(UpdateTicket(1, status="SOLVED"))
    await client.get_ticket(1)
    assert [request.connection for request in server.arrived] == [1, 1, 1, 2, 3, 1]
    assert [request.headers.get("connection") for request in server.arrived[3:5]] == ["close", "close"]


async def test_another_token_counts_from_the_next_call(server: Server, client: TicketClient) -> None:
    server.refuses(401, 16)
    server.answers(GOOD)
    with pytest.raises(SignedOut):
        await client.get_ticket(1)
    client.set_token(Secret("another-token"))
    await client.get_ticket(1)
    assert server.arrived[-1].headers["authorization"] == "Plain another-token"


def test_the_token_is_for_one_place_alone(canary: str) -> None:
    from tui.api.origin import parse_origin

    auth = TokenAuth(Secret(canary), parse_origin("https://api.refurbed.com"))
    here = ["https://api.refurbed.com/x", "https://api.refurbed.com:443/y"]
    elsewhere = [
        "http://api.refurbed.com/x", "https://api.refurbed.com:444/x", "https://evil.example/", "https://refurbed.com",
    ]  # fmt: skip
    for url in here + elsewhere:
        request = next(auth.auth_flow(httpx.Request("POST", url)))
        assert ("Authorization" in request.headers) == (url in here)


async def test_read_only_lets_reads_through_alone(server: Server, new_client: ClientMaker) -> None:
    server.answers(GOOD)
    client = new_client(server.url, read_only=True)
    hello = OutMessage("x")
    for write in (
        client.update_ticket(UpdateTicket(1, status="SOLVED")),
        client.create_ticket(NewTicket("t", hello)),
        client.request_topic_change(TopicChange(1, hello)),
        client.create_help_request(NewHelpRequest(1, "LEGAL", hello)),
        client.update_help_request(HelpReply(1, 2, hello)),
        client.generate_return_label(1),
    ):
        with pytest.raises(ReadOnly, match="nothing was sent") as caught:
            await write
        assert caught.value.effect == "refused"
    assert server.connections == 0
    await client.get_ticket(1)
    assert len(server.arrived) == 1


@KINDS
@pytest.mark.parametrize(
    "parts",
    [
        (head(len(BODY)), BODY),
        (head(len(BODY)), *(bytes([byte]) for byte in BODY)),
        (HEAD + b"\r\n" + BODY,),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(BODY[:9]), 0.05, chunk(BODY[9:]), b"0\r\n\r\n"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(BODY)),
        (HEAD + b"Content-Encoding: X-GZIP\r\n\r\n", gzip.compress(BODY)[:7], 0.05, gzip.compress(BODY)[7:]),
        (HEAD + b"Content-Encoding: identity\r\n\r\n" + BODY,),
        (b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", head(len(BODY)), BODY),
        (HEAD.replace(b"1.1", b"1.0") + b"\r\n\xef\xbb\xbf" + BODY + b"\r\n",),
        (HEAD.replace(b"application/json", b"text/html") + b"\r\n" + BODY,),
        (b"HTTP/1.1 201 Created\r\n\r\n" + BODY,),
    ],
    ids=range(11),
)
async def test_good_answers_are_read(
    server: Server, client: TicketClient, calls: list[Call], kind: str, parts: tuple[bytes | float, ...]
) -> None:
    server.sends(*parts)
    got = await (client.get_ticket(1) if kind == "read" else client.update_ticket(UpdateTicket(1)))
    assert got.ticket.id == 1
    assert got.raw_ticket == b'{"id": "1"}'
    assert got.received.raw.removeprefix(b"\xef\xbb\xbf").strip() == BODY
    assert len(server.arrived) == len(calls) == 1
    assert (calls[0].answer, calls[0].problem) == (got.received.raw, "")


async def test_what_an_answer_says_of_itself(server: Server, new_client: ClientMaker, clock: FixedClock) -> None:
    server.answers(GOOD, 200, {"Date": "Sun, 09 Sep 2001 01:46:40 GMT", "X-RateLimit-Remaining": "7"})
    received = (await new_client(server.url).get_ticket(1)).received
    assert (received.operation, received.http_status, received.limit_remaining) == ("GetTicket", 200, 7)
    assert (received.received_at, received.server_date) == (clock.now(), 1_000_000_000 * SECOND)


async def test_a_long_answer_does_not_hold_up_the_loop(server: Server, new_client: ClientMaker) -> None:
    tickets = [{"id": str(number), "notes": "n" * 200} for number in range(1, 30_001)]
    server.answers({"tickets": tickets}, packed=True)
    client = new_client(server.url, clock=SystemClock(), timeouts=Timeouts())
    longest = last = 0.0

    async def tick() -> None:
        nonlocal longest, last
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    page = await client.list_tickets()
    ticking.cancel()
    assert len(page.tickets) == 30_000
    assert longest < 0.5


async def test_reads_are_tried_again_until_it_works(server: Server, client: TicketClient, calls: list[Call]) -> None:
    server.refuses(503, 14)
    server.sends(then="reset")
    server.answers(GOOD)
    assert (await client.get_ticket(1)).ticket.id == 1
    assert [(call.attempt, call.http_status) for call in calls] == [(1, 503), (2, None), (3, 200)]


async def test_tries_are_spread_and_bounded(server: Server, new_client: ClientMaker, fails: Fails) -> None:
    server.refuses(503, 14)
    waits = []
    for seed in range(8):
        clock = FixedClock(0)
        calls: list[Call] = []
        await fails(new_client(server.url, clock=clock, seed=seed, observer=calls.append))
        first, second = (later.at - earlier.at for earlier, later in pairwise(calls))
        assert 0.5 * SECOND <= first <= SECOND <= second <= 2 * SECOND
        waits.append((first, second))
    assert len(set(waits)) == 8


async def test_a_429_is_waited_out_by_the_servers_clock(
    server: Server, new_client: ClientMaker, calls: list[Call]
) -> None:
    # The server's clock is an hour behind 2026's; only the difference of its own two times counts.
    server.refuses(429, 8, headers={"X-RateLimit-Reset": "1000000005", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"})
    server.answers(GOOD)
    await new_client(server.url).get_ticket(1)
    assert calls[1].at - calls[0].at == 5 * SECOND


async def test_a_429_without_end_is_given_up(server: Server, client: TicketClient, calls: list[Call]) -> None:
    server.refuses(429, 8, headers={"X-RateLimit-Reset": "99999999999", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"})
    with pytest.raises(RateLimited):
        await client.get_ticket(1)
    assert len(server.arrived) == 3
    assert calls[-1].at - calls[0].at <= 61 * SECOND


async def test_writes_do_not_leave_while_a_429_is_waited_out(
    server: Server, client: TicketClient, clock: FixedClock
) -> None:
    server.refuses(429, 8, headers={"X-RateLimit-Reset": "1000000020", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"})
    server.answers(GOOD)
    start = clock.now()
    for words in ("asks to wait (429 RESOURCE_EXHAUSTED)", "so this was not sent yet"):
        with pytest.raises(RateLimited) as caught:
            await client.update_ticket(UpdateTicket(1))
        assert words in caught.value.sentence
        assert (caught.value.effect, caught.value.reset_at) == ("limited", start + 20 * SECOND)
    assert len(server.arrived) == 1
    clock.advance(20)
    await client.update_ticket(UpdateTicket(1))
    assert len(server.arrived) == 2


async def test_the_pace_holds_on_the_line(server: Server, new_client: ClientMaker, calls: list[Call]) -> None:
    server.answers(GOOD)
    client = new_client(server.url, clock=SystemClock(), limiter=Limiter(SystemClock()))
    await asyncio.gather(*(client.get_ticket(1) for _ in range(12)))
    begun = sorted(call.at for call in calls)
    assert begun[8] - begun[0] >= SECOND


@KINDS
async def test_a_call_that_is_cancelled_is_over(
    server: Server, client: TicketClient, calls: list[Call], kind: str
) -> None:
    server.sends(then="hang")
    server.answers(GOOD)
    task = asyncio.ensure_future(client.get_ticket(1) if kind == "read" else client.update_ticket(UpdateTicket(1)))
    while not server.arrived:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [call.problem for call in calls] == ["cancelled"]
    await asyncio.sleep(0.05)
    assert len(server.arrived) == 1
    assert (await client.get_ticket(1)).ticket.id == 1


@KINDS
async def test_closing_ends_what_is_running(server: Server, new_client: ClientMaker, fails: Fails, kind: str) -> None:
    server.sends(then="hang")
    client = new_client(server.url, timeouts=Timeouts(), read_tries=1)
    task = asyncio.create_task(fails(client, kind))
    while not server.arrived:
        await asyncio.sleep(0.01)
    await client.aclose()
    error = await asyncio.wait_for(task, 2)
    assert (type(error), error.effect) == (Unclear, "unclear")
    assert len(server.arrived) == 1


async def test_the_observer_is_told_of_each_exchange(
    server: Server, new_client: ClientMaker, calls: list[Call], clock: FixedClock
) -> None:
    headers = {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "1790000001"}
    server.answers(GOOD, 200, headers, packed=True)
    await new_client(server.url).get_ticket(1)
    (call,) = calls
    assert (call.operation, call.at, call.attempt, call.http_status) == ("GetTicket", clock.now(), 1, 200)
    assert (call.limit, call.remaining, call.reset) == ("3", "7", "1790000001")
    assert (call.request, call.bytes_out) == (b'{"ticket_id":"1"}', 17)
    assert (call.answer, call.bytes_in) == (BODY, len(gzip.compress(BODY)))
    assert (call.problem, call.grpc_code) == ("", "")
    assert "ticket_id" not in repr(call)


async def test_an_observer_that_fails_changes_nothing(server: Server, new_client: ClientMaker) -> None:
    def observer(call: Call) -> None:
        raise RuntimeError(call.operation)

    server.answers(GOOD)
    client = new_client(server.url, observer=observer)
    assert (await client.update_ticket(UpdateTicket(1))).ticket.id == 1


async def test_the_token_turns_up_nowhere(
    server: Server,
    new_client: ClientMaker,
    fails: Fails,
    calls: list[Call],
    canary: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    # It notes the headers of answers, so an echo would be there; the inbox's own log takes nothing from it.
    caplog.set_level(logging.INFO, "httpcore")
    echoes = [canary, canary.upper()]
    for echo in echoes:
        server.refuses(400, 3, f"no such token: Plain {echo}")
        server.refuses(401, 16, echo)
        server.answers(echo.encode(), 200)
        server.answers({"ticket": {"id": "1", "notes": echo}, "messages": {}}, 200)
        server.answers(b"", 302, {"Location": f"https://{echo}.example/{echo}"})
        server.answers(f"<p>{echo}</p>".encode(), 403)
        server.sends(head(900), echo.encode(), then="close")
    server.answers(GOOD)
    client = new_client(server.url, read_tries=1)
    for _ in range(7 * len(echoes)):
        await fails(client)
    notes = UpdateTicket(1, notes=f"my token is {canary}")
    await client.update_ticket(notes)
    texts = [caplog.text, repr(client), repr(vars(client)), repr(vars(client._transport)), str(client._transport)]
    for call in calls:
        texts += [repr(call), *(str(getattr(call, field.name)) for field in fields(call))]
    assert len(calls) == 7 * len(echoes) + 1
    for text in texts:
        assert canary.casefold() not in text.casefold()
    assert json.loads(server.arrived[-1].body)["notes"] == f"my token is {canary}"
