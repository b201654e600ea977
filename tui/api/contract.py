"""The JSON as the contract has it, for `--json`, the inspector and export: every field there, under its own name.

What proto3 left out is filled in, ids are strings, either spelling of a name is understood, and fields that the
contract does not know stay, behind those it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from tui.api.wire import WireError, read_value, without_surrogates

Kind = Literal["ticket", "message", "unscoped_message", "help_request"]


class _Id:
    """An int64; its default is "0", or null where the contract says so."""

    def __init__(self, default: str | None = "0") -> None:
        self.default = default


class _Many:
    """A list of objects."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields


class _Optional:
    """An object that may be null: a member of a oneof, or nullable."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields


Field = str | bool | None | _Id | _Many | _Optional | Mapping[str, "Field"]
"""A plain value is a default; a mapping is an object whose own fields are filled in."""
Fields = Mapping[str, Field]

_ENUM: Final = "UNSPECIFIED"
_PERSON: Final[Fields] = {"email": "", "name": ""}
_TICKET: Final[Fields] = {
    "id": _Id(),
    "status": _ENUM,
    "urgency_status": None,
    "created_at": None,
    "marketplace_order_item": _Optional({"order_item_id": _Id(), "order_id": _Id(), "instance_name": ""}),
    "buyback_order_item": _Optional(
        {"buyback_order_item_id": _Id(), "buyback_order_id": _Id(), "product_variant_name": ""}
    ),
    "topic_slug": "",
    "country": _ENUM,
    "customer": _PERSON,
    "assignee": _Optional(_PERSON),
    "sla_checkpoints": _Many({"checkpoint_type": _ENUM, "at": None}),
    "updated_at": None,
    "seller_action_needed": False,
    "customer_panicked": False,
    "notes": "",
    "follow_up_to_ticket_id": _Id(None),
    "topic_change_allowed": False,
    "has_help_requests": False,
}
_MESSAGE: Final[Fields] = {
    "id": _Id(),
    "body_html": "",
    "created_at": None,
    "author": {"type": _ENUM, "email": None, "name": ""},
    "attachments": _Many({"filename": "", "url": "", "content_type": ""}),
}
_KINDS: Final[dict[str, Fields]] = {
    "ticket": _TICKET,
    "message": {"message": _MESSAGE, "scope": _ENUM},
    "unscoped_message": _MESSAGE,
    "help_request": {"id": _Id(), "ticket_id": _Id(), "status": _ENUM, "topic": _ENUM, "created_at": None},
}


def contract_json(kind: Kind, raw: bytes | str) -> dict[str, object]:
    """One raw element (`message`: with its scope, as in a ticket's thread) as a full object.

    Texts are as sent and not cleaned; only lone surrogates are replaced, since no output could encode them. Raises
    `ValueError` when `raw` is no JSON object.
    """
    value = read_value(raw)
    if not isinstance(value, dict):
        raise WireError("the element is not a JSON object")
    return _filled(value, _KINDS[kind])


def _filled(value: Mapping[str, object], fields: Fields) -> dict[str, object]:
    rest = dict(value)
    filled: dict[str, object] = {}
    for name, field in fields.items():
        found = rest.pop(name, None)
        other = rest.pop(_camel(name), None) if _camel(name) != name else None
        filled[name] = _value(other if found is None else found, field)
    for name, unknown in rest.items():
        filled[without_surrogates(name)] = _plain(unknown)
    return filled


def _value(value: object, field: Field) -> object:
    if isinstance(field, _Id):
        if value is None:
            return field.default
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else _plain(value)
    if isinstance(field, _Many):
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        return [_filled(item, field.fields) if isinstance(item, dict) else _plain(item) for item in items]
    if isinstance(field, _Optional):
        return _filled(value, field.fields) if isinstance(value, dict) else _plain(value)
    if isinstance(field, Mapping):
        return _filled(value, field) if isinstance(value, dict) else _filled({}, field)
    return field if value is None else _plain(value)


def _plain(value: object) -> object:
    """A value as sent, fit to be encoded."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): _plain(item) for key, item in value.items()}
    return value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
