"""Full text: what tickets and messages are found by.

A search is some terms, and a ticket is found when each is found somewhere in it. A ticket's own fields (customer,
e-mail, product, topic, numbers, notes) are searched for the term anywhere, so that `phone` finds `iPhone` and the last
digits an order; they are short, and reading through them needs no index that each poll would have to keep. The text of
the messages is searched for words that begin with the term, by FTS5 or, where the linked SQLite has none, by reading
through the same words: the answers are the same.

Both sides are folded first: `Müller`, `MULLER` and `muller` are one word, and anything but letters and digits separates
words, so that an e-mail address is a phrase. What is stored is only these words.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from tui.domain import Ticket
from tui.store.queries import Query

MOST_TERMS: Final = 12
LONGEST_TERM: Final = 100

_WORD: Final = re.compile(r"[^\W_]+")
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
_STALE: Final = "search.stale"

SCHEMA: Final = (
    "CREATE TABLE ticket_words (ticket_id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
    "CREATE TABLE thread_words (ticket_id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
)
"""The words as stored; the index over `thread_words` is made by `prepare`, where FTS5 is there."""

# The words are cut and folded already: this tokenizer takes every character beyond ASCII for a letter.
_INDEX: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS thread_index USING"
    " fts5(words, content='thread_words', content_rowid='ticket_id', tokenize='ascii')"
)


def fold(text: str) -> str:
    """The words of a text, as compared, with one space between them."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    text = text.casefold()
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return " ".join(_WORD.findall(text))


def terms(search: str) -> tuple[str, ...]:
    """What a search asks for; empty when it holds no letter or digit, and then it asks nothing."""
    found = (fold(part[:LONGEST_TERM]) for part in search.split()[: 4 * MOST_TERMS])
    return tuple(dict.fromkeys(term for term in found if term))[:MOST_TERMS]


def conditions(search: str, *, indexed: bool) -> list[Query]:
    """For `queries.order`: one condition a term, on the column `id`."""
    in_threads = (
        "SELECT rowid FROM thread_index WHERE thread_index MATCH :{0}_phrase"
        if indexed
        else "SELECT ticket_id FROM thread_words WHERE instr(' ' || words, ' ' || :{0})"
    )
    in_tickets = "SELECT ticket_id FROM ticket_words WHERE instr(words, :{0})"
    sql = " ".join(("id IN (", in_tickets, "UNION ALL", in_threads, ")"))
    found: list[Query] = []
    for number, term in enumerate(terms(search)):
        name = f"term{number}"
        values: dict[str, int | str] = {name: term}
        if indexed:
            values[f"{name}_phrase"] = f'"{term}" *'
        found.append(Query(sql.format(name), values))
    return found


def ticket_words(ticket: Ticket) -> str:
    """A line of words for each field, so that no term is found across two."""
    numbers = (str(number) for number in (ticket.id, ticket.order_id, ticket.order_item_id) if number)
    texts = (ticket.customer_name, ticket.customer_email, ticket.product, ticket.topic, ticket.notes)
    return "\n".join((*numbers, *map(fold, texts)))


def available() -> bool:
    """Whether the linked SQLite has FTS5."""
    with contextlib.closing(sqlite3.connect(":memory:")) as probe:
        try:
            probe.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
        except sqlite3.OperationalError:
            return False
        return True


def needs_care(connection: sqlite3.Connection, *, indexed: bool) -> bool:
    """Whether `prepare` has anything to do. `indexed`: this run has FTS5."""
    stale = connection.execute("SELECT 1 FROM facts WHERE key = ?", (_STALE,)).fetchone() is not None
    return stale if indexed and _has_index(connection) else indexed or not stale


def prepare(connection: sqlite3.Connection, *, indexed: bool) -> None:
    """Make the index or bring it up to date; a run without FTS5 leaves word that it will be behind."""
    if indexed:
        connection.execute(_INDEX)
        connection.execute("INSERT INTO thread_index (thread_index) VALUES ('rebuild')")
        connection.execute("DELETE FROM facts WHERE key = ?", (_STALE,))
    else:
        _note(connection, _STALE)


def put_tickets(connection: sqlite3.Connection, tickets: Iterable[Ticket]) -> None:
    """Keep the words of these tickets' own fields."""
    connection.executemany(
        "INSERT INTO ticket_words (ticket_id, words) VALUES (?, ?) ON CONFLICT (ticket_id) DO UPDATE"
        " SET words = excluded.words WHERE words <> excluded.words",
        ((ticket.id, ticket_words(ticket)) for ticket in tickets),
    )


def put_thread(connection: sqlite3.Connection, ticket_id: int, texts: Sequence[str], *, indexed: bool) -> None:
    """Keep the words of a thread; `texts` is the plain text of each message."""
    words = " ".join(filter(None, map(fold, texts)))
    old = connection.execute("SELECT words FROM thread_words WHERE ticket_id = ?", (ticket_id,)).fetchone()
    if old == (words,):
        return
    remove_threads(connection, [ticket_id], indexed=indexed)
    connection.execute("INSERT INTO thread_words (ticket_id, words) VALUES (?, ?)", (ticket_id, words))
    if indexed:
        connection.execute("INSERT INTO thread_index (rowid, words) VALUES (?, ?)", (ticket_id, words))


def remove_threads(connection: sqlite3.Connection, ticket_ids: Sequence[int], *, indexed: bool) -> None:
    """Forget the words of these threads. The index is rid of them only by `tidy`."""
    ids = [(ticket_id,) for ticket_id in ticket_ids]
    if indexed:
        connection.executemany(
            "INSERT INTO thread_index (thread_index, rowid, words)"
            " SELECT 'delete', ticket_id, words FROM thread_words WHERE ticket_id = ?",
            ids,
        )
    connection.executemany("DELETE FROM thread_words WHERE ticket_id = ?", ids)


def tidy(connection: sqlite3.Connection) -> None:
    """Write the index anew without what was forgotten: until then it still holds those words."""
    connection.execute("INSERT INTO thread_index (thread_index) VALUES ('optimize')")


def erase(connection: sqlite3.Connection, *, indexed: bool) -> None:
    """Forget all words."""
    connection.execute("DELETE FROM ticket_words")
    connection.execute("DELETE FROM thread_words")
    if indexed:
        connection.execute("INSERT INTO thread_index (thread_index) VALUES ('delete-all')")
    elif _has_index(connection):
        # The index cannot be reached without FTS5, but what it consists of are ordinary tables.
        for table in ("thread_index_data", "thread_index_idx", "thread_index_docsize"):
            connection.execute(" ".join(("DELETE FROM", table)))
        _note(connection, _STALE)


def _has_index(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'thread_index'").fetchone() is not None


def _note(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("INSERT OR REPLACE INTO facts (key, value) VALUES (?, '1')", (key,))
