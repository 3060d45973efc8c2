"""Titles."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Page

GOOGLE_TITLES = "https://developers.google.com/search/docs/appearance/title-link"


@check(
    "title.missing",
    Category.ON_PAGE,
    Severity.HIGH,
    bad=(sample(title=""), sample(title="<title> \n </title>")),
    good=(sample(), sample(title="<title>Größen und Maße der Messer im Überblick</title>")),
    source=GOOGLE_TITLES,
    on=On.HTML,
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no title.

    Search engines show the title as the heading of a result; without one they make it up from the page or its links.

    Fix: write a short, specific `<title>` that says what this page offers.
    """
    if not any(title.text for title in page.titles):
        yield Finding("an empty <title>" if page.titles else "no <title> element", "(//head)[1]")
