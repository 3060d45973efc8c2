"""Subheadings."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page


@check(
    "h2.missing",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(sample(h2=""), sample(h2="<h2> </h2>")),
    good=(
        sample(),
        sample(h2="", content="<p>A short note on sharpening kitchen knives with a whetstone at home.</p>"),
    ),
    source="https://www.w3.org/WAI/tutorials/page-structure/headings/",
    implies=("heading.empty",),
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """A long page has no subheadings.

    Subheadings let readers skim and tell search engines what the parts of a page are about.

    Fix: divide the text with `<h2>` headings that name each part.
    """
    if page.words > limits["h2.missing"] and not any(h.level == 2 and h.text.strip() for h in page.headings):  # noqa: PLR2004
        yield Finding(f"{page.words} words and no <h2>", "(//body)[1]")
