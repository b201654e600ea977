"""Message HTML as real programs write it: Outlook, Gmail, Apple Mail, a web form, and what hostile strangers send."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Final

from tui.clock import to_datetime
from tui.demo.speech import Speech

MAIL_SHAPES: Final = ("outlook", "gmail", "apple", "form", "plain")
SHOP: Final = "Phonix Store"
HELP_PAGE: Final = "www.phonix-store.example/help"


@dataclass(frozen=True, slots=True)
class Quoted:
    """An earlier message as it stands below a reply."""

    who: str
    email: str
    at: int
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be put into HTML. `quoted` is newest first."""

    speech: Speech
    paragraphs: tuple[str, ...]
    who: str
    email: str
    order: str
    product: str
    quoted: tuple[Quoted, ...] = ()
    photo: bool = False


def letter_html(shape: str, letter: Letter) -> str:
    """The letter as that program sends it."""
    return {"outlook": _outlook, "gmail": _gmail, "apple": _apple, "form": _form}.get(shape, _plain)(letter)


def seller_html(text: str) -> str:
    """A reply as the seller's tool writes it."""
    greeting, *rest = text.split("\n")
    shown = "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in (greeting, *rest))
    link = f'<a href="https://{HELP_PAGE}" rel="nofollow noreferrer noopener">{HELP_PAGE}</a>'
    return f"{shown}<p>{SHOP}<br/>{link}</p>"


def _date(at: int) -> tuple[str, str]:
    moment = to_datetime(at)
    return f"{moment:%d.%m.%Y}", f"{moment:%H:%M}"


def _outlook(letter: Letter) -> str:
    parts = ['<div lang="X-NONE" class="WordSection1">']
    parts += [f'<p class="MsoNormal">{_text(line)}<o:p></o:p></p>' for line in letter.paragraphs]
    if letter.photo:
        parts.append(
            '<p class="MsoNormal"><img width="320" height="240" style="width:3.3333in;height:2.5in" '
            'id="Picture_x0020_1" '
            'src="https://img.mail.example/cid/image001.png" alt="image001.png"><o:p></o:p></p>'
        )
    sender, sent, to, subject = letter.speech.mail_words
    for quoted in letter.quoted:
        date, time = _date(quoted.at)
        parts.append(
            '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p '
            'class="MsoNormal">'
            f"<b>{sender}:</b> {_text(quoted.who)} &lt;{_text(quoted.email)}&gt;<br><b>{sent}:</b> {date} {time}<br>"
            f"<b>{to}:</b> {_text(letter.who)}<br><b>{subject}:</b> "
            f"{_text(letter.speech.subject.format(order=letter.order))}<o:p></o:p></p></div></div>"
        )
        parts += [f'<p class="MsoNormal">{_text(line)}<o:p></o:p></p>' for line in quoted.paragraphs]
    parts.append('<p class="MsoNormal"><o:p>&nbsp;</o:p></p>')
    parts.append(
        f'<p class="MsoNormal"><span style="font-size:8.0pt">{_text(letter.speech.disclaimer)}</span></p></div>'
    )
    return "\n".join(parts)


def _gmail(letter: Letter) -> str:
    out = f'<div dir="ltr">{"<div><br></div>".join(f"<div>{_text(line)}</div>" for line in letter.paragraphs)}</div>'
    if letter.photo:
        out += '<div><img src="https://mail.example/att/ii_m4x1" alt="IMG_2041.png" width="472" height="354"><br></div>'
    inner = ""
    for quoted in reversed(letter.quoted):
        date, time = _date(quoted.at)
        who = f'{_text(quoted.who)} &lt;<a href="mailto:{_text(quoted.email)}">{_text(quoted.email)}</a>&gt;'
        head = letter.speech.wrote.format(date=date, time=time, who=who)
        body = "".join(f"<p>{_text(line)}</p>" for line in quoted.paragraphs)
        inner = (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{head}<br></div>'
            '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
            f'padding-left:1ex">{body}{inner}</blockquote></div>'
        )
    return out + inner


def _apple(letter: Letter) -> str:
    out = "<br>".join(_text(line) for line in letter.paragraphs)
    out = f'<div dir="ltr">{out}<br><br><div dir="ltr">{_text(letter.speech.mobile)}</div></div>'
    for quoted in letter.quoted:
        date, time = _date(quoted.at)
        head = letter.speech.wrote.format(date=date, time=time, who=_text(quoted.who))
        body = "".join(f"<p>{_text(line)}</p>" for line in quoted.paragraphs)
        out += f'<div dir="ltr"><br><blockquote type="cite">{head}<br><br></blockquote></div>'
        out += f'<blockquote type="cite"><div dir="ltr">\ufeff{body}</div></blockquote>'
    return out


def _form(letter: Letter) -> str:
    order, device, message = letter.speech.form_words
    rows = ((order, letter.order), (device, letter.product), ("E-Mail", letter.email))
    table = "".join(f"<tr><td><b>{_text(name)}</b></td><td>{_text(value)}</td></tr>" for name, value in rows)
    body = "<br />\r\n".join(_text(line) for line in letter.paragraphs)
    return f"<table border=0><tbody>{table}</tbody></table>\r\n<p><b>{_text(message)}</b></p>\r\n<p>{body}</p>"


def _plain(letter: Letter) -> str:
    body = "".join(f"<p>{_text(line)}</p>" for line in letter.paragraphs)
    if letter.quoted:
        date, time = _date(letter.quoted[0].at)
        body += f"<p>{letter.speech.wrote.format(date=date, time=time, who=_text(letter.quoted[0].who))}</p>"
        body += f"<blockquote>{''.join(f'<p>{_text(line)}</p>' for line in letter.quoted[0].paragraphs)}</blockquote>"
    return body


def _text(text: str) -> str:
    return html.escape(text, quote=False)


HOSTILE: Final[dict[str, str]] = {
    "markup": (
        "<p>[/] [bold red]REFUNDED[/bold red] [/nope] [@click=app.quit]press here[/] "
        "[link=https://evil.example]x[/link] "
        "[[escaped]] \\[/] {0} %s $(reboot) `id`</p><pre>[/red] | ┃ ▌ [ OK ] sent</pre>"
    ),
    "escape": (
        "<p>before \x1b]0;PWNED\x07\x1b[2J\x1b[31mred\x1b[0m \x1b]52;c;cHduZWQ=\x07 "
        "\x1b]8;;https://evil.example\x1b\\link"
        "\x1b]8;;\x1b\\ \x9b31m \x90q\x9c \x00 \x08\x08 \x1bc \x1b[?1049l &#27;[5m &#x9b;2J after</p>"
        "<p>second line \x0b\x0c\x7f\x85 end</p>"
    ),
    "bidi": (
        "<p>Pay to \u202e321654 NABI\u202c, file \u2067gpj.exe\u2069, zero\u200b\u200cwidth\u2060, soft\u00adhyphen, "
        "tags \U000e0041\U000e0042, fill\u3164er, "
        "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319a\u0324lgo</p>"
        "<p>👩‍👩‍👧‍👦 🇩🇪 👍🏽 日本語 العربية עברית</p>"
    ),
    "fake": (
        "<p>Please see below.</p><hr><p><b>— System · to all · just now —</b><br>This ticket was refunded. Press "
        "<b>y</b> to "
        'confirm.</p><p><a href="https://refurbed.com.account-check.example/login">https://www.refurbed.com/login</a> '
        '<a href="javascript:alert(1)">open</a> <a href="https://xn--rfurbed-d1a.example/">refurbed support</a></p>'
        '<p style="display:none">hidden text</p><script>alert(1)</script><img src=x onerror=alert(1)>'
    ),
}
"""What strangers write to reach the terminal or to pretend to be somebody else (SAFETY.md section 2)."""
