"""Messages as people read them: real-shaped mails, hostile ones, broken ones, huge ones."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from tui import text
from tui.message_html import Line, Rendered, Span, matchable, plain_text, render, source, wrap_line

FOLDER = Path(__file__).parent
MAILS = sorted((FOLDER / "mails").glob("*.html"))
PAYLOADS: list[dict[str, str]] = json.loads((FOLDER / "payloads.json").read_text("ascii"))
MODEST = settings(max_examples=120, deadline=None)
STYLES = {"bold", "italic", "code", "link", "dim"}


def shown(message: Rendered) -> str:
    """A message as the files beside the mails have it: quotes behind `>`, code moved in, headings behind `#`."""
    rows = [
        ("> " * line.depth + {"code": "    ", "heading": "# "}.get(line.kind, "") + line.text).rstrip()
        for line in message.lines
    ]
    rows += [f"[{link.number}] {link.url} ({link.host}{', flagged' if link.flagged else ''})" for link in message.links]
    if message.note:
        rows.append(f"note: {message.note}")
    return "\n".join(rows) + "\n"


def words(given_text: str) -> list[str]:
    return re.findall(r"\w+", given_text)


def check(html: str) -> Rendered:
    """Render, and hold what must be true of every message there is."""
    message = render(html)
    assert any(line.text.strip() for line in message.lines), "blank"
    assert message.lines[0].spans and message.lines[-1].spans
    for line in message.lines:
        assert line.kind in ("", "code", "heading")
        assert 0 <= line.depth <= 33
        for span in line.spans:
            assert set(span.style.split()) <= STYLES
            assert text.FORBIDDEN.search(span.text) is None
            assert "\n" not in span.text
            assert span.text
    for width in (8, 40):
        for line in message.lines[:50]:
            rows = wrap_line(line, width)
            assert rows
            assert all(sum(text.width(span.text) for span in row) <= width for row in rows)
    assert text.FORBIDDEN.search(message.note) is None
    for link in message.links:
        assert text.FORBIDDEN.search(link.url + link.host) is None
        assert link.url.lower().startswith(("http://", "https://", "mailto:"))
    for cleaned in (plain_text(html), source(html), matchable(html)):
        assert text.FORBIDDEN.search(cleaned) is None
    return message


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_reads_as_it_should(path: Path) -> None:
    message = check(path.read_text("utf-8"))
    assert shown(message) == path.with_suffix(".txt").read_text("utf-8")


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_cut_anywhere_is_still_readable(path: Path) -> None:
    html = path.read_text("utf-8")
    for end in range(0, len(html), max(1, len(html) // 40)):
        check(html[:end])


@pytest.mark.parametrize("payload", PAYLOADS, ids=[p["name"] for p in PAYLOADS])
def test_no_payload_gets_through_in_any_spelling(payload: dict[str, str]) -> None:
    raw = payload["text"]
    decimal = "".join(f"&#{ord(char)};" for char in raw)
    hexadecimal = "".join(f"&#x{ord(char):X}" for char in raw)
    for spelled in (raw, decimal, hexadecimal, decimal.replace("&", "&amp;")):
        quoted = spelled.replace('"', "&quot;")
        check(f"<p>before {spelled} after</p>")
        check(spelled)
        check(
            f'<a href="https://x.example/{quoted}">{spelled}</a><a href="{quoted}">b</a><img alt="{quoted}" src=x>'
            f'<img src="https://x.example/{quoted}"><pre>{spelled}</pre><{spelled}>c</{spelled}>'
            f'<table><tr><td>{spelled}<td>{spelled}</table><a href="mailto:{quoted}">d</a>'
        )


def test_controls_in_entities_leave_one_dim_mark() -> None:
    line = render("<p>a&#27;&#x1b;&#x9d;b</p>").lines[0]
    assert line.spans[1] == Span(text.MARKER, "dim")
    assert line.text.startswith(f"a{text.MARKER}")


def test_structure() -> None:
    assert plain_text("<p>one</p><p>two<br>three</p>four<div>five</div>") == "one\n\ntwo\nthree\n\nfour\nfive"
    assert plain_text("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>") == "- a\n  - b\n- c"
    assert plain_text("<ol start=9><li>a<li>b<br>more</ol>") == "9. a\n10. b\n    more"
    assert plain_text("<table><tr><th>k</th><td>v</td></tr><tr><td>only</td></tr></table>") == "k | v\nonly"
    assert plain_text("<table><tr><td>a<br>b</td><td>c</td></tr></table>") == "a\nb\n\nc"
    assert plain_text("a<hr>b") == "a\n\n---\n\nb"
    assert plain_text("<pre>\n  x\n    y</pre>") == "  x\n    y"
    assert plain_text("<p>a <b> b</b>  c\n d</p>") == "a b c d"
    assert plain_text("<dl><dt>t<dd>d</dl>") == "t\n  d"
    assert [line.kind for line in render("<h2>t</h2><pre>c</pre>p").lines] == ["heading", "", "code", "", ""]


def test_styles_and_their_ends() -> None:
    spans = render("<p>a <b>b <i>c</i></b> <code>d</code> <span style='font-weight:700'>e</span> f</p>").lines[0].spans
    assert [(span.text.strip(), span.style) for span in spans if span.text.strip()] == [
        ("a", ""), ("b", "bold"), ("c", "bold italic"), ("d", "code"), ("e", "bold"), ("f", ""),
    ]  # fmt: skip


def test_plain_text_keeps_its_line_breaks() -> None:
    body = "Hello,\n\n  indented &amp; kept\nlast  line\n&gt; quoted\n&gt;&gt; deeper\n"
    message = render(body)
    assert [(line.text, line.depth) for line in message.lines] == [
        ("Hello,", 0), ("", 0), ("  indented & kept", 0), ("last  line", 0), ("quoted", 1), ("deeper", 2),
    ]  # fmt: skip
    assert plain_text(body).endswith("> quoted\n> > deeper")
    assert plain_text("line <b>one</b>\nline two") == "line one\nline two"
    assert plain_text("write to <anna@example.com> or <https://x.example/a>") == (
        "write to <anna@example.com> or <https://x.example/a>"
    )


def test_what_is_hidden_stays_hidden() -> None:
    hidden = (
        "<p style='display:none'>a</p><p STYLE='color:red; DISPLAY : none !important'>b</p><div hidden>c<p>d</div>"
        "<script>e</script><style>f</style><template>g</template><head><title>h</title></head><!-- i -->"
        "<!--[if mso]>j<![endif]--><span style='visibility:hidden'>k</span><input type=hidden value=l>"
    )
    assert plain_text(hidden + "<p>seen</p>") == "seen"
    assert matchable(hidden + "<p>seen</p>") == "seen"
    assert plain_text("<![if !mso]>seen<![endif]>") == "seen"
    assert plain_text("<p style='/* display:none */'>seen") == "seen"
    assert plain_text("<p style='display:none;display:block'>seen") == "seen"


@pytest.mark.parametrize(
    "html, said",
    [
        ("", "(empty message)"),
        (" \n<p>&nbsp;</p><br>", "(empty message)"),
        ("<img src='https://t.example/o.gif' width=1 height=1>", "(empty message)"),
        ("<img src='data:image/png;base64,AA'>", "(no text: 1 image)"),
        ("<img src=a.jpg><img src=b.jpg>", "(no text: 2 images)\n[image: a.jpg][image: b.jpg]"),
        ("<p style='display:none'>x</p>", "(no visible text)"),
        ("<script>x</script>", "(empty message)"),
        ("&#8203;&shy;", "(empty message)"),
        (">", ">"),
    ],
)
def test_never_blank(html: str, said: str) -> None:
    check(html)
    assert plain_text(html) == said


@pytest.mark.parametrize(
    "html, words_shown",
    [
        ("<img alt='Broken corner' src='https://x.example/1.jpg'>x", "[image: Broken corner]x"),
        ("<img src='https://x.example/a%20b.jpg?w=1'>x", "[image: a b.jpg]x"),
        ("<img src='cid:photo.png@01D'>x", "[image: photo.png]x"),
        ("<img src='https://x.example/spacer.gif' width='1' height='30'>x", "x"),
        ("<img src='https://x.example/t' style='width:0px;height:0px'>x", "x"),
        ("<img src='data:image/png;base64," + "A" * 50_000 + "' alt='Photo'>x", "[image: Photo]x"),
    ],
)
def test_images_are_named_and_pixels_dropped(html: str, words_shown: str) -> None:
    assert plain_text(html) == words_shown


@pytest.mark.parametrize(
    "href, label, host, flagged",
    [
        ("https://refurbed.com/a", "Your order", "refurbed.com", False),
        ("https://www.refurbed.com/a", "refurbed.com", "www.refurbed.com", False),
        ("https://refurbed.com/a", "https://refurbed.com/a", "refurbed.com", False),
        ("https://evil.example/a", "https://refurbed.com/a", "evil.example", True),
        ("https://evil.example/a", "go to www.refurbed.com now", "evil.example", True),
        ("https://refurbed.com.evil.example/", "refurbed.com", "refurbed.com.evil.example", True),
        ("https://refurbed.com@evil.example/", "here", "evil.example", True),
        ("https://evil.example\\@refurbed.com/", "refurbed.com", "evil.example", True),
        ("https:\\\\evil.example", "refurbed.com", "evil.example", True),
        ("https:/evil.example", "refurbed.com", "evil.example", True),
        ("//evil.example/x", "refurbed.com", "evil.example", True),
        ("ht\ntps://evil.example/x", "refurbed.com", "evil.example", True),
        ("https://xn--rfurbed-bya.example", "réfurbed.example", "xn--rfurbed-bya.example", False),
        ("https://réfurbed.example", "refurbed.example", "xn--rfurbed-bya.example", True),
        ("https://EXAMPLE.com:8443/x", "example.com", "example.com", False),
        ("https://x.example/invoice.pdf", "invoice.pdf", "x.example", False),
        ("https://x.example/", "Hallo. Mit freundlichen Grüßen", "x.example", False),
        ("mailto:a@x.example?subject=1", "a@x.example", "x.example", False),
        ("mailto:a@evil.example", "help@refurbed.com", "evil.example", True),
        ("https://evil.example", "help@refurbed.com", "evil.example", True),
    ],
)
def test_a_link_that_shows_another_host_is_flagged(href: str, label: str, host: str, flagged: bool) -> None:
    message = check(f'<p><a href="{href}">{label}</a></p>')
    (link,) = message.links
    assert (link.number, link.host, link.flagged) == (1, host, flagged)
    assert message.lines[0].text == f"{label} [1]"
    assert host in link.url.lower() or "xn--" in host


@pytest.mark.parametrize(
    "href, said",
    [
        ("javascript:alert(1)", "x [not a link: javascript]"),
        (" java&#10;script&colon;alert(1)", "x [not a link: javascript]"),
        ("&#1;javascript:alert(1)", "x [not a link: javascript]"),
        ("data:text/html,x", "x [not a link: data]"),
        ("vbscript:x", "x [not a link: vbscript]"),
        ("file:///etc/passwd", "x [not a link: file]"),
        ("tel:+43123456", "x [tel:+43123456]"),
        ("/account", "x [link without an address]"),
        ("https://", "x [link without an address]"),
        ("#top", "x"),
        ("", "x"),
    ],
)
def test_what_is_no_link_is_said_and_never_numbered(href: str, said: str) -> None:
    message = check(f'<p><a href="{href}">x</a></p>')
    assert message.links == ()
    assert message.lines[0].text == said


def test_links_are_numbered_once_and_bare_ones_count() -> None:
    message = check(
        "<p><a href='https://a.example/1'>one</a> https://b.example/2. <a href='https://a.example/1'>again</a> "
        "(see https://c.example/w_(x)) <a href='https://d.example'><img src=p.png alt=Label></a></p>"
    )
    assert message.lines[0].text == (
        "one [1] https://b.example/2 [2]. again [1] (see https://c.example/w_(x) [3]) [image: Label] [4]"
    )
    assert [link.url for link in message.links][1:3] == ["https://b.example/2", "https://c.example/w_(x)"]
    many = check("".join(f"<a href='https://h{number}.example/'>t</a> " for number in range(700)))
    assert len(many.links) == 500
    assert "200 are not listed" in many.note


def test_links_are_written_out_in_plain_text() -> None:
    assert (
        plain_text("<a href='https://x.example/a?b=1&amp;copy=2'>here</a>") == "here <https://x.example/a?b=1&copy=2>"
    )
    assert plain_text("<a href='https://x.example/'>x.example</a> https://y.example") == "x.example https://y.example"


@pytest.mark.parametrize(
    "html, depths",
    [
        ("<p>a</p><blockquote><p>b</p><blockquote>c</blockquote></blockquote>d", "a0 b1 c2 d0"),
        ("a<div class='gmail_quote'>b<blockquote class='gmail_quote'>c</blockquote></div>d", "a0 b1 c1 d0"),
        ("a<blockquote style='margin:0 0 0 40px;border:none'>b</blockquote>", "a0 b0"),
        ("a<div id='appendonsend'></div><div id='divRplyFwdMsg'>b</div><div>c</div>", "a0 b1 c1"),
        ("a<div class='yahoo_quoted'>b</div><div name='quote'>c</div>d", "a0 b1 c1 d0"),
        ("a<br>-----Original Message-----<br>b", "a0 -----Original Message-----1 b1"),
        ("a<br>-----Ursprüngliche Nachricht-----<br>b", "a0 -----Ursprüngliche Nachricht-----1 b1"),
        ("a<br>From: x<br>Sent: y<br>To: z<br>b", "a0 From: x1 Sent: y1 To: z1 b1"),
        ("a<br>De : x<br>Envoyé : y<br>À : z<br>b", "a0 De : x1 Envoyé : y1 À : z1 b1"),
        ("a<br>From: me<br>b<br>c", "a0 From: me0 b0 c0"),
        ("a\nOn Mon, 3 Nov 2026, X wrote:\n> b\nc", "a0 On Mon, 3 Nov 2026, X wrote:1 b1 c0"),
        ("a\nAm 3.11.2026 schrieb X:\n> b", "a0 Am 3.11.2026 schrieb X:1 b1"),
    ],
)
def test_quoted_history_has_depth(html: str, depths: str) -> None:
    assert " ".join(f"{line.text.strip()}{line.depth}" for line in render(html).lines if line.spans) == depths


def test_a_long_message_is_cut_with_a_note_and_whole_on_demand() -> None:
    html = "".join(f"<p>paragraph {number} with some words in it</p>" for number in range(40_000))
    message = render(html)
    assert message.note.startswith("Only the first 256 KB of 1.")
    assert "<" not in message.lines[-1].text
    whole = render(html, limit=len(html))
    assert whole.note == ""
    assert whole.lines[-1].text == "paragraph 39999 with some words in it"
    lines = render("x<br>" * 20_000)
    assert "5,000 lines" in lines.note
    assert len(lines.lines) <= 5000
    assert len(render("x\n" * 100_000).lines) <= 5001
    assert source("y" * 300_000).endswith("… 36 KB more")


def test_wrapping_keeps_styles_and_hangs_lists() -> None:
    line = Line((Span("- "), Span("some bold words ", "bold"), Span("and plain ones")))
    assert wrap_line(line, 12) == [
        (Span("- "), Span("some bold", "bold")),
        (Span("  "), Span("words ", "bold"), Span("and")),
        (Span("  "), Span("plain ones")),
    ]
    assert wrap_line(Line(), 20) == [()]
    assert wrap_line(Line((Span("a    bcd"),), "code"), 4) == [(Span("a   "),), (Span(" bcd"),)]
    assert wrap_line(Line((Span("日本語", "bold"), Span("テキスト"))), 8) == [
        (Span("日本語", "bold"), Span("テ")),
        (Span("キスト"),),
    ]


@MODEST
@given(
    st.lists(st.tuples(st.text("ab 漢é👩\u200d-1. ", max_size=12), st.sampled_from(["", "bold", "link"])), max_size=6),
    st.integers(4, 30),
    st.sampled_from(["", "code"]),
)
def test_wrapping_loses_nothing(pieces: list[tuple[str, str]], width: int, kind: str) -> None:
    line = Line(tuple(Span(cleaned, style) for value, style in pieces if (cleaned := text.clean(value))), kind)
    rows = wrap_line(line, width)
    assert all(sum(text.width(span.text) for span in row) <= width for row in rows)
    for style in ("", "bold", "link"):
        before = "".join(span.text for span in line.spans if span.style == style).replace(" ", "")
        after = "".join(span.text for row in rows for span in row if span.style == style).replace(" ", "")
        assert before == after


# Documents that nobody meant to write

TAGS = [
    *("p", "div", "span", "b", "i", "a", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "pre", "code"),
    *("h1", "br", "img", "hr", "dl", "dt", "dd", "center", "font", "u", "section"),
]
RAW = ["script", "style", "title", "template", "textarea"]


def document(dice: random.Random) -> str:
    """A document of words and tags that open and close as they like."""
    made: list[str] = []
    opened: list[str] = []
    number = 0
    for _ in range(dice.randrange(3, 60)):
        lot = dice.random()
        if lot < 0.4:
            number += 1
            extra = ("", " ", "&amp; ", "ü&nbsp;", "&#228; ", "<br>", " < 3 ", " &copy ", "<!-- no -->", "<o:p></o:p>")
            more = ("<![if !mso]>", "<!--[if mso]>no<![endif]-->", "<img alt='pic' src=x.png>", "\n", "</br>")
            made.append(f" w{number:03}{dice.choice(extra + more)}")
        elif lot < 0.72:
            name = dice.choice(TAGS)
            opened.append(name)
            attribute = dice.choice(
                ("", ' class="x y"', " style='color:red'", " title='a > b'", " href=http://x.de/ ", ' data-x=""', " /")
            )
            made.append(f"<{name}{attribute}>")
        elif lot < 0.75:
            name = dice.choice(RAW)
            made.append(f"<{name}>w0</{name}>")
        elif opened:
            made.append(f"</{opened.pop() if dice.random() < 0.8 else dice.choice(opened)}>")
    html = "".join(made)
    return html[: dice.randrange(len(html) + 1)] if dice.random() < 0.25 else html


def visible_words(html: str) -> list[str]:
    """What a browser's parser makes of it."""
    tree = LexborHTMLParser(html)
    for node in tree.css("script, style, title, template"):
        node.decompose()
    return words(tree.body.text(separator=" ")) if tree.body is not None else []


def test_every_word_that_a_browser_shows_is_shown() -> None:
    for seed in range(600):
        html = document(random.Random(seed))
        read = "\n".join(line.text for line in render(html).lines)
        missing = [word for word in visible_words(html) if word not in read]
        assert not missing, (seed, html)
        matched = matchable(html)
        assert all(text.normalised(word) in matched for word in visible_words(html)), (seed, html)


def test_every_word_of_the_mails_that_a_browser_shows_is_shown() -> None:
    for path in MAILS:
        if path.stem in ("hostile", "broken", "marketplace-template"):
            continue
        html = path.read_text("utf-8")
        read = set(words(text.clean("\n".join(line.text for line in render(html).lines))))
        assert not [word for word in words(text.clean(" ".join(visible_words(html)))) if word not in read], path.stem


fragments = st.lists(
    st.one_of(
        st.sampled_from(
            [f"<{name}>" for name in TAGS + RAW] + [f"</{name}>" for name in TAGS + RAW] +
            ["<!--", "-->", "<![CDATA[", "<?", "<!", "</", "<", ">", "&", "&#", "&#x", '"', "'", "=", "&nbsp;", "\n",
             "<a href='", "<a href=javascript:x ", "<p style=\"display:none\">", "<div class=gmail_quote>", "> ",
             "<img alt=\"", " width=1", "http://", "https://ä..b/", "https://[::1", "mailto:", "@", "From: ", "To: ",
             "<div id=appendonsend>", "-----Original Message-----", "wrote:", "<td rowspan=9>", "<li value=99>"]
        ),
        st.text(st.characters(exclude_categories=[]), max_size=6),
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(fragments)
@example("<a href='https://[::1'>x</a>")
@example("&#" + "9" * 5000 + ";")
@example("<a href=https://ä..b/>x</a>")
@example("0<p>> ")
def test_nothing_crashes_or_escapes(html: str) -> None:
    check(html)


NASTY: list[tuple[str, str]] = [
    ("nested", "<div>" * 100_000 + "deep word" + "</div>" * 100_000),
    ("nested quotes", "<blockquote>" * 100_000 + "deep word"),
    ("nested tables", "<table><tr><td>" * 20_000 + "deep word"),
    ("nested lists", "<ul><li>" * 30_000 + "deep word"),
    ("attributes", "<p " + " ".join(f"a{n}='{n}'" for n in range(100_000)) + ">deep word</p>"),
    ("one word", "deep word" + "x" * 1_500_000),
    ("open tags", "deep word " + "<a " * 500_000),
    ("open quotes", "deep word " + '<a "' * 300_000),
    ("odd quotes", "deep word " + "<a '\">" * 200_000),
    ("open comments", "deep word " + "<!--" * 300_000),
    ("open declarations", "deep word " + "<![" * 300_000),
    ("ampersands", "deep word " + "&" * 1_000_000),
    ("digits", "deep word &#" + "9" * 1_000_000 + ";"),
    ("ends", "deep word" + "<b>" * 50_000 + "</x>" * 50_000),
    ("crossed", "deep word" + "<b><div></b>" * 80_000),
    ("list over inline", "deep word<ul>" + "<b>" * 20_000 + "<li></li>" * 20_000),
    ("marks", "deep word" + "\u0301" * 1_000_000),
    ("escapes", "deep word" + "&#27;" * 300_000),
    ("joiners", "deep word" + "👩\u200d" * 300_000),
    ("css comments", "deep word" + ("<p style='" + "/*" * 4000 + "'>x") * 30),
    ("addresses", "deep word http://a" + "." * 500_000 + "x"),
    ("schemes", "deep word " + "http://" * 200_000),
    ("quoted lines", "deep word\n" + ">\n" * 300_000),
    ("separators", "deep word\n" + ("-" + " " * 398 + "-\n") * 2000),
    ("styles", "deep word" + "<b>a</b><i>b</i>" * 100_000),
    ("scripts", "deep word" + "<script>" * 100_000),
    ("breaks", "deep word" + "<br>a" * 300_000),
    ("cells", "deep word<table><tr>" + "<td>a" * 60_000),
    ("five megabytes", "<p>deep word <b>World</b> &amp; <a href='https://x.example/1'>x</a></p>\n" * 75_000),
]


@pytest.mark.parametrize("name, html", NASTY, ids=[name for name, _ in NASTY])
def test_nasty_input_takes_bounded_time(name: str, html: str) -> None:
    started = time.process_time()
    message = render(html)
    rows = sum(len(wrap_line(line, 80)) for line in message.lines)
    taken = time.process_time() - started
    assert taken < 1.5, (name, taken)
    assert rows < 12_000
    if not html.startswith("<"):
        assert "deep word" in message.lines[0].text


GROWING: list[tuple[str, Callable[[int], str]]] = [
    ("prose", lambda n: "<p>Hello <b>World</b> &amp; more <a href='https://x.example/1'>x</a></p>\n" * (n // 72)),
    ("nested", lambda n: "<div><b>" * (n // 8) + "x"),
    ("open tags", lambda n: "<a '\"" * (n // 5)),
    ("tables", lambda n: "<table><tr><td>a<td>b</table>" * (n // 29)),
    ("plain", lambda n: "some words http://x.example/ here\n> quoted\n" * (n // 43)),
]


@pytest.mark.parametrize("name, make", GROWING, ids=[name for name, _ in GROWING])
def test_time_grows_with_the_length_only(name: str, make: Callable[[int], str]) -> None:
    def seconds(size: int) -> float:
        html = make(size)
        best = 1e9
        for _ in range(2):
            started = time.process_time()
            render(html, limit=len(html))
            matchable(html)
            best = min(best, time.process_time() - started)
        return best

    small, large = seconds(20_000), seconds(200_000)
    assert large < 10 * 4 * small + 0.05, (name, small, large)
