"""The log and the crash report: 0600, in the profile's state folder, without secrets, message text or locals."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import platform
import sys
import time
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

from tui import __version__
from tui.paths import PathError, ensure_folder

NAME: Final = "inbox.log"
LOGGER: Final = "tui"
LARGEST: Final = 512 * 1024
KEPT: Final = 3
REPORTS_KEPT: Final = 5


class PlaceOnly(logging.Formatter):
    """An exception is told by its type and place: its text may quote a customer."""

    def formatException(self, ei: tuple[object, object, object] | tuple[None, None, None]) -> str:  # noqa: N802 - logging's name
        error = ei[1]
        return "\n".join(places(error)) if isinstance(error, BaseException) else ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return "".join(char if char.isprintable() or char == "\n" else "?" for char in super().format(record))


class PrivateFile(RotatingFileHandler):
    """Rotated, and 0600 from its first moment; a full disk or a lost folder is not worth a word."""

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        raw = os.fdopen(os.open(self.baseFilename, flags, 0o600), "ab")
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        return


def start(folder: Path, level: str) -> None:
    """Log into `folder` from now on. Where that cannot be, there is no log, and the program goes on."""
    logger = logging.getLogger(LOGGER)
    stop()
    logger.propagate = False
    logger.setLevel(level.upper())
    try:
        handler: logging.Handler = PrivateFile(ensure_folder(folder) / NAME, maxBytes=LARGEST, backupCount=KEPT)
    except (OSError, PathError):
        handler = logging.NullHandler()
    handler.setFormatter(PlaceOnly("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)


def stop() -> None:
    """Close the log."""
    logger = logging.getLogger(LOGGER)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def places(error: BaseException) -> list[str]:
    """An exception and its causes as types and places in the code: no text, no source of others, no locals."""
    lines: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen and len(seen) < 10:
        seen.add(id(each))
        lines.append(f"{type(each).__module__}.{type(each).__qualname__}")
        lines += [f"  {frame}" for frame in _frames(each.__traceback__)]
        if isinstance(each, BaseExceptionGroup):
            lines += [f"  holds: {line}" for inner in each.exceptions[:5] for line in places(inner)]
        each = each.__cause__ or each.__context__
        if each is not None:
            lines.append("from")
    return lines


def _frames(trace: TracebackType | None) -> list[str]:
    found = [
        f"{code.co_filename}:{line} {code.co_qualname}"
        for code, line in ((frame.f_code, line) for frame, line in traceback.walk_tb(trace))
    ]
    return found if len(found) <= 60 else [*found[:30], "…", *found[-30:]]


def report_crash(folder: Path, error: BaseException) -> str:
    """Write what happened where, for a bug report; the one line for the screen."""
    logging.getLogger(LOGGER).error("unexpected error", exc_info=error)
    head = f"The inbox stopped on an unexpected {type(error).__name__}; drafts and outbox are on disk."
    text = "\n".join(
        (
            f"refurbed-inbox {__version__}, Python {platform.python_version()} on {sys.platform}",
            "Places in the program only; no texts, no customer data, no token.",
            *places(error),
            "",
        )
    )
    path = folder / f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    try:
        ensure_folder(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except (OSError, PathError):
        return f"{head} No report could be written to {folder}."
    for old in sorted(folder.glob("crash-*.txt"))[:-REPORTS_KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
    return f"{head} A report without customer data is in {path}"
