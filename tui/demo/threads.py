"""The threads of seeded tickets, and what customers write later on.

Ids leave each seeded ticket a fixed range, so that a file's or a message's address leads back to its ticket.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tui.clock import HOUR, MINUTE
from tui.demo.data import AGENTS, DEMO_AGENT_EMAIL, Story, Turn, chance, order_number, pick
from tui.demo.files import content_type
from tui.demo.model import File, Help, Message, Ticket
from tui.demo.shapes import HOSTILE, MAIL_SHAPES, Letter, Quoted, letter_html, seller_html
from tui.demo.speech import Speech
from tui.demo.texts import SPEECHES

FIRST_MESSAGE: Final = 21_400_000
PER_TICKET: Final = 32
FIRST_HELP: Final = 310_000
HELPS_PER_TICKET: Final = 4
FIRST_HELP_MESSAGE: Final = 88_000_000
FILES_PER_MESSAGE: Final = 10
REFURBED_NAMES: Final = ("Nina (refurbed)", "Patrick (refurbed)", "refurbed Merchant Support")

_INSIDE: Final = {
    "question": (
        "<p>Hi team,</p><p>the customer insists on a full refund and refuses <b>every other offer</b>. "
        "May we offer 30&nbsp;% instead?</p>"
    ),
    "ruling": (
        "<p>Hello,</p><p>thanks for asking. Please offer the partial refund and keep us posted. Our guideline: "
        '<a href="https://partner-help.refurbed.com/returns">partial refunds</a>.</p>'
    ),
    "panic": "<p>The customer has asked refurbed for help with this ticket. refurbed follows each update.</p>",
    "takeover": "<p>No reply within 72 hours: refurbed has taken over this ticket.</p>",
}
LABEL_HTML: Final = "<p>Your return shipping label is attached. Print it and put it on the parcel.</p>"
_HELP_QUESTIONS: Final = {
    "ACCOUNT_TAKEOVER": "The customer writes from another address than the one of the order. Who is it?",
    "SHIPPING_AGREEMENT": "The carrier refuses the claim for this parcel. Can you open an investigation?",
    "TECHNICAL_ISSUES": "We cannot generate a return label for this order: the button does nothing.",
    "LEGAL": "The customer threatens with a lawyer. How shall we answer?",
    "CUSTOMER_COMMUNICATION": "The customer does not accept our answer. Could you explain the warranty terms?",
}
HELP_ANSWER: Final = (
    "<p>Hello,</p><p>thank you for reaching out. We looked into it: please go on as agreed, and let us know here if "
    "anything else comes up.</p><p>refurbed Merchant Support</p>"
)


def seeded_thread(story: Story, seed: int) -> list[Message]:
    """The messages of a seeded ticket, oldest first, as they were when the service was born."""
    ticket, part = story.ticket, story.part
    rng = chance(seed, "thread", ticket.index)
    speech = SPEECHES[ticket.language]
    shape = pick(MAIL_SHAPES, rng)
    said: list[Quoted] = []
    messages: list[Message] = []
    last_by_customer = max(place for place, turn in enumerate(story.turns) if turn.author == "CUSTOMER")
    for place, turn in enumerate(story.turns):
        message = Message(
            FIRST_MESSAGE + ticket.index * PER_TICKET + place, turn.scope, turn.at, turn.author, "", "", ""
        )
        names: tuple[str, ...] = ()
        if turn.author == "CUSTOMER":
            quoted = tuple(reversed(said)) if rng.random() < 0.7 else ()
            text = speech.openings[ticket.topic] if turn.kind == "opening" else pick(speech.chases, rng)
            photo = "photo" in part.flags and turn.kind == "opening"
            paragraphs = customer_paragraphs(speech, ticket, text, rng)
            letter = _letter(speech, ticket, paragraphs, quoted, photo)
            message.author_name = ticket.customer_name
            message.body_html = letter_html("form" if turn.kind == "opening" and rng.random() < 0.3 else shape, letter)
            if place == last_by_customer:
                message.body_html += HOSTILE.get(part.value("hostile"), "")
                names = _file_names(part.value("hostile"), rng) if "file" in part.flags else ()
            said.append(Quoted(ticket.customer_name, ticket.customer_email, turn.at, paragraphs))
        elif turn.kind == "answer":
            names = _answer(message, turn, story, rng, said)
        else:
            names = _inside(message, turn, ticket, rng)
        message.files = files_for(message.id, names)
        messages.append(message)
    return messages


def seeded_helps(story: Story, ticket_id: int, seed: int) -> list[Help]:
    """The help requests of a seeded ticket."""
    ticket = story.ticket
    rng = chance(seed, "help", ticket.index)
    statuses = [status for status in story.part.value("help").split("+") if status]
    helps: list[Help] = []
    for place, status in enumerate(statuses):
        number = FIRST_HELP + ticket.index * HELPS_PER_TICKET + place
        at = ticket.created_at + (20 + 25 * place) * MINUTE + int(rng.random() * MINUTE)
        topic = pick(tuple(_HELP_QUESTIONS), rng)
        first = FIRST_HELP_MESSAGE + (number - FIRST_HELP) * 8
        email = ticket.assignee or DEMO_AGENT_EMAIL
        question = f"<p>{_HELP_QUESTIONS[topic]}</p>"
        messages = [Message(first, "", at, "MERCHANT", AGENTS[email], email, question)]
        if status == "PENDING" or status in ("SOLVED", "CLOSED"):
            messages.append(Message(first + 1, "", at + HOUR, "REFURBED", pick(REFURBED_NAMES, rng), "", HELP_ANSWER))
        helps.append(Help(number, ticket_id, status, topic, at, messages))
    return helps


def customer_paragraphs(speech: Speech, ticket: Ticket, text: str, rng: Random) -> tuple[str, ...]:
    """A customer's text with greeting and name."""
    lines = filled(text, ticket).split("\n")
    return (pick(speech.hello, rng), *lines, f"{pick(speech.bye, rng)}\n{ticket.customer_name}".replace("\n", ", "))


def customer_letter(ticket: Ticket, text: str, rng: Random, quoted: tuple[Quoted, ...] = ()) -> str:
    """What a customer writes now, as HTML."""
    speech = SPEECHES[ticket.language]
    letter = _letter(speech, ticket, customer_paragraphs(speech, ticket, text, rng), quoted, False)
    return letter_html(pick(MAIL_SHAPES, rng), letter)


def filled(text: str, ticket: Ticket) -> str:
    """The text about this ticket."""
    return text.format(product=ticket.product.split(" | ")[0], order=order_number(ticket), name=ticket.customer_name)


def files_for(message_id: int, names: tuple[str, ...]) -> list[File]:
    """The attachments of a message."""
    return [
        File(message_id * FILES_PER_MESSAGE + place, name, content_type(name))
        for place, name in enumerate(names[:FILES_PER_MESSAGE])
    ]


def seeded_index(message_id: int) -> int:
    """The place of the seeded ticket that a message id belongs to; negative when it cannot be one."""
    return (message_id - FIRST_MESSAGE) // PER_TICKET


def _answer(message: Message, turn: Turn, story: Story, rng: Random, said: list[Quoted]) -> tuple[str, ...]:
    ticket = story.ticket
    speech = SPEECHES[ticket.language]
    choice = {"invoice": 3, "return": 2, "device_defect": 0}.get(ticket.topic, int(rng.random() * 2))
    if len(said) > 2:
        choice = 1
    text = filled(speech.answers[choice], ticket)
    message.author_email = ticket.assignee or DEMO_AGENT_EMAIL
    message.author_name = AGENTS[message.author_email]
    message.body_html = seller_html(text)
    said.append(Quoted(message.author_name, message.author_email, turn.at, tuple(text.split("\n"))))
    return (f"Invoice_{ticket.order_id}.pdf",) if choice == 3 else ()


def _inside(message: Message, turn: Turn, ticket: Ticket, rng: Random) -> tuple[str, ...]:
    if turn.author == "MERCHANT":
        message.author_email = ticket.assignee or DEMO_AGENT_EMAIL
        message.author_name = AGENTS[message.author_email]
    else:
        message.author_name = "refurbed" if turn.author == "SYSTEM" else pick(REFURBED_NAMES, rng)
    message.body_html = LABEL_HTML if turn.kind == "label" else _INSIDE[turn.kind]
    return (label_name(ticket),) if turn.kind == "label" else ()


def label_name(ticket: Ticket) -> str:
    """The name of a return label's file."""
    return f"return_label_{ticket.order_id}.pdf"


def _letter(
    speech: Speech, ticket: Ticket, paragraphs: tuple[str, ...], quoted: tuple[Quoted, ...], photo: bool
) -> Letter:
    order, product = order_number(ticket), ticket.product
    return Letter(speech, paragraphs, ticket.customer_name, ticket.customer_email, order, product, quoted, photo)


def _file_names(hostile: str, rng: Random) -> tuple[str, ...]:
    if hostile:
        return ("invoice\u202efdp.exe", "../../.bashrc", "a\x1b[31mb.txt")
    sets = (
        ("IMG_2041.png", "IMG_2042.png"),
        ("Screenshot 2026-11-20 at 09.41.12.png",),
        ("Kaufbeleg_März.pdf",),
        ("Reçu n°12 (copie).pdf", "photo.png"),
        ("battery-log.txt",),
    )
    return pick(sets, rng)
