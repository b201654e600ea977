"""What is done to the cache, one function a transaction: taking answers in, and forgetting."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

from tui.clock import DAY
from tui.domain import ACTIVE_STATUSES, Message, Ticket
from tui.store import search
from tui.store.rows import Changes
from tui.store.schema import Spec, statements

TICKET_COLUMNS: Final = tuple(each.name for each in fields(Ticket))
MESSAGE_COLUMNS: Final = ("scope", "created_at", "author_type", "author_name", "author_email", "body_html")

# `raw_sum` tells whether the JSON as received is another one; `by_view` holds all that views and orders ask for.
_VERSION_1: Final = statements(
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE tickets ("
    " id INTEGER PRIMARY KEY, status TEXT NOT NULL, urgency TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " updated_at INTEGER NOT NULL, item_kind TEXT NOT NULL, order_id INTEGER NOT NULL,"
    " order_item_id INTEGER NOT NULL, product TEXT NOT NULL, topic TEXT NOT NULL, country TEXT NOT NULL,"
    " customer_name TEXT NOT NULL, customer_email TEXT NOT NULL, assignee_email TEXT NOT NULL,"
    " assignee_name TEXT NOT NULL, awaiting_since INTEGER NOT NULL, overdue_at INTEGER NOT NULL,"
    " takeover_at INTEGER NOT NULL, seller_action_needed INTEGER NOT NULL, customer_panicked INTEGER NOT NULL,"
    " notes TEXT NOT NULL, follow_up_to INTEGER NOT NULL, topic_change_allowed INTEGER NOT NULL,"
    " has_help_requests INTEGER NOT NULL,"
    " raw_sum INTEGER NOT NULL, seen_at INTEGER NOT NULL, name_folded TEXT NOT NULL, assignee_folded TEXT NOT NULL)",
    "CREATE INDEX by_view ON tickets (status, updated_at, created_at, overdue_at, takeover_at, seller_action_needed,"
    " has_help_requests, assignee_folded, name_folded)",
    "CREATE INDEX by_change ON tickets (updated_at)",
    "CREATE TABLE ticket_raws (ticket_id INTEGER PRIMARY KEY, raw BLOB NOT NULL)",
    "CREATE TABLE threads ("
    " ticket_id INTEGER PRIMARY KEY, read_at INTEGER NOT NULL, for_updated_at INTEGER NOT NULL,"
    " newest_message_id INTEGER NOT NULL, messages INTEGER NOT NULL)",
    "CREATE TABLE messages ("
    " ticket_id INTEGER NOT NULL, id INTEGER NOT NULL, scope TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " author_type TEXT NOT NULL, author_name TEXT NOT NULL, author_email TEXT NOT NULL, body_html TEXT NOT NULL,"
    " attachments TEXT NOT NULL, raw BLOB NOT NULL, PRIMARY KEY (ticket_id, id))",
    *search.SCHEMA,
)

SPEC: Final = Spec(
    name="cache.db",
    application_id=0x52464243,
    steps=(_VERSION_1,),
    tables=frozenset(
        {"facts", "tickets", "ticket_raws", "threads", "messages", "ticket_words", "thread_words"},
    ),
    precious=False,
)

_TICKET_VALUES: Final = attrgetter(*TICKET_COLUMNS)
_MESSAGE_VALUES: Final = attrgetter(*MESSAGE_COLUMNS)
_STORED: Final = ("SELECT", ", ".join((*TICKET_COLUMNS, "raw_sum")), "FROM tickets WHERE id IN")
_UNTIDY: Final = "cache.untidy"
_BELIEVED_AHEAD: Final = DAY
"""A change further ahead of our clock than this is somebody's mistake, and holds no later answer back."""
AMONG: Final = "(SELECT value FROM json_each(?))"
"""Any number of ids as one parameter: a JSON list."""


def upsert(connection: sqlite3.Connection, tickets: Sequence[Ticket], raws: Sequence[bytes], seen_at: int) -> Changes:
    """Take tickets in. An older `updated_at` never replaces a newer one; nothing is written where nothing differs."""
    latest: dict[int, tuple[Ticket, bytes]] = {}
    for ticket, raw in zip(tickets, raws, strict=True):
        if ticket.id not in latest or ticket.updated_at >= latest[ticket.id][0].updated_at:
            latest[ticket.id] = (ticket, raw)
    stored = {row[0]: row for row in connection.execute(" ".join((*_STORED, AMONG)), (json.dumps(list(latest)),))}
    updated_at = TICKET_COLUMNS.index("updated_at")
    new: list[int] = []
    changed: list[int] = []
    unchanged: list[int] = []
    rows: list[tuple[object, ...]] = []
    written: list[tuple[Ticket, bytes]] = []
    for ticket_id, (ticket, raw) in latest.items():
        row = (*_TICKET_VALUES(ticket), zlib.crc32(raw))
        old = stored.get(ticket_id)
        if old is None:
            new.append(ticket_id)
        elif row[:-1] == old[:-1] or _older(ticket, old[updated_at], seen_at):
            unchanged.append(ticket_id)
            if row == old or _older(ticket, old[updated_at], seen_at):
                continue
        else:
            changed.append(ticket_id)
        rows.append((*row, seen_at, ticket.customer_name.casefold(), ticket.assignee_email.casefold()))
        written.append((ticket, raw))
    if rows:
        connection.executemany(_replace("tickets", len(TICKET_COLUMNS) + 4), rows)
        connection.executemany(
            "INSERT OR REPLACE INTO ticket_raws VALUES (?, ?)", ((ticket.id, raw) for ticket, raw in written)
        )
        search.put_tickets(connection, (ticket for ticket, _ in written))
    return Changes(tuple(new), tuple(changed), tuple(unchanged))


def put_thread(
    connection: sqlite3.Connection,
    ticket: Ticket,
    messages: Sequence[Message],
    raws: Sequence[bytes],
    texts: Sequence[str],
    read_at: int,
    *,
    indexed: bool,
) -> bool:
    """Make these the messages of the ticket; True when any differs. An answer older than the one held is ignored."""
    held = connection.execute("SELECT for_updated_at FROM threads WHERE ticket_id = ?", (ticket.id,)).fetchone()
    if held is not None and _older(ticket, held[0], read_at):
        return False
    columns = ", ".join(("id", *MESSAGE_COLUMNS, "attachments", "raw"))
    found = connection.execute(" ".join(("SELECT", columns, "FROM messages WHERE ticket_id = ?")), (ticket.id,))
    old = {row[0]: row for row in found}
    rows = {
        message.id: (message.id, *_MESSAGE_VALUES(message), _attachments(message), raw)
        for message, raw in zip(messages, raws, strict=True)
    }
    gone = old.keys() - rows.keys()
    connection.executemany("DELETE FROM messages WHERE ticket_id = ? AND id = ?", ((ticket.id, each) for each in gone))
    moved = [row for row in rows.values() if row != old.get(row[0])]
    connection.executemany(_replace("messages", len(MESSAGE_COLUMNS) + 4), ((ticket.id, *row) for row in moved))
    search.put_thread(connection, ticket.id, texts, indexed=indexed)
    newest = max(((message.created_at, message.id) for message in messages), default=(0, 0))[1]
    connection.execute(
        "INSERT OR REPLACE INTO threads (ticket_id, read_at, for_updated_at, newest_message_id, messages)"
        " VALUES (?, ?, ?, ?, ?)",
        (ticket.id, read_at, ticket.updated_at, newest, len(rows)),
    )
    return held is None or bool(gone) or any(row[:-1] != old.get(row[0], ())[:-1] for row in moved)


def _older(ticket: Ticket, held: int, seen_at: int) -> bool:
    """Whether an answer of `seen_at` is older than what is held, which changed at `held`."""
    return ticket.updated_at < held <= seen_at + _BELIEVED_AHEAD


def put_fact(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a small fact; writing the same again changes nothing."""
    connection.execute(
        "INSERT INTO facts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE value <> excluded.value",
        (key, value),
    )


def forget(connection: sqlite3.Connection, ids: Iterable[int], *, indexed: bool) -> None:
    """Forget tickets with all that belongs to them."""
    chosen = list(ids)
    put_fact(connection, _UNTIDY, "1")
    forget_threads(connection, chosen, indexed=indexed)
    for table, column in (("tickets", "id"), ("ticket_raws", "ticket_id"), ("ticket_words", "ticket_id")):
        connection.execute(" ".join(("DELETE FROM", table, "WHERE", column, "IN", AMONG)), (json.dumps(chosen),))


def forget_threads(connection: sqlite3.Connection, ids: Sequence[int], *, indexed: bool) -> None:
    """Forget what was written in these tickets."""
    search.remove_threads(connection, ids, indexed=indexed)
    for table in ("messages", "threads"):
        connection.execute(" ".join(("DELETE FROM", table, "WHERE ticket_id IN", AMONG)), (json.dumps(ids),))


def purge(connection: sqlite3.Connection, before: int, *, indexed: bool) -> int:
    """Forget archive tickets, and the messages of all tickets, that have not changed since; how many tickets it hit."""
    # A ticket without times is as old as our knowledge of it.
    age = "coalesce(nullif(updated_at, 0), seen_at) < ?"
    active = ", ".join(f"'{status}'" for status in ACTIVE_STATUSES)
    archived = " ".join(("SELECT id FROM tickets WHERE", age, "AND status NOT IN (", active, ")"))
    old = [row[0] for row in connection.execute(archived, (before,))]
    silent = " ".join(("SELECT ticket_id FROM threads JOIN tickets ON id = ticket_id WHERE", age))
    bodies = {row[0] for row in connection.execute(silent, (before,))}.difference(old)
    if old:
        forget(connection, old, indexed=indexed)
    if bodies:
        put_fact(connection, _UNTIDY, "1")
        forget_threads(connection, sorted(bodies), indexed=indexed)
    return len(old) + len(bodies)


def erase(connection: sqlite3.Connection, *, indexed: bool) -> None:
    """Forget everything."""
    for table in ("facts", "tickets", "ticket_raws", "messages", "threads"):
        connection.execute(" ".join(("DELETE FROM", table)))
    search.erase(connection, indexed=indexed)
    put_fact(connection, _UNTIDY, "1")


def tidy(connection: sqlite3.Connection, *, indexed: bool) -> None:
    """Rid the file of the bytes of what was forgotten; not in a transaction. It can fail when other windows read.

    `secure_delete` is not enough: moving rows between pages leaves copies in what the pages do not use.
    """
    if connection.execute("SELECT 1 FROM facts WHERE key = ?", (_UNTIDY,)).fetchone() is None:
        return
    if indexed:
        search.tidy(connection)
    # Readers are locked out either way: memory for one copy of the file is enough.
    connection.execute("PRAGMA cache_spill = ON")
    try:
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA cache_spill = OFF")
    connection.execute("DELETE FROM facts WHERE key = ?", (_UNTIDY,))


def _attachments(message: Message) -> str:
    found = [[each.filename, each.url, each.content_type] for each in message.attachments]
    return json.dumps(found, ensure_ascii=False)


def _replace(table: str, columns: int) -> str:
    return " ".join(("INSERT OR REPLACE INTO", table, "VALUES (", ", ".join("?" * columns), ")"))
