"""How the service says no: gRPC codes with the HTTP status the gateway gives them (API.md "Transport")."""

from __future__ import annotations

from typing import Final

HTTP_STATUS: Final[dict[int, int]] = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429,
    9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip


class Rejected(Exception):
    """A request that is answered with an error and changes nothing."""

    def __init__(self, grpc_code: int, http_status: int, message: str) -> None:
        super().__init__(message)
        self.grpc_code = grpc_code
        self.http_status = http_status
        self.message = message

    def answer(self) -> dict[str, object]:
        """The error body."""
        return {"code": self.grpc_code, "message": self.message, "details": []}


def _rejected(code: int, message: str) -> Rejected:
    return Rejected(code, HTTP_STATUS[code], message)


def invalid(message: str) -> Rejected:
    """INVALID_ARGUMENT: the request is wrong whatever the state."""
    return _rejected(3, message)


def unknown(message: str) -> Rejected:
    """NOT_FOUND."""
    return _rejected(5, message)


def precondition(message: str) -> Rejected:
    """FAILED_PRECONDITION: the ticket is not in a state for this."""
    return _rejected(9, message)


def status(code: int, message: str) -> Rejected:
    """Any other code, under its own HTTP status."""
    return _rejected(code, message)
