"""A token never prints itself, and what is no token is refused without being repeated."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.secret import Secret, TokenError, parse_token

TOKEN = "9b2f6c1e-4a77-4f0e-8d55-canary000001"
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=1024)


@dataclass
class Holder:
    token: Secret


def test_it_shows_nothing_of_itself() -> None:
    secret = Secret(TOKEN)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", repr(Holder(secret)), repr([secret])]
    assert all("canary" not in text and TOKEN not in text for text in shown)
    assert secret.reveal() == TOKEN


def test_it_is_not_pickled_and_compares_by_value() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TOKEN))
    assert Secret(TOKEN) == Secret(TOKEN)
    assert Secret(TOKEN) != Secret(TOKEN + "x")
    assert len({Secret(TOKEN), Secret(TOKEN)}) == 1


@pytest.mark.parametrize(
    "pasted",
    [TOKEN, f"  {TOKEN}\n", f"Plain {TOKEN}", f"plain\t{TOKEN}", f"PLAIN   {TOKEN} \r\n", f"\n\nPlain {TOKEN}\n"],
)
def test_what_people_paste_is_understood(pasted: str) -> None:
    assert parse_token(pasted).reveal() == TOKEN


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("Plain", "empty"),
        ("Plain  ", "empty"),
        (f"{TOKEN}\n{TOKEN}", "line break"),
        (f"{TOKEN[:10]} {TOKEN[10:]}", "space"),
        (f"{TOKEN}é", "no token has"),
        (f"\x1b[31m{TOKEN}", "no token has"),
        (f"{TOKEN}\x00", "no token has"),
        ("short", "short"),
        ("x" * 1025, "long"),
    ],
)
def test_what_is_no_token_is_refused_in_words(pasted: str, words: str) -> None:
    with pytest.raises(TokenError, match=words) as caught:
        parse_token(pasted)
    assert "canary" not in str(caught.value)


@given(PRINTABLE)
def test_every_allowed_token_comes_back_as_it_was(token: str) -> None:
    assert parse_token(f" {token}\n").reveal() == token


@given(st.text(max_size=60))
def test_whatever_is_refused_is_not_repeated(pasted: str) -> None:
    try:
        secret = parse_token(pasted)
    except TokenError as error:
        stripped = pasted.strip()
        assert len(stripped) < 8 or stripped not in str(error)
    else:
        assert all("\x21" <= char <= "\x7e" for char in secret.reveal())
