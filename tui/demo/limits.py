"""10 requests a second a token, counted in whole seconds of the clock (API.md "Transport")."""

from __future__ import annotations

from typing import Final

from tui.clock import SECOND

RATE: Final = 10


class RateLimit:
    """Counts what each token asked for in the present second."""

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, token: str, now: int) -> bool:
        """Count a request; False when it is one too many."""
        window = now // SECOND
        if window != self._window:
            self._window, self._counts = window, {}
        self._counts[token] = made = self._counts.get(token, 0) + 1
        return made <= self.rate

    def exhaust(self, token: str, now: int) -> None:
        """Colleagues took what was left of this second."""
        if self.count(token, now):
            self._counts[token] = self.rate + 1

    def headers(self, token: str, now: int) -> dict[str, str]:
        """What every answer carries. `Limit` is what was made in this window, oddly."""
        made = self._counts.get(token, 0) if self._window == now // SECOND else 0
        return {
            "X-RateLimit-Limit": str(made),
            "X-RateLimit-Remaining": str(max(0, self.rate - made)),
            "X-RateLimit-Reset": str(now // SECOND + 1),
        }
