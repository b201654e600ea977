"""A demo service by a fixed clock, the server on a real socket, and the published contract where it is to be had."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import jsonschema
import pytest
import yaml

from tui.clock import FixedClock, SystemClock, parse_instant
from tui.demo.data import DEMO_TOKEN
from tui.demo.server import DemoServer
from tui.demo.service import Service

NOW = parse_instant("2026-11-23T08:15:00Z")
PREFIX = "/refb.merchant.v1.TicketService/"
StartServer = Callable[..., Awaitable[DemoServer]]
Json = dict[str, Any]


class Wire:
    """A client that knows nothing but HTTP."""

    def __init__(self, server: DemoServer) -> None:
        self.http = httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=10)

    async def post(
        self, operation: str, body: object = None, token: str | None = f"Plain {DEMO_TOKEN}"
    ) -> httpx.Response:
        headers = {} if token is None else {"Authorization": token}
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return await self.http.post(PREFIX + operation, content=content, headers=headers)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def service(clock: FixedClock) -> Service:
    return Service(clock)


@pytest.fixture
async def demo_server() -> AsyncIterator[StartServer]:
    """Start servers: `server = await demo_server(tickets=…, scenario=…, clock=…)`; all end with the test."""
    async with AsyncExitStack() as stack:

        async def start(
            *, clock: FixedClock | SystemClock | None = None, tickets: int = 64, rate: int = 1000, **options: Any
        ) -> DemoServer:
            server = DemoServer(Service(clock or SystemClock(), tickets=tickets), rate=rate, **options)
            await server.start()
            stack.push_async_callback(server.stop)
            return server

        yield start


@pytest.fixture
async def wire() -> AsyncIterator[Callable[[DemoServer], Wire]]:
    """Plain HTTP clients, closed with the test."""
    async with AsyncExitStack() as stack:

        def connect(server: DemoServer) -> Wire:
            client = Wire(server)
            stack.push_async_callback(client.http.aclose)
            return client

        yield connect


class Contract:
    """The published definitions, made strict: fields they don't name are errors."""

    def __init__(self, text: str) -> None:
        loaded = yaml.safe_load(text)
        self.definitions: Json = loaded["definitions"]
        self._root = _strict(loaded)

    def check(self, definition: str, value: object) -> None:
        """Raises when `value` is not what the definition says."""
        schema = {"$ref": f"#/definitions/{definition}", "definitions": self._root["definitions"]}
        errors = list(jsonschema.Draft4Validator(schema).iter_errors(cast(Any, value)))
        assert not errors, "; ".join(f"{list(error.path)}: {error.message}" for error in errors)


def _strict(node: Any) -> Any:
    """`x-nullable` becomes null allowed; `required` inside a string is not JSON Schema; unknown fields are refused."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(value) for key, value in node.items()}
    if made.get("type") == "string":
        made.pop("required", None)
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    if made.pop("x-nullable", False):
        made.pop("description", None)
        return {"anyOf": [made, {"type": "null"}]}
    if "$ref" in made:
        return {"$ref": made["$ref"]}
    return made


def _contract_file() -> Path | None:
    for folder in Path(__file__).resolve().parents:
        file = folder.parent / "shared" / "contract" / "ticketservice.swagger.yml"
        if file.is_file():
            return file
    return None


@pytest.fixture(scope="session")
def contract() -> Iterator[Contract]:
    file = _contract_file()
    if file is None:
        pytest.skip("the contract is not beside this checkout (../shared/contract)")
    yield Contract(file.read_text())
