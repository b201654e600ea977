"""The six languages of the demo's customers."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech
from tui.demo.texts.de import GERMAN
from tui.demo.texts.en import ENGLISH
from tui.demo.texts.es import SPANISH
from tui.demo.texts.fr import FRENCH
from tui.demo.texts.it import ITALIAN
from tui.demo.texts.pl import POLISH

SPEECHES: Final[dict[str, Speech]] = {
    speech.code: speech for speech in (GERMAN, FRENCH, ITALIAN, SPANISH, POLISH, ENGLISH)
}
