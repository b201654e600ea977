"""What answers mean: class, effect, words, and how often they are asked for."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from tui.api.errors import (
    ApiError,
    BadAnswer,
    Effect,
    Forbidden,
    NotFound,
    NotLive,
    NotSent,
    Offline,
    RateLimited,
    Redirected,
    Refused,
    SignedOut,
    Unclear,
)
from tui.api.verdict import Asked, explain, is_web_page, judge, masked
from tui.clock import SECOND, FixedClock
from tui.secret import Secret

if TYPE_CHECKING:
    from tests.api.conftest import ClientMaker, Fails, Server, ServerMaker
    from tui.api.client import TicketClient

PAGE = b"<!doctype html><title>Sign in</title>"
KINDS = pytest.mark.parametrize("kind", ["read", "write"])


def asked(token: str = "token-1234567890", about: str = "ticket 1") -> Asked:
    return Asked("GetTicket", about, "api.example", Secret(token))


@KINDS
@pytest.mark.parametrize(
    ("status", "code", "kind_of", "effect", "tries", "name", "words"),
    [
        (400, 3, Refused, "refused", 1, "INVALID_ARGUMENT", "The service refused {} (400 INVALID_ARGUMENT)."),
        (400, 9, Refused, "refused", 1, "FAILED_PRECONDITION", "It said: “no such thing”"),
        (400, 11, Refused, "refused", 1, "OUT_OF_RANGE", "refused"),
        (418, 42, Refused, "refused", 1, "CODE 42", "(418 CODE 42)"),
        (401, 16, SignedOut, "signed-out", 1, "UNAUTHENTICATED", "refused the token (401 UNAUTHENTICATED). Run"),
        (403, 7, Forbidden, "signed-out", 1, "PERMISSION_DENIED", "Ask refurbed to open the Ticket API for it"),
        (404, 5, NotFound, "refused", 1, "NOT_FOUND", "does not know ticket 1 (404 NOT_FOUND): check the number."),
        (408, 4, Unclear, "unclear", 3, "DEADLINE_EXCEEDED", "did not say whether it was done"),
        (409, 6, Unclear, "unclear", 1, "ALREADY_EXISTS", "did not say whether it was done (409 ALREADY_EXISTS)"),
        (409, 10, Unclear, "unclear", 1, "ABORTED", "did not say"),
        (429, 8, RateLimited, "limited", 3, "RESOURCE_EXHAUSTED", "10 requests a second are shared by all"),
        (499, 1, Unclear, "unclear", 3, "CANCELLED", "did not say"),
        (500, 2, Unclear, "unclear", 3, "UNKNOWN", "has trouble: the service answered 500 UNKNOWN. Try again later."),
        (500, 13, Unclear, "unclear", 3, "INTERNAL", "has trouble"),
        (500, 15, Unclear, "unclear", 3, "DATA_LOSS", "has trouble"),
        (501, 12, NotLive, "refused", 1, "UNIMPLEMENTED", "The Ticket API is not live yet at"),
        (503, 14, Unclear, "unclear", 3, "UNAVAILABLE", "has trouble"),
        (504, 4, Unclear, "unclear", 3, "DEADLINE_EXCEEDED", "has trouble"),
        (400, 13, Unclear, "unclear", 3, "INTERNAL", "did not say"),
    ],
)
async def test_errors_of_the_service(
    server: Server,
    client: TicketClient,
    fails: Fails,
    kind: str,
    status: int,
    code: int,
    kind_of: type[ApiError],
    effect: Effect,
    tries: int,
    name: str,
    words: str,
) -> None:
    server.refuses(status, code, "no such thing")
    error = await fails(client, kind)
    assert type(error) is kind_of
    assert (error.effect, error.http_status, error.grpc_code) == (effect, status, name)
    assert error.operation == ("GetTicket" if kind == "read" else "UpdateTicket")
    assert words.format(error.operation) in error.sentence
    assert len(server.arrived) == (tries if kind == "read" else 1)


@KINDS
@pytest.mark.parametrize(
    ("status", "body", "kind_of", "tries", "words"),
    [
        (400, PAGE, Unclear, 1, "A web page answered at"),
        (401, PAGE, Unclear, 1, "sign-in page stands in the way"),
        (403, b"", Unclear, 1, "Something other than the Ticket API answered at"),
        (404, PAGE, Unclear, 1, "or the base URL is wrong"),
        (404, b"404 page not found", Unclear, 1, "Something other than the Ticket API"),
        (407, b"", Unclear, 1, "asks for a password (407)"),
        (429, b"slow down", Unclear, 3, "(HTTP 429)"),
        (500, b"", Unclear, 3, "a gateway or proxy on the way answered 500"),
        (502, PAGE, Unclear, 3, "a gateway or proxy on the way answered 502"),
        (501, PAGE, NotLive, 1, "is not live yet"),
        (600, b"{}", Unclear, 1, "which is not an answer of the Ticket API"),
        (400, b'{"code": "3"}', Unclear, 1, "Something other"),
        (400, b'{"code": true}', Unclear, 1, "Something other"),
        (400, b'{"code": 0}', Unclear, 1, "Something other"),
        (400, b'{"code": 3.0}', Unclear, 1, "Something other"),
        (400, b'[{"code": 3}]', Unclear, 1, "Something other"),
        (400, b'{"code": 3, "message": "' + b"x" * 70_000 + b'"}', Unclear, 1, "Something other"),
        (400, b'{"code": ' + b"[" * 100_000, Unclear, 1, "Something other"),
        (400, b'{"code": 3, "message": {"a": 1}}', Refused, 1, "INVALID_ARGUMENT"),
        (400, b'\xef\xbb\xbf{"code": 3}', Refused, 1, "INVALID_ARGUMENT"),
        (400, b'{"code": 3, "message": "\\ud800\\u001b]0;x"}', Refused, 1, "]0;x”"),
    ],
)
async def test_errors_that_are_not_the_services(
    server: Server,
    client: TicketClient,
    fails: Fails,
    kind: str,
    status: int,
    body: bytes,
    kind_of: type[ApiError],
    tries: int,
    words: str,
) -> None:
    server.answers(body, status, then="close")
    error = await fails(client, kind)
    assert type(error) is kind_of
    assert error.effect == ("refused" if issubclass(kind_of, Refused) else "unclear")
    assert error.http_status == status
    assert words in error.sentence
    assert len(server.arrived) == (tries if kind == "read" else 1)


@KINDS
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_redirects_are_not_followed(
    server: Server, new_server: ServerMaker, client: TicketClient, fails: Fails, kind: str, status: int
) -> None:
    other = await new_server()
    other.answers({"ticket": {"id": "1"}})
    server.answers(b"", status, {"Location": f"{other.url}/elsewhere"})
    error = await fails(client, kind)
    assert type(error) is Redirected
    assert (error.effect, error.http_status) == ("refused", status)
    assert "points to 127.0.0.1 instead of answering. Redirects are not followed" in error.sentence
    assert len(server.arrived) == 1
    assert (other.connections, other.arrived, bytes(other.seen)) == (0, [], b"")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://login.example/?x=1", "points to login.example instead"),
        ("/other", "points to 127.0.0.1"),
        ("", "points to 127.0.0.1"),
        ("https://[::1", "points to another address"),
        ("https://a\tb.example", "points to ab.example"),
    ],
)
async def test_where_a_redirect_points_is_said(
    server: Server, client: TicketClient, fails: Fails, location: str, words: str
) -> None:
    server.answers(b"", 302, {"Location": location})
    assert words in (await fails(client)).sentence


@KINDS
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "cannot be read: the answer is empty."),
        (b"{}", "cannot be read: it has no ticket."),
        (b"null", "cannot be read: the answer is not a JSON object."),
        (b"OK", "cannot be read: the answer is not a JSON object."),
        (PAGE, "A web page answered at"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?>", "A web page answered at"),
        (b'{"ticket": {"id": "1"', "cannot be read: the answer is cut off."),
        (b'{"ticket": {"id": "2"}}', "cannot be read: it is about ticket 2 instead of 1."),
        (b'{"ticket": null}', "cannot be read: it has no ticket."),
        (b'{"code": 5, "message": "gone"}', "cannot be read: it has no ticket."),
        (b'{"ticket": {"id": "1"}, "messages": [null]}', "cannot be read: message 1 is not an object."),
        (b'{"ticket": ' + b"[" * 100_000, "cannot be read: the answer is nested too deeply."),
        (b'{"ticket": {"id": ' + b"1" * 6000 + b"}}", "cannot be read: the answer has a number too long to read."),
    ],
)
async def test_good_statuses_with_bad_answers(
    server: Server, client: TicketClient, fails: Fails, kind: str, body: bytes, words: str
) -> None:
    server.answers(body)
    error = await fails(client, kind)
    assert type(error) is BadAnswer
    assert (error.effect, error.http_status, error.transient) == ("unclear", 200, False)
    assert words in error.sentence
    assert len(server.arrived) == 1


async def test_a_web_page_is_known_by_its_first_character() -> None:
    assert is_web_page(b"\n <html>") and is_web_page(b"\xef\xbb\xbf<?xml?>")
    assert not is_web_page(b"{}") and not is_web_page(b"") and not is_web_page(b"x" * 2000 + b"<")


async def test_listing_says_where_nothing_answers(server: Server, client: TicketClient) -> None:
    server.refuses(404, 5)
    with pytest.raises(NotFound, match=r"Nothing answers to ListTickets at .*: check the base URL"):
        await client.list_tickets()
    with pytest.raises(NotFound, match="does not know help request 2 of ticket 1"):
        await client.get_help_request(1, 2)


async def test_what_the_service_says_is_cleaned_cut_and_free_of_the_token(
    server: Server, client: TicketClient, fails: Fails, canary: str
) -> None:
    hidden = "\u200b".join(canary.upper())
    server.refuses(400, 3, f"bad token Plain {canary} {canary.upper()} {hidden} \u202e\x1b[2J\n" + "x" * 900)
    sentence = (await fails(client)).sentence
    assert sentence.count("[token]") == 3
    assert len(sentence) < 500


async def test_a_token_cut_in_half_is_still_masked(server: Server, client: TicketClient, canary: str) -> None:
    server.refuses(400, 3, "x" * 290 + canary)
    with pytest.raises(Refused) as caught:
        await client.get_ticket(1)
    assert canary[:8] not in caught.value.sentence


async def test_rate_limits_tell_the_moment_on_our_clock(
    server: Server, new_client: ClientMaker, fails: Fails, clock: FixedClock
) -> None:
    server.refuses(429, 8, headers={"X-RateLimit-Reset": "1000000012", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"})
    error = await fails(new_client(server.url), "write")
    assert isinstance(error, RateLimited)
    assert error.reset_at == clock.now() + 12 * SECOND
    without_headers = judge(asked(), 429, {}, b'{"code": 8}', 5)
    assert isinstance(without_headers, RateLimited)
    assert without_headers.reset_at == 5 + SECOND


def connect_error(*causes: BaseException) -> httpx.ConnectError:
    """As httpx raises it: the cause is somewhere below."""
    error = httpx.ConnectError("x")
    error.__cause__ = BaseExceptionGroup("all failed", list(causes))
    return error


@pytest.mark.parametrize(
    ("problem", "kind_of", "transient", "words"),
    [
        (httpx.ProxyError("407"), NotSent, True, "Check HTTPS_PROXY and NO_PROXY"),
        (httpx.PoolTimeout("x"), NotSent, True, "wait for a connection"),
        (httpx.ConnectTimeout("x"), Offline, True, "did not take the connection in time"),
        (connect_error(socket.gaierror(-2, "x")), Offline, True, "The name api.example cannot be found"),
        (connect_error(OSError(101, "x"), ConnectionRefusedError()), Offline, True, "the connection was refused"),
        (connect_error(OSError(101, "x")), Offline, True, "cannot be reached. Check the network"),
        (httpx.ConnectError("x"), Offline, True, "cannot be reached"),
        (connect_error(ssl.SSLError(1, "x")), NotSent, True, "No secure connection to api.example"),
        (httpx.UnsupportedProtocol("x"), NotSent, False, "Check the base URL"),
        (httpx.InvalidURL("x"), NotSent, False, "Check the base URL"),
        (httpx.ReadTimeout("x"), Unclear, True, "did not answer in time"),
        (httpx.WriteTimeout("x"), Unclear, True, "did not answer in time"),
        (TimeoutError(), Unclear, True, "did not answer in time"),
        (httpx.RemoteProtocolError("x"), Unclear, True, "before its answer was whole"),
        (httpx.LocalProtocolError("x"), Unclear, False, "failed unexpectedly (LocalProtocolError)"),
        (httpx.ReadError("x"), Unclear, True, "broke"),
        (httpx.WriteError("x"), Unclear, True, "broke"),
        (httpx.CloseError("x"), Unclear, True, "broke"),
        (OSError(5, "x"), Unclear, True, "broke"),
        (RuntimeError("secret detail"), Unclear, False, "failed unexpectedly (RuntimeError)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_went_wrong_below(problem: Exception, kind_of: type[ApiError], transient: bool, words: str) -> None:
    error = explain(asked(), problem)
    assert type(error) is kind_of
    assert (error.transient, error.http_status, error.operation) == (transient, None, "GetTicket")
    assert words in error.sentence and "secret detail" not in error.sentence


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (18, "`ca_file`"),
        (20, "`ca_file`"),
        (10, "has run out"),
        (9, "date of this machine"),
        (62, "Check the base URL"),
    ],
)
def test_certificates_get_fitting_advice(number: int, advice: str) -> None:
    refused = ssl.SSLCertVerificationError(1, "x")
    refused.verify_code, refused.verify_message = number, "it is no good\x1b."
    error = explain(asked(), connect_error(refused))
    assert type(error) is NotSent and not error.transient
    assert advice in error.sentence and "Nothing was sent." in error.sentence
    assert "\x1b" not in error.sentence and ".." not in error.sentence


def test_a_chain_of_causes_that_goes_round_ends() -> None:
    one, two = httpx.ConnectError("x"), OSError()
    one.__cause__, two.__context__ = two, one
    assert type(explain(asked(), one)) is Offline


def test_a_proxy_on_the_way_is_named() -> None:
    assert "api.example (through the proxy p:3128)" in explain(asked(), httpx.ConnectTimeout("x"), "p:3128").sentence


def test_masking_takes_no_pattern_for_a_token() -> None:
    assert masked("a.c abc A.C", Secret("a.c")) == "[token] abc [token]"
