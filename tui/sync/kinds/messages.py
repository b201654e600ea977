"""Writes that become a message of the ticket's thread: replies, internal messages, topic-change requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tui.api.answers import Thread
from tui.api.requests import TopicChange, UpdateTicket
from tui.domain import Message
from tui.message_html import matchable
from tui.store.rows import OutboxRow
from tui.sync.kinds.base import (
    MERCHANT,
    Before,
    Done,
    Evidence,
    Kind,
    Reach,
    closed_words,
    frozen_message,
    wanted_files,
    wanted_text,
)


class _ThreadMessage(Kind):
    """Found: an id not known before and not another row's, by the merchant, same scope, text and attachment names."""

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        baseline = tuple(message.id for message in thread.messages)
        sent = await reach.desk.outbox.rows(states=("sent",), ticket_id=row.ticket_id)
        # What another window or the command line sent meanwhile is news to this one's writer.
        ours = {each.remote_id for each in sent if each.owner == row.owner and each.remote_id is not None}
        return Before(baseline, closed_words(row, thread) or _news(row, thread, ours))

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        message = find(row, thread.messages, claimed)
        return Evidence("reread", message.id) if message is not None else None

    def answered(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Done:
        """What the answer to the write proves."""
        message = find(row, thread.messages, claimed)
        return Done(Evidence("response", message.id) if message is not None else None, thread)


class Reply(_ThreadMessage):
    """UpdateTicket with a new message, PUBLIC or INTERNAL, and the status after it."""

    name = "reply"

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        message = await frozen_message(row, reach, str(row.fields["scope"]))
        thread = await reach.client.update_ticket(UpdateTicket(row.ticket_id, message, status=row.status_after))
        return self.answered(row, thread, await reach.claimed(row.ticket_id))


class TopicChangeRequest(_ThreadMessage):
    """RequestTopicChange; its reason becomes a message, whatever scope the service gives it."""

    name = "topic-change"

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        baseline = tuple(message.id for message in thread.messages)
        if not thread.ticket.topic_change_allowed:
            return Before(baseline, "Not sent. The service does not allow a topic change for this ticket now.")
        return Before(baseline, closed_words(row, thread))

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        message = await frozen_message(row, reach)
        reason = str(row.fields.get("exemption_reason", ""))
        thread = await reach.client.request_topic_change(TopicChange(row.ticket_id, message, reason))
        return self.answered(row, thread, await reach.claimed(row.ticket_id))


def find(row: OutboxRow, messages: Iterable[Message], claimed: Collection[int] = ()) -> Message | None:
    """The message that this row became; the lowest id when several would do (DESIGN.md "The outbox").

    A snapshot without a scope matches messages of any.
    """
    wanted, names, scope = wanted_text(row), wanted_files(row), str(row.fields.get("scope", ""))
    candidates = [
        message
        for message in messages
        if message.id not in row.baseline_ids
        and message.id not in claimed
        and message.author_type == MERCHANT
        and scope in ("", message.scope)
        and sorted(attachment.filename for attachment in message.attachments) == names
        and matchable(message.body_html) == wanted
    ]
    return min(candidates, key=lambda message: message.id, default=None)


def _news(row: OutboxRow, thread: Thread, ours: Collection[int]) -> str:
    """What came since the writing began (DESIGN.md "Collision"), as a sentence; empty when nothing did."""
    if row.base_ids is None:
        return ""
    fresh = [message for message in thread.messages if message.id not in row.base_ids and message.id not in ours]
    if not fresh:
        return ""
    who = ", ".join(dict.fromkeys(m.author_name or m.author_type.lower() or "somebody" for m in fresh))
    number = "a new message" if len(fresh) == 1 else f"{len(fresh)} new messages"
    return f"Not sent. Since you began writing there is {number} by {who}. Read it, then send or change yours."
