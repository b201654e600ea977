"""Actions of reading: moving, views, sort, filter, opening tickets, marks that stay on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from tui.domain import SORT_WORDS, VIEW_BY_ID, VIEWS, Sort

if TYPE_CHECKING:
    from tui.ui.screens.inbox import InboxScreen


class Browsing:
    """Handlers by action id. They change the screen's state; the screen draws it."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen

    def actions(self) -> dict[str, Callable[[], None]]:
        """Action id to handler."""
        table: dict[str, Callable[[], None]] = {
            "down": lambda: self._move(1),
            "up": lambda: self._move(-1),
            "page-down": lambda: self._page(1.0),
            "page-up": lambda: self._page(-1.0),
            "half-page-down": lambda: self._page(0.5),
            "half-page-up": lambda: self._page(-0.5),
            "first": self._first,
            "last": self._last,
            "open": self._open,
            "back": self.back,
            "next-ticket": lambda: self._neighbour(1),
            "previous-ticket": lambda: self._neighbour(-1),
            "next-pane": lambda: self._pane(1),
            "previous-pane": lambda: self._pane(-1),
            "next-view": lambda: self._turn(1),
            "previous-view": lambda: self._turn(-1),
            "filter": self._filter,
            "sort": self._sort,
            "refresh": self._refresh,
            "unread": self._unread,
            "source": self._screen_source,
        }
        for view in VIEWS:
            table[f"view-{view.id}"] = lambda view_id=view.id: self.show_view(view_id)  # type: ignore[misc]  # default binds the loop's value
        return table

    @property
    def _reading(self) -> bool:
        return self._screen.place == "thread"

    def _move(self, by: int) -> None:
        if self._reading:
            self._screen.thread.move(by)
        else:
            self._screen.tickets.move(by)

    def _page(self, part: float) -> None:
        if self._reading:
            self._screen.thread.move(round(part * self._screen.thread.page()))
        else:
            height = max(1, self._screen.tickets.size.height)
            self._screen.tickets.move(round(part * height) or (1 if part > 0 else -1))

    def _first(self) -> None:
        if self._reading:
            self._screen.thread.to_first()
        else:
            self._screen.tickets.move_to(0)

    def _last(self) -> None:
        if self._reading:
            self._screen.thread.to_last()
        else:
            self._screen.tickets.move_to(len(self._screen.tickets.ids) - 1)

    def _open(self) -> None:
        if self._reading:
            self._screen.thread.toggle_quotes()
        elif self._screen.tickets.ticket_id:
            self._screen.open_ticket(self._screen.tickets.ticket_id)

    def back(self) -> None:
        """From the thread to the list; from a filter to the whole view; at the top nothing (DESIGN.md "Keys")."""
        if self._reading:
            self._screen.close_ticket()
        elif self._screen.state.search:
            self._search("")

    def _neighbour(self, by: int) -> None:
        tickets = self._screen.tickets
        before = tickets.ticket_id
        if before == self._screen.state.opened:
            tickets.move(by)
        if tickets.ticket_id and tickets.ticket_id != self._screen.state.opened:
            self._screen.open_ticket(tickets.ticket_id)
        else:
            self._screen.say("This is the last ticket here." if by > 0 else "This is the first ticket here.")

    def _pane(self, by: int) -> None:
        if not self._reading:
            if self._screen.tickets.ticket_id:
                self._screen.open_ticket(self._screen.tickets.ticket_id)
        elif not self._screen.thread.step_message(by) and by < 0:
            self._screen.close_ticket()

    def show_view(self, view_id: str) -> None:
        """Switch to a view; the cursor stays on its ticket when the view holds it."""
        self._screen.close_ticket()
        self._screen.state.view = VIEW_BY_ID[view_id]
        self._screen.state.search = ""
        self._screen.bridge.reads.load_view(another=True)
        self._screen.draw_bars()
        if view_id == "archive":
            self._screen.bridge.load_archive()

    def _turn(self, by: int) -> None:
        ids = [view.id for view in VIEWS]
        self.show_view(ids[(ids.index(self._screen.state.view.id) + by) % len(ids)])

    def _filter(self) -> None:
        self._screen.asking.line(
            f"Filter {self._screen.state.view.title}",
            "Words of customer, product, topic, order number, notes or messages on this machine.",
            self._search,
            value=self._screen.state.search,
        )

    def _search(self, words: str) -> None:
        """Narrow the view to words; empty shows it whole."""
        self._screen.state.search = words.strip()
        self._screen.bridge.reads.load_view()
        self._screen.draw_bars()

    def _sort(self) -> None:
        from tui.ui.screens.dialogs import Choice

        choices = [Choice(name, SORT_WORDS[name], str(at + 1)) for at, name in enumerate(get_args(Sort))]
        self._screen.asking.choose("Sort by", choices, self._sorted)

    def _sorted(self, name: str) -> None:
        for sort in get_args(Sort):
            if sort == name:
                self._screen.state.sort = sort
                self._screen.bridge.reads.load_view()
                self._screen.say(f"Sorted by {SORT_WORDS[sort]}.")

    def _refresh(self) -> None:
        if self._screen.state.view.id == "archive":
            self._screen.bridge.load_archive(more=True)
        self._screen.bridge.refresh_now()

    def _unread(self) -> None:
        ticket_id = self._screen.ticket_id
        if ticket_id:
            self._screen.bridge.reads.mark_unread(ticket_id)
            self._screen.say(f"Ticket {ticket_id} counts as unread here.")

    def _screen_source(self) -> None:
        if self._screen.ticket_id:
            self._screen.thread.toggle_source()
