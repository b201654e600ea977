"""Three texts into one, line by line: what we changed and what they changed since a common base. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

OURS_MARK: Final = "<<<<<<< ours"
MIDDLE_MARK: Final = "======="
THEIRS_MARK: Final = ">>>>>>> theirs"
LARGEST: Final = 2000
"""Lines beyond which a side is taken as one piece: comparing grows with the product."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The text, and how many places hold both sides because they cannot both be."""

    text: str
    conflicts: int


def merge(base: str, ours: str, theirs: str) -> Merged:
    """Our change and theirs, together. No line of either side is lost; equal changes count once."""
    base, ours, theirs = (side.rstrip("\n") for side in (base, ours, theirs))
    if theirs in (base, ours):
        return Merged(ours, 0)
    if ours == base:
        return Merged(theirs, 0)
    mine, others = _lines(ours), _lines(theirs)
    common = _lines(base)
    if max(len(mine), len(others), len(common)) > LARGEST:
        return Merged("\n".join([OURS_MARK, *mine, MIDDLE_MARK, *others, THEIRS_MARK]), 1)
    lines: list[str] = []
    conflicts = 0
    for same, our_part, their_part, base_part in _regions(common, mine, others):
        if same or our_part == their_part:
            lines += our_part
        elif our_part == base_part:
            lines += their_part
        elif their_part == base_part:
            lines += our_part
        elif not base_part:
            # Both added at the same place: both stay, theirs first, as they were first.
            lines += [*their_part, *(line for line in our_part if line not in their_part)]
        else:
            conflicts += 1
            lines += [OURS_MARK, *our_part, MIDDLE_MARK, *their_part, THEIRS_MARK]
    return Merged("\n".join(lines), conflicts)


Region = tuple[bool, list[str], list[str], list[str]]


def _regions(base: list[str], ours: list[str], theirs: list[str]) -> list[Region]:
    """Stretches where all three agree, and those between them: (same, ours, theirs, base)."""
    our_match, their_match = _matches(base, ours), _matches(base, theirs)
    regions: list[Region] = []
    at_base = at_ours = at_theirs = 0
    for line in range(len(base) + 1):
        ends = line == len(base)
        if not ends and (line not in our_match or line not in their_match):
            continue
        to_ours = len(ours) if ends else our_match[line]
        to_theirs = len(theirs) if ends else their_match[line]
        between = (ours[at_ours:to_ours], theirs[at_theirs:to_theirs], base[at_base:line])
        if any(between):
            regions.append((False, *between))
        if not ends:
            regions.append((True, [base[line]], [base[line]], [base[line]]))
            at_base, at_ours, at_theirs = line + 1, to_ours + 1, to_theirs + 1
    return regions


def _matches(base: list[str], side: list[str]) -> dict[int, int]:
    """Line of the base to the line of the side that it still is."""
    matcher = SequenceMatcher(None, base, side, autojunk=False)
    return {block.a + i: block.b + i for block in matcher.get_matching_blocks() for i in range(block.size)}


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
