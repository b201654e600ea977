"""All kinds of writes by name: the sender's table."""

from __future__ import annotations

from typing import Final

from tui.sync.kinds.base import Kind
from tui.sync.kinds.fields import Assign, Notes, Status
from tui.sync.kinds.helps import HelpRequestOpened, HelpRequestReply
from tui.sync.kinds.messages import Reply, TopicChangeRequest
from tui.sync.kinds.tickets import ReturnLabel, TicketOpened

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Reply(),
        TopicChangeRequest(),
        Status(),
        Assign(),
        Notes(),
        HelpRequestOpened(),
        HelpRequestReply(),
        TicketOpened(),
        ReturnLabel(),
    )
}
