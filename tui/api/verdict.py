"""What an answer, or the lack of one, means: every status, body and httpx exception as one `ApiError`.

The rules are DESIGN.md "The outbox" and the classes of SAFETY.md section 4. When in doubt a write is `Unclear`.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from tui.api.errors import (
    GRPC_NAMES,
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    NotLive,
    NotSent,
    Offline,
    RateLimited,
    Redirected,
    Refused,
    SignedOut,
    Unclear,
)
from tui.api.limiter import reset_instant
from tui.api.wire import WireError, read_document
from tui.clock import SECOND
from tui.secret import Secret
from tui.text import clean_line

QUOTE_LIMIT: Final = 300
_NO_BODY_READ_OVER: Final = 64 * 1024
_UNCLEAR_CODES: Final = frozenset((1, 2, 4, 6, 10, 13, 14, 15))
"""Codes that never say "it did not happen": those of 499, 5xx and 409 (API.md "Transport"), under whatever status."""
_TRANSIENT_STATUSES: Final = frozenset((408, 429, 499, 500, 502, 503, 504))
_OWN_AUTHORITY: Final = (
    "If your company uses a certificate authority of its own, name its file as `ca_file` in the profile."
)
_CERTIFICATE_ADVICE: Final = {
    9: "Check the date of this machine.",
    10: "It has run out, or the date of this machine is wrong.",
    62: "Check the base URL.",
    64: "Check the base URL.",
}
"""By OpenSSL's number for what is wrong: not yet valid, expired, another host, another address."""
LOGIN: Final = "Run `refurbed-inbox login` to store one that works."


@dataclass(frozen=True, slots=True)
class Asked:
    """The call an answer belongs to. `about` names its subject in words (`ticket 1048`), or is empty."""

    operation: str
    about: str
    host: str
    token: Secret


def judge(asked: Asked, status: int, headers: Mapping[str, str], body: bytes, received_at: int) -> ApiError | None:
    """The error an answer amounts to; None for 2xx, whose body is read elsewhere."""
    if 200 <= status < 300:
        return None
    code, said = _grpc_status(body, asked.token)
    name = "" if code is None else GRPC_NAMES.get(code, f"CODE {code}")
    answered = f"{status} {name}".rstrip()

    def error(kind: type[ApiError], sentence: str, transient: bool = False) -> ApiError:
        quoted = masked(f"{sentence} It said: “{said}”" if said else sentence, asked.token)
        return kind(quoted, operation=asked.operation, http_status=status, grpc_code=name, transient=transient)

    if 300 <= status < 400:
        return error(Redirected, _redirect(asked.host, headers.get("location", "")))
    if status == 501:
        return error(
            NotLive,
            f"The Ticket API is not live yet at {asked.host}: it answers {answered} to {asked.operation}. "
            "What was read before stays readable; `refurbed-inbox demo` shows the inbox on a built-in service.",
        )
    if not 400 <= status < 600:
        return error(Unclear, f"{asked.host} answered {answered}, which is not an answer of the Ticket API.")
    if status >= 500:
        trouble = "a gateway or proxy on the way" if code is None else "the service"
        return error(Unclear, f"{asked.host} has trouble: {trouble} answered {answered}. Try again later.", True)
    if code is None:
        return error(Unclear, _not_the_service(asked.host, status, body), status in _TRANSIENT_STATUSES)
    if status == 429:
        return RateLimited(
            f"{asked.host} asks to wait ({answered}): 10 requests a second are shared by all who use this token. "
            "The inbox goes on by itself.",
            reset_at=reset_instant(headers, received_at) or received_at + SECOND,
            operation=asked.operation,
            http_status=status,
            grpc_code=name,
        )
    if status == 401:
        return error(SignedOut, f"{asked.host} refused the token ({answered}). {LOGIN}")
    if status == 403:
        return error(
            Forbidden,
            f"The token may not do this at {asked.host} ({answered}). Ask refurbed to open the Ticket API for it, or "
            "run `refurbed-inbox login` with another token.",
        )
    if status in (408, 409, 499) or code in _UNCLEAR_CODES:
        return error(Unclear, f"{asked.host} did not say whether it was done ({answered}).", status != 409)
    if status == 404:
        if not asked.about:
            return error(NotFound, f"Nothing answers to {asked.operation} at {asked.host}: check the base URL.")
        return error(NotFound, f"The service does not know {asked.about} ({answered}): check the number.")
    return error(Refused, f"The service refused {asked.operation} ({answered}).")


def bad_answer(host: str, operation: str, status: int, body: bytes, why: str) -> BadAnswer:
    """A 2xx answer that cannot be read; `why` is a clause from `wire` or `models`."""
    if is_web_page(body):
        sentence = _not_the_service(host, status, body)
    else:
        sentence = f"{host} answered {operation} with something that cannot be read: {why}."
    return BadAnswer(sentence, operation=operation, http_status=status)


def explain(asked: Asked, error: Exception, via: str = "") -> ApiError:
    """What an exception of httpx, of TLS or of anything below means. Only what never left is `NotSent`.

    `via` is the proxy on the way, if any: when nothing answers, it may be at fault.
    """
    host, operation = asked.host + (f" (through the proxy {via})" if via else ""), asked.operation
    if isinstance(error, httpx.ProxyError):
        return NotSent(
            f"The proxy set in the environment does not let us through to {host}. Check HTTPS_PROXY and NO_PROXY.",
            operation=operation,
            transient=True,
        )
    if isinstance(error, httpx.PoolTimeout):
        return NotSent(f"Too many requests to {host} wait for a connection.", operation=operation, transient=True)
    if isinstance(error, httpx.ConnectTimeout):
        return Offline(
            f"{host} did not take the connection in time. Check the network.", operation=operation, transient=True
        )
    if isinstance(error, httpx.ConnectError):
        return _not_connected(host, operation, error)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return NotSent(f"The address {host} cannot be used. Check the base URL.", operation=operation)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Unclear(f"{host} did not answer in time.", operation=operation, transient=True)
    if isinstance(error, httpx.RemoteProtocolError):
        return Unclear(
            f"{host} closed the connection before its answer was whole.", operation=operation, transient=True
        )
    if isinstance(error, httpx.NetworkError | OSError):
        return Unclear(f"The connection to {host} broke.", operation=operation, transient=True)
    return Unclear(f"The call to {host} failed unexpectedly ({type(error).__name__}).", operation=operation)


def _not_connected(host: str, operation: str, error: Exception) -> NotSent:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = clean_line(cause.verify_message or "it cannot be checked", 200).rstrip(".")
            what_to_do = _CERTIFICATE_ADVICE.get(cause.verify_code, _OWN_AUTHORITY)
            return NotSent(
                f"The certificate of {host} is not to be trusted: {why}. Nothing was sent. {what_to_do}",
                operation=operation,
            )
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return NotSent(
                f"No secure connection to {host} could be made. Nothing was sent. Check the base URL, its port, and "
                "any proxy on the way.",
                operation=operation,
                transient=True,
            )
        if isinstance(cause, socket.gaierror):
            return Offline(
                f"The name {host} cannot be found. Check the network and the base URL.",
                operation=operation,
                transient=True,
            )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Offline(f"Nothing answers at {host}: the connection was refused.", operation=operation, transient=True)
    return Offline(f"{host} cannot be reached. Check the network.", operation=operation, transient=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it came from, groups included (anyio tries several addresses at once)."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [cause for cause in (current.__cause__, current.__context__) if cause is not None]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions


def _grpc_status(body: bytes, token: Secret) -> tuple[int | None, str]:
    """Code and cleaned message of a gRPC error body; None when the body is none."""
    if len(body) > _NO_BODY_READ_OVER:
        return None, ""
    try:
        values = read_document(body).values
    except WireError:
        return None, ""
    code = values["code"].value if "code" in values else None
    if not isinstance(code, int) or isinstance(code, bool) or not 0 < code < 1000:
        return None, ""
    said = values["message"].value if "message" in values else ""
    # Masked before it is cut, too: half a token is one too many.
    return code, clean_line(masked(said, token), QUOTE_LIMIT) if isinstance(said, str) else ""


def masked(text: str, token: Secret) -> str:
    """The text without the token, in whatever case a service repeats it."""
    return re.sub(re.escape(token.reveal()), "[token]", text, flags=re.IGNORECASE)


def masked_bytes(content: bytes, token: Secret) -> bytes:
    """The same for bytes as they are on the wire."""
    return re.sub(re.escape(token.reveal().encode()), b"[token]", content, flags=re.IGNORECASE)


def _redirect(host: str, location: str) -> str:
    try:
        target = clean_line(urlsplit(location).hostname or host, 100)
    except ValueError:
        target = "another address"
    return (
        f"{host} points to {target} instead of answering. Redirects are not followed, so that neither the token nor "
        "customer data goes astray. Check the base URL."
    )


def is_web_page(body: bytes) -> bool:
    """Whether a body is HTML (or XML); whatever its type says, JSON never begins so."""
    return body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _not_the_service(host: str, status: int, body: bytes) -> str:
    if status == 407:
        return "The proxy on the way asks for a password (407). Put it into HTTPS_PROXY, or ask your administrator."
    what = "A web page" if is_web_page(body) else "Something other than the Ticket API"
    return (
        f"{what} answered at {host} (HTTP {status}): a proxy, firewall or sign-in page stands in the way, or the base "
        "URL is wrong."
    )
