"""The thread pane's lines: drawn one by one, so that a long thread costs what its first screen costs."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from tui.clock import Clock
from tui.message_html import Rendered, render
from tui.ui.messages import MessageShown
from tui.ui.thread_lines import Built, Content, Folding, build, header
from tui.ui.widgets.line_view import LineView, Pieces

STYLE_NAMES = (
    "plain", "bold", "italic", "dim", "code", "link", "quote", "note", "source", "customer", "us", "other",
    "internal", "pending", "alarm", "head", "subhead",
)  # fmt: skip
HEADER_LINES = 3
RENDER_AT_ONCE = 60_000
"""Characters of HTML worth rendering on the event loop: about 15 ms."""


class ThreadView(LineView):
    """One ticket: three header lines that stay, then its messages."""

    PREFIX = "thread-view"
    COMPONENT_CLASSES = {f"thread-view--{name}" for name in STYLE_NAMES}  # noqa: RUF012 - Textual reads a set here

    def __init__(self, clock: Clock, offload: Callable[[Content], None], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._offload = offload
        self._content: Content | None = None
        self._rendered: dict[int, tuple[str, Rendered]] = {}
        self._folding = Folding()
        self._built = Built((), ())
        self._header: tuple[Pieces, ...] = ()
        self._following = True
        """Whether the reader is at the end, and wants to see what comes."""
        self.empty_words = ""
        self.opened = False

    @property
    def ticket_id(self) -> int:
        """The ticket shown, 0 for none."""
        return self._content.ticket.id if self._content is not None else 0

    @property
    def content(self) -> Content | None:
        """What is shown."""
        return self._content

    @property
    def current_message(self) -> int:
        """The message with the reading mark; 0 when there is none."""
        return self._folding.current or (self._built.anchors[-1][0] if self._built.anchors else 0)

    def rendered(self, message_id: int) -> Rendered | None:
        """A message's text as it is shown, once it has been rendered."""
        found = self._rendered.get(message_id)
        return found[1] if found is not None else None

    def show(self, content: Content | None) -> None:
        """Show a ticket's thread. The same ticket again keeps place, folding and mark; another starts at its end."""
        same = content is not None and content.ticket.id == self.ticket_id
        more_of_ours = bool(same and self._content and content and len(content.pending) > len(self._content.pending))
        self._content = content
        if not same:
            self._folding = Folding()
            self._rendered = {}
        if content is not None:
            self._render_bodies(content)
        self._rebuild()
        if not same or more_of_ours or self._following:
            self._to_newest()
        self._tell_shown()

    def take_rendered(self, ticket_id: int, bodies: dict[int, tuple[str, Rendered]]) -> None:
        """Bodies that were rendered off the event loop."""
        if ticket_id == self.ticket_id:
            self._rendered.update(bodies)
            self._rebuild()
            if self._following:
                self._to_newest()
            self._tell_shown()

    def _render_bodies(self, content: Content) -> None:
        fresh = [m for m in content.messages if self._rendered.get(m.id, ("",))[0] != m.body_html or not m.body_html]
        if sum(len(m.body_html) for m in fresh) > RENDER_AT_ONCE:
            self._offload(content)
            return
        for message in fresh:
            self._rendered[message.id] = (message.body_html, render(message.body_html))

    def _rebuild(self) -> None:
        width = self.size.width
        if self._content is None or width < 2:
            self._built, self._header = Built((), ()), ()
        else:
            bodies = {key: body for key, (_, body) in self._rendered.items()}
            self._built = build(self._content, bodies, self._folding, width, self._clock.zone)
            self._header = header(self._content.ticket, self._clock.now(), width)
        self.virtual_size = Size(width, len(self._built.lines) + HEADER_LINES)
        self.refresh()

    def _to_newest(self) -> None:
        """The newest message's first line under the header, or the end when that shows more or holds writes of ours."""
        ours = self._content is not None and bool(self._content.pending)
        newest = self._built.anchors[-1][1] if self._built.anchors else 0
        self._scroll(self._last_top() if ours else min(newest, self._last_top()))
        self._following = True

    def _last_top(self) -> int:
        return max(0, len(self._built.lines) - max(1, self.size.height - HEADER_LINES))

    def _scroll(self, line: int) -> None:
        self._following = line >= self._last_top()
        self.jump(line)

    def tick(self) -> None:
        """A minute passed: the header's clock may read otherwise now."""
        if self._content is not None:
            fresh = header(self._content.ticket, self._clock.now(), self.size.width)
            if fresh != self._header:
                self._header = fresh
                self.refresh_lines(self.scroll_offset.y, HEADER_LINES)

    def move(self, lines: int) -> None:
        """Scroll by lines."""
        self._scroll(min(self.scroll_offset.y + lines, self._last_top()))
        self._tell_shown()

    def page(self) -> int:
        """Lines of messages in view."""
        return max(1, self.size.height - HEADER_LINES)

    def to_first(self) -> None:
        """To the oldest message; the first time this also brings the older ones in."""
        if not self._folding.all_messages:
            self._folding.all_messages = True
            self._rebuild()
        self._scroll(0)

    def to_last(self) -> None:
        """To the end."""
        self._scroll(self._last_top())
        self._tell_shown()

    def step_message(self, by: int) -> bool:
        """Put the reading mark on the next or previous message; False at either end."""
        ids = [key for key, _ in self._built.anchors]
        if not ids:
            return False
        index = ids.index(self.current_message) if self.current_message in ids else len(ids) - 1
        if not 0 <= index + by < len(ids):
            return False
        self._folding.current = ids[index + by]
        self._rebuild()
        self._scroll(min(self._built.anchors[index + by][1], self._last_top()))
        self._tell_shown()
        return True

    def toggle_quotes(self) -> None:
        """Unfold or fold the quoted text of the marked message."""
        self._folding.quotes ^= {self.current_message}
        self._rebuild()

    def toggle_source(self) -> None:
        """Show the marked message's HTML source, cleaned, or its text again."""
        self._folding.sources ^= {self.current_message}
        self._rebuild()

    def _tell_shown(self) -> None:
        if not (self.opened and self._content and self._content.messages and self._built.anchors):
            return
        newest, line = self._built.anchors[-1]
        if newest in self._rendered and line < self.scroll_offset.y + self.page():
            self.post_message(MessageShown(self.ticket_id, newest))

    def render_line(self, y: int) -> Strip:
        if self._content is None:
            lines = self.empty_words.split("\n")
            return self.line(((lines[y], "note"),) if y < len(lines) else ())
        if y < HEADER_LINES:
            return self.line(self._header[y] if y < len(self._header) else ())
        index = y - HEADER_LINES + self.scroll_offset.y
        return self.line(self._built.lines[index] if index < len(self._built.lines) else ())

    def on_resize(self, event: events.Resize) -> None:
        place, following = self.scroll_offset.y, self._following
        self._rebuild()
        if following:
            self._to_newest()
        else:
            self._scroll(min(place, self._last_top()))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)
