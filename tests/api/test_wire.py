"""Answers as bytes: what is read, what is kept as sent, what is refused and in which words."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.api.wire import MAX_DEPTH, WireError, read_document, read_value, without_surrogates

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def why(body: bytes) -> str:
    with pytest.raises(WireError) as caught:
        read_document(body)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_each_element_keeps_its_own_bytes() -> None:
    body = b' {"tickets" : [ {"id":"1",  "x":1.50},\n{"id": 2} ] , "has_more":\ttrue, "n": null}\r\n'
    document = read_document(body)
    assert [element.raw for element in document.lists["tickets"]] == [b'{"id":"1",  "x":1.50}', b'{"id": 2}']
    assert {name: element.value for name, element in document.values.items()} == {"has_more": True, "n": None}
    assert document.values["has_more"].raw == b"true"


def test_numbers_beyond_floats_are_exact() -> None:
    document = read_document(b'{"a": 9007199254740993, "b": 9223372036854775807, "c": -1}')
    assert [element.value for element in document.values.values()] == [2**53 + 1, 2**63 - 1, -1]


def test_the_last_of_two_equal_keys_counts() -> None:
    assert read_document(b'{"a": 1, "a": [2]}').values == {}
    assert read_document(b'{"a": [2], "a": 1}').lists == {}


def test_a_byte_order_mark_is_no_trouble() -> None:
    assert read_document(b'\xef\xbb\xbf{"a": 1}').values["a"].value == 1


def test_bytes_that_are_no_utf8_survive_in_the_raw_text() -> None:
    element = read_document(b'{"a": "\xff\xed\xa0\x80"}').values["a"]
    assert element.raw == b'"\xff\xed\xa0\x80"'
    assert isinstance(element.value, str)
    assert without_surrogates(element.value).encode() == "����".encode()


def test_lone_surrogates_are_read_and_can_be_replaced() -> None:
    element = read_document(rb'{"a": "x\ud800y\udc00z\ud83d\ude00"}').values["a"]
    assert element.value == "x\ud800y\udc00z😀"
    assert element.raw == rb'"x\ud800y\udc00z\ud83d\ude00"'
    assert without_surrogates(str(element.value)) == "x�y�z😀"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the answer is empty"),
        (b" \n\xef\xbb\xbf", "the answer is not a JSON object"),
        (b"[]", "the answer is not a JSON object"),
        (b"null", "the answer is not a JSON object"),
        (b'"x"', "the answer is not a JSON object"),
        (b"<html>", "the answer is not a JSON object"),
        (b'{"a": 1} {}', "the answer goes on after its end"),
        (b'{"a": 1,}', "the answer is not valid JSON"),
        (b"{'a': 1}", "the answer is not valid JSON"),
        (b"{1: 1}", "the answer is not valid JSON"),
        (b'{"a": <b>}', "the answer is not valid JSON"),
        (b'{"a": NaN}', "the answer has NaN, which is not valid JSON"),
        (b'{"a": -Infinity}', "the answer has -Infinity, which is not valid JSON"),
        (b'{"a": 1e999}', "the answer has a number too large to read"),
        (b'{"a": ' + b"9" * 6000 + b"}", "the answer has a number too long to read"),
        (b'{"a": ' + b"[" * 100_000, "the answer is nested too deeply"),
        (b'{"a": ' + b'{"a":' * 100_000, "the answer is nested too deeply"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the answer is nested too deeply"),
        ('{"a": 1}'.encode("utf-16"), "the answer is not a JSON object"),
    ],
    ids=range(19),
)
def test_what_is_refused_is_said_in_words(body: bytes, words: str) -> None:
    assert why(body) == words


def test_wherever_an_answer_is_cut_it_is_said_to_be_cut() -> None:
    whole = rb'{"tickets": [{"id": "1", "n": -12.5e+10, "t": true, "x": null, "s": "a\u00e4\\\n"}], "has_more": false}'
    read_document(whole)
    for size in range(1, len(whole)):
        assert why(whole[:size]) == "the answer is cut off", whole[:size]


def nested(depth: int) -> bytes:
    return b'{"a": ' + b"[" * depth + b"]" * depth + b"}"


def test_the_depth_allowed_does_not_depend_on_who_reads() -> None:
    def at(depth: int, body: bytes) -> object:
        return at(depth - 1, body) if depth else read_value(body)

    allowed, refused = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
    for stack in (0, 600):
        assert at(stack, allowed)
        with pytest.raises(WireError, match="nested too deeply"):
            at(stack, refused)
    # The array that a document's key holds is one level more.
    read_document(nested(MAX_DEPTH + 1))
    assert why(nested(MAX_DEPTH + 2)) == "the answer is nested too deeply"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert read_value(b"[" + b",".join([b"[{}]"] * 1000) + b"]") == [[{}]] * 1000
    assert read_value(json.dumps({"body_html": "[{" * 500})) == {"body_html": "[{" * 500}


def test_thirty_megabytes_are_read_in_linear_time() -> None:
    ticket = b'{"id": "1", "notes": "' + b"x" * 1000 + b'"}'
    body = b'{"tickets": [' + b",\n".join([ticket] * 30_000) + b"]}"
    start = time.perf_counter()
    assert len(read_document(body).lists["tickets"]) == 30_000
    assert time.perf_counter() - start < 5


@given(st.dictionaries(st.text(), JSON), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_json_object_is_read_as_json_reads_it(value: dict[str, object], as_ascii: bool) -> None:
    body = json.dumps(value, ensure_ascii=as_ascii).encode("utf-8", "surrogatepass")
    document = read_document(body)
    read: dict[str, object] = {name: element.value for name, element in document.values.items()}
    read |= {name: [element.value for element in elements] for name, elements in document.lists.items()}
    assert read == value
    for elements in document.lists.values():
        assert [read_value(element.raw) for element in elements] == [element.value for element in elements]


@given(st.binary(max_size=200) | st.text('{}[]",:0eE+-.\\u tfn', max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_document_or_a_wire_error(body: bytes) -> None:
    for read in (read_document, read_value):
        try:
            read(body)
        except WireError as error:
            assert str(error).startswith("the answer ")
