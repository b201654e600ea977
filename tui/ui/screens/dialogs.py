"""Dialogs: choose one of a list, confirm, enter a secret, read a text. Imported when first used.

Each closes with Esc or q without doing anything, and shows data as Content, never as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui import text


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose. A reason in `why_not` greys it out and is shown."""

    id: str
    words: str
    key: str = ""
    why_not: str = ""


class Dialog(ModalScreen[str]):
    """Answers once."""

    def answer(self, answer: str) -> None:
        """Go away with this answer; empty: left without one.

        Only from the top: a second answer, or one from under another dialog, would close whatever stands there.
        """
        if self.app.screen is self:
            self.dismiss(answer)


class Pick(Dialog):
    """Choose one line with j/k and Enter, or by its key; with `searchable`, by typing. Answers the id, or ''."""

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        searchable: bool = False,
        extra: Callable[[str], Choice | None] | None = None,
        note: str = "",
    ) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._choices = tuple(choices)
        self._searchable = searchable
        self._extra = extra
        self._note = note
        self._shown: list[Choice] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(text.clean_line(self._title, 200), "bold"))
            if self._searchable:
                yield Input(placeholder="type to search", id="pick-search", select_on_focus=False)
            yield OptionList(id="pick-list", markup=False)
            if self._note:
                yield Static(Content(text.clean(self._note)))

    def on_mount(self) -> None:
        self._show("")
        if self._searchable:
            box = self.query_one("#pick-search", Input)
            box.cursor_blink = False
            box.focus()
        else:
            self.query_one("#pick-list", OptionList).focus()

    def _show(self, query: str) -> None:
        words = query.casefold().split()
        found = [c for c in self._choices if all(word in f"{c.words} {c.key}".casefold() for word in words)]
        extra = self._extra(query) if self._extra is not None else None
        self._shown = ([extra] if extra is not None else []) + found
        options = self.query_one("#pick-list", OptionList)
        options.clear_options()
        options.add_options([Option(self._line(choice), disabled=bool(choice.why_not)) for choice in self._shown])
        usable = next((i for i, choice in enumerate(self._shown) if not choice.why_not), None)
        options.highlighted = usable

    def _line(self, choice: Choice) -> Content:
        key = text.pad(choice.key, 10) if any(c.key for c in self._choices) else ""
        reason = f"  ({choice.why_not})" if choice.why_not else ""
        return Content(text.clean_line(f"{key}{choice.words}{reason}", 300))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_index)

    def _take(self, index: int | None) -> None:
        if index is not None and index < len(self._shown) and not self._shown[index].why_not:
            self.answer(self._shown[index].id)

    def on_key(self, event: events.Key) -> None:
        options = self.query_one("#pick-list", OptionList)
        typing = self._searchable
        if event.key == "escape" or (event.key == "q" and not typing):
            event.stop()
            self.answer("")
        elif event.key == "enter":
            event.stop()
            self._take(options.highlighted)
        elif not typing and any(choice.key == event.character for choice in self._shown if event.character):
            event.stop()
            self._take(next(i for i, choice in enumerate(self._shown) if choice.key == event.character))
        elif event.key in ("down", "ctrl+n") or (event.key == "j" and not typing):
            event.stop()
            options.action_cursor_down()
        elif event.key in ("up", "ctrl+p") or (event.key == "k" and not typing):
            event.stop()
            options.action_cursor_up()
        elif typing:
            _type_ahead(self.query_one("#pick-search", Input), event)


class Ask(Dialog):
    """One line of input, hidden when it is a secret. Answers the text, or '' when left."""

    def __init__(self, title: str, note: str, *, secret: bool = False, value: str = "") -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._note = note
        self._secret = secret
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(text.clean_line(self._title, 200), "bold"))
            yield Static(Content(text.clean(self._note)))
            yield Input(value=self._value, password=self._secret, id="ask-input")
            yield Static(Content("Enter takes it · Esc leaves"))

    def on_mount(self) -> None:
        box = self.query_one("#ask-input", Input)
        box.cursor_blink = False
        box.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.answer("")
        elif event.key == "enter":
            event.stop()
            self.answer(self.query_one("#ask-input", Input).value)
        else:
            _type_ahead(self.query_one("#ask-input", Input), event)


class Reader(Dialog):
    """A text to read; j/k and PgUp/PgDn scroll, `/` is not needed: it is short."""

    def __init__(self, title: str, body: Content) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._body = body

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(text.clean_line(self._title, 200), "bold"))
            with VerticalScroll(id="reader"):
                yield Static(self._body)
            yield Static(Content("j k PgDn PgUp scroll · Esc or q closes"))

    def on_mount(self) -> None:
        self.query_one("#reader").focus()

    def on_key(self, event: events.Key) -> None:
        scroll = self.query_one("#reader", VerticalScroll)
        moves: dict[str, Callable[[], None]] = {
            "j": lambda: scroll.scroll_relative(y=1, animate=False),
            "k": lambda: scroll.scroll_relative(y=-1, animate=False),
            "G": lambda: scroll.scroll_end(animate=False),
            "g": lambda: scroll.scroll_home(animate=False),
        }
        if event.key in ("escape", "q", "question_mark", "f1"):
            event.stop()
            self.answer("")
        elif event.key in moves:
            event.stop()
            moves[event.key]()


def _type_ahead(box: Input, event: events.Key) -> None:
    """A letter that came before the box had the focus; later ones never come this far."""
    if event.is_printable and event.character:
        event.stop()
        box.insert_text_at_cursor(event.character)
