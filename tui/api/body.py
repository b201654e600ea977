"""An answer's body: taken in as it comes over the line, unpacked by ourselves, never beyond the limit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

import httpx

from tui.api.errors import BadAnswer, TooLarge
from tui.api.verdict import Asked

ANSWER_LIMIT: Final = 32 * 1024 * 1024
"""DESIGN.md "Data on disk"; counts for the bytes on the line and for those unpacked."""


@dataclass(slots=True)
class Answer:
    """What has come back so far; `body` is empty until it is whole."""

    status: int | None = None
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    wire_bytes: int = 0


async def read_body(response: httpx.Response, asked: Asked, answer: Answer) -> None:
    """Fill `answer.body`. Raises `TooLarge`, `BadAnswer`, and what httpx raises."""
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and len(declared) <= 20 and int(declared) > ANSWER_LIMIT:
        raise _too_large(asked, response.status_code)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise _bad(asked, response.status_code, "it is packed in a way that was not asked for")
    engine = zlib.decompressobj(wbits=31) if encoding.endswith("gzip") else None
    parts: list[bytes] = []
    size = 0
    # Raw chunks: httpx would unpack a small chunk into a single huge one (SAFETY.md section 6).
    async for chunk in response.aiter_raw():
        answer.wire_bytes += len(chunk)
        damaged = False
        try:
            part = engine.decompress(chunk, ANSWER_LIMIT - size + 1) if engine else chunk
            damaged = engine is not None and engine.unused_data != b""
        except zlib.error:
            damaged = True
        if damaged:
            raise _bad(asked, response.status_code, "its packing is damaged")
        size += len(part)
        if size > ANSWER_LIMIT or answer.wire_bytes > ANSWER_LIMIT:
            raise _too_large(asked, response.status_code)
        parts.append(part)
    if engine is not None and not engine.eof and answer.wire_bytes:
        raise _bad(asked, response.status_code, "it is cut off")
    answer.body = b"".join(parts)


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
