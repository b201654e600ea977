"""Text from strangers, made fit for a terminal and for keeping; and the measure of text. Pure.

`clean` is the one cleaner: it is put to every string of every answer, to what is pasted, and to what leaves. The rules
are those of SAFETY.md section 2; `FORBIDDEN` is the same set again for the last mile before the screen.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from tui.cell_layout import ELLIPSIS, clip, pad, rows, width, wrap
from tui.cell_table import zero_width_class

__all__ = [
    "FORBIDDEN", "MARKER", "clean", "clean_line", "clip", "escape_controls", "normalised", "pad", "rows", "width",
    "wrap",
]  # fmt: skip

MARKER: Final = "\ufffd"
"""Stands where something that commands a terminal was taken out, so that nobody wonders."""
TAB_STOP: Final = 4
MOST_MARKS: Final = 4
"""Combining marks kept on one character: no living script needs more, and piles of them draw over other rows."""
MOST_JOINERS: Final = 3
"""Joiners in one emoji, as in a family of four: terminals that cannot join draw each part by itself."""

_LOUD: Final = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069"
"""Controls, halves of surrogate pairs, bidi embeddings, overrides and isolates."""
_SILENT: Final = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164"
    r"\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Invisible and, taken out, missed by nobody: soft hyphen, zero-width space, direction marks, fillers, tags …"""
FORBIDDEN: Final = re.compile(f"[{_LOUD}{_SILENT}\u2028\u2029]")
"""Every character that is never drawn nor kept: whatever commands a terminal, reorders or hides text."""

_BREAKS: Final = re.compile("\r\n|[\r\u2028\u2029]")
_LOUD_RUN: Final = re.compile(f"[{_LOUD}]+")
_SILENT_RUN: Final = re.compile(f"[{_SILENT}]+")
_HARMLESS: Final = re.compile(r"[\n -~\u00a0-\u00ac\u00ae-\u02ff]*")
_JOINER: Final = "\u200d"
_NON_JOINER: Final = "\u200c"
_SELECTOR: Final = "\ufe0f"
_KEYCAP: Final = "\u20e3"
_EMOJI: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_SKIN_TONE: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_IDEOGRAPHS: Final = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
_VARIANT: Final = re.compile("[\U000e0100-\U000e01ef]")
_CURSIVE: Final = re.compile("[\u0620-\u064a\u066e-\u06d5\u06ee-\u074f\u0750-\u077f\u0860-\u08c7\u0904-\u0dff]")
"""Letters that a non-joiner keeps apart: Arabic, Syriac, the scripts of India."""
_WORD_CHARACTER: Final = re.compile(r"\w+")
_SPACES: Final = re.compile(r"\s+")
_BREAKS_IN_JSON: Final = re.compile("\r\n?")
_ESCAPED: Final = re.compile(f"[{_LOUD}{_SILENT}\u2028\u2029\u200c\u200d]")


def clean(text: str) -> str:
    r"""The text without what commands a terminal, reorders or hides text; line breaks as `\n`, tabs as spaces.

    Deterministic, idempotent, linear. One MARKER for each run of controls taken out; invisible characters go silently.
    """
    if _HARMLESS.fullmatch(text):
        return text
    text = _BREAKS.sub("\n", text)
    text = _SILENT_RUN.sub("", text)
    text = _LOUD_RUN.sub(MARKER, text)
    return _settle_marks(text.expandtabs(TAB_STOP))


def clean_line(text: str, limit: int = 500) -> str:
    """The text cleaned, as one line of at most `limit` characters, white space folded; for names, titles, errors."""
    if limit <= 0:
        return ""
    line = _SPACES.sub(" ", clean(text)).strip(" ")
    if not line.isascii():
        line = _leading_marks().sub("", line)
    if len(line) > limit:
        line = _settle_marks(line[: limit - 1]).rstrip(" ") + ELLIPSIS
    return line


def normalised(text: str) -> str:
    """What a reply is matched by (SAFETY.md section 4): its word characters in NFC, case folded, nothing between them.

    A text without any word characters, such as a lone emoji, is matched by what it has.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", clean(text)).casefold())
    return "".join(_WORD_CHARACTER.findall(folded)) or _SPACES.sub("", folded)


def escape_controls(text: str) -> str:
    r"""JSON that a terminal may show: what `clean` would take out is written as `\uXXXX`; it stays the same JSON."""
    text = _BREAKS_IN_JSON.sub("\n", text.removeprefix("\ufeff"))
    return _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


@cache
def _unmarked() -> re.Pattern[str]:
    """Text without a single zero-width character, told quickly."""
    return re.compile(
        r"[\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u200a\u2010-\u2027\u2030-\u205f"
        r"\u20a0-\u20cf\u2100-\u2bff\u3000-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ud7a3\uf900-\ufaff\ufe30-\uff9f\uffe0-\uffff"
        r"\U0001f000-\U0001f3fa\U0001f400-\U0001faff]*"
    )


@cache
def _mark_run() -> re.Pattern[str]:
    return re.compile(f"[{zero_width_class()}]+")


@cache
def _leading_marks() -> re.Pattern[str]:
    return re.compile(rf"\A[\s{zero_width_class()}]+")


def _settle_marks(text: str) -> str:
    """Cut piles of marks, drop marks without a character before them, and joiners and selectors that join nothing."""
    if _unmarked().fullmatch(text):
        return text
    chain_end = -1
    """Where the character stands that the last joiner joined on."""
    chain = 0

    def settled(found: re.Match[str]) -> str:
        nonlocal chain_end, chain
        start, end = found.span()
        base = text[start - 1] if start else "\n"
        if base == "\n":
            return ""
        run = found[0]
        kept = _kept_marks(base, run)
        follows = text[end] if end < len(text) else ""
        if run[-1] == _NON_JOINER and _CURSIVE.match(base) and _CURSIVE.match(follows):
            return kept + _NON_JOINER
        if run[-1] == _JOINER and _EMOJI.match(base) and _EMOJI.match(follows):
            chain = chain + 1 if start - 1 == chain_end else 1
            if chain <= MOST_JOINERS:
                chain_end = end
                return kept + _JOINER
        return kept

    return _mark_run().sub(settled, text)


def _kept_marks(base: str, run: str) -> str:
    """What of a run of zero-width characters stays on the character before it, joiners aside."""
    kept: list[str] = []
    for place, char in enumerate(run):
        if len(kept) == MOST_MARKS:
            break
        if char in (_JOINER, _NON_JOINER):
            continue
        if char == _SELECTOR:
            fits = not kept and bool(
                _EMOJI.match(base) or (base in "#*0123456789" and run[place + 1 : place + 2] == _KEYCAP)
            )
        elif _SKIN_TONE.match(char):
            fits = not kept and bool(_EMOJI.match(base))
        elif _VARIANT.match(char):
            fits = not kept and any(first <= base <= last for first, last in _IDEOGRAPHS)
        else:
            fits = True
        if fits:
            kept.append(char)
    return "".join(kept)
