"""A reply as a row of the outbox, as a request, and how to know it again in a thread. Pure but for the store's row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from tui import text
from tui.api.errors import ApiError, RateLimited
from tui.api.requests import OutAttachment, OutMessage, UpdateTicket
from tui.clock import SECOND, Clock
from tui.domain import AUDIENCE_SCOPES, Audience, Message
from tui.message_html import matchable, reply_html
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.store.rows import OutboxRow, Outcome, OutFile

REPLY: Final = "reply"
OWN_AUTHOR: Final = "MERCHANT"


async def queue_reply(
    desk: Desk,
    instance: Instance,
    clock: Clock,
    *,
    ticket_id: int,
    audience: Audience,
    body: str,
    status_after: str,
    files: Sequence[OutFile] = (),
    base_ids: tuple[int, ...] | None,
    undo_seconds: int,
    from_draft: bool,
) -> OutboxRow:
    """Put a reply into the outbox: an immutable snapshot, held for the undo window (DESIGN.md "The outbox").

    `base_ids` are the messages the writer had seen, None when none were loaded; `status_after` is PENDING, SOLVED or
    empty to say nothing. Raises `StoreError`; then nothing was taken and the draft still stands.
    """
    payload = {
        "text": body,
        "html": reply_html(body),
        "scope": AUDIENCE_SCOPES[audience],
        "status_after": status_after,
    }
    return await desk.outbox.hold(
        ticket_id,
        REPLY,
        audience,
        payload,
        files=files,
        base_ids=base_ids,
        not_before=clock.now() + undo_seconds * SECOND,
        owner=instance.name,
        from_draft=from_draft,
    )


async def request_of(row: OutboxRow, desk: Desk) -> UpdateTicket:
    """The frozen snapshot as the service is asked for it. `ValueError` when an attachment's bytes are gone."""
    attachments: list[OutAttachment] = []
    for file in row.files:
        data = await desk.outbox.file_bytes(file.sha256)
        if data is None:
            raise ValueError(f"the attachment {text.clean_line(file.name, 80)} is missing on this machine")
        attachments.append(OutAttachment(file.name, data))
    message = OutMessage(str(row.fields["html"]), str(row.fields["scope"]), tuple(attachments))
    return UpdateTicket(row.ticket_id, message=message, status=row.status_after)


def find(row: OutboxRow, messages: Iterable[Message], claimed: Collection[int] = ()) -> Message | None:
    """The message that this row became, if the thread holds it; the lowest id when several would do.

    An id not known before the attempt and not another row's, by the merchant, of the same scope, with the same
    normalised text and the same attachment names (DESIGN.md "The outbox").
    """
    wanted = matchable(str(row.fields.get("html", "")))
    scope = str(row.fields.get("scope", ""))
    names = sorted(text.clean_line(file.name) for file in row.files)
    candidates = [
        message
        for message in messages
        if message.id not in row.baseline_ids
        and message.id not in claimed
        and message.author_type == OWN_AUTHOR
        and message.scope == scope
        and sorted(attachment.filename for attachment in message.attachments) == names
        and matchable(message.body_html) == wanted
    ]
    return min(candidates, key=lambda message: message.id, default=None)


def outcome_of(error: ApiError) -> Outcome:
    """What a failed call says of the write that made it."""
    not_before = error.reset_at if isinstance(error, RateLimited) else 0
    return Outcome(error.effect, error.sentence, not_before=not_before)
