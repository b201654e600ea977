"""The ticket list: a line-API widget over windows of the store (TEXTUAL.md 3.2).

It holds the order as an array of ids and only the rows near the viewport, so 100,000 tickets cost what 100 do. The
cursor belongs to a ticket, not to a row number: a poll that re-sorts never moves it under the agent's hand.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip

from tui import text
from tui.clock import Clock
from tui.ui.messages import CursorMoved, TicketOpened
from tui.ui.rows import MARK_WIDTH, Columns, ListRow, columns, spans
from tui.ui.widgets.line_view import LineView, Pieces

LONGEST_ID = 10
STYLE_NAMES = ("plain", "unread", "dim", "id", "open", "late", "due", "flag", "cursor")


class TicketList(LineView):
    """Tickets of one view, in order. Rows come through `need`, are put back through `put_rows`."""

    PREFIX = "ticket-list"
    COMPONENT_CLASSES = {f"ticket-list--{name}" for name in STYLE_NAMES}  # noqa: RUF012 - Textual reads a set here
    BLANK = False

    def __init__(self, clock: Clock, need: Callable[[Sequence[int]], None], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._need = need
        self._ids: array[int] = array("q")
        self._rows: dict[int, ListRow] = {}
        self._asked: set[int] = set()
        self._cursor = 0
        self._columns: Columns | None = None
        self._drawn: dict[int, Pieces] = {}
        self.empty_words = ""

    @property
    def ids(self) -> array[int]:
        """The order shown now."""
        return self._ids

    @property
    def cursor(self) -> int:
        """The cursor's place, from 0."""
        return self._cursor

    @property
    def ticket_id(self) -> int:
        """The ticket under the cursor; 0 when the list is empty."""
        return self._ids[self._cursor] if self._ids else 0

    def row(self, ticket_id: int) -> ListRow | None:
        """The row as it is loaded, if it is."""
        return self._rows.get(ticket_id)

    def window_ids(self) -> list[int]:
        """The ids worth having rows for: the viewport and a page on either side."""
        height = max(1, self.size.height)
        top = max(0, self.scroll_offset.y - height)
        return list(self._ids[top : top + 3 * height])

    def set_order(self, ids: array[int], *, ticket_id: int = 0, another: bool = False) -> None:
        """Show this order. The cursor stays on its ticket and its line of the screen; `ticket_id` moves it there.

        A ticket that left the view leaves the cursor where it was, so that the next one is under it; in `another` view
        that does not hold it the cursor goes to the first.
        """
        anew = another or not self._ids
        old_line = self._cursor - self.scroll_offset.y
        wanted = ticket_id or self.ticket_id
        self._ids = ids
        if ids:
            try:
                self._cursor = ids.index(wanted)
            except ValueError:
                self._cursor = 0 if another else min(self._cursor, len(ids) - 1)
        else:
            self._cursor = 0
        self._asked.clear()
        known = set(self.window_ids()) | {self.ticket_id}
        self._rows = {key: row for key, row in self._rows.items() if key in known}
        self._columns = None
        self.virtual_size = Size(self.size.width, len(ids))
        height = max(1, self.size.height)
        line = height // 2 if anew else min(max(0, old_line), height - 1)
        self.jump(self._cursor - line)
        self._drawn.clear()
        self.load_window()
        self.refresh()
        self.post_message(CursorMoved(self.ticket_id, by_user=False))

    def put_rows(self, rows: Iterable[ListRow]) -> None:
        """Take rows in and repaint those lines only that look different now."""
        changed = False
        for row in rows:
            self._rows[row.ticket.id] = row
            self._asked.discard(row.ticket.id)
            changed = True
        if changed:
            self.tick()

    def drop_rows(self, ids: Iterable[int]) -> list[int]:
        """Forget rows that changed; answers with those in the window, which should be read again now."""
        gone = set(ids)
        return [key for key in self.window_ids() if key in gone]

    def forget(self, ids: Iterable[int]) -> None:
        """What is known of these rows beyond the ticket changed: read those in the window again."""
        again = self.drop_rows(ids)
        if again:
            self._need(again)

    def load_window(self) -> None:
        """Ask for the rows near the viewport that are missing."""
        missing = [key for key in self.window_ids() if key not in self._rows and key not in self._asked]
        if missing:
            self._asked.update(missing)
            self._need(missing)

    def tick(self) -> None:
        """A minute passed, or rows came: repaint the lines whose words changed, no others."""
        now = self._clock.now()
        cols = self._cols()
        top = self.scroll_offset.y
        for line in range(max(1, self.size.height)):
            index = top + line
            if index >= len(self._ids):
                break
            row = self._rows.get(self._ids[index])
            fresh = tuple(spans(row, cols, now)) if row is not None else ()
            if self._drawn.get(self._ids[index]) != fresh:
                self.refresh_line(index)

    def move(self, by: int) -> None:
        """Move the cursor by rows; the viewport follows by half a page (TEXTUAL.md section 5)."""
        self.move_to(self._cursor + by)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, held inside the list."""
        if not self._ids:
            return
        index = min(max(0, index), len(self._ids) - 1)
        if index == self._cursor:
            return
        old, self._cursor = self._cursor, index
        self._refresh_mark(old)
        self._refresh_mark(index)
        self._follow()
        self.post_message(CursorMoved(self.ticket_id, by_user=True))

    def select(self, ticket_id: int) -> bool:
        """Put the cursor on a ticket; False when it is not in this view."""
        try:
            self.move_to(self._ids.index(ticket_id))
        except ValueError:
            return False
        return True

    def _follow(self) -> None:
        height = max(1, self.size.height)
        top = self.scroll_offset.y
        if top <= self._cursor < top + height:
            return
        half = max(1, height // 2)
        goal = self._cursor - half if self._cursor < top else self._cursor - height + 1 + half
        goal = min(max(0, goal), max(0, len(self._ids) - height))
        self.jump(goal)

    def _refresh_mark(self, index: int) -> None:
        width = MARK_WIDTH + self._cols().id
        self.refresh(Region(0, index - self.scroll_offset.y, width, 1))

    def _cols(self) -> Columns:
        if self._columns is None:
            longest = max((len(str(key)) for key in self.window_ids()), default=4)
            self._columns = columns(self.size.width, min(LONGEST_ID, max(4, longest)))
        return self._columns

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self._ids):
            said = self.empty_words.split("\n") if not self._ids else []
            lines = [row for sentence in said for row in text.wrap(sentence, max(8, self.size.width - 1))]
            return self.line(((lines[y], "plain"),) if y < len(lines) else ())
        ticket_id = self._ids[index]
        row = self._rows.get(ticket_id)
        on_cursor = index == self._cursor
        mark = (">", "cursor") if on_cursor else (" ", "plain")
        if row is None:
            self._drawn[ticket_id] = ()
            return self.line((mark, (f"  {ticket_id}", "plain")))
        pieces = tuple(spans(row, self._cols(), self._clock.now()))
        self._drawn[ticket_id] = pieces
        lit = ((words, "cursor" if on_cursor and name in ("id", "flag") else name) for words, name in pieces)
        return self.line((mark, *lit))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.load_window()

    def on_resize(self, event: events.Resize) -> None:
        self._columns = None
        self._drawn.clear()
        self.virtual_size = Size(event.size.width, len(self._ids))
        self._follow()
        self.load_window()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if index < len(self._ids):
            self.move_to(index)
            if event.chain == 2:
                self.post_message(TicketOpened(self.ticket_id))
