"""Path and query of any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.url_pieces import path_of, query_of


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("https://example.com", "/", ""),
        ("https://example.com/a/b?c=d#e?f", "/a/b", "c=d"),
        ("https://example.com?c=/d", "/", "c=/d"),
        ("https://example.com//a", "//a", ""),
        ("https://example.com/#/a?b", "/", ""),
        ("https://[bad/a b", "/a b", ""),
    ],
)
def test_pieces(url: str, path: str, query: str) -> None:
    assert (path_of(url), query_of(url)) == (path, query)


@given(st.text())
def test_never_raises(text: str) -> None:
    assert path_of(text).startswith("/")
    assert "#" not in query_of(text)
