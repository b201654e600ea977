"""Three-way merging of notes: nobody's line is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.sync.kinds.merge import merge

LINES = st.lists(st.sampled_from(["a", "b", "c", "call him", "refund 20 €", ""]), max_size=8).map("\n".join)


def test_changes_in_different_places_go_together() -> None:
    merged = merge("one\ntwo\nthree", "ONE\ntwo\nthree", "one\ntwo\nthree\nfour")
    assert (merged.text, merged.conflicts) == ("ONE\ntwo\nthree\nfour", 0)


def test_both_appended_keeps_both() -> None:
    merged = merge("one", "one\nours", "one\ntheirs")
    assert (merged.text, merged.conflicts) == ("one\ntheirs\nours", 0)


def test_the_same_line_changed_twice_is_a_conflict_with_both_sides() -> None:
    merged = merge("one", "ours", "theirs")
    assert merged.conflicts == 1
    assert "ours" in merged.text and "theirs" in merged.text


def test_a_line_we_removed_and_they_changed_is_a_conflict() -> None:
    assert merge("one\ntwo", "two", "ONE\ntwo").conflicts == 1


@given(base=LINES, ours=LINES)
def test_nobody_else_changed_anything(base: str, ours: str) -> None:
    assert merge(base, ours, base).text == ours.rstrip("\n")
    assert merge(base, base, ours).text == ours.rstrip("\n")
    assert merge(base, ours, ours) == merge(base, ours, base)


@given(base=LINES, ours=LINES, theirs=LINES)
def test_no_line_that_either_side_wrote_is_lost(base: str, ours: str, theirs: str) -> None:
    merged = merge(base, ours, theirs).text.split("\n")
    before = set(base.split("\n"))
    for side in (ours, theirs):
        assert {line for line in side.split("\n") if line not in before and line} <= set(merged)


@given(base=LINES, ours=LINES, theirs=LINES)
def test_merging_our_change_again_changes_nothing(base: str, ours: str, theirs: str) -> None:
    once = merge(base, ours, theirs)
    if not once.conflicts:
        assert once.text == merge(base, ours, once.text).text or merge(base, ours, once.text).conflicts


def test_huge_notes_end_in_bounded_time() -> None:
    base = "\n".join(str(i) for i in range(5000))
    assert merge(base, base + "\nours", "x\n" + base).conflicts == 1
