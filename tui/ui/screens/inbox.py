"""The inbox: list, thread and composer on one screen. It draws and passes keys on; handlers hold the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from tui.sync.events import SyncState
from tui.ui import messages, words
from tui.ui.actions import BY_ID, Keymap, Place
from tui.ui.asking import Asking
from tui.ui.browsing import Browsing
from tui.ui.following import Following
from tui.ui.lines import Lines
from tui.ui.program import Program
from tui.ui.state import InboxState
from tui.ui.widgets.thread_view import ThreadView
from tui.ui.widgets.ticket_list import TicketList
from tui.ui.writing import Writing

if TYPE_CHECKING:
    from tui.ui.bridge import Bridge
    from tui.ui.setup import Setup

APP_KEYS = ("ctrl+q", "ctrl+c")
LONGEST_COPY = 60_000
WRITES = ("reply", "internal", "notes")
TICK = 15.0
"""Seconds between looks at the clock; only cells whose words changed are drawn."""


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
        self.reading = Container(self.thread, id="reading")
        self.asking = Asking(self)
        self.writing = Writing(self)
        self._lines = Lines(setup, state, keymap)
        self._following = Following(self)
        self._handlers = {**Browsing(self).actions(), **Program(self).actions(), **self.writing.actions()}

    def compose(self) -> ComposeResult:
        yield from self._lines.above
        with Container(id="body"):
            yield self.tickets
            yield self.reading
        yield from self._lines.below

    def on_mount(self) -> None:
        self.set_class(self.setup.thin, "-thin")
        self.tickets.focus()
        self.set_interval(TICK, self.tick)
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

    def press(self, event: events.Key) -> bool:
        """Take a key; False leaves it to the text area, or to the app's own keys."""
        if event.key in APP_KEYS:
            return False
        if self.writing.ending or self.writing.catches(event.character, event.key):
            return True
        place = self.place
        action_id = self.keymap.feed(place, event.character if event.character and event.is_printable else event.key)
        if action_id is None and place == "writing":
            return False
        if self.state.notice or self.keymap.pending:
            self.state.notice = ""
            self.draw_bars()
        if action_id is not None and not (action_id == "send" and self.writing.hasty(event.time)):
            self.perform(action_id)
        return True

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
        if action_id not in WRITES:
            return ""
        if self.setup.read_only:
            return "This session is read-only (--read-only): nothing can be sent."
        if not self.ticket_id:
            return "No ticket is chosen."
        if action_id != "notes" and self.status_of(self.ticket_id) == "CLOSED":
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

    def copy(self, words: str, what: str) -> None:
        """Send text to the terminal's clipboard (OSC 52), and say no more than is known."""
        self.app.copy_to_clipboard(words[:LONGEST_COPY])
        self.say(f"Sent {what} to the terminal's clipboard; whether it took it, it does not say.")

    def open_ticket(self, ticket_id: int) -> None:
        """Read a ticket, whichever view it is in: its thread takes the keys, and the service is asked for it."""
        self.state.opened = ticket_id
        self.tickets.select(ticket_id)
        self.thread.opened = True
        self.thread.focus()
        self.bridge.reads.show_thread(ticket_id)
        self.bridge.open_ticket(ticket_id)
        self.rearrange()

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
        """Show the panes that the state asks for, and the lines' words."""
        self.set_class(bool(self.state.opened) or self.writing.active, "-reading")
        self.set_class(self.writing.active, "-writing")
        self.draw_bars()

    def draw_bars(self) -> None:
        """Views, state and hints, in words."""
        if self.is_mounted:
            self._lines.draw(self.place, self.size.width, self.tickets.cursor + 1, len(self.tickets.ids))

    def tick(self) -> None:
        """Time passed: only the cells whose words changed are sent to the terminal."""
        self.tickets.tick()
        self.thread.tick()
        self.draw_bars()

    def sync_changed(self, state: SyncState) -> None:
        """The worker said how it stands. That answers whoever asked, and it asks for another token by itself."""
        before, self.state.sync = self.state.sync, state
        if self.state.notice == words.ASKING:
            self.state.notice = ""
        if state.phase in words.SIGNED_OUT and (before is None or before.phase != state.phase):
            self.state.notice = words.trouble(state)
        if before is not None and (before.phase, before.sentence) != (state.phase, state.sentence):
            # A thread that is not on this machine says why.
            self.bridge.reads.refresh_thread()
        self.tickets.empty_words = self.empty_words()
        if not self.tickets.ids:
            self.tickets.refresh()
        self.draw_bars()

    def empty_words(self) -> str:
        """What the list says when it has nothing to show."""
        return words.empty_list(self.state.view, self.state.sync, self.setup.me, self.state.search)

    def on_resize(self) -> None:
        self.draw_bars()

    def on_cursor_moved(self, event: messages.CursorMoved) -> None:
        self._following.moved(event)

    def on_ticket_opened(self, event: messages.TicketOpened) -> None:
        self.open_ticket(event.ticket_id)

    def on_message_shown(self, event: messages.MessageShown) -> None:
        self.bridge.reads.mark_seen(event.ticket_id, event.message_id)

    def on_draft_edited(self) -> None:
        self.writing.edited()
