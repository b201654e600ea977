"""The gateway's side of a request: what JSON it takes, and in which words it refuses the rest.

The rules are those of proto3's JSON mapping: int64 as string or number, bytes as base64 of either alphabet, null as
"not set", names as in the definition or in lowerCamelCase. Unlike many gateways this one refuses unknown fields, so
that a misspelt one is noticed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Final

from tui.demo.errors import invalid, unknown
from tui.demo.schema import ENUMS, MESSAGES, REQUIRED, Field

MAX_PAGE: Final = 100
MAX_DEPTH: Final = 64
_INT: Final = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
_CAMEL: Final = re.compile(r"[A-Z]")


def parse(raw: bytes) -> dict[str, object]:
    """The JSON object of a request; an empty body is an empty message. Raises `Rejected`."""
    if not raw.strip():
        return {}
    body = _json(raw)
    if not isinstance(body, dict):
        raise invalid(f"proto: syntax error (line 1:1): unexpected token {_token(body)}")
    return body


def _json(raw: bytes) -> object:
    if raw[: 1 << 20].count(b"[") + raw[: 1 << 20].count(b"{") > 100_000:
        raise invalid("proto: exceeded maximum recursion depth")
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise invalid("proto: syntax error: invalid UTF-8") from None
    except json.JSONDecodeError as error:
        message = f"proto: syntax error (line {error.lineno}:{error.colno}): unexpected token"
        raise invalid(message) from None
    except RecursionError:
        raise invalid("proto: exceeded maximum recursion depth") from None
    except ValueError:
        raise invalid("proto: syntax error: invalid number") from None


def check(operation: str, body: object) -> dict[str, object]:
    """The request with ids as ints and bytes as bytes, under the definition's names. Raises `Rejected`."""
    request = f"{operation}Request"
    if request not in MESSAGES:
        raise unknown("Not Found")
    return _message(request, body, 0)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise invalid(f"proto: duplicate field {_quoted(name)}")
        found[name] = value
    return found


def _no_constant(name: str) -> object:
    raise invalid(f"proto: syntax error: invalid value {name}")


def _message(name: str, body: object, depth: int) -> dict[str, object]:
    if not isinstance(body, dict):
        raise invalid(f"proto: syntax error: unexpected token {_token(body)}")
    if depth > MAX_DEPTH:
        raise invalid("proto: exceeded maximum recursion depth")
    fields = MESSAGES[name]
    found: dict[str, object] = {}
    groups: set[str] = set()
    for key, value in body.items():
        field_name = key if key in fields else _CAMEL.sub(lambda match: "_" + match[0].lower(), key)
        field = fields.get(field_name)
        if field is None:
            raise invalid(f"proto: unknown field {_quoted(key)}")
        if value is None:
            continue
        if field_name in found:
            raise invalid(f"proto: duplicate field {_quoted(key)}")
        if field.oneof and field.oneof in groups:
            group = f"refb.merchant.v1.{name}.{field.oneof}"
            raise invalid(f"proto: error parsing {_quoted(key)}, oneof {group} is already set")
        groups.add(field.oneof)
        found[field_name] = _values(field, field_name, value, depth)
    _check_rules(name, found)
    return found


def _values(field: Field, name: str, value: object, depth: int) -> object:
    if not field.many:
        return _value(field, name, value, depth)
    if not isinstance(value, list):
        raise invalid(f"proto: syntax error: unexpected token {_token(value)}")
    return [_value(field, name, item, depth) for item in value]


def _value(field: Field, name: str, value: object, depth: int) -> object:
    if field.kind == "message":
        return _message(field.of, value, depth + 1)
    read = _SCALARS[field.kind](value, field.of)
    if read is None:
        raise invalid(f"proto: invalid value for {field.kind} field {_camel(name)}: {_token(value)}")
    return read


def _int64(value: object, _: str) -> object:
    if isinstance(value, str):
        value = int(value) if _INT.fullmatch(value) else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return value if whole else None


def _string(value: object, _: str) -> object:
    if not isinstance(value, str) or any("\ud800" <= char <= "\udfff" for char in value):
        return None
    return value


def _bool(value: object, _: str) -> object:
    return value if isinstance(value, bool) else None


def _bytes(value: object, _: str) -> object:
    if not isinstance(value, str):
        return None
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _enum(value: object, of: str) -> object:
    return value if isinstance(value, str) and value in ENUMS[of] else None


_SCALARS: Final = {"int64": _int64, "string": _string, "bool": _bool, "bytes": _bytes, "enum": _enum}


def _check_rules(name: str, found: Mapping[str, object]) -> None:
    """What a service asks beyond the types, in the words of its validator."""
    for field_name in REQUIRED.get(name, ()):
        if found.get(field_name) in (None, 0, "", b"", "UNSPECIFIED"):
            raise invalid(f"invalid {name}.{_camel(field_name, first=True)}: value is required")
    limit = found.get("limit")
    if name == "Int64Pagination" and isinstance(limit, int) and not 1 <= limit <= MAX_PAGE:
        raise invalid(f"invalid {name}.Limit: value must be inside range [1, {MAX_PAGE}]")
    for field_name in ("ticket_id", "help_request_id"):
        number = found.get(field_name)
        if isinstance(number, int) and number <= 0:
            raise invalid(f"invalid {name}.{_camel(field_name, first=True)}: value must be greater than 0")


def _camel(name: str, *, first: bool = False) -> str:
    head, *rest = name.split("_")
    return "".join([head.capitalize() if first else head, *(part.capitalize() for part in rest)])


def _token(value: object) -> str:
    return json.dumps(value)[:100]


def _quoted(name: str) -> str:
    return json.dumps(name)[:100]
