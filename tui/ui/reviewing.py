"""The review line: what is about to leave, to whom, what follows; and what can be done about it before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.clock import SECOND
from tui.domain import audience_named
from tui.offload import beside
from tui.store.rows import Draft
from tui.ui.files import FileProblem, look_up, size_words

if TYPE_CHECKING:
    from tui.ui.screens.inbox import InboxScreen
    from tui.ui.writing import Writing


class Reviewing:
    """Handlers by action id, for the place `review`."""

    def __init__(self, screen: InboxScreen, writing: Writing) -> None:
        self._screen = screen
        self._writing = writing

    def actions(self) -> dict[str, Callable[[], None]]:
        """Action id to handler."""
        return {
            "send": self._send,
            "status-after": self._status_after,
            "attach": self._attach,
            "copy-text": self._copy,
            "discard": self._discard,
        }

    def show(self, draft: Draft) -> None:
        """Put the line up for this draft."""
        from tui.ui.widgets.composer import Review

        composer = self._writing.composer
        if composer is not None:
            composer.review(
                Review(
                    audience_named(draft.audience),
                    self._writing.recipient(draft),
                    draft.status_after,
                    tuple(f"{file.name} ({size_words(file.size)})" for file in draft.attachments),
                    self._screen.bridge.outgoing.findings(draft, self._screen.thread.content),
                )
            )
            self._screen.rearrange()

    def _send(self) -> None:
        composer = self._writing.composer
        if composer is not None and composer.review_painted:
            draft = self._writing.taken()
            if draft is not None:
                composer.review_painted = False
                self._writing.end(self._hold(draft), "send")

    async def _hold(self, draft: Draft) -> None:
        if await self._writing.save():
            problem = await self._screen.bridge.outgoing.hold(draft)
        else:
            problem = "The text could not be saved, so it is not sent; the title says why. c copies it."
        if problem:
            self._screen.say(problem)
            self.show(draft)
            return
        self._writing.close()
        setup = self._screen.setup
        leaves = self._writing.clock_words(setup.clock.now() + setup.undo_seconds * SECOND)
        kind = {"customer": "Reply", "internal": "Message", "notes": "Notes"}[draft.audience]
        after = (
            f"leaves at {leaves}; {self._screen.keymap.words('undo')} takes it back"
            if setup.undo_seconds
            else "leaves now"
        )
        self._screen.say(f"{kind} on ticket {draft.ticket_id} {after}.")

    def _status_after(self) -> None:
        draft = self._writing.taken()
        if draft is None or draft.audience == "notes":
            return
        at_first = self._writing.status_at_first(draft.ticket_id, audience_named(draft.audience))
        turn = list(dict.fromkeys((at_first, "PENDING", "SOLVED")))
        here = turn.index(draft.status_after) if draft.status_after in turn else 0
        self._change(replace(draft, status_after=turn[(here + 1) % len(turn)]))

    def _change(self, draft: Draft) -> None:
        self._writing.draft = draft
        self.show(draft)
        self._writing.edited()

    def _attach(self) -> None:
        from tui.ui.screens.dialogs import Choice

        draft = self._writing.taken()
        if draft is None:
            return
        if draft.audience == "notes":
            self._screen.say("Notes carry no files.")
        elif not draft.attachments:
            self._ask_path()
        else:
            choices = [Choice("add", "attach another file", "a")]
            choices += [Choice(f"off {at}", f"take off {file.name}") for at, file in enumerate(draft.attachments)]
            self._screen.asking.choose("Attachments", choices, self._attachment_chosen)

    def _ask_path(self) -> None:
        self._screen.asking.line(
            "Attach",
            "The path of a file; ~ and * work.",
            lambda typed: self._screen.bridge.spawn(self._add(typed), "files"),
        )

    def _attachment_chosen(self, answer: str) -> None:
        draft = self._writing.taken()
        if answer == "add":
            self._ask_path()
        elif draft is not None:
            at = int(answer.removeprefix("off "))
            self._change(replace(draft, attachments=draft.attachments[:at] + draft.attachments[at + 1 :]))

    async def _add(self, typed: str) -> None:
        draft = self._writing.taken()
        if draft is None:
            return
        already = draft.attachments
        try:
            found = await beside(lambda: look_up(typed, already))
        except FileProblem as problem:
            self._screen.say(str(problem))
            return
        now = self._writing.taken()
        if now is not None:
            self._change(replace(now, attachments=(*now.attachments, *found)))

    def _copy(self) -> None:
        """The text to the terminal's clipboard, for when no disk takes it."""
        draft = self._writing.taken()
        if draft is not None:
            self._screen.copy(draft.text, "the text")

    def _discard(self) -> None:
        from tui.ui.screens.dialogs import Choice

        choices = [Choice("no", "go on writing", "n"), Choice("yes", "discard it; the outbox can bring it back", "y")]
        self._screen.asking.choose("Discard this draft?", choices, self._discard_answer)

    def _discard_answer(self, answer: str) -> None:
        draft = self._writing.taken()
        if answer == "yes" and draft is not None:
            self._writing.end(self._discard_now(draft), "composer")

    async def _discard_now(self, draft: Draft) -> None:
        if await self._writing.save():
            await self._screen.bridge.outgoing.discard_draft(draft)
            self._writing.close()
            self._screen.say(f"Draft discarded. {self._screen.keymap.words('outbox')} can bring it back.")
