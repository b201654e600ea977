"""What can go wrong with one call, on purpose: for the scenarios of bad days and for tests of faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tui.demo.data import SCENARIOS
from tui.demo.errors import Rejected, status
from tui.demo.schema import WRITES

SCENARIO_NAMES = tuple(name for name, _ in SCENARIOS)


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call goes. The default is no fault at all.

    In this order: wait `delay` seconds; carry the call out (`commit`), or leave it undone, or have it carried out
    `late` seconds from now; then answer as usual, or as `status`, `body` and `headers` say, or not at all: `hang` keeps
    the connection open, `close` ends it (`reset` with an RST, `end` with an orderly FIN). `cut` sends only that many
    bytes of the answer's body under the full Content-Length, and closes.
    """

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    commit: bool = True
    late: float = 0
    delay: float = 0
    close: Literal["", "reset", "end"] = ""
    hang: bool = False
    cut: int = -1

    def __post_init__(self) -> None:
        if (not self.commit or self.late) and not (self.status or self.close or self.hang):
            raise ValueError("a call that is not carried out needs a status, a close or a hang")


def error_fault(rejected: Rejected, *, commit: bool = False) -> Fault:
    """Answer with this gRPC error."""
    body = json.dumps(rejected.answer(), separators=(",", ":")).encode()
    return Fault(status=rejected.http_status, body=body, commit=commit)


def html_fault(http_status: int, *, commit: bool = False) -> Fault:
    """Answer with the page of a proxy that stands in between."""
    reason = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
    title = reason.get(http_status, str(http_status))
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr>"
    page += "<center>nginx</center>\r\n</body>\r\n</html>\r\n"
    return Fault(status=http_status, body=page.encode(), headers={"Content-Type": "text/html"}, commit=commit)


def before_sign_in(scenario: str) -> Fault | None:
    """What a scenario does whoever asks."""
    if scenario == "not-live":
        return error_fault(status(12, "Not Implemented"))
    if scenario == "unauthorized":
        return error_fault(status(16, "invalid or expired token"))
    return None


def scenario_fault(scenario: str, operation: str, rng: Random) -> Fault | None:
    """What a scenario does to a call that is signed in. `rate-limited` is the rate limit's own matter."""
    if scenario == "forbidden":
        return error_fault(status(7, "permission denied: the token has no access to tickets"))
    if scenario == "slow":
        return Fault(delay=2 + 2 * rng.random())
    if scenario == "hang":
        return Fault(commit=False, hang=True)
    if scenario == "drop-after-commit" and operation in WRITES:
        return Fault(close="end")
    if scenario == "flaky" and rng.random() < 0.4:
        return _FLAKES[int(rng.random() * len(_FLAKES))]
    return None


_FLAKES = (
    Fault(commit=False, close="reset"),
    Fault(close="reset"),
    Fault(close="end"),
    error_fault(status(14, "upstream connect error or disconnect/reset before headers")),
    error_fault(status(13, "internal error"), commit=True),
    html_fault(503),
    html_fault(502, commit=True),
    Fault(cut=20),
)
