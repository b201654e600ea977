"""Actions of the program itself: help, palette, copying, links, outbox, signing in, quitting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.content import Content

from tui import text
from tui.domain import MAX_ID
from tui.ui.actions import ACTIONS, groups

if TYPE_CHECKING:
    from tui.ui.screens.dialogs import Choice
    from tui.ui.screens.inbox import InboxScreen


class Program:
    """Handlers by action id."""

    def __init__(self, screen: InboxScreen) -> None:
        self._screen = screen

    def actions(self) -> dict[str, Callable[[], None]]:
        """Action id to handler."""
        return {
            "quit": self._quit,
            "palette": self._palette,
            "help": self._help,
            "sign-in": self.sign_in,
            "redraw": self._redraw,
            "suspend": self._suspend,
            "copy-id": self._copy_id,
            "links": self._links,
            "outbox": self._outbox,
        }

    def _quit(self) -> None:
        if self._screen.state.opened or self._screen.state.search:
            self._screen.perform("back")
        else:
            self._screen.bridge.leaving.quit()

    def _suspend(self) -> None:
        self._screen.bridge.spawn(self._saved_and_suspended(), "suspend")

    async def _saved_and_suspended(self) -> None:
        """What is being written is on disk before the shell has the terminal."""
        await self._screen.writing.save()
        self._screen.app.action_suspend_process()

    def _redraw(self) -> None:
        self._screen.app.refresh(layout=True)
        self._screen.app.console.clear()
        self._screen.refresh(layout=True)

    def _help(self) -> None:
        from tui.ui.screens.dialogs import Reader

        keymap = self._screen.keymap
        parts: list[Content] = []
        for group, actions in groups().items():
            parts.append(Content.styled(group, "bold"))
            for action in actions:
                keys = keymap.words(action.id) or "(palette)"
                parts.append(Content(f"  {text.pad(keys, 22)} {action.label}"))
            parts.append(Content(""))
        parts.append(Content("In the list: * unread, d draft, ~ on its way, ! needs a look."))
        self._screen.asking.show(Reader("Keys", Content("\n").join(parts)))

    def _palette(self) -> None:
        from tui.ui.screens.dialogs import Choice

        choices = [
            Choice(action.id, action.label, self._screen.keymap.words(action.id), self._screen.why_not(action.id))
            for action in ACTIONS
            if action.listed and self._screen.place in action.places and action.id != "palette"
        ]
        self._screen.asking.choose("Actions", choices, self._chosen, searchable=True, extra=self._ticket_choice)

    def _ticket_choice(self, query: str) -> Choice | None:
        from tui.ui.screens.dialogs import Choice

        number = query.strip().removeprefix("#")
        if number.isascii() and number.isdigit() and 0 < len(number) < 20 and 0 < int(number) <= MAX_ID:
            return Choice(f"ticket {int(number)}", f"go to ticket {int(number)}")
        return None

    def _chosen(self, action_id: str) -> None:
        if action_id.startswith("ticket "):
            self._screen.open_ticket(int(action_id.removeprefix("ticket ")))
        else:
            self._screen.perform(action_id)

    def _copy_id(self) -> None:
        ticket_id = self._screen.ticket_id
        if ticket_id:
            self._screen.copy(str(ticket_id), f"the number {ticket_id}")

    def _links(self) -> None:
        from tui.ui.screens.dialogs import Choice

        thread = self._screen.thread
        content = thread.content
        found: list[Choice] = []
        for message in content.messages if content is not None else ():
            body = thread.rendered(message.id)
            for link in body.links if body is not None else ():
                warning = " ! shown as another address" if link.flagged else ""
                found.append(Choice(link.url, f"{link.url}{warning}"))
            found += [Choice(a.url, f"{a.filename}: {a.url}") for a in message.attachments if a.url]
        unique = list({choice.id: choice for choice in reversed(found)}.values())
        if not unique:
            self._screen.say("No links or attachments in this thread.")
            return
        self._screen.asking.choose("Links and attachments: Enter copies the address", unique, self._copy_link)

    def _copy_link(self, url: str) -> None:
        self._screen.copy(text.clean_line(url, 8000), "the address")

    def _outbox(self) -> None:
        self._screen.bridge.outgoing.show()

    def sign_in(self) -> None:
        """Ask for a token without a restart; drafts and place stay (issue: token revoked in mid-session)."""
        self._screen.asking.line(
            f"Token for {self._screen.setup.environment}",
            "Paste the new API token. It is not shown.",
            self._screen.bridge.set_token,
            secret=True,
        )
