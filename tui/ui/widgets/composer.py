"""The reply composer and its review line. Imported when first used: TextArea costs 20 ms of start-up."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from tui import text
from tui.domain import AUDIENCE_WORDS, Audience
from tui.ui.messages import DraftEdited


class ReplyArea(TextArea):
    """Where a reply is written: Enter is a newline, Tab does nothing, pasted text is cleaned."""

    def __init__(self) -> None:
        super().__init__(id="reply-area", show_line_numbers=False, soft_wrap=True, tab_behavior="focus")
        self.cursor_blink = False
        self.highlight_cursor_line = False

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("tab", "shift+tab"):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        await super()._on_paste(events.Paste(text.clean(event.text)))
        event.stop()
        event.prevent_default()


@dataclass(frozen=True, slots=True)
class Review:
    """What the review line says before anything leaves."""

    audience: Audience
    recipient: str
    status_after: str
    files: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


class Composer(Vertical):
    """Title, text and, after Esc, the review line."""

    def __init__(self) -> None:
        super().__init__(id="composer")
        self._title = Static("", id="composer-title", markup=False)
        self.area = ReplyArea()
        self._review = Static("", id="review-line", markup=False)
        self.reviewing = False
        self.review_painted = False
        self.review_since = 0.0
        """When it was asked for, as events tell time: a key pressed before that is no answer to it."""
        self._quiet = False

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.area
        yield self._review

    def on_mount(self) -> None:
        self._review.display = False

    def begin(self, title: str, body: str, cursor: tuple[int, int]) -> None:
        """Open on a draft's text, or empty."""
        self.set_title(title)
        self.set_text(body, cursor)
        self.write()

    def set_title(self, title: str) -> None:
        """The line that names the audience and how the draft stands."""
        self._title.update(Content(text.clean_line(title, 300)))

    def set_text(self, body: str, cursor: tuple[int, int] | None = None) -> None:
        """Put text in without counting it as typing."""
        self._quiet = True
        self.area.load_text(body)
        self.area.move_cursor(cursor if cursor is not None else self.area.document.end)
        self.call_later(self._loud)

    def _loud(self) -> None:
        self._quiet = False

    def type_ahead(self, characters: str) -> None:
        """Keys that came before the composer stood."""
        self.area.insert(characters)

    def write(self) -> None:
        """Back to writing."""
        self.reviewing = self.review_painted = False
        self.remove_class("-review")
        self._review.display = False
        self.area.read_only = False
        self.area.focus()

    def review(self, review: Review) -> None:
        """Show what will leave, to whom and what follows. `y` counts once this has been painted."""
        self.reviewing = True
        self.add_class("-review")
        self.review_since = Message().time
        self.area.read_only = True
        whom = f"{AUDIENCE_WORDS[review.audience]}{f' ({review.recipient})' if review.recipient else ''}"
        if review.audience == "notes":
            facts = ["SAVE", "our notes: nobody else reads them; what a colleague wrote meanwhile is merged"]
            keys = "y save  e editor  Enter write on  q keep draft  X discard  c copy"
        else:
            files = ", ".join(text.clean_line(name, 80) for name in review.files) or "no attachments"
            then = (
                f"then {review.status_after}"
                if review.status_after
                else "no status asked for; the service may set PENDING"
            )
            facts = ["SEND", f"{whom} · {then} · {files}"]
            keys = "y send  s status  a attach  e editor  Enter write on  q keep draft  X discard  c copy"
        lines = [Content.styled(" ".join(facts), "bold")]
        lines += [Content(f"check: {finding}") for finding in review.findings]
        lines.append(Content(keys))
        self._review.update(Content("\n").join(lines))
        self._review.display = True
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self.review_painted = self.reviewing

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not self._quiet:
            self.post_message(DraftEdited())

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        if not self._quiet:
            self.post_message(DraftEdited())
