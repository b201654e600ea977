"""Sessions in a real terminal: opening, writing, leaving, dying, coming back."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.pty.harness import Terminal

LIST = ("DEMO", "Needs reply", "as of", "OPEN")


def write(terminal: Terminal, words: str) -> None:
    """From the list: open the ticket under the cursor, and begin a reply with these words."""
    terminal.until(*LIST)
    terminal.send("\r")
    terminal.until("(customer)")
    terminal.send("r")
    terminal.until("Reply to the customer")
    terminal.send(words)


def test_open_read_reply_see_the_answer_and_leave_within_a_second(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo", size=(160, 45)) as terminal:
        terminal.until(*LIST)
        terminal.send("jjj\r")
        terminal.until("Esc list", "(customer)")
        terminal.send("rGuten Tag")
        terminal.until("Reply to the customer", "Guten Tag")
        terminal.send("\x1b")
        terminal.until("SEND to the customer")
        terminal.send("y")
        terminal.until("1 held", "takes it back")
        terminal.until("(us)", "was sent", absent="1 held")
        # The customer of the demo answers after 8 to 20 seconds; R asks.
        end = time.monotonic() + 25
        while terminal.text.count("(customer)") < 2 and time.monotonic() < end and "OPEN · due" not in terminal.text:
            terminal.send("R")
            terminal.read(1.0)
        terminal.send("q")
        terminal.until("Enter open")
        started = time.monotonic()
        terminal.send("q")
        assert terminal.ended() == 0
        assert time.monotonic() - started < 1.5
        assert terminal.bytes.rindex(b"\x1b[?1049l") > terminal.bytes.rindex(b"\x1b[?1049h")
        assert terminal.bytes.rindex(b"\x1b[?25h") > terminal.bytes.rindex(b"\x1b[?25l")
    with Terminal(tmp_path, "demo", size=(80, 24)) as terminal:
        terminal.until(*LIST[:1], "as of")
        terminal.send("q")
        assert terminal.ended() == 0


def test_what_is_typed_ahead_is_not_lost_and_escape_with_y_does_not_send(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo") as terminal:
        terminal.until(*LIST)
        terminal.send("\r")
        terminal.until("(customer)")
        terminal.send("rHello, this was typed at once")
        terminal.until("Hello, this was typed at once")
        terminal.send("\x1by")
        terminal.until("SEND to the customer")
        terminal.read(0.5)
        assert "SEND to the customer" in terminal.text
        assert "held" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_keeps_what_is_being_written(tmp_path: Path, number: int) -> None:
    with Terminal(tmp_path, "demo") as terminal:
        write(terminal, "until the very last key")
        terminal.until("until the very last key")
        terminal.kill(number)
        terminal.ended()
    with Terminal(tmp_path, "demo") as terminal:
        terminal.until("DEMO", "as of", "(customer)")
        terminal.send("r")
        terminal.until("until the very last key")


def test_a_dropped_line_ends_it_and_keeps_the_text(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "demo")
    with terminal:
        write(terminal, "the line drops")
        terminal.until("the line drops")
        terminal.hang_up()
        terminal.process.wait(5)
    with Terminal(tmp_path, "demo") as again:
        again.until("DEMO", "as of", "(customer)")
        again.send("r")
        again.until("the line drops")


def test_killed_while_held_it_is_paused_and_never_sent_by_itself(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo") as terminal:
        write(terminal, "held when it died")
        terminal.until("draft saved")
        terminal.send("\x1b")
        terminal.until("SEND to the customer")
        terminal.send("y")
        terminal.until("1 held")
        terminal.kill()
        terminal.process.wait()
    time.sleep(0.5)
    with Terminal(tmp_path, "demo") as again:
        again.until("DEMO", "1 paused", seconds=20)
        again.send("O")
        again.until("paused, waits for you", "Nothing was sent")
        again.send("\x1b")
        again.until("1 paused")


def test_killed_while_typing_at_most_the_last_second_is_lost(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo") as terminal:
        write(terminal, "old enough")
        terminal.read(1.0)
        terminal.send(" too young")
        terminal.kill()
        terminal.process.wait()
    with Terminal(tmp_path, "demo") as again:
        again.until("DEMO", "as of", seconds=20)
        again.send("O")
        again.until("draft.", "old enough")


def test_what_strangers_wrote_sends_no_command_to_the_terminal(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo", size=(160, 45)) as terminal:
        terminal.until(*LIST)
        # Down the whole list, each thread shown, some with their source.
        for _ in range(30):
            terminal.send("j")
            terminal.read(0.25)
        for _ in range(6):
            terminal.send("\rH")
            terminal.read(0.4)
            terminal.send("J")
            terminal.read(0.4)
        terminal.send("qq")
        terminal.ended()
    drawn = terminal.bytes.decode("utf-8", "strict")
    assert "[31m" in drawn, "the hostile tickets were on screen"
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", drawn)
    commands = set(re.findall(r"\x1b(\[[?>=]?[0-9;]*[A-Za-z]|[^\[])", drawn))
    others = {command for command in commands if not re.fullmatch(r"\[[?>=]?[0-9;]*[A-Za-z]", command)}
    assert others <= {"]"}, others
    # The only OSC sequences are Textual's own, at start and end: pointer shape.
    assert set(re.findall(r"\x1b\](\d+);", drawn)) <= {"22"}
    finals = {command[-1] for command in commands if command.startswith("[")}
    assert finals <= set("HmhlupJKtcn"), finals
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]", drawn.replace("\x1b\\", "").replace("\x07", ""))


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_place_text_is_told_about_the_subcommands(tmp_path: Path, term: str) -> None:
    with Terminal(tmp_path, "demo", TERM=term) as terminal:
        assert terminal.ended() == 2
        assert "refurbed-inbox list" in " ".join(terminal.text.split())
        assert b"\x1b" not in terminal.bytes


@pytest.mark.parametrize(("term", "more"), [("linux", {"NO_COLOR": "1"}), ("screen", {}), ("xterm", {"COLORTERM": ""})])
def test_other_terminals_show_the_same_words(tmp_path: Path, term: str, more: dict[str, str]) -> None:
    with Terminal(tmp_path, "demo", size=(80, 24), TERM=term, **more) as terminal:
        terminal.until(*LIST[:1], "1 Needs reply", "as of")
        terminal.resize(60, 20)
        terminal.kill(signal.SIGWINCH)
        terminal.until("DEMO", "as of")
        terminal.send("\x11")
        assert terminal.ended() == 0


def test_suspended_and_brought_back_the_screen_and_the_text_are_there(tmp_path: Path) -> None:
    with Terminal(tmp_path, "demo") as terminal:
        write(terminal, "before the pause")
        terminal.until("before the pause")
        terminal.send("\x1a")
        terminal.read(1.0)
        terminal.kill(signal.SIGCONT)
        terminal.until("before the pause", "DEMO")
        terminal.send(" and after")
        terminal.until("before the pause and after")
