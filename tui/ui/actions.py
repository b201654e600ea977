"""Every action of the inbox, once: its id, keys, words and where it works.

Key handling, the palette, the help screen, the hint line and the README's table all derive from this list. Light on
purpose: no Textual here, so that config can check a user's keys before the screen exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tui.domain import VIEWS

Place = Literal["list", "thread", "writing", "review"]
BROWSING: Final[tuple[Place, ...]] = ("list", "thread")

KEY_ALIASES: Final = {
    "pgdn": "pagedown",
    "pgup": "pageup",
    "esc": "escape",
    "return": "enter",
    " ": "space",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "asterisk": "*",
    "full_stop": ".",
}
KEY_WORDS: Final = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
}
PLACE_WORDS: Final[dict[Place, str]] = {
    "thread": " (while reading)",
    "writing": " (writing)",
    "review": " (review line)",
}
FORBIDDEN_KEYS: Final = frozenset({f"ctrl+{letter}" for letter in "abhijmsq"} | {"ctrl+c"})
"""What terminals, multiplexers and line discipline take or change on the way (DESIGN.md "Keys")."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a user can do. `id` is stable: config.toml rebinds by it."""

    id: str
    keys: tuple[str, ...]
    label: str
    group: str
    places: tuple[Place, ...] = BROWSING
    listed: bool = True
    """Whether the palette offers it; plain cursor moves are not worth a line there."""


def _moves() -> tuple[Action, ...]:
    rows = (
        ("down", ("j", "down"), "down"),
        ("up", ("k", "up"), "up"),
        ("page-down", ("pagedown",), "a page down"),
        ("page-up", ("pageup",), "a page up"),
        ("half-page-down", ("ctrl+d",), "half a page down"),
        ("half-page-up", ("ctrl+u",), "half a page up"),
        ("first", ("gg", "home"), "to the first"),
        ("last", ("G", "end"), "to the last"),
    )
    return tuple(Action(id_, keys, label, "Move", listed=False) for id_, keys, label in rows)


def _views() -> tuple[Action, ...]:
    return tuple(Action(f"view-{view.id}", (view.key,), f"view: {view.title}", "Views") for view in VIEWS)


ACTIONS: Final[tuple[Action, ...]] = (
    *_moves(),
    Action("open", ("enter",), "open the ticket; fold or unfold quoted text", "Move", listed=False),
    Action("back", ("escape",), "back to the list", "Move", listed=False),
    Action("quit", ("q",), "back; at the top: quit", "Move"),
    Action("next-ticket", ("J",), "next ticket", "Move", ("thread",)),
    Action("previous-ticket", ("K",), "previous ticket", "Move", ("thread",)),
    Action("next-pane", ("tab",), "next message, or to the thread", "Move", listed=False),
    Action("previous-pane", ("shift+tab",), "previous message, or to the list", "Move", listed=False),
    *_views(),
    Action("next-view", ("l", "right"), "next view", "Views", listed=False),
    Action("previous-view", ("h", "left"), "previous view", "Views", listed=False),
    Action("filter", ("/",), "filter this view by words", "Views"),
    Action("sort", ("S",), "sort order", "Views"),
    Action("refresh", ("R", "f5"), "ask the service now", "Views"),
    Action("reply", ("r",), "reply to the customer", "Write"),
    Action("internal", ("i",), "message to refurbed and us", "Write"),
    Action("notes", ("m",), "our notes", "Write"),
    Action("undo", ("z",), "undo what is still held", "Write"),
    Action("outbox", ("O",), "outbox and drafts", "Write"),
    Action("unread", ("u",), "mark unread (only here)", "Ticket"),
    Action("copy-id", ("y",), "copy the ticket's number", "Ticket"),
    Action("links", ("o",), "links and attachments", "Ticket"),
    Action("source", ("H",), "message source", "Ticket"),
    Action("palette", (":", "ctrl+p"), "find an action, or go to a ticket by its number", "Program"),
    Action("help", ("?", "f1"), "help", "Program"),
    Action("sign-in", (), "sign in with another token", "Program"),
    Action("redraw", ("ctrl+l",), "draw the screen anew", "Program", ("list", "thread", "writing", "review")),
    Action("suspend", ("ctrl+z",), "suspend; fg comes back", "Program", ("list", "thread", "writing", "review")),
    Action("to-review", ("escape",), "to the review line", "Writing", ("writing",), listed=False),
    Action("editor", ("ctrl+o",), "write in $EDITOR", "Writing", ("writing", "review"), listed=False),
    Action("send", ("y",), "send", "Review line", ("review",), listed=False),
    Action("status-after", ("s",), "change the status after sending", "Review line", ("review",), listed=False),
    Action("attach", ("a",), "attach files, or take one off", "Review line", ("review",), listed=False),
    Action("copy-text", ("c",), "copy the text to the terminal's clipboard", "Review line", ("review",), listed=False),
    Action("editor-review", ("e",), "write in $EDITOR", "Review line", ("review",), listed=False),
    Action("write-on", ("enter", "escape"), "back to writing", "Review line", ("review",), listed=False),
    Action("keep-draft", ("q",), "leave, keep the draft", "Review line", ("review",), listed=False),
    Action("discard", ("X",), "discard the draft (asks)", "Review line", ("review",), listed=False),
)
BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


class KeyProblem(ValueError):
    """A user's key setting that cannot be; the sentence says which and why."""


def canonical(key: str) -> str:
    """One spelling for a key, as users and the terminal name it."""
    stripped = key if key == " " else key.strip()
    lowered = stripped.lower() if len(stripped) > 2 else stripped
    return KEY_ALIASES.get(lowered, lowered)


def key_words(key: str) -> str:
    """A key as the screen names it: `Ctrl+D`, `PgDn`, `gg`."""
    if key in KEY_WORDS:
        return KEY_WORDS[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return key.upper() if len(key) in (2, 3) and key[0] == "f" and key[1:].isdigit() else key


class Keymap:
    """Keys to actions for each place, with sequences such as `gg` that have no timeout (DESIGN.md "Keys")."""

    def __init__(self, overrides: Mapping[str, str] | None = None) -> None:
        self._keys: dict[str, tuple[str, ...]] = {action.id: action.keys for action in ACTIONS}
        for action_id, spelled in (overrides or {}).items():
            self._keys[action_id] = _parse_keys(action_id, spelled)
        self._table: dict[tuple[Place, str], str] = {}
        self._prefixes: set[tuple[Place, str]] = set()
        for action in ACTIONS:
            for place in action.places:
                for key in self._keys[action.id]:
                    self._bind(place, key, action.id)
        self._refuse_hidden()
        self.pending = ""

    def _bind(self, place: Place, key: str, action_id: str) -> None:
        other = self._table.get((place, key))
        if other is not None and other != action_id:
            raise KeyProblem(f"the key {key_words(key)} cannot mean both {other} and {action_id}")
        self._table[place, key] = action_id
        if _is_sequence(key):
            self._prefixes.add((place, key[0]))

    def _refuse_hidden(self) -> None:
        for place, prefix in self._prefixes:
            action_id = self._table.get((place, prefix))
            if action_id is not None:
                raise KeyProblem(f"the key {prefix} of {action_id} also begins a longer sequence")

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action now, user's overrides included."""
        return self._keys[action_id]

    def words(self, action_id: str) -> str:
        """The keys of an action for the eye: `gg Home`."""
        return " ".join(key_words(key) for key in self._keys[action_id])

    def feed(self, place: Place, key: str) -> str | None:
        """The action for a key, or None: unknown, or the beginning of a sequence (then `pending` holds it)."""
        key = canonical(key)
        if self.pending:
            sequence, self.pending = self.pending + key, ""
            found = self._table.get((place, sequence))
            if found is not None:
                return found
        if (place, key) in self._prefixes:
            self.pending = key
            return None
        return self._table.get((place, key))


def _is_sequence(key: str) -> bool:
    return len(key) == 2 and key.isascii() and key.isalpha() and key not in ("up",)


def _parse_keys(action_id: str, spelled: str) -> tuple[str, ...]:
    if action_id not in BY_ID:
        raise KeyProblem(f"there is no action {action_id!r}; the help screen and `refurbed-inbox config` list them")
    keys = tuple(canonical(part) for part in spelled.split(",") if part.strip())
    for key in keys:
        if key in FORBIDDEN_KEYS or key.startswith("alt+"):
            raise KeyProblem(f"the key {key_words(key)} of {action_id} does not reach the program on every terminal")
    if "writing" in BY_ID[action_id].places:
        for key in keys:
            if not (key.startswith(("ctrl+", "f")) and len(key) > 1) and key != "escape":
                raise KeyProblem(f"the key {key_words(key)} of {action_id} is needed for writing text")
    return keys


def check_keys(overrides: Mapping[str, str]) -> str:
    """Why these settings of `[keys]` cannot be, as a sentence; empty when they can."""
    try:
        Keymap(overrides)
    except KeyProblem as error:
        return str(error)
    return ""


def groups(actions: Iterable[Action] = ACTIONS) -> dict[str, list[Action]]:
    """The actions by group, in the order they are written."""
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.group, []).append(action)
    return found


def markdown_table(keymap: Keymap | None = None) -> str:
    """The README's table of keys; a test holds the README to it."""
    keymap = keymap or Keymap()
    rows = ["| keys | action |", "|---|---|"]
    for action in ACTIONS:
        if action.keys:
            where = PLACE_WORDS.get(action.places[0], "") if len(action.places) == 1 else ""
            spelled = " ".join(f"`{key_words(key)}`" for key in keymap.keys(action.id))
            rows.append(f"| {spelled} | {action.label}{where} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print the README's table of keys."""
    print(markdown_table(), end="")


if __name__ == "__main__":
    main()
