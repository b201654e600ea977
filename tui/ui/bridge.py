"""Between the screen and the stores and the worker: the only place of the UI that starts coroutines.

Results that a newer question overtook are dropped by serial numbers, never by cancelling: a cancelled worker may be
half-way through a write (TEXTUAL.md 3.1).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING

from tui.clock import SECOND
from tui.domain import VIEW_BY_ID
from tui.message_html import render
from tui.store.errors import StoreError
from tui.ui import words
from tui.ui.messages import OutboxChanged, SyncChanged, ThreadChanged, TicketsChanged
from tui.ui.rows import ListRow
from tui.ui.thread_lines import Content

if TYPE_CHECKING:
    from tui.store.drafts import Draft
    from tui.sync.engine import Engine
    from tui.sync.events import Event
    from tui.ui.app import InboxApp
    from tui.ui.setup import Setup
    from tui.ui.state import InboxState
