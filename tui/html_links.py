"""Where a link leads, told apart from where it says it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from tui.text import FORBIDDEN, clean_line

_DROPPED: Final = re.compile(r"[\t\n\r]")
_EDGES: Final = "".join(map(chr, range(0x21)))
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_AUTHORITY: Final = re.compile(r"https?:[\\/]*([^\\/?#]*)", re.IGNORECASE)
_PATH: Final = re.compile(r"(https?):[\\/]*([^?#]*)", re.IGNORECASE)
_PORT: Final = re.compile(r":\d*\Z")
_UNSAFE: Final = re.compile(f'{FORBIDDEN.pattern}|[ "<>`]')
_NOTICE: Final = re.compile(r"(?:https?:[\\/]{2}|www\.)\S+", re.IGNORECASE)
_DOMAIN: Final = re.compile(r"(?:[\w-]{1,63}\.){1,10}([^\W\d_]{2,24})\.?(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s@<>]{1,64}@((?:[\w-]{1,63}\.){1,10}[\w-]{2,63})")
_FILE_ENDING: Final = re.compile(
    r"avi|bmp|csv|docx?|gif|heic|html?|jpe?g|json|md|mov|mp|pdf|png|pptx?|py|rtf|svg|txt|webp|xlsx?|xml|zip"
)
"""What looks like a top-level domain behind a dot but names a file."""
_LONGEST_SHOWN: Final = 400
_BARE: Final = re.compile(r"https?://[^\W_][^\s<>\"“”«»]*", re.IGNORECASE)
_BEHIND_BARE: Final = ".,;:!?'’*_~])}…"
"""Punctuation that belongs to the sentence when it ends an address."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads. `said` is what to say instead when it is none that may be followed."""

    url: str = ""
    host: str = ""
    flagged: bool = False
    said: str = ""


def target(href: str, shown: str) -> Target | None:
    """A link's target, by its text as shown; None when it leads nowhere and there is nothing to say."""
    url = _DROPPED.sub("", href).strip(_EDGES)
    if not url or url.startswith("#"):
        return None
    if url.startswith(("//", "\\\\")):
        url = f"https:{url}"
    scheme = match[1].lower() if (match := _SCHEME.match(url)) is not None else ""
    shown = shown[:_LONGEST_SHOWN]
    if scheme in ("http", "https"):
        url = _with_slashes(url)
        host, named = _host(url)
        if not host:
            return Target(said="link without an address")
        return Target(_UNSAFE.sub(_encoded, url), host, named or _shows_another(shown, host))
    if scheme == "mailto":
        address = unquote(url[7:].partition("?")[0])
        host = _ascii(address.rpartition("@")[2])
        other = next((found[0] for found in _ADDRESS.finditer(shown)), "")
        return Target(_UNSAFE.sub(_encoded, url), host, bool(other) and other.lower() != address.strip().lower())
    if scheme in ("tel", "sms", "callto") and _digits(url) and _digits(url)[-6:] in _digits(shown):
        return None
    if scheme in ("tel", "sms", "callto", "cid", "mid"):
        return Target(said=clean_line(unquote(url), 80))
    return Target(said=f"not a link: {scheme}" if scheme else "link without an address")


def bare_links(text: str) -> Iterator[tuple[int, int]]:
    """Where web addresses begin and end in plain text."""
    for match in _BARE.finditer(text):
        address = match[0].rstrip(_BEHIND_BARE)
        rest = match[0][len(address) :]
        if rest.startswith(")") and "(" in address:
            address += ")"
        if _host(address)[0]:
            yield match.start(), match.start() + len(address)


def is_its_own_text(url: str, shown: str) -> bool:
    """Whether a link's text is its address, so that one of them is enough."""
    return _bare(shown) == _bare(url)


def _bare(address: str) -> str:
    address = address.strip()
    for start in ("https://", "http://", "mailto:"):
        address = address.removeprefix(start)
    return address.rstrip("/")


def _with_slashes(url: str) -> str:
    r"""A web address as a browser reads it, `\` as `/`, so that whatever opens it goes where we say."""
    return _PATH.sub(lambda found: f"{found[1].lower()}://{found[2]}".replace("\\", "/"), url, count=1)


def _host(url: str) -> tuple[str, bool]:
    """The host of a web address, as a browser reads it, and whether a name stands before it that looks like one."""
    match = _AUTHORITY.match(url)
    authority = match[1] if match is not None else ""
    named, _, host = authority.rpartition("@")
    return _ascii(_PORT.sub("", unquote(host))), bool(named)


def _ascii(host: str) -> str:
    host = host.strip().rstrip(".").lower()
    if host.isascii():
        return clean_line(host, 253)
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = host.encode("ascii", "backslashreplace").decode("ascii")
    return clean_line(host, 253)


def _shows_another(shown: str, host: str) -> bool:
    """Whether the text names a host that is not the link's own."""
    return any(not _same(named, host) for named in _hosts_in(shown))


def _hosts_in(shown: str) -> list[str]:
    words = shown.split()[:30]
    found: list[str] = []
    for word in words:
        word = word.strip("()[]<>\"'“”„«»,;:!?.")
        if _NOTICE.match(word):
            address = word if word.lower().startswith("http") else f"https://{word}"
            found.append(_host(address)[0])
        elif (address_match := _ADDRESS.fullmatch(word)) is not None:
            found.append(_ascii(address_match[1]))
        elif len(words) == 1 and (match := _DOMAIN.fullmatch(word)) and not _FILE_ENDING.fullmatch(match[1].lower()):
            found.append(_host(f"https://{word}")[0])
    return [host for host in found if host]


def _same(named: str, host: str) -> bool:
    named, host = named.removeprefix("www."), host.removeprefix("www.")
    return host == named or host.endswith(f".{named}")


def _encoded(found: re.Match[str]) -> str:
    return quote(found[0].encode("utf-8", "surrogatepass"))


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
