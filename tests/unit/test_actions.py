"""One registry behind keys, help, palette and README: no key that terminals eat, none that means two things."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.ui.actions import ACTIONS, BY_ID, FORBIDDEN_KEYS, Keymap, check_keys, groups, key_words, markdown_table

README = Path(__file__).parents[2] / "README.md"


def test_no_default_key_is_one_that_does_not_arrive() -> None:
    for action in ACTIONS:
        for key in action.keys:
            assert key not in FORBIDDEN_KEYS and not key.startswith("alt+"), action.id
            assert not set(key) & set("[]{}\\|@~"), f"{action.id}: {key} exists only behind AltGr"


def test_ids_are_unique_and_every_action_is_reachable() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.keys or action.listed, action.id
    assert sum(len(actions) for actions in groups().values()) == len(ACTIONS)


def test_no_letter_acts_while_text_is_written() -> None:
    for action in ACTIONS:
        if "writing" in action.places:
            assert all(key.startswith("ctrl+") or key == "escape" for key in action.keys), action.id


def test_a_sequence_has_no_time_out_and_another_key_breaks_it() -> None:
    keymap = Keymap()
    assert keymap.feed("list", "g") is None and keymap.pending == "g"
    assert keymap.feed("list", "g") == "first" and keymap.pending == ""
    assert keymap.feed("list", "g") is None
    assert keymap.feed("list", "j") == "down"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"reply": "j"}, "cannot mean both"),
        ({"nonsense": "x"}, "there is no action"),
        ({"reply": "ctrl+s"}, "does not reach the program"),
        ({"reply": "alt+r"}, "does not reach the program"),
        ({"editor": "e"}, "needed for writing text"),
        ({"reply": "g"}, "begins a longer sequence"),
    ],
)
def test_a_users_key_that_cannot_be_is_named(overrides: dict[str, str], words: str) -> None:
    assert words in check_keys(overrides)


def test_rebinding_by_id_moves_the_action() -> None:
    keymap = Keymap({"reply": "ctrl+r,W"})
    assert keymap.feed("list", "W") == "reply" and keymap.feed("list", "ctrl+r") == "reply"
    assert keymap.feed("list", "r") is None
    assert keymap.words("reply") == "Ctrl+R W"
    assert key_words("f5") == "F5"


def test_the_readme_holds_the_table_of_all_keys() -> None:
    inside = README.read_text("utf-8").partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0]
    assert inside == markdown_table(), "draw it anew: python -m tui.ui.actions"
