"""Drafts and the outbox for the screen: what is written, what is on its way, what a person must decide."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from tui import text
from tui.domain import AUDIENCE_WORDS, Audience, audience_named
from tui.lint import Subject, findings
from tui.offload import beside
from tui.store.errors import StoreError
from tui.store.outbox_states import UNSETTLED, WORDS, Decision
from tui.store.rows import Draft
from tui.ui import words
from tui.ui.files import FileProblem, to_send

if TYPE_CHECKING:
    from tui.store.rows import OutboxRow
    from tui.ui.app import InboxApp
    from tui.ui.screens.dialogs import Choice
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState
    from tui.ui.thread_lines import Content

SHOWN: Final = 100
DECISION_WORDS: Final[dict[Decision, str]] = {
    "it-was-sent": "it was sent: I have seen it elsewhere",
    "send-again": "send it again: the customer may get it twice",
    "to-draft": "take the text back into the draft",
}


class Outgoing:
    """The desk's side of the bridge. Every change is on disk before the screen speaks of it."""

    def __init__(
        self,
        app: InboxApp,
        setup: Setup,
        state: InboxState,
        spawn: Callable[[Coroutine[object, object, object], str], None],
        wake: Callable[[], None],
    ) -> None:
        self._app = app
        self._setup = setup
        self._desk = setup.desk
        self._state = state
        self._spawn = spawn
        self._wake = wake
        self._names: tuple[str, ...] = ()

    async def draft(self, ticket_id: int, audience: Audience) -> Draft | None:
        """The draft to go on with, if there is one."""
        self._names = await self._setup.cache.customer_names()
        return await self._desk.drafts.get(ticket_id, audience)

    async def save_draft(self, draft: Draft) -> Draft | str:
        """Write a draft down; gives it as saved, or a sentence on why it is not."""
        try:
            saved = await self._desk.drafts.save(draft)
        except StoreError as error:
            return error.sentence
        await self._count_drafts()
        return saved

    async def discard_draft(self, draft: Draft) -> None:
        """Take a draft away; the outbox screen can bring it back."""
        await self._desk.drafts.discard(draft.ticket_id, draft.audience)
        await self._count_drafts()

    async def _count_drafts(self) -> None:
        drafts = await self._desk.drafts.ids()
        changed, self._state.drafts = drafts ^ self._state.drafts, drafts
        if changed:
            self._app.inbox.tickets.forget(changed)

    async def hold(self, draft: Draft) -> str:
        """Put a text into the outbox, held for the undo window; gives a sentence on why not, or nothing."""
        from tui.sync.replies import queue_notes, queue_reply

        setup = self._setup
        try:
            if draft.audience == "notes":
                await queue_notes(
                    self._desk,
                    setup.instance,
                    setup.clock,
                    ticket_id=draft.ticket_id,
                    base=draft.base_text,
                    ours=draft.text,
                    undo_seconds=setup.undo_seconds,
                    from_draft=True,
                )
            else:
                await queue_reply(
                    self._desk,
                    setup.instance,
                    setup.clock,
                    ticket_id=draft.ticket_id,
                    audience=audience_named(draft.audience),
                    body=draft.text,
                    status_after=draft.status_after,
                    files=await beside(lambda: to_send(draft.attachments)),
                    base_ids=draft.base_ids,
                    undo_seconds=setup.undo_seconds,
                    from_draft=True,
                )
        except StoreError as error:
            return error.sentence
        except FileProblem as problem:
            return f"Not sent. {problem}"
        self._wake()
        await self.count()
        await self._count_drafts()
        self._app.bridge.reads.thread_changed(draft.ticket_id)
        return ""

    async def undo(self) -> tuple[Draft | None, str]:
        """Take back what has not left: the ticket in hand first, else this window's newest; draft and sentence."""
        rows = await self._desk.outbox.rows(states=("held", "queued", "paused"))
        here = self._app.inbox.ticket_id
        mine = [row for row in rows if row.owner == self._setup.instance.name and row.state != "paused"]
        for row in [*(row for row in reversed(rows) if row.ticket_id == here), *reversed(mine)]:
            draft = await self._desk.outbox.withdraw(row.id)
            if draft is not None:
                await self._after_change(row)
                return draft, f"Not sent. The text is back in the draft of ticket {row.ticket_id}."
        if await self._desk.outbox.rows(states=("sending",)):
            return None, "Too late, it is being sent."
        return None, "Nothing is held that could be taken back."

    async def undo_all(self) -> None:
        """Take back all that has not left."""
        for row in await self._desk.outbox.rows(states=("held", "queued")):
            if row.owner == self._setup.instance.name:
                await self._desk.outbox.withdraw(row.id)

    async def on_its_way(self) -> str:
        """What of ours has not left or arrived yet, in words; empty when all is done or waits for a person."""
        counts: dict[str, int] = {}
        for row in await self._desk.outbox.rows(states=("held", "queued", "sending")):
            if row.owner == self._setup.instance.name:
                counts[row.state] = counts.get(row.state, 0) + 1
        return words.unsent(counts)

    def ask_before_leaving(self, unsent: str, then: Callable[[str], None]) -> None:
        """Wait, keep or take back: the user chooses."""
        from tui.ui.screens.dialogs import Choice

        choices = [
            Choice("wait", "wait until it is sent, then quit", "w"),
            Choice("keep", "quit now; what has not left stays paused in the outbox", "p"),
            Choice("undo", "take what has not left back into the drafts, then quit", "u"),
            Choice("", "stay", "s"),
        ]
        self._app.inbox.asking.choose(f"Not sent yet: {unsent}", choices, then)

    def changed(self) -> None:
        """Some row changed: count again, and draw what shows it."""
        self._spawn(self.count(), "outbox")

    async def count(self) -> None:
        """How much is unsent, on which tickets."""
        counts = await self._desk.outbox.counts()
        by_ticket: dict[int, str] = {}
        for row in await self._desk.outbox.rows(states=UNSETTLED):
            worst = min(by_ticket.get(row.ticket_id, row.state), row.state, key=words.UNSENT_ORDER.index)
            by_ticket[row.ticket_id] = worst
        state = self._state
        before = state.unsent_by_ticket
        touched = {key for key in {*before, *by_ticket} if before.get(key) != by_ticket.get(key)}
        state.unsent, state.unsent_by_ticket = {str(key): number for key, number in counts.items()}, by_ticket
        if touched:
            self._app.inbox.tickets.forget(touched)
        self._app.inbox.draw_bars()
        await self._count_drafts()
        self._app.bridge.reads.refresh_thread()

    async def _after_change(self, row: OutboxRow) -> None:
        self._wake()
        await self.count()
        self._app.bridge.reads.thread_changed(row.ticket_id)

    async def _take_theirs_in(self, row: OutboxRow) -> None:
        """Notes that came back go on from what is there now: theirs merged in, with both sides where they conflict."""
        from tui.sync.kinds.merge import merge

        draft = await self._desk.drafts.get(row.ticket_id, "notes")
        if draft is not None:
            theirs = await self._app.bridge.reads.notes_of(row.ticket_id)
            merged = merge(draft.base_text, draft.text, theirs)
            await self._desk.drafts.save(replace(draft, text=merged.text, base_text=theirs))
            self._app.inbox.writing.begin("notes", row.ticket_id)

    def findings(self, draft: Draft, content: Content | None) -> tuple[str, ...]:
        """What the review line warns of."""
        if content is None or content.ticket.id != draft.ticket_id:
            return ()
        subject = Subject(draft.text, content.ticket, len(draft.attachments), self._names)
        return findings(subject, self._setup.lint_off)

    def show(self) -> None:
        """The outbox screen: every unsent and recent write, and every draft, each with what can be done."""
        self._spawn(self._show(), "outbox")

    async def _show(self) -> None:
        from tui.ui.screens.dialogs import Choice

        rows = await self._desk.outbox.rows(limit=SHOWN)
        rows.sort(key=lambda row: (row.state not in UNSETTLED, -row.seq))
        choices = [Choice(f"row {row.id}", self._row_words(row)) for row in rows]
        choices += [
            Choice(f"draft {d.ticket_id} {d.audience}", self._draft_words(d)) for d in await self._desk.drafts.all()
        ]
        choices += [Choice(f"kept {d.kept_id}", self._draft_words(d)) for d in await self._desk.drafts.kept()]
        if not choices:
            self._app.inbox.say("The outbox is empty, and there are no drafts.")
            return
        self._app.inbox.asking.choose("Outbox and drafts: Enter shows what can be done", choices, self._chosen)

    def _row_words(self, row: OutboxRow) -> str:
        since = words.clock_words(row.state_since, self._setup.clock.now(), self._setup.clock.zone)
        reason = f" {row.reason}" if row.reason else ""
        start = f" “{_start(row.text)}”" if row.text else ""
        return f"ticket {row.ticket_id}, {words.write_name(row)}: {WORDS[row.state]} ({since}).{reason}{start}"

    def _draft_words(self, draft: Draft) -> str:
        whom = AUDIENCE_WORDS[audience_named(draft.audience)]
        kind = "kept text" if draft.kept_id else "draft"
        reason = f" {draft.reason}" if draft.reason else ""
        return f"ticket {draft.ticket_id} {whom}: {kind}.{reason} “{_start(draft.text)}”"

    def _chosen(self, chosen: str) -> None:
        kind, _, rest = chosen.partition(" ")
        if kind == "draft":
            ticket_id, _, audience = rest.partition(" ")
            self._app.inbox.writing.begin(audience_named(audience), int(ticket_id))
        else:
            self._spawn(self._restore(int(rest)) if kind == "kept" else self._row_menu(rest), "outbox")

    async def _restore(self, kept_id: int) -> None:
        draft = await self._desk.drafts.restore(kept_id)
        await self._count_drafts()
        self._app.inbox.writing.begin(audience_named(draft.audience), draft.ticket_id)

    async def _row_menu(self, row_id: str) -> None:
        row = await self._desk.outbox.row(row_id)
        if row is None:
            return
        choices = _row_choices(row)
        title = f"Ticket {row.ticket_id}: {WORDS[row.state]}"

        def then(answer: str) -> None:
            self._spawn(self._decide(row_id, answer), "outbox")

        self._app.inbox.asking.choose(title, choices, then)

    async def _decide(self, row_id: str, answer: str) -> None:
        row = await self._desk.outbox.row(row_id)
        if row is None:
            return
        if answer == "open":
            self._app.inbox.open_ticket(row.ticket_id)
            return
        owner = self._setup.instance.name
        if answer == "resume":
            # The person has seen what came in: that is what a newer message is measured against from now on.
            seen = tuple(message.id for message in await self._setup.cache.thread(row.ticket_id)) or row.base_ids
            done: object = await self._desk.outbox.resume(row_id, owner, base_ids=seen)
        elif answer == "withdraw":
            done = await self._desk.outbox.withdraw(row_id)
            if done is not None and row.kind == "notes":
                await self._take_theirs_in(row)
        else:
            done = await self._desk.outbox.decide(row_id, cast("Decision", answer), owner)
        self._app.inbox.say("Done." if done is not None else "Too late: it changed its state meanwhile.")
        await self._after_change(row)


def _row_choices(row: OutboxRow) -> list[Choice]:
    """What can be done about a row in its state."""
    from tui.ui.screens.dialogs import Choice

    choices: list[Choice] = []
    if row.state == "paused":
        choices.append(Choice("resume", "send it now", "s"))
    if row.state in ("held", "queued", "paused"):
        choices.append(Choice("withdraw", "take the text back into the draft", "d"))
    if row.state == "undecided":
        keys: tuple[tuple[Decision, str], ...] = (("it-was-sent", "i"), ("send-again", "a"), ("to-draft", "d"))
        choices += [Choice(decision, DECISION_WORDS[decision], key) for decision, key in keys]
    choices.append(Choice("open", f"open ticket {row.ticket_id}", "o"))
    return choices


def _start(body: str) -> str:
    return text.clip(text.clean_line(body, 200), 40)
