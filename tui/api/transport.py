"""One POST after another: connections, TLS, proxies, the pace, retries of reads, and caps on what comes back."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tui import __version__
from tui.api.answers import Call, Received
from tui.api.body import Answer, read_body
from tui.api.connect import SettingError, environment_proxy, tls_context
from tui.api.errors import ApiError, NotSent, RateLimited
from tui.api.limiter import Busy, Limiter, server_date
from tui.api.origin import Origin
from tui.api.requests import Json
from tui.api.verdict import Asked, explain, judge, masked_bytes
from tui.clock import SECOND, Clock
from tui.secret import Secret
from tui.text import clean_line

READ_TRIES: Final = 3
LIMITED_TRIES: Final = 2
LONGEST_LIMITED_WAIT: Final = 30 * SECOND
WRITE_PATIENCE: Final = 2.0
UPLOAD_CHUNK: Final = 64 * 1024
"""Bytes to which the write time-out applies each, so that a large file on a thin line is no time-out."""
_KEPT_BACK: Final = "kept_back"
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


class Transport:
    """The connections of one client to one origin.

    Reads share kept-alive connections. Each write has a connection of its own: a kept one may be dying already, and
    then nobody can say whether the request arrived (SAFETY.md section 4).
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
        asked = Asked(operation, about, self._origin.netloc, self._token)
        answer = Answer()
        failure: ApiError | None = None
        at, start = self._clock.now(), self._clock.monotonic()
        try:
            client = self._client(asked, fresh)
            async with asyncio.timeout(self._timeouts.total):
                await self._post(client, asked, content, answer)
        except asyncio.CancelledError:
            self._tell(asked, content, answer, attempt, at, start, "cancelled", "")
            raise
        except ApiError as error:
            failure = error
        except Exception as error:
            failure = explain(asked, error, self._via)
            failure.http_status = answer.status
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

    async def _post(self, client: httpx.AsyncClient, asked: Asked, content: bytes, answer: Answer) -> None:
        request = client.build_request(
            "POST",
            self._origin.operation_url(asked.operation),
            content=_in_chunks(content),
            headers={"Content-Length": str(len(content))},
        )
        response = await client.send(request, stream=True, auth=TokenAuth(asked.token, self._origin))
        try:
            answer.status, answer.headers = response.status_code, response.headers
            answer.headers.update(response.extensions.get(_KEPT_BACK, {}))
            if response.is_success:
                await read_body(response, asked, answer)
            elif not 300 <= response.status_code < 400:
                # The status alone decides where the body of an error cannot be had.
                with suppress(httpx.HTTPError, ApiError):
                    await read_body(response, asked, answer)
        finally:
            await response.aclose()

    def _client(self, asked: Asked, fresh: bool) -> httpx.AsyncClient:
        problem = ""
        try:
            return self._clients.get(fresh) or self._new_client(fresh)
        except SettingError as error:
            problem = str(error)
        except (ValueError, ImportError, httpx.InvalidURL):
            problem = (
                "The proxy set in the environment (HTTPS_PROXY, ALL_PROXY) cannot be used. It must look like "
                "http://proxy.example:3128."
            )
        raise NotSent(problem, operation=asked.operation)

    def _new_client(self, fresh: bool) -> httpx.AsyncClient:
        timeouts = self._timeouts
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        context = self._context = self._context or tls_context(self._origin, self._ca_file)
        self._via = environment_proxy(self._origin)
        client = self._clients[fresh] = httpx.AsyncClient(
            verify=context,
            headers=headers | ({"Connection": "close"} if fresh else {}),
            timeout=httpx.Timeout(
                connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
            ),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=0 if fresh else 4),
            follow_redirects=False,
            trust_env=not self._origin.is_loopback,
            event_hooks={"response": [_keep_location_back]},
        )
        return client

    def _tell(
        self, asked: Asked, content: bytes, answer: Answer, attempt: int, at: int, start: float, problem: str, code: str
    ) -> float:
        """Tell the observer of an exchange; gives the milliseconds it took."""
        elapsed_ms = (self._clock.monotonic() - start) * 1000
        if self._observer is not None:
            call = Call(
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
                request=masked_bytes(content, asked.token),
                answer=masked_bytes(answer.body, asked.token),
            )
            # Whatever the observer does wrong, it must not change what is known of a write.
            with suppress(Exception):
                self._observer(call)
        return elapsed_ms


async def _keep_location_back(response: httpx.Response) -> None:
    """Hide where an answer points to while httpx has it in hands.

    It looks at the address even where it follows nothing, and takes an unusable one for a broken answer.
    """
    if location := response.headers.pop("location", ""):
        response.extensions[_KEPT_BACK] = {"location": location}


async def _in_chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), UPLOAD_CHUNK):
        yield content[start : start + UPLOAD_CHUNK]


def _encode(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
