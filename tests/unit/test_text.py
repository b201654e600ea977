"""Cleaning, cell widths, wrapping, matching: what strangers write can neither command the screen nor break its rows."""

from __future__ import annotations

import json
import random
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui import text

PAYLOADS: list[dict[str, str]] = json.loads(Path(__file__).with_name("payloads.json").read_text("ascii"))
MODEST = settings(max_examples=150, deadline=None)

NASTY = "\x00\x07\x08\x0b\x0c\r\n\t\x1b\x7f\x85\x9b\x9d"
NASTY += "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u2028\u202e\u2066\u3164\ufe0e\ufe0f"
MARKS = "\u0300\u0301\u0308\u0336\u20e3\u094d\u05b8\u1162\U0001f3fb\U0001f3fd\U000e0100\U000e0067"
BASES = "aZ é1#漢क語한اب👩❤🏳🌈🔥→ \u1100"
hostile = st.text(st.one_of(st.characters(exclude_categories=[]), st.sampled_from(NASTY + MARKS + BASES)), max_size=80)


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest of three runs."""
    best = 1e9
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("payload", PAYLOADS, ids=[p["name"] for p in PAYLOADS])
def test_no_payload_gets_through(payload: dict[str, str]) -> None:
    for given_text in (payload["text"], f"Hello {payload['text']} world", payload["text"] * 3):
        for cleaned in (text.clean(given_text), text.clean_line(given_text)):
            assert text.FORBIDDEN.search(cleaned) is None
            assert "\t" not in cleaned
            cleaned.encode("utf-8")
        assert "\n" not in text.clean_line(given_text)


def test_what_was_taken_out_is_marked_once_and_the_rest_stays() -> None:
    assert text.clean("a\x1b\x07\x9b[31mb") == f"a{text.MARKER}[31mb"
    assert text.clean("a\x1b\u200b\u202eb") == f"a{text.MARKER}b"
    assert text.clean("pay\u00adpal\u200b\ufeff") == "paypal"
    assert text.clean("one\r\ntwo\rthree\u2028four\u2029") == "one\ntwo\nthree\nfour\n"
    assert text.clean("a\tb\n\tc") == "a   b\n    c"
    assert text.clean("lone \ud800 half") == f"lone {text.MARKER} half"
    assert text.width(text.MARKER) == 1


@pytest.mark.parametrize(
    "kept",
    [
        "Grüße, żółć, Ελλάδα, Čeština, Ελληνικά",
        "日本語のテキスト、中文、한국어",
        "שָׁלוֹם עולם — السَّلامُ عليكم",
        "می‌خواهم",
        "हिन्दी में संदेश",
        "สวัสดีครับ",
        "👍🏽 👩‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈 1️⃣ 🇩🇪 👨🏿‍🚒",
        "葛\U000e0100城",
        unicodedata.normalize("NFD", "Việt Nam, Škoda, Zoë"),
    ],
)
def test_what_people_write_stays_as_it_is(kept: str) -> None:
    assert text.clean(kept) == kept


def test_joiners_and_selectors_stay_only_where_they_join() -> None:
    assert text.clean("a\u200db\u200cc\ufe0fd") == "abcd"
    assert text.clean("1\ufe0f2") == "12"
    assert text.clean("👩\u200d") == "👩"
    assert text.clean("👩\u200d" * 30 + "👩").count("\u200d") < 30
    assert text.clean("x🏽") == "x"
    assert text.clean("\u0336\u0336struck\n\u0301next") == "struck\nnext"
    assert text.clean("Z" + "\u0300\u0315\u0334\u0360" * 50) == "Z\u0300\u0315\u0334\u0360"


@MODEST
@given(hostile)
@example("e\u0301\u0301\u0301\u0301\u200d\u0301")
@example("1\ufe0f\u200d\u20e3")
@example("👩\u200d👩\u200d👩\u200d👩\u200d👩\u200d👩")
@example("❤\u0301\ufe0f\u200d🔥")
def test_cleaning_is_final(given_text: str) -> None:
    cleaned = text.clean(given_text)
    assert text.clean(cleaned) == cleaned
    assert text.FORBIDDEN.search(cleaned) is None
    assert "\n".join(map(text.clean, cleaned.split("\n"))) == cleaned
    longest = run = 0
    for char in cleaned:
        run = run + 1 if unicodedata.combining(char) else 0
        longest = max(longest, run)
    assert longest <= text.MOST_MARKS


@MODEST
@given(hostile, st.integers(1, 60))
@example("x \u0301", 3)
@example(" \u0301 \u0302x", 9)
@example("👩\u200d👩\u200d👩", 4)
def test_a_line_is_one_line_and_bounded(given_text: str, limit: int) -> None:
    line = text.clean_line(given_text, limit)
    assert len(line) <= limit
    assert text.FORBIDDEN.search(line) is None
    assert "\n" not in line
    assert line == line.strip(" ")
    assert "  " not in line
    assert text.clean_line(line, limit) == line


def test_a_line_that_was_cut_says_so() -> None:
    assert text.clean_line("x" * 600) == "x" * 499 + "…"
    assert text.clean_line(" a\n\n b\t\u00a0c\r\n") == "a b c"
    assert text.clean_line("\x00") == text.MARKER
    assert text.clean_line("abc", 0) == ""


def test_every_character_is_as_wide_as_rich_draws_it() -> None:
    wrong = []
    for code in range(0x110000):
        char = chr(code)
        if text.FORBIDDEN.match(char) is None and text.width(char) != cell_len(char):
            wrong.append(hex(code))
    assert wrong == []


@MODEST
@given(hostile)
def test_cleaned_text_is_as_wide_as_rich_draws_it(given_text: str) -> None:
    cleaned = text.clean(given_text)
    assert text.width(cleaned) == cell_len(cleaned)


def test_random_pairs_and_triples_are_as_wide_as_rich_draws_them() -> None:
    dice = random.Random(4)
    pool = [*NASTY, *MARKS, *BASES, *(chr(dice.randrange(0x20, 0x30000)) for _ in range(400))]
    for _ in range(20_000):
        cleaned = text.clean("".join(dice.choices(pool, k=dice.choice((2, 3, 6)))))
        assert text.width(cleaned) == cell_len(cleaned), ascii(cleaned)


@MODEST
@given(hostile, st.integers(0, 30))
def test_clip_and_pad_fit_their_cells(given_text: str, cells: int) -> None:
    line = text.clean_line(given_text)
    clipped = text.clip(line, cells)
    assert text.width(clipped) <= cells
    assert clipped == line if text.width(line) <= cells else clipped.endswith("…") or cells == 0
    assert text.width(text.pad(line, cells)) == cells
    assert text.clean(clipped) == clipped


def test_clip_does_not_tear_a_character_apart() -> None:
    assert text.clip("日本語", 5) == "日本…"
    assert text.clip("日本語", 4) == "日…"
    assert text.clip("e\u0301e\u0301e\u0301", 2) == "e\u0301…"
    assert text.clip("👩‍👩‍👧‍👦abc", 3) == "👩‍👩‍👧‍👦…"
    assert text.pad("日本", 6) == "日本  "
    assert text.pad("", 3) == "   "
    assert text.clip("abc", 1) == "…"


@MODEST
@given(hostile, st.integers(2, 40))
def test_wrapped_rows_fit_and_lose_nothing(given_text: str, cells: int) -> None:
    cleaned = text.clean(given_text)
    rows = text.wrap(cleaned, cells)
    assert all(text.width(row) <= cells for row in rows)
    assert "".join(rows).replace(" ", "") == cleaned.replace(" ", "").replace("\n", "")
    assert (rows == []) == (cleaned == "")


def test_wrap_breaks_at_spaces_and_keeps_indentation() -> None:
    assert text.wrap("hello world, how are you", 12) == ["hello world,", "how are you"]
    assert text.wrap("  indented words here", 12) == ["  indented", "words here"]
    assert text.wrap("a\n\nb", 10) == ["a", "", "b"]
    assert text.wrap("see https://example.com/long/path now", 12) == [
        "see",
        "https://exam",
        "ple.com/long",
        "/path now",
    ]
    assert text.wrap("日本語テキスト", 6) == ["日本語", "テキス", "ト"]
    assert text.wrap("", 10) == []
    assert text.wrap("   ", 10) == [""]
    assert text.wrap(" " * 30 + "x", 10) == ["x"]


def test_matching_ignores_all_but_the_words() -> None:
    assert text.normalised("Hello,  World!\n— Größe") == text.normalised("hello world grösse")
    assert text.normalised(unicodedata.normalize("NFD", "Zoë Škoda")) == text.normalised("Zoë Škoda")
    assert text.normalised("a\x1bb\u202ec") == "abc"
    assert text.normalised("yes") != text.normalised("no")
    assert text.normalised("👍") != text.normalised("👎")
    assert text.normalised(" 👍\n") == text.normalised("👍")


@MODEST
@given(hostile)
def test_matching_text_matches_itself(given_text: str) -> None:
    found = text.normalised(given_text)
    assert found == text.normalised(text.clean(given_text)) == text.normalised(f"\n {given_text}\n")
    assert text.normalised(found) == found


json_values = st.recursive(
    st.none() | st.booleans() | hostile.map(lambda value: value.encode("utf-8", "replace").decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@MODEST
@given(json_values, st.booleans())
def test_escaped_json_is_the_same_json_and_harmless(value: object, pretty: bool) -> None:
    raw = json.dumps(value, ensure_ascii=False, indent="\t" if pretty else None).replace("\n", "\r\n")
    escaped = text.escape_controls(raw)
    assert json.loads(escaped) == value
    assert text.FORBIDDEN.search(escaped) is None


def test_escaped_json_shows_what_was_sent() -> None:
    assert text.escape_controls('"\u202e\x9b\U000e0041"') == '"\\u202e\\u009b\\udb40\\udc41"'
    assert text.escape_controls("\ufeff{}") == "{}"
    assert text.escape_controls('"\ud800"') == '"\\ud800"'
    assert text.escape_controls("ä 日 👩") == "ä 日 👩"


HUGE: list[tuple[str, Callable[[int], str]]] = [
    ("words", lambda n: "some words and \tmore " * (n // 20)),
    ("word", lambda n: "x" * n),
    ("ideographs", lambda n: "漢" * n),
    ("escapes", lambda n: "\x1b[31m" * (n // 5)),
    ("marks", lambda n: "e" + "\u0301" * n),
    ("mark by mark", lambda n: "e\u0301" * (n // 2)),
    ("joiners", lambda n: "👩\u200d" * (n // 2)),
    ("tabs", lambda n: "\t" * n),
    ("invisible", lambda n: "\u200b\u00ad" * (n // 2)),
    ("spaces", lambda n: " " * n + "x"),
    ("lines", lambda n: "x \r\n" * (n // 4)),
]


@pytest.mark.parametrize("name, make", HUGE, ids=[name for name, _ in HUGE])
def test_time_grows_with_the_length_only(name: str, make: Callable[[int], str]) -> None:
    def work(size: int) -> Callable[[], object]:
        given_text = make(size)

        def run() -> None:
            cleaned = text.clean(given_text)
            text.clean_line(given_text)
            text.wrap(cleaned, 80)
            text.clip(cleaned.replace("\n", " "), 80)
            text.normalised(given_text)

        return run

    small, large = seconds(work(20_000)), seconds(work(200_000))
    assert large < 10 * 4 * small + 0.05, (name, small, large)
    assert large < 2.0


def test_a_word_of_one_and_a_half_million_letters_wraps() -> None:
    started = time.process_time()
    rows = text.wrap("x" * 1_500_000, 80)
    assert len(rows) == 18_750
    assert time.process_time() - started < 1.0
