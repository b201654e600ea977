"""Base URLs as people type them: what is taken, what is refused and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.api.origin import Origin, OriginError, parse_origin


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.refurbed.com", "https://api.refurbed.com"),
        ("  HTTPS://API.Refurbed.com.:443/ \n", "https://api.refurbed.com"),
        ("https://sandbox.example:8443", "https://sandbox.example:8443"),
        ("https://sandbox.example/a/b//", "https://sandbox.example/a/b"),
        (
            "https://sandbox.example/a/refb.merchant.v1.TicketService/ListTickets",
            "https://sandbox.example/a",
        ),
        ("https://api.refurbed.com/refb.merchant.v1.TicketService", "https://api.refurbed.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://ａpi.refurbed.com", "https://api.refurbed.com"),
        ("https://[2001:DB8::0:1]:9000/x", "https://[2001:db8::1]:9000/x"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8123", "http://[::1]:8123"),
    ],
)
def test_what_is_taken_has_one_normal_form(text: str, url: str) -> None:
    origin = parse_origin(text)
    assert origin.url == url
    assert parse_origin(origin.url) == origin


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("api.refurbed.com", "“api.refurbed.com” has no scheme. Write it with https://"),
        ("api.refurbed.com:443", "has no scheme"),
        ("c4a4a17e-70ken5ecre7", "The base URL has no scheme"),
        ("ftp://api.refurbed.com", "must begin with https://"),
        ("javascript://x", "must begin with https://"),
        ("http://api.refurbed.com", "Plain http to api.refurbed.com would show the token"),
        ("http://127.1", "Plain http to 127.1"),
        ("http://10.0.0.1", "Plain http to 10.0.0.1"),
        ("http://localhost.example.com", "Plain http"),
        ("http://127.0.0.1.example.com", "Plain http"),
        ("https://me:secret@api.refurbed.com", "user name or password"),
        ("https://api.refurbed.com\\@evil.example", "user name or password"),
        ("https://api.refurbed.com?x=1", "query or fragment"),
        ("https://api.refurbed.com/#", "query or fragment"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("https://:443", "has no host"),
        ("https://api.refurbed.com:0", "port 0"),
        ("https://api.refurbed.com:65536", "host or port that cannot be read"),
        ("https://api.refurbed.com:4a", "host or port that cannot be read"),
        ("https://[::1", "host or port that cannot be read"),
        ("https://[fe80::1%25eth0]", "IPv6 address that cannot be read"),
        ("https://a..b", "is not a host name"),
        ("https://-a.example", "is not a host name"),
        ("https://" + "a" * 64 + ".example", "is not a host name"),
        ("https://api.ref urbed.com", "a space, a line break"),
        ("https://api.refurbed.com/\x1b[2J", "another character that no address has"),
        ("https://api\u202e.example", "is not a host name"),
        ("https://api.refurbed.com/a/../b", "cannot be used. Leave it out"),
        ("https://api.refurbed.com/%2e%2e", "cannot be used. Leave it out"),
        ("https://api.refurbed.com//b", "cannot be used. Leave it out"),
        ("https://" + "a" * 2000, "another character"),
    ],
)
def test_what_is_refused_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(OriginError) as caught:
        parse_origin(text)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")
    for kept_back in ("secret", "70ken", "\x1b", "\u202e"):
        assert kept_back not in str(caught.value)


def test_an_origin_knows_where_its_operations_are() -> None:
    origin = parse_origin("https://sandbox.example/a")
    assert origin.operation_url("GetTicket") == "https://sandbox.example/a/refb.merchant.v1.TicketService/GetTicket"
    assert (origin.scheme, origin.host, origin.port, origin.prefix) == ("https", "sandbox.example", 443, "/a")


def test_the_environment_follows_the_host() -> None:
    assert parse_origin("https://api.refurbed.com/x").environment == "PRODUCTION"
    assert parse_origin("https://api.refurbed.com.evil.example").environment == "SANDBOX"
    assert parse_origin("http://127.0.0.1:1").environment == "SANDBOX"


def test_loopback_is_known_by_address() -> None:
    assert all(parse_origin(f"https://{host}").is_loopback for host in ("127.0.0.1", "[::1]", "localhost"))
    assert not any(parse_origin(f"https://{host}").is_loopback for host in ("api.refurbed.com", "[::2]", "10.0.0.1"))


@given(
    st.text(max_size=60)
    | st.builds("{}://{}{}".format, st.sampled_from(["https", "http"]), st.text(max_size=20), st.text(max_size=20))
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_safe_origin_or_a_sentence(text: str) -> None:
    try:
        origin = parse_origin(text)
    except OriginError as error:
        assert str(error).endswith(".")
        return
    assert isinstance(origin, Origin)
    assert origin.scheme == "https" or origin.is_loopback
    assert origin.url.isascii()
    assert parse_origin(origin.url) == origin
