"""Redirects as different programs write them down."""

import msgspec
import pytest

from deploy.local.audit.hops import GivenHops, Way, way
from shared.page import Hop

A, B, C = "https://example.com/a", "https://example.com/b", "https://example.com/c"


def read(url: str, redirects: str, final_url: str | None = None) -> Way:
    return way(url, final_url, msgspec.json.decode(redirects, type=GivenHops | None))


@pytest.mark.parametrize(
    "redirects",
    [
        f'[{{"url": "{A}", "status": 301, "location": "{B}"}}, {{"url": "{B}", "status": 302, "location": "{C}"}}]',
        '[{"status": 301, "location": "/b"}, {"status": 302, "location": "c"}]',
        f'[["{A}", 301, "{B}"], [302, "{B}", "{C}"]]',
    ],
)
def test_a_chain(redirects: str) -> None:
    assert read(A, redirects) == Way(A, (Hop(A, 301, B), Hop(B, 302, C)), C)
    assert read(A, redirects, C) == Way(A, (Hop(A, 301, B), Hop(B, 302, C)), C)


@pytest.mark.parametrize(
    "redirects", [f'[["{A}", 301], ["{B}", 302]]', f'[{{"url": "{A}", "status": 301}}, [302, "{B}"]]']
)
def test_the_last_target_is_the_page(redirects: str) -> None:
    chain = (Hop(A, 301, B), Hop(B, 302, C))
    assert read(C, redirects) == Way(A, chain, C)
    assert read(A, redirects, C) == Way(A, chain, C)


def test_addresses_alone_tell_no_status() -> None:
    assert read(A, f'["{A}", "{B}"]', C) == Way(A, (Hop(A, 0, B), Hop(B, 0, C)), C)
    assert read(C, f'["{A}"]') == Way(A, (Hop(A, 0, C),), C)


def test_no_redirects_and_not_known() -> None:
    assert read(A, "[]") == Way(A, (), A)
    assert read(A, "null") == Way(A, None, A)
    assert read(A, "null", B) == Way(A, None, B)


@pytest.mark.parametrize("redirects", ['[{"status": 301}]', f'[["{A}", 302], {{"status": 301, "location": "/c"}}]'])
def test_a_redirect_that_leads_nowhere_is_refused(redirects: str) -> None:
    with pytest.raises(ValueError, match=r"redirects\[0\] says where it was"):
        read(A, redirects)
