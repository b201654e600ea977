"""One POST after another: connections, TLS, proxies, the pace, retries of reads, and caps on what comes back."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import zlib
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tui import __version__
from tui.api.answers import Call, Received
from tui.api.errors import ApiError, BadAnswer, NotSent, RateLimited, TooLarge
from tui.api.limiter import Busy, Limiter, server_date
from tui.api.origin import Origin
from tui.api.requests import Json
from tui.api.verdict import Asked, explain, judge
from tui.clock import SECOND, Clock
from tui.secret import Secret
from tui.text import clean_line

ANSWER_LIMIT: Final = 32 * 1024 * 1024
READ_TRIES: Final = 3
LIMITED_TRIES: Final = 2
LONGEST_LIMITED_WAIT: Final = 30 * SECOND
WRITE_PATIENCE: Final = 2.0
USER_AGENT: Final = f"refurbed-inbox/{__version__} - python-httpx/{httpx.__version__}"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. The first four are httpx's, each for one step; `total` ends an answer that comes in drops."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 20.0
    pool: float = 5.0
    total: float = 300.0


DEFAULT_TIMEOUTS: Final = Timeouts()


class TokenAuth(httpx.Auth):
    """Adds the token to requests for one scheme, host and port, and to no others (SAFETY.md section 6)."""

    def __init__(self, token: Secret, origin: Origin) -> None:
        self._token = token
        self._place = httpx.URL(origin.url)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url, place = request.url, self._place
        if (url.scheme, url.host, url.port) == (place.scheme, place.host, place.port):
            request.headers["Authorization"] = f"Plain {self._token.reveal()}"
        yield request


@dataclass(slots=True)
class _Answer:
    """What has come back so far; kept when the rest does not come, for the observer."""

    status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    wire_bytes: int = 0


class Transport:
    """The connections of one client to one origin.

    Reads share kept-alive connections. Each write has a connection of its own: a kept one may be dying already, and then
    nobody can say whether the request arrived (SAFETY.md section 4).
    """

    def __init__(
        self,
        origin: Origin,
        token: Secret,
        *,
        clock: Clock,
        limiter: Limiter,
        seed: int | None,
        ca_file: Path | None,
        observer: Callable[[Call], None] | None,
        timeouts: Timeouts,
        read_tries: int,
    ) -> None:
        self._origin = origin
        self._token = token
        self._clock = clock
        self._limiter = limiter
        self._random = random.Random(seed)  # noqa: S311 - spreads retries, guards nothing
        self._ca_file = ca_file
        self._observer = observer
        self._timeouts = timeouts
        self._read_tries = read_tries
        self._context: ssl.SSLContext | None = None
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._via = ""

    def set_token(self, token: Secret) -> None:
        self._token = token

    async def aclose(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def read(self, operation: str, body: Json, about: str) -> Received:
        """Post what changes nothing, and post it again where that may help."""
        content = _encode(body)
        attempt = failures = limited = 0
        while True:
            attempt += 1
            await self._limiter.acquire()
            try:
                return await self._exchange(operation, content, about, attempt, fresh=False)
            except RateLimited as error:
                limited += 1
                if limited > LIMITED_TRIES:
                    raise
                now = self._clock.now()
                wait = min(max(error.reset_at - now, round(self._backoff(0) * SECOND)), LONGEST_LIMITED_WAIT)
            except ApiError as error:
                failures += 1
                if not error.transient or failures >= self._read_tries:
                    raise
                wait = round(self._backoff(failures - 1) * SECOND)
            await self._clock.sleep(wait / SECOND)

    async def write(self, operation: str, body: Json, about: str) -> Received:
        """Post what changes something: once. While a long pause is in force it is not posted at all."""
        until = 0
        try:
            await self._limiter.acquire(WRITE_PATIENCE)
        except Busy as busy:
            until = busy.until
        if until:
            raise RateLimited(
                f"{self._origin.netloc} asked to wait, so this was not sent yet. It goes out by itself.",
                reset_at=until,
                operation=operation,
            )
        return await self._exchange(operation, _encode(body), about, 1, fresh=True)

    def _backoff(self, failures: int) -> float:
        return 2.0**failures * self._random.uniform(0.5, 1.0)

    async def _exchange(self, operation: str, content: bytes, about: str, attempt: int, *, fresh: bool) -> Received:
        """One POST and its answer. Raises `ApiError`, free of the httpx exception it came from."""
        asked = Asked(operation, about, self._origin.netloc, self._token, self._via)
        answer = _Answer()
        failure: ApiError | None = None
        at, start = self._clock.now(), self._clock.monotonic()
        try:
            client = self._client(asked, fresh)
            asked = Asked(operation, about, self._origin.netloc, self._token, self._via)
            async with asyncio.timeout(self._timeouts.total):
                await self._post(client, asked, content, answer)
        except asyncio.CancelledError:
            self._tell(asked, content, answer, attempt, at, start, "cancelled", "")
            raise
        except ApiError as error:
            failure = error
        except Exception as error:
            failure = explain(asked, error)
        received_at = self._clock.now()
        if answer.status is not None:
            self._limiter.observe(answer.headers, received_at, at)
            failure = failure or judge(asked, answer.status, answer.headers, answer.body, received_at)
        if isinstance(failure, RateLimited):
            self._limiter.pause_until(min(failure.reset_at, received_at + LONGEST_LIMITED_WAIT))
        problem, code = (failure.sentence, failure.grpc_code) if failure else ("", "")
        elapsed_ms = self._tell(asked, content, answer, attempt, at, start, problem, code)
        if failure is not None:
            raise failure
        return Received(
            operation=operation,
            http_status=answer.status or 0,
            raw=answer.body,
            received_at=received_at,
            server_date=server_date(answer.headers),
            elapsed_ms=elapsed_ms,
            limit_remaining=self._limiter.remaining,
        )

    async def _post(self, client: httpx.AsyncClient, asked: Asked, content: bytes, answer: _Answer) -> None:
        request = client.build_request("POST", self._origin.operation_url(asked.operation), content=content)
        response = await client.send(request, stream=True, auth=TokenAuth(asked.token, self._origin))
        try:
            answer.status, answer.headers = response.status_code, response.headers
            if response.is_success:
                await _read_body(response, asked, answer)
            elif not 300 <= response.status_code < 400:
                # The status alone decides where the body of an error cannot be had.
                with suppress(httpx.HTTPError, ApiError):
                    await _read_body(response, asked, answer)
        finally:
            await response.aclose()

    def _client(self, asked: Asked, fresh: bool) -> httpx.AsyncClient:
        if client := self._clients.get(fresh):
            return client
        timeouts = self._timeouts
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        try:
            client = httpx.AsyncClient(
                verify=self._tls(asked),
                headers=headers | ({"Connection": "close"} if fresh else {}),
                timeout=httpx.Timeout(
                    connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
                ),
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=0 if fresh else 4),
                follow_redirects=False,
                trust_env=not self._origin.is_loopback,
            )
            self._via = environment_proxy(self._origin)
        except (ValueError, ImportError, httpx.InvalidURL):
            client = None
        if client is None:
            raise NotSent(
                "The proxy set in the environment (HTTPS_PROXY, ALL_PROXY) cannot be used. It must look like "
                "http://proxy.example:3128.",
                operation=asked.operation,
            )
        self._clients[fresh] = client
        return client

    def _tls(self, asked: Asked) -> ssl.SSLContext:
        """One context for all connections: the system's certificate authorities, and those of `ca_file`."""
        if self._context is None:
            if self._origin.scheme == "http":
                # Never used, and an empty one is cheap; it would trust nobody.
                self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                return self._context
            import truststore  # noqa: PLC0415 - not needed on loopback, where the demo starts in haste

            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                if self._ca_file is not None:
                    context.load_verify_locations(str(self._ca_file))
            except OSError:
                context = None
            if context is None:
                raise NotSent(
                    f"The certificate file {clean_line(str(self._ca_file), 200)} (`ca_file`) cannot be read, or holds "
                    "no certificate in PEM form.",
                    operation=asked.operation,
                )
            self._context = context
        return self._context

    def _tell(
        self, asked: Asked, content: bytes, answer: _Answer, attempt: int, at: int, start: float, problem: str, code: str
    ) -> float:
        """Tell the observer of an exchange; gives the milliseconds it took."""
        elapsed_ms = (self._clock.monotonic() - start) * 1000
        if self._observer is not None:
            token = asked.token.reveal().encode()
            self._observer(
                Call(
                    operation=asked.operation,
                    at=at,
                    attempt=attempt,
                    http_status=answer.status,
                    grpc_code=code,
                    elapsed_ms=elapsed_ms,
                    bytes_out=len(content),
                    bytes_in=answer.wire_bytes,
                    limit=clean_line(answer.headers.get("x-ratelimit-limit", ""), 40),
                    remaining=clean_line(answer.headers.get("x-ratelimit-remaining", ""), 40),
                    reset=clean_line(answer.headers.get("x-ratelimit-reset", ""), 40),
                    problem=problem,
                    request=content,
                    answer=answer.body.replace(token, b"[token]"),
                )
            )
        return elapsed_ms


def environment_proxy(origin: Origin) -> str:
    """`host:port` of the proxy that requests to the origin go through, without its password; empty for none."""
    if origin.is_loopback:
        return ""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - httpx has it loaded by then

    proxies = getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(origin.host):
        return ""
    url = httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
    return clean_line(url.netloc.decode("ascii", "replace").rpartition("@")[2], 100)


def _encode(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


async def _read_body(response: httpx.Response, asked: Asked, answer: _Answer) -> None:
    """The answer's body, unpacked while it arrives and never beyond the limit, packed or unpacked."""
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and len(declared) <= 20 and int(declared) > ANSWER_LIMIT:
        raise _too_large(asked, response.status_code)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise _bad(asked, response.status_code, "packed in a way that was not asked for")
    unpack = _Gunzip() if encoding.endswith("gzip") else None
    parts: list[bytes] = []
    size = 0
    # Raw chunks: httpx would unpack one small chunk into a single huge one (SAFETY.md section 6).
    async for chunk in response.aiter_raw():
        answer.wire_bytes += len(chunk)
        try:
            part = unpack.feed(chunk, ANSWER_LIMIT - size + 1) if unpack else chunk
        except zlib.error:
            raise _bad(asked, response.status_code, "its packing is damaged") from None
        size += len(part)
        if size > ANSWER_LIMIT or answer.wire_bytes > ANSWER_LIMIT:
            raise _too_large(asked, response.status_code)
        parts.append(part)
    if unpack is not None and not unpack.finished:
        raise _bad(asked, response.status_code, "it is cut off")
    answer.body = b"".join(parts)


class _Gunzip:
    """Unpacks gzip piece by piece, at most `room` bytes at a time; several members in a row are one stream."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)
        self._begun = False

    @property
    def finished(self) -> bool:
        return self._engine.eof or not self._begun

    def feed(self, chunk: bytes, room: int) -> bytes:
        """What the chunk unpacks to; when that fills the room there may have been more, which is lost."""
        parts: list[bytes] = []
        while chunk and room > 0:
            if self._engine.eof:
                self._engine = zlib.decompressobj(wbits=31)
            self._begun = True
            part = self._engine.decompress(chunk, room)
            room -= len(part)
            parts.append(part)
            chunk = self._engine.unused_data
        return b"".join(parts)


def _too_large(asked: Asked, status: int) -> TooLarge:
    return TooLarge(
        f"{asked.host} answered {asked.operation} with more than {ANSWER_LIMIT // 1024 // 1024} MB, which is not read.",
        operation=asked.operation,
        http_status=status,
    )


def _bad(asked: Asked, status: int, why: str) -> BadAnswer:
    return BadAnswer(
        f"{asked.host} answered {asked.operation} with something that cannot be read: {why}.",
        operation=asked.operation,
        http_status=status,
    )
