"""As much HTTP/1.1 as the demo server needs: requests with a Content-Length, answers likewise, keep-alive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from tui.clock import to_datetime

MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 48 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """A request that cannot be read on; the connection ends after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").casefold() != "close"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `cut` as in `Fault`."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    cut: int = -1


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int = MAX_BODY
) -> Request | None:
    """The next request; None when the other side is done. Raises `BadRequest`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest(431, "request header fields too large") from None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(400, "malformed request line")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "transfer-encoding" in headers:
        raise BadRequest(411, "a Content-Length is required")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise BadRequest(400, "malformed Content-Length")
    if headers.get("expect", "").casefold() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if int(length) > limit:
        await _discard(reader, int(length), 4 * limit)
        raise BadRequest(413, f"received message larger than max ({length} vs. {limit})")
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        return None
    return Request(words[0], words[1], headers, body)


async def _discard(reader: asyncio.StreamReader, length: int, most: int) -> None:
    """Read away what is too large, so that the answer is seen; not without end."""
    left = min(length, most)
    while left > 0 and (chunk := await reader.read(min(left, _CHUNK))):
        left -= len(chunk)


def encode(response: Response, now: int, *, close: bool, head_only: bool = False) -> bytes:
    """The answer as bytes; `now` becomes its Date."""
    phrase = _PHRASES.get(response.status, "Unknown")
    date = format_datetime(to_datetime(now, UTC), usegmt=True)
    headers = {
        "Date": date,
        "Content-Type": "application/json",
        **response.headers,
        "Content-Length": str(len(response.body)),
    }
    if close:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    body = b"" if head_only else response.body
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body if response.cut < 0 else body[: response.cut])
