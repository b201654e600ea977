"""Actions of writing: composer, drafts, review line, sending, undo. A draft is on disk within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.clock import SECOND
from tui.domain import AUDIENCE_WORDS, Audience, audience_named, status_after_reply
from tui.store.rows import Draft
from tui.ui import words

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.ui.screens.inbox import InboxScreen
    from tui.ui.widgets.composer import Composer

SAVE_AFTER = 0.4
"""Seconds after a key until the draft is written: well inside the promised one."""


class Writing:
    """The composer's life on one ticket at a time. The draft object is what is, or will be, on disk."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen
        self._composer: Composer | None = None
        self._timer: Timer | None = None
        self._ahead: list[str] | None = None
        self._saving = asyncio.Lock()
        self.draft: Draft | None = None

    def actions(self) -> dict[str, Callable[[], None]]:
        """Action id to handler."""
        return {
            "reply": lambda: self.begin("customer"),
            "internal": lambda: self.begin("internal"),
            "undo": self._undo,
            "to-review": self._to_review,
            "editor": self._editor,
            "editor-review": self._editor,
            "send": self._send,
            "status-after": self._status_after,
            "write-on": self._write_on,
            "keep-draft": self.keep,
            "discard": self._discard,
        }

    @property
    def active(self) -> bool:
        """Whether the composer is open (or about to stand)."""
        return self.draft is not None or self._ahead is not None

    @property
    def reviewing(self) -> bool:
        """Whether the review line has the keys."""
        return self._composer is not None and self._composer.reviewing and self.draft is not None

    def catches(self, character: str | None, key: str) -> bool:
        """Keys typed before the composer stands are kept for it."""
        if self._ahead is None:
            return False
        if key == "enter":
            self._ahead.append("\n")
        elif character is not None and character.isprintable():
            self._ahead.append(character)
        return True

    def begin(self, audience: Audience, ticket_id: int = 0) -> None:
        """Open the composer for the ticket in hand, on its draft when there is one."""
        ticket_id = ticket_id or self._screen.ticket_id
        reason = self._screen.why_not("reply" if audience == "customer" else "internal")
        if not ticket_id or reason:
            self._screen.say(reason or "No ticket is chosen.")
            return
        self._ahead = []
        self._screen.state.notice = ""
        if self._screen.state.opened != ticket_id:
            self._screen.open_ticket(ticket_id)
        self._screen.bridge.spawn(self._open(ticket_id, audience), "composer")

    async def _open(self, ticket_id: int, audience: Audience) -> None:
        try:
            draft = await self._screen.bridge.outgoing.draft(ticket_id, audience)
            if draft is None:
                draft = Draft(ticket_id, audience, "", status_after=self._status_at_first(ticket_id, audience))
            # What is on screen now is what a newer message is measured against (DESIGN.md, Collision).
            draft = replace(draft, base_ids=self._shown_ids(ticket_id) or draft.base_ids)
            composer = await self._stand()
            self.draft = draft
            composer.begin(self._title(draft), draft.text, draft.cursor)
            if self._ahead:
                composer.type_ahead("".join(self._ahead))
                self.edited()
        finally:
            self._ahead = None
            self._screen.rearrange()

    async def _stand(self) -> Composer:
        """The composer under the thread, made on first use."""
        if self._composer is None:
            from tui.ui.widgets.composer import Composer

            self._composer = Composer()
            await self._screen.reading.mount(self._composer)
        self._composer.display = True
        return self._composer

    def _shown_ids(self, ticket_id: int) -> tuple[int, ...] | None:
        content = self._screen.thread.content
        if content is None or content.ticket.id != ticket_id or not content.messages:
            return None
        return tuple(message.id for message in content.messages)

    def _status_at_first(self, ticket_id: int, audience: Audience) -> str:
        """A reply states PENDING or SOLVED; any other message repeats the status where it can (API.md trap 1)."""
        status = self._screen.status_of(ticket_id)
        if audience == "customer":
            return status_after_reply(status)
        return status if status in ("PENDING", "SOLVED") else ""

    def _title(self, draft: Draft, note: str = "") -> str:
        kind = {"customer": "Reply", "internal": "Message", "notes": "Notes"}[draft.audience]
        saved = note or (f"draft saved {self._clock_words(draft.changed_at)}" if draft.changed_at else "new")
        who = self._recipient(draft)
        whom = AUDIENCE_WORDS[audience_named(draft.audience)] + (f" ({who})" if who else "")
        return f"{kind} {whom} · ticket {draft.ticket_id} · {saved}"

    def _recipient(self, draft: Draft) -> str:
        content = self._screen.thread.content
        if draft.audience != "customer" or content is None or content.ticket.id != draft.ticket_id:
            return ""
        return content.ticket.customer_name or content.ticket.customer_email

    def _clock_words(self, instant: int) -> str:
        clock = self._screen.setup.clock
        return words.clock_words(instant, clock.now(), clock.zone)

    def edited(self) -> None:
        """The text, cursor or status changed: write it down soon."""
        if self.draft is not None and self._timer is None:
            self._timer = self._screen.set_timer(SAVE_AFTER, self._save_soon)

    def _save_soon(self) -> None:
        self._timer = None
        if self.draft is not None:
            self._screen.bridge.spawn(self.save(), "draft")

    def _taken(self) -> Draft | None:
        if self.draft is None or self._composer is None:
            return self.draft
        row, column = self._composer.area.cursor_location
        base_ids = self._shown_ids(self.draft.ticket_id) if self.draft.base_ids is None else self.draft.base_ids
        self.draft = replace(self.draft, text=self._composer.area.text, cursor=(row, column), base_ids=base_ids)
        return self.draft

    async def save(self) -> bool:
        """Write the draft down; False, and said so on its title, when the disk refuses. One after the other."""
        async with self._saving:
            return await self._save()

    async def _save(self) -> bool:
        draft = self._taken()
        if draft is None:
            return True
        if not draft.text.strip() and not draft.changed_at:
            return True
        saved = await self._screen.bridge.outgoing.save_draft(draft)
        problem = saved if isinstance(saved, str) else ""
        current = self.draft
        if current is not None and self._composer is not None:
            if (current.ticket_id, current.audience) == (draft.ticket_id, draft.audience) and isinstance(saved, Draft):
                self.draft = current = replace(current, changed_at=saved.changed_at)
            self._composer.set_title(self._title(current, f"NOT SAVED: {problem}" if problem else ""))
        return not problem

    def _to_review(self) -> None:
        draft = self._taken()
        if draft is None or self._composer is None:
            return
        if not draft.text.strip():
            self._screen.bridge.spawn(self._close_empty(draft), "composer")
            return
        self._show_review(draft)
        self._screen.bridge.spawn(self.save(), "draft")

    def _show_review(self, draft: Draft) -> None:
        from tui.ui.widgets.composer import Review

        if self._composer is not None:
            findings = self._screen.bridge.outgoing.findings(draft, self._screen.thread.content)
            files = tuple(file.name for file in draft.attachments)
            recipient = self._recipient(draft)
            self._composer.review(
                Review(audience_named(draft.audience), recipient, draft.status_after, files, findings)
            )
            self._screen.rearrange()

    async def _close_empty(self, draft: Draft) -> None:
        if draft.changed_at:
            await self._screen.bridge.outgoing.discard_draft(draft)
        self._close()

    def _write_on(self) -> None:
        if self._composer is not None:
            self._composer.write()
            self._screen.rearrange()

    def _status_after(self) -> None:
        draft = self._taken()
        if draft is not None:
            at_first = self._status_at_first(draft.ticket_id, audience_named(draft.audience))
            turn = list(dict.fromkeys((at_first, "PENDING", "SOLVED")))
            here = turn.index(draft.status_after) if draft.status_after in turn else 0
            self.draft = replace(draft, status_after=turn[(here + 1) % len(turn)])
            self._show_review(self.draft)
            self.edited()

    def _send(self) -> None:
        if self._composer is not None and self._composer.review_painted:
            draft = self._taken()
            if draft is not None:
                self._composer.review_painted = False
                self._screen.bridge.spawn(self._hold(draft), "send")

    async def _hold(self, draft: Draft) -> None:
        problem = "" if await self.save() else "The text could not be saved, so it is not sent; the title says why."
        problem = problem or await self._screen.bridge.outgoing.hold(draft)
        if problem:
            self._screen.say(problem)
            self._show_review(draft)
            return
        self._close()
        seconds = self._screen.setup.undo_seconds
        leaves = self._clock_words(self._screen.setup.clock.now() + seconds * SECOND)
        kind = "Reply" if draft.audience == "customer" else "Message"
        after = f"leaves at {leaves}; {self._screen.keymap.words('undo')} takes it back" if seconds else "leaves now"
        self._screen.say(f"{kind} on ticket {draft.ticket_id} {after}.")

    def keep(self) -> None:
        """Leave the composer; the draft stays."""
        self._screen.bridge.spawn(self._keep(), "composer")

    async def _keep(self) -> None:
        draft = self._taken()
        if draft is not None and await self.save():
            self._close()
            if draft.text.strip():
                self._screen.say(f"Draft kept on ticket {draft.ticket_id}.")

    def _discard(self) -> None:
        from tui.ui.screens.dialogs import Choice

        choices = [Choice("no", "go on writing", "n"), Choice("yes", "discard it; the outbox can bring it back", "y")]
        self._screen.asking.choose("Discard this draft?", choices, self._discard_answer)

    def _discard_answer(self, answer: str) -> None:
        draft = self._taken()
        if answer == "yes" and draft is not None:
            self._screen.bridge.spawn(self._discard_now(draft), "composer")

    async def _discard_now(self, draft: Draft) -> None:
        if await self.save():
            await self._screen.bridge.outgoing.discard_draft(draft)
            self._close()
            self._screen.say(f"Draft discarded. {self._screen.keymap.words('outbox')} can bring it back.")

    def _editor(self) -> None:
        draft = self._taken()
        if draft is None or self._composer is None:
            return
        from tui.ui.editor import edit

        body, problem = edit(self._screen.app, draft.text)
        self._composer.set_text(body)
        self._composer.write()
        self.edited()
        if problem:
            self._screen.say(problem)
        self._screen.rearrange()

    def _undo(self) -> None:
        self._screen.bridge.spawn(self._take_back(), "send")

    async def _take_back(self) -> None:
        draft, sentence = await self._screen.bridge.outgoing.undo()
        self._screen.say(sentence)
        if draft is not None:
            self.begin(audience_named(draft.audience), draft.ticket_id)

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.draft = None
        if self._composer is not None:
            self._composer.reviewing = False
            self._composer.display = False
        (self._screen.thread if self._screen.state.opened else self._screen.tickets).focus()
        self._screen.rearrange()
