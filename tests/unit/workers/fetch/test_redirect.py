"""Where a Location leads."""

import pytest

from shared.network import BadUrl
from workers.fetch.faults import FetchFault
from workers.fetch.redirect import location, target

BASE = "https://example.com/a/b?c=d"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("/x", "https://example.com/x"),
        ("x", "https://example.com/a/x"),
        ("?e", "https://example.com/a/b?e"),
        ("//other.example/y", "https://other.example/y"),
        ("\\\\other.example\\y", "https://other.example/y"),
        ("http://example.com/z#frag", "http://example.com/z"),
        ("HTTPS://EXAMPLE.com:443", "https://example.com/"),
        ("/größe x", "https://example.com/gr%C3%B6%C3%9Fe%20x"),
        ("../../../up", "https://example.com/up"),
    ],
)
def test_targets(value: str, url: str) -> None:
    assert target(BASE, value, ()) == url


@pytest.mark.parametrize(
    "value", ["mailto:a@example.com", "javascript:1", "http://[", "http://", "https://u@example.com/"]
)
def test_what_can_not_be_followed(value: str) -> None:
    with pytest.raises(FetchFault) as caught:
        target(BASE, value, ())
    assert caught.value.error.kind == "bad_redirect"


@pytest.mark.parametrize("value", ["http://127.0.0.1/", "//10.0.0.1", "http://①②⑦.1/", "https://example.com:6379/"])
def test_what_must_not_be_followed(value: str) -> None:
    with pytest.raises(BadUrl) as caught:
        target(BASE, value, ())
    assert caught.value.fault in {"address", "port"}


def test_location() -> None:
    headers = (("location", " /a\tb\r\n"), ("Location", "/second"))
    assert location(301, headers) == "/ab"
    assert location(200, headers) is None
    assert location(304, headers) is None
    assert location(302, (("Location", ""),)) is None
    assert location(302, ()) is None
