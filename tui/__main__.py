"""The program's door: `refurbed-inbox`, `python -m tui`."""

from __future__ import annotations

import os
import sys

SCREEN_KNOBS = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
"""Textual reads these when it is imported (TEXTUAL.md 3.9), so they are set before anything can."""


def main() -> int:
    """Run the command line; the exit code."""
    for name, value in SCREEN_KNOBS.items():
        os.environ.setdefault(name, value)
    from tui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
