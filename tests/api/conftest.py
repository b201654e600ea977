"""A server whose every byte a test decides, clients for it, certificates, and the contract as an oracle."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ipaddress
import json
import shutil
import socket
import ssl
import struct
import subprocess
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from tui.api.answers import Call
from tui.api.client import TicketClient, Timeouts
from tui.api.errors import ApiError
from tui.api.limiter import Limiter
from tui.api.origin import parse_origin
from tui.api.requests import UpdateTicket
from tui.clock import Clock, FixedClock
from tui.secret import Secret

CANARY = "c4a4a17e-0000-4000-8000-70ken5ecre7"
NOW = 1_790_000_000_000_000
QUICK = Timeouts(connect=2.0, read=0.4, write=2.0, pool=2.0, total=6.0)
Then = Literal["keep", "close", "reset", "hang"]


@dataclass(frozen=True)
class Arrived:
    """A request as the server got it, whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def operation(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Step:
    """What follows a request: bytes and pauses (seconds), then what becomes of the connection."""

    parts: tuple[bytes | float, ...]
    then: Then


@dataclass
class Server:
    """Reads HTTP/1.1 requests and follows a script; its last step is repeated."""

    tls: ssl.SSLContext | None = None
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    seen: bytearray = field(default_factory=bytearray)
    at_accept: Literal["", "close", "reset", "speak"] = ""
    """What becomes of a connection before anything is read; `speak` says in plain HTTP that this is wrong."""
    port: int = 0
    _script: list[Step] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def sends(self, *parts: bytes | float, then: Then = "close") -> None:
        """The next answer, byte by byte."""
        self._script.append(Step(parts, then))

    def answers(
        self,
        body: object = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        packed: bool = False,
        then: Then = "keep",
    ) -> None:
        """The next answer, whole. `body`: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        fields = {"Content-Type": "application/json"}
        if packed:
            content = gzip.compress(content)
            fields["Content-Encoding"] = "gzip"
        fields |= {"Content-Length": str(len(content)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.sends(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content, then=then)

    def refuses(self, status: int, code: int, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        """The next answer is a gRPC error."""
        self.answers({"code": code, "message": message, "details": []}, status, headers)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            await self._serve(reader, writer, self.connections)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        if self.at_accept == "speak":
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            await writer.drain()
        if self.at_accept:
            self._end(writer, self.at_accept)
            return
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.seen += head
            first, *lines = head.decode().rstrip().split("\r\n")
            method, path, _ = first.split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.seen += body
            self.arrived.append(Arrived(method, path, headers, body, connection))
            step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            for part in step.parts:
                if isinstance(part, bytes):
                    writer.write(part)
                    await writer.drain()
                else:
                    await asyncio.sleep(part)
            if step.then != "keep":
                if step.then == "hang":
                    await asyncio.sleep(30)
                self._end(writer, step.then)
                return

    def _end(self, writer: asyncio.StreamWriter, then: str) -> None:
        if then == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class ServerMaker(Protocol):
    async def __call__(self, tls: ssl.SSLContext | None = None) -> Server: ...


class ClientMaker(Protocol):
    def __call__(self, url: str, **options: Any) -> TicketClient: ...


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def canary() -> str:
    """A token that must turn up nowhere."""
    return CANARY


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def new_server() -> AsyncIterator[ServerMaker]:
    servers: list[Server] = []

    async def make(tls: ssl.SSLContext | None = None) -> Server:
        server = Server(tls)
        await server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        await server.stop()


@pytest.fixture
async def server(new_server: ServerMaker) -> Server:
    return await new_server()


@pytest.fixture
def calls() -> list[Call]:
    """What the observer of the clients of this test was told."""
    return []


@pytest.fixture
async def new_client(clock: FixedClock, calls: list[Call]) -> AsyncIterator[ClientMaker]:
    """Clients whose waits take no time, with short time-outs."""
    clients: list[TicketClient] = []

    def make(url: str, **options: Any) -> TicketClient:
        own_clock: Clock = options.pop("clock", clock)
        settings: dict[str, Any] = {
            "clock": own_clock,
            "limiter": Limiter(own_clock),
            "seed": 7,
            "observer": calls.append,
            "timeouts": QUICK,
        }
        client = TicketClient(parse_origin(url), Secret(CANARY), **(settings | options))
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(server: Server, new_client: ClientMaker) -> TicketClient:
    return new_client(server.url)


class Fails(Protocol):
    async def __call__(self, client: TicketClient, kind: str = "read") -> ApiError: ...


@pytest.fixture
def fails() -> Fails:
    """Ask for ticket 1, or write to it, and give the error that came of it, in which the token must not be."""

    async def ask(client: TicketClient, kind: str = "read") -> ApiError:
        with pytest.raises(ApiError) as caught:
            await (client.get_ticket(1) if kind == "read" else client.update_ticket(UpdateTicket(1, status="PENDING")))
        error = caught.value
        texts = [str(error), repr(error), error.sentence, repr(vars(error)), *traceback.format_exception(error)]
        for text in texts:
            assert CANARY.casefold() not in text.casefold()
        assert error.__context__ is None
        assert error.sentence.isprintable() and error.sentence.endswith((".", "”"))
        return error

    return ask


@dataclass(frozen=True)
class Certificates:
    """PEM files: one for this machine, one for another name; each is its own authority."""

    here: Path
    elsewhere: Path

    def server_side(self, which: Literal["here", "elsewhere"]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.here if which == "here" else self.elsewhere)
        return context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    return Certificates(
        _certificate(folder / "here.pem", ["localhost"], ["127.0.0.1"]),
        _certificate(folder / "elsewhere.pem", ["elsewhere.example"], []),
    )


def _certificate(path: Path, names: list[str], addresses: list[str]) -> Path:
    """A self-signed certificate and its key in one file."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return _certificate_by_command(path, names, addresses)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + private)
    return path


def _certificate_by_command(path: Path, names: list[str], addresses: list[str]) -> Path:
    command = shutil.which("openssl")
    assert command is not None, "neither the cryptography package nor the openssl command is here"
    alternatives = ",".join([f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses])
    key = path.with_suffix(".key")
    asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    asked += ["-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}", "-keyout", str(key)]
    subprocess.run([command, *asked, "-out", str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@pytest.fixture(scope="session")
def contract() -> Callable[[str], Validator]:
    """A strict validator for a definition of the service's contract, which is not part of this project."""
    for folder in Path(__file__).resolve().parents:
        file = folder.parent / "shared" / "contract" / "ticketservice.swagger.yml"
        if file.is_file():
            break
    else:
        pytest.skip("the contract (../shared/contract) is not on this machine")
    definitions = {
        name: _strict(definition) for name, definition in yaml.safe_load(file.read_text())["definitions"].items()
    }

    def validator(name: str) -> Validator:
        return Draft202012Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})

    return validator


_FORMATS = {
    "int64": {"pattern": r"^-?[0-9]{1,19}$"},
    "date-time": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"},
    "byte": {"pattern": r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
}


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Swagger 2.0 as JSON Schema: unknown fields refused, formats as patterns, `x-nullable` understood."""
    strict = {name: value for name, value in schema.items() if name not in ("x-nullable", "format", "default")}
    if "properties" in schema:
        strict["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        strict.setdefault("additionalProperties", False)
    if isinstance(schema.get("items"), dict):
        strict["items"] = _strict(schema["items"])
    if schema.get("type") == "string":
        strict |= _FORMATS.get(schema.get("format", ""), {})
    if schema.get("x-nullable"):
        return {"anyOf": [strict, {"type": "null"}]}
    return strict
