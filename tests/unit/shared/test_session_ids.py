"""Session ids are told from parameters that name a page."""

import pytest

from shared.session_ids import strip_session_ids

HOST = "https://example.com"


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("/shop;jsessionid=A1B2C3", "/shop"),
        ("/shop;jsessionid=A1B2C3?page=2", "/shop?page=2"),
        ("/(S(3xq5l4jy1zkqu2w1x5k3o4aa))/cart", "/cart"),
        ("/a?PHPSESSID=0123456789abcdef", "/a"),
        ("/a?x=1&sid=6f9d2b1c0a8e7f6d&y=2", "/a?x=1&y=2"),
        ("/a?b;jsessionid=1", "/a?b;jsessionid=1"),
    ],
)
def test_stripped(url: str, left: str) -> None:
    assert strip_session_ids(HOST + url) == HOST + left


@pytest.mark.parametrize("url", ["/", "/a?sid=12", "/a?session=morning", "/a?sessionid=", "/a;v=2?x", "/a?", "/(s)/b"])
def test_left_alone(url: str) -> None:
    assert strip_session_ids(HOST + url) == HOST + url
