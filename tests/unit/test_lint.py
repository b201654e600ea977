"""What the review line warns of, and what it leaves alone."""

from __future__ import annotations

import time

import pytest

from tui.domain import Ticket
from tui.lint import RULES, Subject, findings

TICKET = Ticket(id=1048, status="OPEN", order_id=3100245, order_item_id=4100246, customer_name="Anna Müller")
OTHERS = ("Jean Dupont", "Piotr Kowalski")


def said(body: str, *, attachments: int = 0, off: tuple[str, ...] = ()) -> str:
    return " | ".join(findings(Subject(body, TICKET, attachments, OTHERS), off))


@pytest.mark.parametrize(
    "body", ["Dear {name}, thanks", "Hallo {{ customer }}!", "Hi <<NAME>>", "ask [name]", "TODO: check"]
)
def test_unfilled_placeholders_are_named(body: str) -> None:
    assert "placeholder" in said(body)


@pytest.mark.parametrize(
    "body",
    [
        "Please find the label attached.",
        "Das Etikett ist im Anhang.",
        "Anbei die Rechnung.",
        "Vous trouverez ci-joint l'étiquette.",
        "L'etichetta è in allegato.",
        "Le envío la etiqueta adjunta.",
        "Etykieta w załączniku.",
    ],
)
def test_attached_without_a_file_in_six_languages(body: str) -> None:
    assert "no file is attached" in said(body)
    assert said(body, attachments=1) == ""


def test_quoted_history_is_not_ours() -> None:
    assert said("Thanks!\n> it is attached, dear {name}, order 9999999") == ""


def test_another_order_number_is_named_but_our_own_numbers_are_not() -> None:
    assert "3100999 is not this ticket's order (3100245)" in said("Your order 3100999 has shipped.")
    assert said("Your order 3100245, item 4100246, ticket 1048, phone +49-30-1234567, on 2026-11-23.") == ""


def test_another_customers_name_in_the_greeting() -> None:
    assert "Jean Dupont" in said("Bonjour Jean Dupont,\nmerci")
    assert said("Hallo Anna,\ndanke") == ""
    assert said("Sehr geehrte Frau Müller,\ndanke") == ""
    assert said("Hello there,\nthanks") == ""


def test_an_empty_body_is_said_and_every_rule_can_be_switched_off() -> None:
    assert "no text" in said("   \n")
    everything = "Bonjour Jean, {name} attached 3100999"
    assert len(findings(Subject(everything, TICKET, 0, OTHERS))) == 4
    assert said(everything, off=tuple(RULES)) == ""


@pytest.mark.parametrize(
    "body", ["{" * 60_000, "attached " * 8000, "1" * 64_000, ">\n" * 32_000, "dear " * 12_000, "<<" * 30_000]
)
def test_it_never_takes_long(body: str) -> None:
    started = time.process_time()
    findings(Subject(body, TICKET, 0, OTHERS * 500))
    assert time.process_time() - started < 0.5
