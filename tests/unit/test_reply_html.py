"""Replies: what is written is what the customer gets, and what it is later known by, whatever became of its HTML."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from tui import text
from tui.message_html import matchable, plain_text, render, reply_html

MODEST = settings(max_examples=150, deadline=None)

written = st.lists(
    st.one_of(
        st.sampled_from(
            ["\n", "\n\n", " ", "   ", "\t", "> ", "- ", "1. ", "&", "&amp;", "&lt;b&gt;", "<b>", "</p>",
             "<!--", "<script>", "https://refurbed.com/a?b=1&c=2", "http://x.example/(y).", "https://",
             "www.x.example", "a@x.example", "**bold**", "From: me\nTo: you\nDate: now\n",
             "-----Original Message-----\n", "On Monday, X wrote:\n", '"', "'", "“", "…", "Größe", "żółć",
             "日本語", "שלום", "👩‍👩‍👧", "👍🏽", "e\u0301", "\u00a0", "\u200b", "\x1b[31m", "\u202e", "__init__",
             "[1]", "[image]", "2024. was good", "javascript:alert(1)", "http://a\\b/", "http://x@y.example/",
             "HTTP://X.EXAMPLE/_"]
        ),
        st.text(st.characters(exclude_categories=[]), max_size=8),
        st.text("abc de\n", max_size=12),
    ),
    max_size=14,
).map("".join)  # fmt: skip


def words(given_text: str) -> list[str]:
    return re.findall(r"\w+", given_text)


def tidy(given_text: str) -> str:
    """What of a text's form can be seen: no spaces at line ends, no more than one blank line in a row."""
    lines = "\n".join(line.rstrip() for line in text.clean(given_text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def test_a_reply_as_html() -> None:
    assert reply_html("Hello,\nyou & me <3\n\n\n  indented   text\nsee https://x.example/?a=1&b=2.\n") == (
        "<p>Hello,<br>you &amp; me &lt;3</p>\n"
        '<p>&nbsp; indented&nbsp;&nbsp; text<br>see <a href="https://x.example/?a=1&amp;b=2">'
        "https://x.example/?a=1&amp;b=2</a>.</p>"
    )
    assert reply_html("") == reply_html(" \n\n ") == ""
    assert reply_html("one") == "<p>one</p>"


@pytest.mark.parametrize(
    "spelled",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=y>",
        "&lt;b&gt;",
        "__init__ 2024. was good **x**",
        "javascript:alert(1)",
    ],
)
def test_nothing_but_addresses_means_anything(spelled: str) -> None:
    made = reply_html(spelled)
    assert set(re.findall(r"<[^>]*>", made)) == {"<p>", "</p>"}
    assert plain_text(made) == spelled


def test_an_address_cannot_leave_its_attribute() -> None:
    made = reply_html("https://x.example/\"onmouseover=alert(1) https://x.example/'<b> ftp://x.example //y.example")
    assert re.findall(r"<[^>]*>", made) == [
        "<p>", '<a href="https://x.example/">', "</a>", '<a href="https://x.example/">', "</a>", "</p>",
    ]  # fmt: skip


@MODEST
@given(written)
def test_only_our_own_tags_come_out(given_text: str) -> None:
    made = reply_html(given_text)
    tree = LexborHTMLParser(made)
    assert tree.body is not None
    for node in tree.body.traverse(include_text=False):
        assert node.tag in {"body", "p", "br", "a"}
        assert set(node.attributes) <= ({"href"} if node.tag == "a" else set())
        if node.tag == "a":
            assert (node.attributes["href"] or "").lower().startswith(("http://", "https://"))
            assert node.attributes["href"] == node.text()
    assert text.FORBIDDEN.search(made) is None


@MODEST
@given(written)
@example("> quoted\n> lines")
@example("From: a\nTo: b\nDate: c")
@example("http://a\\b")
@example("> [1]")
def test_our_html_read_back_has_the_same_words(given_text: str) -> None:
    cleaned = text.clean(given_text)
    made = reply_html(given_text)
    if not cleaned.strip():
        assert plain_text(made) == "(empty message)"
        return
    assert words(plain_text(made)) == words(cleaned)
    shown = "\n".join("".join(span.text for span in line.spans) for line in render(made).lines)
    assert words(re.sub(r"\[\d+\]", "", shown)) == words(re.sub(r"\[\d+\]", "", cleaned))


@MODEST
@given(st.text("abc ÄÖ漢&<\n.,", max_size=60))
def test_our_html_read_back_is_the_same_text(given_text: str) -> None:
    if given_text.strip():
        assert plain_text(reply_html(given_text)) == tidy(given_text)


def numeric(made: str) -> str:
    """All that is not ASCII, and quotes, as numeric entities."""
    return "".join(char if char.isascii() and char not in "\"'" else f"&#{ord(char)};" for char in made)


def reparsed(made: str) -> str:
    """As a browser's parser writes it."""
    return LexborHTMLParser(made).html or ""


REWRITES: dict[str, Callable[[str], str]] = {
    "as sent": lambda made: made,
    "divs": lambda made: made.replace("<p>", "<div>").replace("</p>", "</div>"),
    "self-closing breaks": lambda made: made.replace("<br>", "<br />\n"),
    "upper case": lambda made: made.replace("<br>", "<BR>").replace("<p>", "<P>").replace("</p>", "</P>"),
    "breaks only": lambda made: made.replace("</p>\n<p>", "<br><br>").replace("<p>", "").replace("</p>", ""),
    "attributes": lambda made: made.replace("<p>", '<p class="x" dir="ltr" style="margin:0">').replace(
        "<a ", '<a rel="noopener" target=_blank '
    ),
    "links gone": lambda made: re.sub(r"</?a[^>]*>", "", made),
    "links tracked": lambda made: re.sub(r'href="[^"]*"', 'href="https://t.example/?u=1&amp;x"', made),
    "spaces": lambda made: made.replace("&nbsp;", "\u00a0"),
    "plain spaces": lambda made: made.replace("&nbsp;", " "),
    "whole page": lambda made: f"<!DOCTYPE html>\n<html><head><title>t</title></head><body>\n{made}\n</body></html>",
    "wrapped": lambda made: f'<div class="message"><!-- 1 --><div>{made}</div></div><img width=1 height=1 src=t.gif>',
    "unclosed": lambda made: made.replace("</p>", ""),
    "new lines": lambda made: made.replace("><", ">\n  <"),
}


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=list(REWRITES))
@settings(max_examples=60, deadline=None)
@given(given_text=written)
@example(given_text="")
@example(given_text="👍")
@example(given_text="…")
@example(given_text="\u0301 leading\n\u0301mark https://x.example/_\u0301")
def test_a_reply_is_known_again_whatever_the_service_makes_of_it(
    rewrite: Callable[[str], str], given_text: str
) -> None:
    assert matchable(rewrite(reply_html(given_text))) == text.normalised(given_text)


@MODEST
@given(written)
def test_a_reply_is_known_again_after_other_parsers(given_text: str) -> None:
    made = reply_html(given_text)
    wanted = text.normalised(given_text)
    assert matchable(reparsed(made)) == wanted
    assert matchable(numeric(made)) == wanted
    assert matchable(numeric(reparsed(made))) == wanted
    plain = stdlib_html.unescape(re.sub(r"<[^>]*>", "\n", made))
    assert matchable(stdlib_html.escape(plain)) == wanted


def test_another_reply_is_not_taken_for_ours() -> None:
    assert matchable(reply_html("Yes, we will refund it.")) != text.normalised("No, we will not refund it.")
    assert matchable(reply_html("👍")) != text.normalised("👎")


def test_the_longest_reply_is_matched_whole() -> None:
    body = "&<>" * 20_000 + "the end"
    assert matchable(reply_html(body)) == "theend"
    assert plain_text(reply_html(body)) == body
