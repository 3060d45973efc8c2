"""Where a refresh leads."""

import pytest

from shared.checks.sample import URL, sample
from shared.page import Page
from shared.reading.refresh import meta_refresh_of, refresh_target
from workers.extract import extract


def page(head: str = "") -> Page:
    example = sample(head=head)
    return extract(example.fetched, example.context)


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("0; url=/guides/", "https://example.com/guides/"),
        ("0;URL='/guides/'", "https://example.com/guides/"),
        ('  3.5 , "/guides/" junk', "https://example.com/guides/"),
        ("0;/guides/", "https://example.com/guides/"),
        ("0 url = https://example.net/", "https://example.net/"),
        ("30", None),
        ("30;", None),
        ("30; url=", None),
        (f"30; url={URL}", None),
        (f"30; url={URL}#top", None),
        ("url=/guides/", None),
        ("0; url=javascript:alert(1)", None),
        ("", None),
    ],
)
def test_target(value: str, target: str | None) -> None:
    assert refresh_target(page(), value) == target


def test_the_fallback_for_visitors_without_scripts_is_not_a_redirect() -> None:
    tag = '<meta http-equiv="refresh" content="0; url=/plain">'
    assert meta_refresh_of(page(f"<noscript>{tag}</noscript>")) is None
    found = meta_refresh_of(page(tag))
    assert found is not None
    assert found[0] == "0; url=/plain"
