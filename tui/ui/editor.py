"""Writing in the user's own editor: the terminal is handed over and taken back; the text survives a failure."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tui import text

if TYPE_CHECKING:
    from textual.app import App

LARGEST = 1_000_000


def edit(app: App[object], body: str) -> tuple[str, str]:
    """Edit a text in $VISUAL or $EDITOR. Answers (text, problem); on any problem the old text comes back."""
    from textual.app import SuspendNotSupported

    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    handle, name = tempfile.mkstemp(prefix="refurbed-reply-", suffix=".txt")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(body)
    try:
        with app.suspend():
            status = subprocess.run([*command, name], check=False).returncode  # noqa: S603 - the user's own editor
        if status:
            return body, f"{command[0]} ended with status {status}; what it saved is in {name}."
        edited = path.read_bytes()[:LARGEST].decode("utf-8")
    except SuspendNotSupported:
        path.unlink(missing_ok=True)
        return body, "This terminal cannot hand the screen to an editor."
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        return body, f"The editor {command[0]} is not installed. Set EDITOR to one that is."
    except (OSError, UnicodeDecodeError) as error:
        return body, f"The edited text could not be read ({type(error).__name__}); it is in {name}."
    path.unlink(missing_ok=True)
    return text.clean(edited).rstrip("\n"), ""
