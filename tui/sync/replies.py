"""Putting writes into the outbox: each as an immutable snapshot that knows all it needs (DESIGN.md "The outbox")."""

from __future__ import annotations

from collections.abc import Sequence

from tui.clock import SECOND, Clock
from tui.domain import AUDIENCE_SCOPES, Audience
from tui.message_html import reply_html
from tui.store.desk import Desk
from tui.store.instance import Instance
from tui.store.rows import OutboxRow, OutFile


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
    """A message to the customer or to refurbed, held for the undo window.

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
        "reply",
        audience,
        payload,
        files=files,
        base_ids=base_ids,
        not_before=clock.now() + undo_seconds * SECOND,
        owner=instance.name,
        from_draft=from_draft,
    )


async def queue_notes(
    desk: Desk,
    instance: Instance,
    clock: Clock,
    *,
    ticket_id: int,
    base: str,
    ours: str,
    undo_seconds: int,
    from_draft: bool,
) -> OutboxRow:
    """The seller's notes as they are to be: `base` is what the writer began from. Raises `StoreError`."""
    return await desk.outbox.hold(
        ticket_id,
        "notes",
        "notes",
        {"text": ours, "base": base},
        base_ids=None,
        not_before=clock.now() + undo_seconds * SECOND,
        owner=instance.name,
        from_draft=from_draft,
    )


async def queue_change(
    desk: Desk,
    instance: Instance,
    clock: Clock,
    *,
    ticket_id: int,
    kind: str,
    fields: dict[str, str],
    undo_seconds: int,
) -> OutboxRow:
    """A change without a text: `status` {status}, `assign` {assignee, empty for nobody}, `label` {}.

    Raises `StoreError`.
    """
    return await desk.outbox.hold(
        ticket_id,
        kind,
        "",
        fields,
        base_ids=None,
        not_before=clock.now() + undo_seconds * SECOND,
        owner=instance.name,
        from_draft=False,
    )
