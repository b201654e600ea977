"""The stand-in TicketService on a loopback port: sign-in, rate limit, scenarios, faults, attachments."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote, unquote

from tui.demo.data import DEMO_TOKEN, SCENARIOS
from tui.demo.errors import Rejected, status, unknown
from tui.demo.faults import SCENARIO_NAMES, Fault, before_sign_in, error_fault, scenario_fault
from tui.demo.files import FILES_PATH
from tui.demo.http import MAX_BODY, MAX_HEAD, BadRequest, Request, Response, encode, read_request
from tui.demo.limits import RATE, RateLimit
from tui.demo.schema import OPERATIONS
from tui.demo.service import Service
from tui.demo.strict import parse

__all__ = ["DEMO_TOKEN", "SCENARIOS", "DemoServer", "Fault", "Served"]

PREFIX: Final = "/refb.merchant.v1.TicketService/"
CALLS_KEPT: Final = 500
_FILE: Final = re.compile(re.escape(FILES_PATH) + r"(\d{1,19})/([^/?#]+)", re.ASCII)
_CODES: Final = {400: 3, 411: 3, 413: 8, 431: 8}
_COLLEAGUES: Final = 0.8
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Served:
    """One call as it arrived, and how it ended. `http_status` 0: no answer. `committed`: it was carried out by then.

    `operation` is `GET /files/…` for an attachment; `authorized` says that an Authorization header came along.
    """

    operation: str
    body: object
    http_status: int
    at: int
    committed: bool = False
    authorized: bool = False


class DemoServer:
    """Serves a `Service` by the service's clock. `scenario`, `script` and `token` may be set while it runs.

    `script` sees every call that is signed in (operation, body) before the scenario does, and may give a `Fault`; for
    attachments the operation is `files` and the body holds the path.
    """

    def __init__(
        self,
        service: Service,
        *,
        token: str = DEMO_TOKEN,
        scenario: str = "ok",
        host: str = "127.0.0.1",
        port: int = 0,
        rate: int = RATE,
        seed: int = 1,
        max_body: int = MAX_BODY,
    ) -> None:
        self.service = service
        self.token = token
        self.scenario = scenario
        self.script: Callable[[str, Mapping[str, object]], Fault | None] | None = None
        self.calls: deque[Served] = deque(maxlen=CALLS_KEPT)
        self.url = ""
        self._clock = service.clock
        self._host, self._port = host, port
        self._limit = RateLimit(rate)
        self._rng = Random(seed)
        self._max_body = max_body
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def scenario(self) -> str:
        """One of SCENARIOS."""
        return self._scenario

    @scenario.setter
    def scenario(self, name: str) -> None:
        if name not in SCENARIO_NAMES:
            raise ValueError(f"There is no scenario {name!r}. There are {', '.join(SCENARIO_NAMES)}.")
        self._scenario = name

    async def start(self) -> None:
        """Listen; `url` says where. Raises `OSError` when the port is taken."""
        self._server = await asyncio.start_server(self._connected, self._host, self._port, limit=MAX_HEAD)
        self._port = int(self._server.sockets[0].getsockname()[1])
        self.url = f"http://{self._host}:{self._port}"
        self.service.base_url = self.url

    async def stop(self) -> None:
        """Stop listening and end all connections, those that hang too. `start` listens on the same port again."""
        if self._server is None:
            return
        self._server.close()
        connections = dict(self._connections)
        for task, writer in connections.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._connections[task] = writer
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.CancelledError):
            # The other side went away, or `stop` was called: either way there is nobody to tell.
            pass
        finally:
            del self._connections[task]
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read and answer one request; False when the connection is to end."""
        try:
            request = await read_request(reader, writer, self._max_body)
        except BadRequest as error:
            refused = error_fault(Rejected(_CODES[error.status], error.status, error.message))
            await self._send(writer, Response(refused.status, refused.body, {}), close=True)
            return False
        if request is None:
            return False
        call = self._admit(request)
        fault = call.fault
        if fault.delay:
            await self._clock.sleep(fault.delay)
        response, committed = self._carry_out(call)
        silent = fault.hang or bool(fault.close)
        http_status = 0 if silent else response.status
        self.calls.append(Served(call.operation, call.body, http_status, call.at, committed, call.authorized))
        if silent:
            await _without_answer(fault, reader, writer)
            return False
        close = not request.keep_alive or response.cut >= 0
        await self._send(writer, response, close=close, head_only=request.method == "HEAD")
        return not close

    async def _send(
        self, writer: asyncio.StreamWriter, response: Response, *, close: bool, head_only: bool = False
    ) -> None:
        writer.write(encode(response, self._clock.now(), close=close, head_only=head_only))
        await writer.drain()

    def _admit(self, request: Request) -> _Call:
        """Route, sign in, count and read a request; what stands in its way becomes its fault."""
        now = self._clock.now()
        path = request.path.partition("?")[0]
        token = request.headers.get("authorization", "")
        if path.startswith(FILES_PATH):
            wanted = {"path": path}
            fault = self.script("files", wanted) if self.script else None
            return _Call(f"{request.method} {path}", wanted, now, bool(token), {}, fault or Fault())
        operation = path.removeprefix(PREFIX)
        body: dict[str, object] = {}
        try:
            _route(request.method, path, operation)
            fault = before_sign_in(self._scenario)
            if fault is None:
                self._sign_in(token)
                self._count(token, now)
                body = parse(request.body)
                fault = self.script(operation, body) if self.script else None
            if fault is None:
                fault = scenario_fault(self._scenario, operation, self._rng)
        except Rejected as rejected:
            fault = error_fault(rejected)
        return _Call(operation, body, now, bool(token), self._limit.headers(token, now), fault or Fault())

    def _sign_in(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if not header:
            raise status(16, "missing authorization header")
        if scheme != "Plain" or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise status(16, "invalid or expired token")

    def _count(self, token: str, now: int) -> None:
        if self._scenario == "rate-limited" and self._rng.random() < _COLLEAGUES:
            self._limit.exhaust(token, now)
        if not self._limit.count(token, now):
            raise status(8, "rate limit exceeded")

    def _carry_out(self, call: _Call) -> tuple[Response, bool]:
        """What is to be answered, and whether the call was carried out."""
        fault = call.fault
        usual, committed = Response(fault.status, fault.body, {}), False
        if fault.late:
            self.service.defer(fault.late, call.operation, call.body)
        elif fault.commit:
            try:
                usual, committed = self._usual(call), True
            except Rejected as rejected:
                refused = error_fault(rejected)
                usual = Response(refused.status, refused.body, {})
        if fault.status:
            usual = Response(fault.status, fault.body, fault.headers)
        return Response(usual.status, usual.body, {**call.headers, **usual.headers}, fault.cut), committed

    def _usual(self, call: _Call) -> Response:
        match = _FILE.fullmatch(call.operation.partition(" ")[2])
        if match is None:
            if " " in call.operation:
                raise unknown("Not Found")
            answer = self.service.handle(call.operation, call.body)
            return Response(200, json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode(), {})
        name = unquote(match[2])
        found = self.service.file(int(match[1]), name)
        if found is None:
            raise unknown("Not Found")
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return Response(200, found[1], {"Content-Type": found[0], "Content-Disposition": disposition})


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that was read, the headers of its answer, and how it is to go."""

    operation: str
    body: Mapping[str, object]
    at: int
    authorized: bool
    headers: Mapping[str, str]
    fault: Fault


def _route(method: str, path: str, operation: str) -> None:
    if not path.startswith(PREFIX) or operation not in OPERATIONS:
        raise unknown("Not Found")
    if method != "POST":
        raise status(12, "Method Not Allowed")


async def _without_answer(fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection, or keep it until the other side gives up."""
    if fault.hang:
        while await reader.read(MAX_HEAD):
            pass
    elif fault.close == "reset":
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        writer.transport.abort()
