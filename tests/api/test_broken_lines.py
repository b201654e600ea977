"""Broken lines: answers cut, packed badly or endless, connections that fail, certificates, proxies."""

from __future__ import annotations

import gzip
import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from tui.api.body import ANSWER_LIMIT
from tui.api.client import TicketClient, Timeouts
from tui.api.errors import ApiError, BadAnswer, NotSent, Offline, TooLarge, Unclear
from tui.api.requests import UpdateTicket
from tui.api.transport import READ_TRIES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Certificates, ClientMaker, Fails, Server, ServerMaker
    from tui.api.answers import Call

KINDS = pytest.mark.parametrize("kind", ["read", "write"])
GOOD = {"ticket": {"id": "1"}}
BODY = json.dumps(GOOD).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def head(length: int) -> bytes:
    return HEAD + f"Content-Length: {length}\r\n\r\n".encode()


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


PACKED = gzip.compress(BODY)
BOMB = gzip.compress(bytes(ANSWER_LIMIT + 10))


@KINDS
@pytest.mark.parametrize(
    ("parts", "then", "kind_of", "tries", "words"),
    [
        ((), "close", Unclear, 3, "closed the connection before its answer was whole"),
        ((), "reset", Unclear, 3, "broke"),
        ((b"HTTP/1.1 200 OK\r\nConte",), "close", Unclear, 3, "before its answer was whole"),
        ((head(100), BODY), "close", Unclear, 3, "before its answer was whole"),
        ((head(100), BODY), "reset", Unclear, 3, "broke"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(BODY)), "close", Unclear, 3, "before its answer"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), "close", Unclear, 3, "before its answer"),
        ((HEAD + b"\r\n" + BODY[:-3],), "close", BadAnswer, 1, "cannot be read: the answer is cut off."),
        ((b"\x16\x03\x01\x02",), "close", Unclear, 3, "before its answer was whole"),
        ((b"SSH-2.0-OpenSSH_9\r\n",), "close", Unclear, 3, "before its answer was whole"),
        ((b"HTTP/1.1 101 Switching Protocols\r\n\r\n",), "close", Unclear, 3, "before its answer was whole"),
        ((HEAD + b"X: " + b"x" * 200_000 + b"\r\n\r\n",), "close", Unclear, 3, "before its answer was whole"),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\n", PACKED[:-9]), "close", BadAnswer, 1, "it is cut off."),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\n", BODY), "close", BadAnswer, 1, "its packing is damaged."),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\n", PACKED + b"x"), "close", BadAnswer, 1, "packing is damaged."),
        ((HEAD + b"Content-Encoding: br\r\n\r\n", BODY), "close", BadAnswer, 1, "packed in a way that was not asked"),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\n", BOMB), "close", TooLarge, 1, "more than 32 MB, which is not read"),
        ((head(ANSWER_LIMIT + 1), b"{"), "hang", TooLarge, 1, "more than 32 MB"),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\n",), "close", BadAnswer, 1, "the answer is empty."),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), "keep", BadAnswer, 1, "the answer is empty."),
    ],
    ids=range(20),
)
async def test_answers_that_break(
    server: Server,
    client: TicketClient,
    fails: Fails,
    calls: list[Call],
    kind: str,
    parts: tuple[bytes, ...],
    then: Any,
    kind_of: type[ApiError],
    tries: int,
    words: str,
) -> None:
    server.sends(*parts, then=then)
    error = await fails(client, kind)
    assert type(error) is kind_of
    assert error.effect == "unclear"
    assert words in error.sentence
    assert len(server.arrived) == len(calls) == (tries if kind == "read" else 1)


@KINDS
async def test_an_endless_answer_is_left_at_the_limit(
    server: Server, client: TicketClient, fails: Fails, kind: str
) -> None:
    piece = chunk(b" " * 1024 * 1024)
    server.sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *([piece] * 40), then="close")
    assert type(await fails(client, kind)) is TooLarge


@KINDS
@pytest.mark.parametrize("at_accept", ["close", "reset"])
async def test_a_connection_that_ends_at_once_leaves_writes_unclear(
    server: Server, client: TicketClient, fails: Fails, kind: str, at_accept: Any
) -> None:
    server.at_accept = at_accept
    error = await fails(client, kind)
    assert (type(error), error.effect) == (Unclear, "unclear")
    assert (server.arrived, server.connections) == ([], READ_TRIES if kind == "read" else 1)


@KINDS
async def test_silence_ends(server: Server, client: TicketClient, fails: Fails, kind: str) -> None:
    server.sends(then="hang")
    error = await fails(client, kind)
    assert (type(error), error.http_status) == (Unclear, None)
    assert "did not answer in time" in error.sentence
    assert len(server.arrived) == (READ_TRIES if kind == "read" else 1)


@KINDS
async def test_an_answer_in_drops_ends(server: Server, new_client: ClientMaker, fails: Fails, kind: str) -> None:
    drops: list[bytes | float] = [part for _ in range(60) for part in (b" ", 0.05)]
    server.sends(head(100), *drops)
    client = new_client(server.url, timeouts=Timeouts(read=0.4, total=0.3), read_tries=1)
    error = await fails(client, kind)
    assert (type(error), error.effect, error.http_status) == (Unclear, "unclear", 200)
    assert "did not answer in time" in error.sentence


async def test_the_status_decides_where_an_errors_body_does_not_come(
    server: Server, client: TicketClient, fails: Fails
) -> None:
    server.sends(b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 50\r\n\r\n{", then="hang")
    assert (await fails(client, "write")).effect == "refused"


async def test_a_refusal_cut_off_is_unclear(server: Server, client: TicketClient, fails: Fails) -> None:
    server.sends(b'HTTP/1.1 400 Bad Request\r\nContent-Length: 50\r\n\r\n{"code": 3', then="close")
    error = await fails(client, "write")
    assert (type(error), error.http_status) == (Unclear, 400)


@KINDS
async def test_nobody_there(
    server: Server, new_server: ServerMaker, client: TicketClient, fails: Fails, kind: str
) -> None:
    await server.stop()
    error = await fails(client, kind)
    assert (type(error), error.effect, error.transient) == (Offline, "unsent", True)
    assert "Nothing answers at 127.0.0.1" in error.sentence


@KINDS
async def test_certificates_that_nobody_vouches_for_are_refused(
    new_server: ServerMaker, new_client: ClientMaker, fails: Fails, certificates: Certificates, kind: str
) -> None:
    server = await new_server(certificates.server_side("here"))
    error = await fails(new_client(server.url), kind)
    assert (type(error), error.effect, error.transient) == (NotSent, "unsent", False)
    assert "is not to be trusted: self-signed certificate. Nothing was sent." in error.sentence
    assert "`ca_file`" in error.sentence
    assert (server.arrived, bytes(server.seen)) == ([], b"")


async def test_a_certificate_of_another_host_is_refused(
    new_server: ServerMaker, new_client: ClientMaker, fails: Fails, certificates: Certificates
) -> None:
    server = await new_server(certificates.server_side("elsewhere"))
    error = await fails(new_client(server.url, ca_file=certificates.elsewhere))
    assert (type(error), error.effect) == (NotSent, "unsent")
    assert "mismatch" in error.sentence and "Check the base URL." in error.sentence
    assert bytes(server.seen) == b""


async def test_ca_file_is_accepted(
    new_server: ServerMaker, new_client: ClientMaker, certificates: Certificates
) -> None:
    server = await new_server(certificates.server_side("here"))
    server.answers(GOOD)
    client = new_client(server.url, ca_file=certificates.here)
    assert (await client.get_ticket(1)).ticket.id == 1
    await client.update_ticket(UpdateTicket(1))
    assert len(server.arrived) == 2


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_an_unusable_ca_file_is_named(
    new_client: ClientMaker, fails: Fails, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca\x1b.pem"
    if content is not None:
        file.write_bytes(content)
    error = await fails(new_client("https://127.0.0.1:1", ca_file=file), "write")
    assert (type(error), error.effect) == (NotSent, "unsent")
    assert "(`ca_file`) cannot be read, or holds no certificate in PEM form" in error.sentence


@KINDS
async def test_https_to_a_server_that_speaks_http(
    server: Server, new_client: ClientMaker, fails: Fails, kind: str
) -> None:
    server.at_accept = "speak"
    error = await fails(new_client(server.url.replace("http:", "https:"), read_tries=1), kind)
    assert (type(error), error.effect) == (NotSent, "unsent")
    assert "No secure connection" in error.sentence


def test_old_tls_is_not_spoken() -> None:
    from tui.api.connect import tls_context
    from tui.api.origin import parse_origin

    context = tls_context(parse_origin("https://api.refurbed.com"), None)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname and context.verify_mode == ssl.CERT_REQUIRED


async def test_loopback_never_goes_through_a_proxy(
    server: Server, new_server: ServerMaker, new_client: ClientMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await new_server()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    server.answers(GOOD)
    client = new_client(server.url)
    await client.get_ticket(1)
    await client.update_ticket(UpdateTicket(1))
    assert (len(server.arrived), proxy.connections) == (2, 0)


@KINDS
@pytest.mark.parametrize("status", [403, 407, 502])
async def test_a_proxy_that_refuses_sees_no_token(
    new_server: ServerMaker, new_client: ClientMaker, fails: Fails, monkeypatch: pytest.MonkeyPatch, canary: str,
    kind: str, status: int,
) -> None:  # fmt: skip
    proxy = await new_server()
    proxy.answers(b"", status)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    error = await fails(new_client("https://service.example"), kind)
    assert (type(error), error.effect) == (NotSent, "unsent")
    assert "does not let us through to service.example (through the proxy 127.0.0.1:" in error.sentence
    assert {request.method for request in proxy.arrived} == {"CONNECT"}
    assert canary.encode() not in proxy.seen


async def test_a_proxy_that_is_not_there_is_named_without_its_password(
    new_client: ClientMaker, fails: Fails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pa55word@127.0.0.1:1")
    error = await fails(new_client("https://service.example"))
    assert type(error) is Offline
    assert "service.example (through the proxy 127.0.0.1:1): the connection was refused" in error.sentence
    assert "pa55word" not in error.sentence


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://x", "http://[::1", "http://x:port"])
async def test_an_unusable_proxy_is_said(
    new_client: ClientMaker, fails: Fails, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = await fails(new_client("https://service.example"), "write")
    assert (type(error), error.effect) == (NotSent, "unsent")
    assert "It must look like http://proxy.example:3128" in error.sentence
