"""What can go wrong with a call, as a small tree whose classes say what a write that met them may assume.

No error of this tree carries the token, the request's bytes or an httpx exception: they end on screens and in logs.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

Effect = Literal["unsent", "refused", "limited", "signed-out", "unclear"]
"""What became of a write (the edges of DESIGN.md "The outbox"): `unsent` no byte left; `refused` the service said no;
`limited` not now; `signed-out` the token is no good; `unclear` it may or may not have happened."""

GRPC_NAMES: Final = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}


class ApiError(Exception):
    """A call that gave no usable answer.

    `sentence` is for people: plain, cleaned, without secrets, and it says what to do. `http_status` is None when
    nothing answered; `grpc_code` is the code's name or empty. `transient` says that trying a read again may help.
    """

    effect: ClassVar[Effect] = "unclear"

    def __init__(
        self,
        sentence: str,
        *,
        operation: str = "",
        http_status: int | None = None,
        grpc_code: str = "",
        transient: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.operation = operation
        self.http_status = http_status
        self.grpc_code = grpc_code
        self.transient = transient

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        where = f"{self.operation or '?'} {self.http_status or 'no answer'} {self.grpc_code}".rstrip()
        return f"<{type(self).__name__} {where}>"


class NotSent(ApiError):
    """No byte of the request reached the service: a proxy, a certificate, a full pool, an unusable setting."""

    effect = "unsent"


class Offline(NotSent):
    """Not sent, for want of a way to the service: no network, no such name, nobody listening, no connection in time."""


class Refused(ApiError):
    """The service understood the request and said no; it has not happened."""

    effect = "refused"


class NotFound(Refused):
    """404: no such ticket or help request, or the base URL leads nowhere."""


class NotLive(Refused):
    """501: the operation is announced but does not exist there yet."""


class Redirected(Refused):
    """3xx: the answer points elsewhere. Never followed, since body and token would go along (SAFETY.md section 6)."""


class ReadOnly(Refused):
    """A write was asked of a client that was opened read-only; nothing was sent."""


class SignedOut(ApiError):
    """401: the token is wrong, revoked, or expired after two months without use."""

    effect = "signed-out"


class Forbidden(ApiError):
    """403: the token is good, but not for this."""

    effect = "signed-out"


class RateLimited(ApiError):
    """429, or our own pace while a 429 is being waited out. `reset_at` is the instant (own clock) to try again."""

    effect = "limited"

    def __init__(
        self,
        sentence: str,
        *,
        reset_at: int,
        operation: str = "",
        http_status: int | None = None,
        grpc_code: str = "",
    ) -> None:
        super().__init__(sentence, operation=operation, http_status=http_status, grpc_code=grpc_code)
        self.reset_at = reset_at


class Unclear(ApiError):
    """Nobody can say whether it happened: time-outs, resets, 408, 409, 499, 5xx, and 4xx that a proxy made up."""


class BadAnswer(Unclear):
    """A 2xx answer that cannot be read: a web page, cut off, of another shape."""


class TooLarge(BadAnswer):
    """An answer over the limit of 32 MB, packed or unpacked."""
