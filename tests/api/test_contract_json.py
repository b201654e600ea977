"""The full object for `--json`: every field of the contract, nothing of what was sent lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator

from tui.api.contract import Kind, contract_json
from tui.api.wire import WireError

DEFINITIONS: dict[Kind, str] = {
    "ticket": "Ticket",
    "message": "ScopedTicketMessage",
    "unscoped_message": "TicketMessage",
    "help_request": "TicketHelpRequest",
}
FULL_TICKET: dict[str, Any] = {
    "id": "9007199254740993",
    "status": "OPEN",
    "urgency_status": "URGENT",
    "created_at": "2026-11-20T08:00:00.123456789Z",
    "marketplace_order_item": {"order_item_id": "12", "order_id": "13", "instance_name": "iPhone 12"},
    "topic_slug": "defect",
    "country": "AT",
    "customer": {"email": "anna@example.com", "name": "Anna"},
    "assignee": {"email": "me@example.com", "name": "Me"},
    "sla_checkpoints": [{"checkpoint_type": "OVERDUE", "at": "2026-11-20T12:00:00Z"}],
    "updated_at": "2026-11-20T08:00:00Z",
    "seller_action_needed": True,
    "customer_panicked": True,
    "notes": "n",
    "follow_up_to_ticket_id": "7",
    "topic_change_allowed": True,
    "has_help_requests": True,
}


def full(kind: Kind, value: object) -> dict[str, object]:
    return contract_json(kind, json.dumps(value))


def pruned(value: object) -> Any:
    """Without nulls: how "not there" is written, where the contract has no null."""
    if isinstance(value, dict):
        return {name: pruned(inner) for name, inner in value.items() if inner is not None}
    return [pruned(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_field_of_the_contract_is_there(kind: Kind, contract: Callable[[str], Validator]) -> None:
    validator = contract(DEFINITIONS[kind])
    schema = validator.schema
    assert isinstance(schema, dict)
    value = full(kind, {"attachments": [{}], "message": {"attachments": [{}]}, "sla_checkpoints": [{}]})
    if kind != "ticket":
        value.pop("sla_checkpoints", None)
    if kind in ("ticket", "help_request"):
        value.pop("attachments"), value.pop("message")
    if kind == "unscoped_message":
        value.pop("message")
    if kind == "message":
        value.pop("attachments")

    def compare(found: object, definition: dict[str, Any]) -> None:
        while "$ref" in definition or "anyOf" in definition:
            definition = definition.get("anyOf", [definition])[0]
            if "$ref" in definition:
                definition = schema["definitions"][definition["$ref"].rpartition("/")[2]]
        if isinstance(found, dict):
            assert set(found) == set(definition["properties"])
            for name, inner in found.items():
                compare(inner, definition["properties"][name])
        elif isinstance(found, list):
            for item in found:
                compare(item, definition["items"])

    compare(value, schema)
    validator.validate(pruned(value))


def test_a_full_ticket_is_itself(contract: Callable[[str], Validator]) -> None:
    value = full("ticket", FULL_TICKET)
    assert value == FULL_TICKET | {"buyback_order_item": None}
    contract("Ticket").validate(pruned(value))


def test_defaults_are_filled_in_at_every_depth() -> None:
    value = full("ticket", {"id": 5, "marketplace_order_item": {}, "sla_checkpoints": [{}], "assignee": {}})
    assert value["id"] == "5"
    assert value["marketplace_order_item"] == {"order_item_id": "0", "order_id": "0", "instance_name": ""}
    assert value["sla_checkpoints"] == [{"checkpoint_type": "UNSPECIFIED", "at": None}]
    assert value["assignee"] == value["customer"] == {"email": "", "name": ""}
    assert (value["status"], value["seller_action_needed"], value["notes"]) == ("UNSPECIFIED", False, "")
    assert value["follow_up_to_ticket_id"] is value["urgency_status"] is value["buyback_order_item"] is None


def test_ids_become_exact_strings() -> None:
    value = full("ticket", {"id": 2**63 - 1, "follow_up_to_ticket_id": 2**53 + 1})
    assert (value["id"], value["follow_up_to_ticket_id"]) == (str(2**63 - 1), str(2**53 + 1))


def test_either_spelling_gives_the_contracts_names() -> None:
    value = full("ticket", {"id": "1", "updatedAt": "x", "topicSlug": "t", "marketplaceOrderItem": {"orderId": 3}})
    assert (value["updated_at"], value["topic_slug"]) == ("x", "t")
    assert value["marketplace_order_item"] == {"order_id": "3", "order_item_id": "0", "instance_name": ""}
    assert "updatedAt" not in value and "marketplaceOrderItem" not in value


def test_what_the_contract_does_not_know_stays_at_the_end() -> None:
    value = full("ticket", {"zeta": {"a": [1]}, "id": "1", "status": "NEW_WORD", "customer": {"phone": "5"}})
    assert list(value)[-1] == "zeta" and value["zeta"] == {"a": [1]}
    assert value["status"] == "NEW_WORD"
    assert value["customer"] == {"email": "", "name": "", "phone": "5"}


def test_lone_surrogates_are_replaced_everywhere() -> None:
    value = contract_json("ticket", rb'{"id": "1", "notes": "a\ud800", "x\udc00": ["\ud800", {"\ud800": 1}]}')
    assert value["notes"] == "a�" and value["x�"] == ["�", {"�": 1}]
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("raw", [b"[]", b"null", b"5", b"", b"{", b"<p>", b'{"a": ' + b"[" * 100_000])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        contract_json("ticket", raw)


@given(
    st.sampled_from(get_args(Kind)),
    st.dictionaries(
        st.sampled_from(sorted({*FULL_TICKET, "message", "author", "attachments", "scope", "orderId", "x"})),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=10,
        ),
    ),
)
@settings(max_examples=150, deadline=None)
def test_any_object_can_be_filled_printed_and_filled_again(kind: Kind, value: dict[str, object]) -> None:
    once = full(kind, value)
    text = json.dumps(once, ensure_ascii=False, indent=1)
    text.encode()
    assert contract_json(kind, text) == once
