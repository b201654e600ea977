"""Finding the quoted history in lines that do not mark it as such: `>` signs, and the headers mail programs write."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.html_lines import Line, Span

DEEPEST: Final = 32

_SIGNS: Final = re.compile(r"[ \u00a0]?>(?:[ \u00a0]?>)*[ \u00a0]?")
_SEPARATOR: Final = re.compile(
    r"[^\w\s]{2,20}\s{0,4}(?:Original Message|Original Appointment|Ursprüngliche Nachricht|Originalnachricht"
    r"|Message d.origine|Messaggio originale|Mensaje original|Wiadomość oryginalna"
    r"|Oryginalna wiadomość|Oorspronkelijk bericht"
    r"|Ursprungligt meddelande|Původní zpráva|Αρχικό μήνυμα|Mensagem original|Alkuperäinen viesti|Original besked"
    r"|Eredeti üzenet)\s{0,4}[^\w\s]{2,20}",
    re.IGNORECASE,
)
_FROM: Final = re.compile(
    r"(?:From|Von|De|Da|Od|Van|Från|Fra|Από|Lähettäjä|Feladó|寄件者|发件人|差出人|מאת)\s?[:：]\s?\S", re.IGNORECASE
)
_HEADER: Final = re.compile(
    r"(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Inviato|Data|A|Oggetto|Wysłano|Wysłane|Do|Temat"
    r"|Enviado(?: el)?|Para|Asunto|Assunto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Til|Emne|Odesláno|Komu"
    r"|Předmět|Στάλθηκε|Προς|Θέμα|Fecha|Dátum|Címzett|Tárgy|傳送日期|收件者|主旨|发送时间|收件人|主题|送信日時|宛先|件名|נשלח|אל|נושא)\s?[:：]",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(
    r"(?:On|Am|Le|Il|El|Em|Op|Den|Dne|W dniu|Dnia|Στις|בתאריך|Den)\b.{5,200}"
    r"(?:wrote|schrieb\b.*|a écrit|ha scritto|escribió|escreveu|schreef\b.*|skrev\b.*|napsal(?:\(a\))?"
    r"|napisał(?:a|\(a\))?|έγραψε|כתב)\s?[:：]?|.{5,200}(?:wrote|schrieb|napisał|写道|寫道|のメール)\s?[:：]",
    re.IGNORECASE,
)
_LONGEST_READ: Final = 400
_HEADERS_WITHIN: Final = 5


def with_depths(lines: list[Line]) -> list[Line]:
    """The lines with the depth that `>` signs and separators give them; such signs are taken off."""
    marked = [_by_signs(line) for line in lines]
    first = _history_begins(marked)
    if first is not None:
        marked[first:] = [replace(line, depth=min(DEEPEST, line.depth + 1)) for line in marked[first:]]
    for index in range(len(marked) - 1):
        line = marked[index]
        if line.spans and _announces(marked, index):
            marked[index] = replace(line, depth=line.depth + 1)
    if not any(line.spans for line in marked):
        return lines
    return _with_even_blanks(marked)


def _with_even_blanks(lines: list[Line]) -> list[Line]:
    """One blank line at a time, none at either end, each as deep as the shallower of the lines around it."""
    found: list[Line] = []
    blank = False
    for line in lines:
        if not line.spans:
            blank = bool(found)
            continue
        if blank:
            found.append(Line(depth=min(found[-1].depth, line.depth)))
            blank = False
        found.append(line)
    return found


def _by_signs(line: Line) -> Line:
    if not line.spans or ">" not in line.spans[0].text[:2]:
        return line
    match = _SIGNS.match(line.spans[0].text)
    if match is None:
        return line
    first = line.spans[0]
    rest = Span(first.text[match.end() :], first.style)
    spans = (rest, *line.spans[1:]) if rest.text else line.spans[1:]
    return replace(line, spans=spans, depth=min(DEEPEST, line.depth + match[0].count(">")))


def _history_begins(lines: list[Line]) -> int | None:
    """The first line of a history that runs to the end: a separator, or a block of mail headers."""
    for index, line in enumerate(lines):
        if line.depth or not line.spans:
            continue
        text = line.text[:_LONGEST_READ].strip()
        if _SEPARATOR.fullmatch(text):
            return index
        if _FROM.match(text):
            following = [other.text[:_LONGEST_READ].strip() for other in lines[index + 1 : index + 1 + _HEADERS_WITHIN]]
            if sum(1 for other in following if _HEADER.match(other)) >= 2:
                before = lines[index - 1].text.strip() if index else ""
                return index - 1 if before and not before.strip("_-─ ") else index
    return None


def _announces(lines: list[Line], index: int) -> bool:
    """Whether a line is the "On … wrote:" of what is quoted right below it."""
    line = lines[index]
    below = next((other for other in lines[index + 1 : index + 3] if other.spans), None)
    if below is None or below.depth <= line.depth:
        return False
    text = line.text.strip()
    return len(text) <= _LONGEST_READ and _WROTE.fullmatch(text) is not None
