"""What the screen shows, read from the stores: the view's order, rows by window, threads, marks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.domain import Message, Ticket
from tui.message_html import Rendered, render
from tui.offload import beside
from tui.store.outbox_states import WORDS
from tui.ui import words
from tui.ui.rows import ListRow
from tui.ui.thread_lines import Content, PendingWrite
from tui.ui.words import WELL

if TYPE_CHECKING:
    from tui.store.rows import OutboxRow
    from tui.ui.app import InboxApp
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState

RELOAD_AFTER = 0.25
"""Seconds that changes are gathered before the list is read again: a first sync comes page by page."""
RECENT = ("refused",)


class Reads:
    """Questions to the stores; the newest answer of a kind wins."""

    def __init__(
        self,
        app: InboxApp,
        setup: Setup,
        state: InboxState,
        spawn: Callable[[Coroutine[object, object, object], str], None],
    ) -> None:
        self._app = app
        self._setup = setup
        self._state = state
        self._spawn = spawn
        self._view_serial = 0
        self._thread_serial = 0
        self._wanted = 0
        """The ticket whose thread was asked for last; the pane may still show the one before."""
        self._reload_due = False

    def load_view(self, *, another: bool = False) -> None:
        """The current view's order and all counts, from the cache; `another`: it is not the one shown before."""
        self._spawn(self.load_view_now(another=another), "view")

    async def load_view_now(self, ticket_id: int = 0, *, another: bool = False) -> None:
        """The same, to be waited for; `ticket_id` puts the cursor on that ticket."""
        self._view_serial += 1
        serial, state, setup = self._view_serial, self._state, self._setup
        now = setup.clock.now()
        ids = await setup.cache.order(state.view, state.sort, now, setup.me, state.search)
        if serial != self._view_serial:
            return
        screen = self._app.inbox
        screen.tickets.empty_words = screen.empty_words()
        screen.tickets.set_order(ids, ticket_id=ticket_id, another=another)
        screen.draw_bars()
        counts = await setup.cache.counts(now, setup.me)
        if serial == self._view_serial:
            state.counts = counts
            screen.draw_bars()

    def tickets_changed(self, ids: frozenset[int]) -> None:
        """Some tickets differ (empty: unknown which): read again what is shown of them, and soon the order."""
        tickets = self._app.inbox.tickets
        again = tickets.drop_rows(ids or tickets.window_ids())
        if again:
            self.need_rows(again)
        if not self._reload_due:
            self._reload_due = True
            self._app.inbox.set_timer(RELOAD_AFTER, self._reload)
        if not ids or self._wanted in ids:
            self.refresh_thread()

    def thread_changed(self, ticket_id: int) -> None:
        """A thread differs: draw it anew where it is shown."""
        if ticket_id == self._wanted:
            self.refresh_thread()

    def refresh_thread(self) -> None:
        """What is said of the shown thread may differ: draw it anew. Never another one than was asked for last."""
        if self._wanted:
            self.show_thread(self._wanted)

    def thread_trouble(self, ticket_id: int, sentence: str) -> None:
        """A thread cannot be read (empty: it can again): said where it is shown."""
        self._state.thread_trouble.pop(ticket_id, "")
        if sentence:
            self._state.thread_trouble[ticket_id] = sentence
        self.thread_changed(ticket_id)

    def _reload(self) -> None:
        self._reload_due = False
        self.load_view()

    def need_rows(self, ids: Sequence[int]) -> None:
        """Rows for these tickets; they are put into the list when they are there."""
        self._spawn(self._rows(tuple(ids)), "rows")

    async def _rows(self, ids: Sequence[int]) -> None:
        tickets = await self._setup.cache.tickets(ids)
        newest = {key: state.newest_message_id for key, state in (await self._setup.cache.thread_states(ids)).items()}
        seen = await self._setup.desk.marks.seen_of(ids)
        rows = [self._row(tickets[key], newest.get(key, 0), seen.get(key)) for key in ids if key in tickets]
        self._app.inbox.tickets.put_rows(rows)

    def _row(self, ticket: Ticket, newest: int, seen: int | None) -> ListRow:
        """Unread: never looked at while it is the seller's turn, or something newer than what was looked at."""
        unread = ticket.status == "OPEN" if seen is None else newest > seen
        state = self._state
        return ListRow(ticket, unread, ticket.id in state.drafts, state.unsent_by_ticket.get(ticket.id, ""))

    def show_thread(self, ticket_id: int) -> None:
        """What the cache holds of a ticket's thread, in the thread pane; 0 empties it."""
        self._wanted = ticket_id
        self._thread_serial += 1
        self._spawn(self._thread(ticket_id, self._thread_serial), "thread")

    async def _thread(self, ticket_id: int, serial: int) -> None:
        if not ticket_id:
            self._app.inbox.thread.show(None)
            return
        cache = self._setup.cache
        ticket, messages, states, rows = await asyncio.gather(
            cache.ticket(ticket_id),
            cache.thread(ticket_id),
            cache.thread_states([ticket_id]),
            self._setup.desk.outbox.rows(ticket_id=ticket_id),
        )
        if serial != self._thread_serial:
            return
        note = self._note(ticket_id, read=bool(states), empty=not messages)
        self._app.inbox.thread.show(Content(ticket or Ticket(ticket_id), messages, self._pending(rows, messages), note))
        self._app.inbox.draw_bars()

    def _pending(self, rows: Iterable[OutboxRow], messages: Iterable[Message]) -> tuple[PendingWrite, ...]:
        shown = {message.id for message in messages}
        found: list[PendingWrite] = []
        for row in rows:
            arrived = row.state == "sent" and (row.remote_id is None or row.remote_id in shown)
            if arrived or row.state in ("withdrawn", "refused"):
                continue
            urgent = row.state in ("paused", "unconfirmed", "undecided")
            reason = f" {row.reason}" if row.reason else ""
            found.append(PendingWrite(f"{words.write_name(row)}: {WORDS[row.state]}.{reason}", row.text, urgent))
        return tuple(found)

    def _note(self, ticket_id: int, *, read: bool, empty: bool) -> str:
        """What is to be said of a thread beyond its messages: why it is not here, or not of now."""
        sync, trouble = self._state.sync, self._state.thread_trouble.get(ticket_id, "")
        if read and trouble:
            return f"What stands here may be old. {trouble}"
        if read:
            return "There are no messages." if empty else ""
        if not trouble and sync is not None and sync.phase not in WELL:
            trouble = sync.sentence
        if trouble:
            return f"The messages of this ticket are not on this machine. {trouble}"
        if self._state.opened:
            return "Asking the service for the messages…"
        return "The messages are not on this machine yet; Enter asks for them."

    async def notes_of(self, ticket_id: int) -> str:
        """The ticket's notes as the cache has them."""
        ticket = await self._setup.cache.ticket(ticket_id)
        return ticket.notes if ticket is not None else ""

    def render_thread(self, content: Content) -> None:
        """Render bodies that are too long for the event loop, in a thread."""
        self._spawn(self._render(content), "render")

    async def _render(self, content: Content) -> None:
        # Newest first: its text is what the reader waits for.
        for message in reversed(content.messages):
            body = message.body_html
            done: Rendered = await beside(partial(render, body))
            self._app.inbox.thread.take_rendered(content.ticket.id, {message.id: (body, done)})

    def mark_seen(self, ticket_id: int, message_id: int) -> None:
        """The newest message of an opened ticket was on screen."""
        self._spawn(self._mark(ticket_id, message_id), "marks")

    async def _mark(self, ticket_id: int, message_id: int) -> None:
        seen = (await self._setup.desk.marks.seen_of([ticket_id])).get(ticket_id)
        if seen is None or seen < message_id:
            await self._setup.desk.marks.seen(ticket_id, message_id)
            await self._rows([ticket_id])

    def mark_unread(self, ticket_id: int) -> None:
        """Count a ticket as not looked at."""
        self._spawn(self._unmark(ticket_id), "marks")

    async def _unmark(self, ticket_id: int) -> None:
        await self._setup.desk.marks.unread(ticket_id)
        await self._rows([ticket_id])
