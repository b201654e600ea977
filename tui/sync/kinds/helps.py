"""Help requests to refurbed: opening one, writing into one. Both are looked for in the help requests themselves.

Help messages have ids of their own, which may equal those of ticket messages; the id stands in the evidence's words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tui.api.answers import HelpThread, Thread
from tui.api.requests import HelpReply, NewHelpRequest
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


class HelpRequestOpened(Kind):
    """CreateTicketHelpRequest. Found: a help request not known before, of this topic, that begins with this text."""

    name = "help-request"

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        thread = await reach.fetch(row.ticket_id)
        listed = await reach.client.list_help_requests(row.ticket_id)
        return Before(tuple(request.id for request in listed.help_requests), closed_words(row, thread))

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        message = await frozen_message(row, reach)
        request = NewHelpRequest(row.ticket_id, str(row.fields["topic"]), message)
        return Done(_opened(row, await reach.client.create_help_request(request), "response"))

    async def look(self, row: OutboxRow, reach: Reach) -> Evidence | None:
        listed = await reach.client.list_help_requests(row.ticket_id)
        for request in sorted(listed.help_requests, key=lambda request: request.id):
            if request.id not in row.baseline_ids and request.topic == row.fields["topic"]:
                found = _opened(row, await reach.client.get_help_request(row.ticket_id, request.id), "reread")
                if found is not None:
                    return found
        return None

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        return None


class HelpRequestReply(Kind):
    """UpdateTicketHelpRequest. Found: a message not known before, by the merchant, of this text and these files."""

    name = "help-reply"

    async def before(self, row: OutboxRow, reach: Reach) -> Before:
        help_thread = await reach.client.get_help_request(row.ticket_id, _help_id(row))
        baseline = tuple(message.id for message in help_thread.messages)
        if help_thread.help_request.status == "CLOSED":
            return Before(baseline, "Not sent. This help request is CLOSED for good; open another one.")
        return Before(baseline)

    async def perform(self, row: OutboxRow, reach: Reach, before: Before) -> Done:
        message = await frozen_message(row, reach)
        answer = await reach.client.update_help_request(HelpReply(row.ticket_id, _help_id(row), message))
        return Done(_written(row, answer.messages, "response"))

    async def look(self, row: OutboxRow, reach: Reach) -> Evidence | None:
        answer = await reach.client.get_help_request(row.ticket_id, _help_id(row))
        return _written(row, answer.messages, "reread")

    def in_thread(self, row: OutboxRow, thread: Thread, claimed: Collection[int]) -> Evidence | None:
        return None


def _help_id(row: OutboxRow) -> int:
    return int(str(row.fields["help_request_id"]))


def _opened(row: OutboxRow, answer: HelpThread, how: str) -> Evidence | None:
    found = _match(row, answer.messages)
    if found is None or answer.help_request.id in row.baseline_ids:
        return None
    return Evidence(f"{how}: help request {answer.help_request.id}")


def _written(row: OutboxRow, messages: Iterable[Message], how: str) -> Evidence | None:
    found = _match(row, (message for message in messages if message.id not in row.baseline_ids))
    return Evidence(f"{how}: help message {found.id}") if found is not None else None


def _match(row: OutboxRow, messages: Iterable[Message]) -> Message | None:
    wanted, names = wanted_text(row), wanted_files(row)
    return next(
        (
            message
            for message in messages
            if message.author_type == MERCHANT
            and sorted(attachment.filename for attachment in message.attachments) == names
            and matchable(message.body_html) == wanted
        ),
        None,
    )
