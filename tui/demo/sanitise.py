"""What the service does to the HTML it is sent: simple tags stay, everything that could act goes.

One pass over the text; linear, whatever comes.
"""

from __future__ import annotations

import html
import re
from typing import Final

_KEPT: Final = frozenset(
    (
        *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre"),
        *("s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
    )
)
_VOID: Final = frozenset(("br", "hr"))
_WITH_CONTENT: Final = frozenset(
    ("script", "style", "iframe", "object", "embed", "title", "textarea", "noscript", "svg")
)
_NAME: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_HREF: Final = re.compile(r"""\bhref\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_LINK: Final = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_TAG_LIMIT: Final = 8192


def sanitise(text: str) -> str:
    """`text` without scripts, styles, comments, attributes and unknown tags; links keep http, https and mailto."""
    lowered = text.lower() if len(text.lower()) == len(text) else text
    out: list[str] = []
    at, gone = 0, set[str]()
    while at < len(text):
        start = text.find("<", at)
        if start < 0:
            out.append(text[at:])
            break
        out.append(text[at:start])
        match = _NAME.match(text, start)
        if match is None:
            at = _after_other(text, start, out, gone)
            continue
        end = text.find(">", start, start + _TAG_LIMIT)
        if end < 0:
            out.append("&lt;")
            at = start + 1
            continue
        name, closing = match[1].lower(), text[start + 1] == "/"
        at = end + 1
        if name in _WITH_CONTENT and not closing:
            stop = -1 if name in gone else lowered.find(f"</{name}", at)
            if stop < 0:
                gone.add(name)
            else:
                at = _after(text, ">", stop)
        elif name in _KEPT:
            out.append(_tag(name, closing, text[match.end() : end]))
    return "".join(out)


def is_blank(text: str) -> bool:
    """Whether nothing would be seen of sanitised HTML."""
    return not html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\xa0", " ").strip()


def text_of(text: str) -> str:
    """Sanitised HTML as lines of text, as a mail program quotes it."""
    lines = html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br/>|</p>|</li>|</div>", "\n", text))).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _after_other(text: str, start: int, out: list[str], gone: set[str]) -> int:
    """Where to go on behind a `<` that begins no tag: comments and declarations go, a lone one is text."""
    if text.startswith("<!--", start) and "comment" not in gone:
        end = text.find("-->", start + 4)
        if end >= 0:
            return end + 3
        gone.add("comment")
    if text[start + 1 : start + 2] in ("!", "?", "/") and (end := text.find(">", start, start + _TAG_LIMIT)) >= 0:
        return end + 1
    out.append("&lt;")
    return start + 1


def _after(text: str, what: str, start: int) -> int:
    found = text.find(what, start)
    return len(text) if found < 0 else found + 1


def _tag(name: str, closing: bool, attributes: str) -> str:
    if name in _VOID:
        return f"<{name}/>"
    if closing:
        return f"</{name}>"
    href = _HREF.search(attributes) if name == "a" else None
    if href is not None:
        url = html.unescape(href[1].strip("\"'")).strip()
        if _LINK.match(url):
            return f'<a href="{html.escape(url)}" rel="nofollow noreferrer noopener">'
    return f"<{name}>"
