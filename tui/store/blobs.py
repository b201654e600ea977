"""Attachment bytes in desk.db: each once, by sha256, for as long as a draft or an unsettled outbox row names them.

So a file that is changed, moved or deleted after the reply was written changes nothing about the reply.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable

from tui.store.desk_schema import json_or_none, text_bytes
from tui.store.errors import StoreError
from tui.store.rows import DraftFile, OutFile, manifest


def put(connection: sqlite3.Connection, file: OutFile) -> DraftFile:
    """Store a file's bytes; its line in the manifest.

    Raises `StoreError` when `data` is None and the desk does not hold the bytes either, or no longer as they were.
    """
    if file.data is None:
        data = get(connection, file.sha256)
        if data is None:
            raise StoreError("other", f"The attachment {file.name} is no longer there. Attach it again.")
        return DraftFile(file.path, file.name, len(data), file.sha256)
    digest = hashlib.sha256(file.data).hexdigest()
    if file.sha256 and file.sha256 != digest:
        raise StoreError("other", f"The attachment {file.name} has changed since it was attached. Attach it again.")
    # Written over: bytes of this hash that were damaged on disk are mended so.
    if get(connection, digest) is None:
        connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (digest, len(file.data), file.data))
    return DraftFile(file.path, file.name, len(file.data), digest)


def get(connection: sqlite3.Connection, sha256: str) -> bytes | None:
    """The bytes, or None when they are not there or were damaged on disk."""
    found = connection.execute("SELECT data FROM files WHERE sha256 = ?", (sha256,)).fetchone()
    if found is None:
        return None
    data = bytes(found[0])
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def sweep(connection: sqlite3.Connection) -> None:
    """Delete the bytes that nothing names any more."""
    held = {str(row[0]) for row in connection.execute("SELECT sha256 FROM files")}
    if not held:
        return
    needed = _needed(connection)
    if needed is not None:
        connection.executemany("DELETE FROM files WHERE sha256 = ?", [(each,) for each in held - needed])


def _needed(connection: sqlite3.Connection) -> set[str] | None:
    """The hashes still named; None when that cannot be told, because a row that names some was damaged."""
    needed: set[str] = set()
    for (attachments,) in connection.execute("SELECT attachments FROM drafts WHERE attachments <> '[]'"):
        found = json_or_none(attachments)
        if found is None:
            return None
        needed |= _hashes(files_of(found))
    unsettled = "SELECT payload, sha256 FROM outbox WHERE state NOT IN ('sent', 'refused', 'withdrawn')"
    for payload, sha256 in connection.execute(unsettled):
        if hashlib.sha256(bytes(payload)).hexdigest() != sha256:
            return None
        fields = json.loads(bytes(payload).decode("utf-8", "surrogatepass"))
        needed |= _hashes(files_of(fields.get("files")))
    return needed


def files_of(found: object) -> tuple[DraftFile, ...]:
    """A stored manifest; what of it was damaged is left out."""
    try:
        return manifest(found)
    except (TypeError, ValueError):
        return ()


def manifest_json(files: Iterable[DraftFile]) -> str:
    return json.dumps(manifest_list(files))


def manifest_list(files: Iterable[DraftFile]) -> list[dict[str, object]]:
    """A manifest as payloads hold it."""
    return [{"path": f.path, "name": f.name, "size": f.size, "sha256": f.sha256} for f in files]


def digest(text: str) -> str:
    """The sha256 of a stored text."""
    return hashlib.sha256(text_bytes(text)).hexdigest()


def _hashes(files: Iterable[DraftFile]) -> set[str]:
    return {file.sha256 for file in files}
