"""Actions of writing: the composer's life, its draft on disk within a second, the way to the review line and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING

from tui import text
from tui.domain import AUDIENCE_WORDS, Audience, audience_named, status_after_reply
from tui.store.rows import Draft
from tui.ui import words
from tui.ui.ahead import Ahead
from tui.ui.reviewing import Reviewing

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widgets import TextArea

    from tui.ui.screens.inbox import InboxScreen
    from tui.ui.widgets.composer import Composer

SAVE_AFTER = 0.4
"""Seconds after a key until the draft is written: well inside the promised one."""


class Writing:
    """The composer on one ticket at a time. The draft object is what is, or will be, on disk."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._ahead = Ahead()
        self._saving = asyncio.Lock()
        self._trouble = ""
        """Why the last save did not happen, as a sentence; empty when it did."""
        self._review = Reviewing(screen, self)
        self.composer: Composer | None = None
        self.draft: Draft | None = None
        self.ending = False
        """Whether the composer is about to go, by `end`."""

    def actions(self) -> dict[str, Callable[[], None]]:
        """Action id to handler."""
        return {
            "reply": lambda: self.begin("customer"),
            "internal": lambda: self.begin("internal"),
            "notes": lambda: self.begin("notes"),
            "undo": self._undo,
            "to-review": self._to_review,
            "editor": self._editor,
            "editor-review": self._editor,
            "write-on": self._write_on,
            "keep-draft": self.keep,
            **self._review.actions(),
        }

    @property
    def active(self) -> bool:
        """Whether the composer is open (or about to stand)."""
        return self.draft is not None or self._ahead.begun

    @property
    def reviewing(self) -> bool:
        """Whether the review line has the keys."""
        return self.composer is not None and self.composer.reviewing and self.draft is not None

    def hasty(self, pressed_at: float) -> bool:
        """Whether a key was pressed before the review line as it stands was asked for, though it arrived after."""
        return self.composer is not None and pressed_at < self.composer.review_since

    def catches(self, character: str | None, key: str) -> bool:
        """Whether a key belongs into the text, though the composer has no focus yet, or does not stand."""
        return self._ahead.take(character, key, self._waiting_area())

    def pasted(self, words: str) -> bool:
        """Take a paste that belongs into the text in the same case."""
        return self._ahead.paste(text.clean(words), self._waiting_area())

    def _waiting_area(self) -> TextArea | None:
        writing = self.composer is not None and self.draft is not None and not self.reviewing
        return self.composer.area if self.composer is not None and writing else None

    def end(self, work: Coroutine[object, object, object], name: str) -> None:
        """Do what takes the composer away. Until that is done, or has failed, no key can ask for anything else."""
        self.ending = True
        self._screen.bridge.spawn(self._ended(work), name)

    async def _ended(self, work: Coroutine[object, object, object]) -> None:
        try:
            await work
        finally:
            self.ending = False

    def begin(self, audience: Audience, ticket_id: int = 0) -> None:
        """Open the composer for the ticket in hand, on its draft when there is one."""
        ticket_id = ticket_id or self._screen.ticket_id
        reason = self._screen.why_not({"customer": "reply"}.get(audience, audience))
        if not ticket_id or reason:
            self._screen.say(reason or "No ticket is chosen.")
            return
        self._ahead.begin()
        self._screen.state.notice = ""
        if self._screen.state.opened != ticket_id:
            self._screen.open_ticket(ticket_id)
        self._screen.bridge.spawn(self._open(ticket_id, audience), "composer")

    async def _open(self, ticket_id: int, audience: Audience) -> None:
        try:
            draft = await self._screen.bridge.outgoing.draft(ticket_id, audience)
            if draft is None:
                draft = Draft(ticket_id, audience, "", status_after=self.status_at_first(ticket_id, audience))
                if audience == "notes":
                    now = await self._screen.bridge.reads.notes_of(ticket_id)
                    lines = now.split("\n")
                    end = (len(lines) - 1, len(lines[-1]))
                    draft = replace(draft, text=now, base_text=now, cursor=end, status_after="")
            # What is on screen now is what a newer message is measured against (DESIGN.md, Collision).
            draft = replace(draft, base_ids=self._shown_ids(ticket_id) or draft.base_ids)
            composer = await self._stand()
            self.draft = draft
            composer.begin(self._title(draft), draft.text, draft.cursor)
            if typed := self._ahead.done():
                composer.type_ahead(typed)
                self.edited()
        finally:
            self._ahead.done()
            self._screen.rearrange()

    async def _stand(self) -> Composer:
        """The composer under the thread, made on first use."""
        if self.composer is None:
            from tui.ui.widgets.composer import Composer

            self.composer = Composer()
            await self._screen.reading.mount(self.composer)
        self.composer.display = True
        return self.composer

    def _shown_ids(self, ticket_id: int) -> tuple[int, ...] | None:
        content = self._screen.thread.content
        if content is None or content.ticket.id != ticket_id or not content.messages:
            return None
        return tuple(message.id for message in content.messages)

    def status_at_first(self, ticket_id: int, audience: Audience) -> str:
        """A reply states PENDING or SOLVED; any other message repeats the status where it can (API.md trap 1)."""
        status = self._screen.status_of(ticket_id)
        if audience == "customer":
            return status_after_reply(status)
        return status if status in ("PENDING", "SOLVED") else ""

    def _title(self, draft: Draft) -> str:
        """Whether it is on disk comes before what the header says too: a narrow pane cuts the end off."""
        kind = {"customer": "Reply ", "internal": "Message ", "notes": ""}[draft.audience]
        saved = f"draft saved {self.clock_words(draft.changed_at)}" if draft.changed_at else "new"
        who = self.recipient(draft)
        whom = AUDIENCE_WORDS[audience_named(draft.audience)] + (f" ({who})" if who else "")
        title = f"{kind}{whom} · {saved} · ticket {draft.ticket_id}"
        return f"NOT SAVED · {title}" if self._trouble else title[:1].upper() + title[1:]

    def recipient(self, draft: Draft) -> str:
        """The customer's name, for what goes to the customer."""
        content = self._screen.thread.content
        if draft.audience != "customer" or content is None or content.ticket.id != draft.ticket_id:
            return ""
        return content.ticket.customer_name or content.ticket.customer_email

    def clock_words(self, instant: int) -> str:
        """A moment as the screen says it."""
        clock = self._screen.setup.clock
        return words.clock_words(instant, clock.now(), clock.zone)

    def edited(self) -> None:
        """The text, cursor, status or files changed: write it down soon."""
        if self.draft is not None and self._timer is None:
            self._timer = self._screen.set_timer(SAVE_AFTER, self._save_soon)

    def _save_soon(self) -> None:
        self._timer = None
        if self.draft is not None:
            self._screen.bridge.spawn(self.save(), "draft")

    def taken(self) -> Draft | None:
        """The draft with what the composer holds now."""
        if self.draft is None or self.composer is None:
            return self.draft
        row, column = self.composer.area.cursor_location
        base_ids = self._shown_ids(self.draft.ticket_id) if self.draft.base_ids is None else self.draft.base_ids
        self.draft = replace(self.draft, text=self.composer.area.text, cursor=(row, column), base_ids=base_ids)
        return self.draft

    async def save(self) -> bool:
        """Write the draft down; False, and said so on its title, when the disk refuses. One after the other."""
        async with self._saving:
            return await self._save()

    async def _save(self) -> bool:
        draft = self.taken()
        if draft is None or (not draft.changed_at and _untouched(draft)):
            return True
        saved = await self._screen.bridge.outgoing.save_draft(draft)
        trouble, self._trouble = self._trouble, saved if isinstance(saved, str) else ""
        if self._trouble and self._trouble != trouble:
            self._screen.say(f"What you write is NOT SAVED. {self._trouble} Esc, then c, copies it out.")
        current = self.draft
        if current is not None and self.composer is not None:
            if (current.ticket_id, current.audience) == (draft.ticket_id, draft.audience) and isinstance(saved, Draft):
                self.draft = current = replace(current, changed_at=saved.changed_at)
            self.composer.set_title(self._title(current))
        return not self._trouble

    def _to_review(self) -> None:
        draft = self.taken()
        if draft is None or self.composer is None:
            return
        if _untouched(draft):
            self.end(self._close_untouched(draft), "composer")
            return
        self._review.show(draft)
        self._screen.bridge.spawn(self.save(), "draft")

    async def _close_untouched(self, draft: Draft) -> None:
        if draft.changed_at:
            await self._screen.bridge.outgoing.discard_draft(draft)
        self.close()

    def _write_on(self) -> None:
        if self.composer is not None:
            self.composer.write()
            self._screen.rearrange()

    def keep(self) -> None:
        """Leave the composer; the draft stays."""
        self.end(self._keep(), "composer")

    async def _keep(self) -> None:
        draft = self.taken()
        if draft is not None and await self.save():
            self.close()
            if not _untouched(draft):
                self._screen.say(f"Draft kept on ticket {draft.ticket_id}.")

    def _editor(self) -> None:
        if self.draft is not None:
            self.end(self._edit(), "editor")

    async def _edit(self) -> None:
        """What was written is on disk before another program has the terminal, for however long."""
        await self.save()
        draft = self.taken()
        if draft is None or self.composer is None:
            return
        from tui.ui.editor import edit

        body, problem = edit(self._screen.app, draft.text)
        self.composer.set_text(body)
        self.composer.write()
        self.edited()
        if problem:
            self._screen.say(problem)
        self._screen.rearrange()

    def _undo(self) -> None:
        self._screen.bridge.spawn(self._take_back(), "send")

    async def _take_back(self) -> None:
        draft, sentence = await self._screen.bridge.outgoing.undo()
        if draft is not None:
            self.begin(audience_named(draft.audience), draft.ticket_id)
        self._screen.say(sentence)

    def close(self) -> None:
        """Take the composer away; the thread, or the list, has the keys again."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.draft = None
        if self.composer is not None:
            self.composer.reviewing = False
            self.composer.display = False
        (self._screen.thread if self._screen.state.opened else self._screen.tickets).focus()
        self._screen.rearrange()


def _untouched(draft: Draft) -> bool:
    """Nothing in it that is worth keeping or sending: no text, or notes as they were."""
    if draft.audience == "notes":
        return draft.text == draft.base_text
    return not draft.text.strip() and not draft.attachments
