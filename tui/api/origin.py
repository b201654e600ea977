"""Where a service is: a base URL, checked once (DESIGN.md "Profiles"), so that the token goes nowhere else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from tui.text import clean_line

PRODUCTION_URL: Final = "https://api.refurbed.com"
PRODUCTION_HOST: Final = "api.refurbed.com"
SERVICE_PATH: Final = "/refb.merchant.v1.TicketService/"

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_HOST_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*", re.ASCII)
_EXAMPLE: Final = f"such as {PRODUCTION_URL}"


class OriginError(ValueError):
    """The text is not a base URL that may be used; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A service's address. `host` is lower case ASCII, without brackets; `prefix` is empty or `/a/b`."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def netloc(self) -> str:
        """`host` or `host:port`, as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL in its one normal form, without a slash at the end."""
        return f"{self.scheme}://{self.netloc}{self.prefix}"

    @property
    def environment(self) -> Literal["PRODUCTION", "SANDBOX"]:
        """The word on the screen; whoever runs the demo says DEMO instead."""
        return "PRODUCTION" if self.host == PRODUCTION_HOST else "SANDBOX"

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(self.host)

    def operation_url(self, operation: str) -> str:
        return f"{self.url}{SERVICE_PATH}{operation}"


def parse_origin(text: str) -> Origin:
    """The origin a person typed or pasted; a pasted operation address is cut back to its base.

    Raises `OriginError`: no scheme, another scheme than https, plain http to another machine, a user name or password,
    a query or fragment, characters that no address has.
    """
    text = text.strip()
    if not text:
        raise OriginError(f"The base URL is empty. Give the address that refurbed mailed you, {_EXAMPLE}.")
    if len(text) > 2000 or not all("\x21" <= char <= "\x7e" or char >= "\xa1" for char in text):
        raise OriginError("The base URL has a space, a line break or another character that no address has.")
    scheme, mark, _ = text.partition("://")
    if not mark:
        # Without a dot it may be the token, pasted into the wrong field.
        shown = f"{_shown(text)} " if "." in text else ""
        raise OriginError(f"The base URL {shown}has no scheme. Write it with https://, {_EXAMPLE}.")
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise OriginError(f"The base URL must begin with https://, {_EXAMPLE}.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise OriginError("The base URL has a host or port that cannot be read.") from None
    if parts.username is not None or parts.password is not None:
        raise OriginError("The base URL has a user name or password in it. Leave it out: the token signs you in.")
    if "?" in text or "#" in text:
        raise OriginError(f"The base URL ends in a query or fragment. Leave out what follows the path, {_EXAMPLE}.")
    host = _host(parts.hostname or "")
    if port == 0:
        raise OriginError("The base URL has port 0. Ports go from 1 to 65535.")
    prefix = _prefix(parts.path)
    if scheme == "http" and not _is_loopback(host):
        raise OriginError(
            f"Plain http to {host} would show the token and customer data to everyone on the way. Use https://; "
            "http:// is for services on this machine (127.0.0.1, ::1, localhost) alone."
        )
    return Origin(scheme, host, port or _DEFAULT_PORTS[scheme], prefix)


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host:
        raise OriginError(f"The base URL has no host. Write it like {PRODUCTION_URL}.")
    if ":" in host:
        try:
            if "%" in host:
                raise ValueError("an interface is part of this machine, not of an address")
            return ipaddress.IPv6Address(host).compressed
        except ValueError:
            raise OriginError("The base URL has an IPv6 address that cannot be read.") from None
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_host = ""
    if len(ascii_host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise OriginError(f"{_shown(host)} is not a host name. Write the base URL like {PRODUCTION_URL}.")
    return ascii_host


def _prefix(path: str) -> str:
    service = path.find(SERVICE_PATH.rstrip("/"))
    path = (path if service < 0 else path[:service]).rstrip("/")
    if not _PREFIX.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise OriginError(f"The path {_shown(path)} of the base URL cannot be used. Leave it out if unsure.")
    return path


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(text: str) -> str:
    """A part of what was typed, safe to repeat. Nothing with an @: a password may be in it."""
    return "given" if "@" in text else f"“{clean_line(text, 80)}”"
