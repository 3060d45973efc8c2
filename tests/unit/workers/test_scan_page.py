"""What a page's row says of it besides its findings."""

import pytest
from msgspec.structs import replace

from shared.checks.sample import sample
from workers.extract import extract
from workers.scan_page import page_facts


@pytest.mark.parametrize(
    ("head", "header", "said"),
    [
        ("", [], ""),
        ('<meta name="ROBOTS" content="NoFollow, noindex">', [], "nofollow, noindex"),
        (
            '<meta name="robots" content="noindex">',
            [("X-Robots-Tag", "noindex, max-snippet: 20")],
            "max-snippet:20, noindex",
        ),
        (
            '<meta name="googlebot" content="noindex">',
            [("x-robots-tag", "otherbot: none")],
            "googlebot: noindex, otherbot: none",
        ),
    ],
)
def test_robots_directives_in_one_spelling(head: str, header: list[tuple[str, str]], said: str) -> None:
    one = sample()
    body = f"<!doctype html><html><head><title>A title</title>{head}</head><body><p>Text</p></body></html>".encode()
    fetched = replace(one.fetched, body=body, headers=[*(one.fetched.headers or ()), *header])
    assert page_facts(extract(fetched, one.context))["robots"] == said
