"""The inbox: list, thread and composer on one screen. It draws and passes keys on; handlers hold the actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen, Screen

from tui.domain import VIEWS
from tui.store.rows import Draft
from tui.ui import messages, words
from tui.ui.actions import BY_ID, Keymap, Place
from tui.ui.browsing import Browsing
from tui.ui.program import Program
from tui.ui.state import InboxState
from tui.ui.widgets.bars import Bar, view_bar
from tui.ui.widgets.thread_view import ThreadView
from tui.ui.widgets.ticket_list import TicketList
from tui.ui.writing import Writing

if TYPE_CHECKING:
    from tui.ui.bridge import Bridge
    from tui.ui.screens.dialogs import Choice
    from tui.ui.setup import Setup
    from tui.ui.widgets.composer import Composer

FOLLOW_AFTER = 0.15
"""Seconds the cursor rests before the thread pane follows it."""
NEAR_AFTER = 1.0
"""Seconds the cursor rests before the service is asked for the thread under it."""
TOO_SMALL = "The terminal is too small for the inbox: it needs 60 columns and 20 rows. q quits."


class InboxScreen(Screen[None]):
    """Everything an agent needs, in one, two or three panes by the terminal's width."""

    BINDINGS = []  # noqa: RUF012 - keys go through the registry
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (80, "-medium"), (120, "-wide")]  # noqa: RUF012 - Textual's
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-short"), (32, "-tall")]  # noqa: RUF012 - Textual's

    def __init__(self, setup: Setup, keymap: Keymap, bridge: Bridge, state: InboxState) -> None:
        super().__init__()
        self.setup = setup
        self.keymap = keymap
        self.bridge = bridge
        self.state = state
        self.tickets = TicketList(setup.clock, bridge.reads.need_rows, id="tickets")
        self.thread = ThreadView(setup.clock, bridge.reads.render_thread, id="thread")
        self.writing = Writing(self)
        self._bars = {name: Bar(id=name) for name in ("views", "status", "hints", "too-small")}
        browsing = Browsing(self)
        self._handlers = {**browsing.actions(), **Program(self).actions(), **self.writing.actions()}
        self._follow_serial = 0
        self._composer: Composer | None = None

    def compose(self) -> ComposeResult:
        yield self._bars["views"]
        yield self._bars["too-small"]
        with Container(id="body"):
            yield self.tickets
            with Container(id="reading"):
                yield self.thread
        yield self._bars["status"]
        yield self._bars["hints"]

    def on_mount(self) -> None:
        self._bars["too-small"].say((TOO_SMALL, "bold"))
        self.tickets.focus()
        self.set_interval(15, self.tick)
        self.rearrange()

    @property
    def place(self) -> Place:
        """Where keys go now."""
        if self.writing.active:
            return "review" if self.writing.reviewing else "writing"
        return "thread" if self.state.opened else "list"

    @property
    def ticket_id(self) -> int:
        """The ticket that actions are about: the opened one, else the one under the cursor."""
        return self.state.opened or self.tickets.ticket_id

    def on_key(self, event: events.Key) -> None:
        if self.writing.catches(event.character, event.key):
            event.stop()
            return
        key = event.character if event.character and event.is_printable else event.key
        place = self.place
        action_id = self.keymap.feed(place, key)
        if action_id is None and place == "writing":
            return
        event.stop()
        event.prevent_default()
        if self.state.notice or self.keymap.pending:
            self.state.notice = ""
            self.draw_bars()
        if action_id is not None:
            self.perform(action_id)

    def perform(self, action_id: str) -> None:
        """Do an action, or say why not."""
        self.bridge.active()
        reason = self.why_not(action_id)
        if reason:
            self.say(reason)
        elif self.place in BY_ID[action_id].places:
            self._handlers[action_id]()

    def why_not(self, action_id: str) -> str:
        """Why an action cannot be done now, as a sentence; empty when it can."""
        if action_id not in ("reply", "internal"):
            return ""
        if self.setup.read_only:
            return "This session is read-only (--read-only): nothing can be sent."
        if not self.ticket_id:
            return "No ticket is chosen."
        if self.status_of(self.ticket_id) == "CLOSED":
            return f"Ticket {self.ticket_id} is CLOSED for good; only a follow-up ticket can go on from it."
        return ""

    def status_of(self, ticket_id: int) -> str:
        """A ticket's status as far as the screen knows it, else empty."""
        content = self.thread.content
        if content is not None and content.ticket.id == ticket_id:
            return content.ticket.status
        row = self.tickets.row(ticket_id)
        return row.ticket.status if row is not None else ""

    def say(self, sentence: str) -> None:
        """Put a sentence in the hint line until the next key."""
        self.state.notice = sentence
        self.draw_bars()

    def reload(self, *, another: bool = False) -> None:
        """Ask the store for the view's order and counts; `another`: the view was switched."""
        self.bridge.reads.load_view(another=another)
        self.draw_bars()

    def set_search(self, search: str) -> None:
        """Narrow the view to words; empty shows it whole."""
        self.state.search = search.strip()
        self.reload()

    def open_ticket(self, ticket_id: int) -> None:
        """Read a ticket: its thread takes the keys, and the service is asked for it."""
        self.state.opened = ticket_id
        self.tickets.select(ticket_id)
        self.thread.opened = True
        self.thread.focus()
        self.bridge.reads.show_thread(ticket_id)
        self.bridge.open_ticket(ticket_id)
        self.rearrange()

    def go_to(self, ticket_id: int) -> None:
        """Jump to a ticket by number, whichever view it is in."""
        self.open_ticket(ticket_id)

    def close_ticket(self) -> None:
        """Back to the list."""
        if self.state.opened:
            self.state.opened = 0
            self.thread.opened = False
            self.bridge.open_ticket(0)
            if self.tickets.ticket_id and self.tickets.ticket_id != self.thread.ticket_id:
                self.bridge.reads.show_thread(self.tickets.ticket_id)
        self.tickets.focus()
        self.rearrange()

    def rearrange(self) -> None:
        """Show the panes that the state asks for, and the bars' words."""
        self.set_class(bool(self.state.opened) or self.writing.active, "-reading")
        self.set_class(self.writing.active, "-writing")
        self.draw_bars()

    def draw_bars(self) -> None:
        """Views, state and hints, in words."""
        if not self.is_mounted:
            return
        state, setup = self.state, self.setup
        width = self.size.width
        # Before any answer a count of 0 would be a lie.
        known = bool(state.sync and state.sync.as_of)
        counts = [(view, state.counts.get(view.id) if known else None) for view in VIEWS]
        self._bars["views"].say(*view_bar(counts, state.view, width))
        now, zone = setup.clock.now(), setup.clock.zone
        total = len(self.tickets.ids)
        at = f"{self.tickets.cursor + 1}/{total}" if total else "0"
        name = f"{state.view.title} “{state.search}”" if state.search else state.view.title
        facts = [name + " " + at, words.age(state.sync, now, zone)]
        if setup.read_only:
            facts.insert(0, "READ-ONLY")
        pieces = [(f" {setup.environment} ", "bold reverse"), (" " + " · ".join(facts), "")]
        unsent = words.unsent(state.unsent)
        if unsent:
            pieces.append((f" · {unsent}", "bold"))
        self._bars["status"].say(*pieces)
        self._bars["hints"].say((self._hint(), "bold" if state.notice else ""))

    def _hint(self) -> str:
        if self.keymap.pending:
            return f"{self.keymap.pending}…"
        if self.state.notice:
            return self.state.notice
        sync = self.state.sync
        if sync is not None and sync.phase not in ("live", "follower", "starting") and self.place == "list":
            return sync.sentence
        return words.hints(self.place, self.keymap, self.size.width)

    def tick(self) -> None:
        """Time passed: only the cells whose words changed are sent to the terminal."""
        self.tickets.tick()
        self.thread.tick()
        self.draw_bars()

    def on_resize(self) -> None:
        self.draw_bars()

    def on_cursor_moved(self, event: messages.CursorMoved) -> None:
        if self.writing.active and event.by_user and event.ticket_id != self.state.opened:
            self.writing.keep()
        if self.state.opened and (not event.by_user or event.ticket_id == self.state.opened):
            self.draw_bars()
            return
        if self.state.opened:
            return
        self._follow_serial += 1
        serial = self._follow_serial
        self.set_timer(FOLLOW_AFTER, lambda: self._follow(serial))
        self.draw_bars()

    def _follow(self, serial: int) -> None:
        if serial == self._follow_serial and not self.state.opened:
            self.bridge.reads.show_thread(self.tickets.ticket_id)
            self.set_timer(NEAR_AFTER, lambda: self._rested(serial))

    def _rested(self, serial: int) -> None:
        if serial == self._follow_serial and not self.state.opened and self.tickets.ticket_id:
            self.bridge.near((self.tickets.ticket_id,))

    def on_ticket_opened(self, event: messages.TicketOpened) -> None:
        self.open_ticket(event.ticket_id)

    def on_message_shown(self, event: messages.MessageShown) -> None:
        self.bridge.reads.mark_seen(event.ticket_id, event.message_id)

    def on_tickets_changed(self, event: messages.TicketsChanged) -> None:
        self.bridge.reads.tickets_changed(event.ids)

    def on_thread_changed(self, event: messages.ThreadChanged) -> None:
        if event.ticket_id == self.thread.ticket_id or event.ticket_id == self.state.opened:
            self.bridge.reads.show_thread(event.ticket_id)

    def on_outbox_changed(self) -> None:
        self.bridge.outgoing.changed()

    def on_sync_changed(self, event: messages.SyncChanged) -> None:
        self.state.sync = event.state
        self.tickets.empty_words = self.empty_words()
        if not self.tickets.ids:
            self.tickets.refresh()
        self.draw_bars()

    def empty_words(self) -> str:
        """What the list says when it has nothing to show."""
        return words.empty_list(self.state.view, self.state.sync, self.setup.me, self.state.search)

    def on_announcement(self, event: messages.Announcement) -> None:
        self.say(event.sentence)

    def on_draft_edited(self) -> None:
        self.writing.edited()

    async def composer(self) -> Composer:
        """The composer, made on first use."""
        if self._composer is None:
            from tui.ui.widgets.composer import Composer

            self._composer = Composer()
            await self.query_one("#reading").mount(self._composer)
        self._composer.display = True
        return self._composer

    def close_composer(self) -> None:
        """Take the composer away; the thread has the keys again."""
        if self._composer is not None:
            self._composer.reviewing = False
            self._composer.display = False
        (self.thread if self.state.opened else self.tickets).focus()
        self.rearrange()

    def findings(self, draft: Draft) -> tuple[str, ...]:
        """What the review line warns of."""
        return self.bridge.outgoing.findings(draft, self.thread.content)

    def show_dialog(self, dialog: ModalScreen[str], then: Callable[[str], None] | None = None) -> None:
        """Put a dialog up; `then` gets its answer unless that is empty."""
        self.app.push_screen(dialog, lambda answer: then(answer) if then is not None and answer else None)

    def choose(
        self,
        title: str,
        choices: Sequence[Choice],
        then: Callable[[str], None],
        *,
        searchable: bool = False,
        extra: Callable[[str], Choice | None] | None = None,
    ) -> None:
        """Let the user pick one of a list."""
        from tui.ui.screens.dialogs import Pick

        self.show_dialog(Pick(title, choices, searchable=searchable, extra=extra), then)

    def ask(self, title: str, note: str, then: Callable[[str], None], *, secret: bool = False, value: str = "") -> None:
        """Ask for one line of text."""
        from tui.ui.screens.dialogs import Ask

        self.show_dialog(Ask(title, note, secret=secret, value=value), then)

    def quit(self) -> None:
        """Leave the program; what is unsent is said first."""
        self.bridge.quit()
