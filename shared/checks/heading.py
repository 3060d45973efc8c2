"""The outline that the headings form."""

from collections.abc import Iterator
from itertools import pairwise

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page

W3C_HEADINGS = "https://www.w3.org/WAI/tutorials/page-structure/headings/"


@check(
    "heading.order",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(body="<h4>Grit numbers in Japan and Europe</h4>"),
        sample(h1="<h2>Before you start</h2><h1>Sharpening kitchen knives step by step</h1>"),
    ),
    good=(
        sample(),
        sample(body="<h3>Grit numbers</h3><h4>In Japan</h4><h2>Storing the blade</h2><h3>On a rack</h3>"),
        sample(h1=""),
    ),
    source=W3C_HEADINGS,
    implies=("h2.missing",),
)
def order(page: Page, limits: Limits) -> Iterator[Finding]:
    """The headings skip a level, or one precedes the main heading.

    Screen readers and search engines read the levels as an outline; a skipped level looks like a missing part.

    Fix: begin with the `<h1>`, go down one level at a time, and use CSS for the size of the type.
    """
    headings = page.headings
    if headings and headings[0].level > 1 and any(h.level == 1 for h in headings):
        yield Finding(f"<h{headings[0].level}> before the <h1>: {headings[0].text}", headings[0].at)
    for before, after in pairwise(headings):
        if after.level > before.level + 1:
            yield Finding(f"<h{after.level}> follows <h{before.level}>: {after.text}", after.at)


@check(
    "heading.empty",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(sample(body="<h2></h2>"), sample(body="<h3><span> &nbsp;</span></h3>")),
    good=(
        sample(),
        sample(body='<h2><img src="/media/knife.webp" alt="Storing the blade" width="40" height="30"></h2>'),
        sample(body="<h2><em>Storing</em></h2>"),
    ),
    source="https://www.w3.org/WAI/WCAG22/Techniques/html/H42",
)
def empty(page: Page, limits: Limits) -> Iterator[Finding]:
    """A heading has no text.

    Screen readers announce it, and find nothing to say; the outline gets a hole.

    Fix: give the heading its text, or remove it and make the space with CSS.
    """
    for heading in page.headings:
        if not heading.text.strip():
            yield Finding(f"an empty <h{heading.level}>", heading.at)


@check(
    "heading.duplicate_on_page",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(body="<h2>Storing the blade</h2><p>On a rack.</p><h2>Storing  the BLADE</h2>"),
        sample(body="<h2>Sharpening kitchen knives step by step</h2>"),
    ),
    good=(
        sample(),
        sample(body="<h2>Coarse stones</h2><h3>Price</h3><h2>Fine stones</h2><h3>Price</h3>"),
        sample(body="<h2></h2><h2></h2>"),
    ),
    source="heuristic",
)
def duplicate_on_page(page: Page, limits: Limits) -> Iterator[Finding]:
    """Two headings of the same part say the same.

    Readers and search engines can't tell the parts from each other. The same heading under different parents is fine.

    Fix: word each heading after what its part contains.
    """
    parents: list[tuple[int, str, set[str]]] = [(0, "", set())]
    for heading in page.headings:
        text = " ".join(heading.text.split()).casefold()
        if not text:
            continue
        while parents[-1][0] >= heading.level:
            parents.pop()
        if text in parents[-1][2] or any(text == parent[1] for parent in parents):
            yield Finding(heading.text, heading.at)
        parents[-1][2].add(text)
        parents.append((heading.level, text, set()))
