"""The files behind the attachments: small, real documents made when asked for, always the same for the same name."""

from __future__ import annotations

import struct
import zlib
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

FILES_PATH: Final = "/files/"
_TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".csv": "text/csv",
    ".html": "text/html",
    ".zip": "application/zip",
    ".mp4": "video/mp4",
}


def content_type(filename: str) -> str:
    """By the name's ending; `application/octet-stream` when it says nothing."""
    return _TYPES.get(PurePosixPath(filename).suffix.lower(), "application/octet-stream")


def file_path(file_id: int, filename: str) -> str:
    """The path of an attachment's public address."""
    return f"{FILES_PATH}{file_id}/{quote(filename, safe='')}"


def content(filename: str, about: str) -> bytes:
    """A document of the kind the name promises; `about` is a line that stands in it."""
    kind = content_type(filename)
    if kind == "application/pdf":
        return pdf((PurePosixPath(filename).stem, about))
    if kind == "image/png":
        return png(sum(filename.encode()))
    return f"{filename}\n{about}\n".encode()


def pdf(lines: tuple[str, ...]) -> bytes:
    """One page with these lines on it (Latin-1; what does not fit becomes `?`)."""
    text = b"BT /F1 14 Tf 72 770 Td 20 TL "
    for line in lines:
        shown = line.encode("latin-1", "replace")
        for char in b"\\()":
            shown = shown.replace(bytes((char,)), b"\\" + bytes((char,)))
        text += b"(" + shown + b") Tj T* "
    text += b"ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length " + str(len(text)).encode() + b">>\nstream\n" + text + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    out = b"%PDF-1.4\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += str(number).encode() + b" 0 obj\n" + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def png(shade: int, width: int = 160, height: int = 120) -> bytes:
    """A picture: a gradient whose colour comes from `shade`."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(((x + shade) % 256, (y * 2) % 256, shade % 256))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + chunk(b"IEND", b"")
    )
