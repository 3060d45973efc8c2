"""The viewport on small screens."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Meta, Page

GOOGLE = "https://developers.google.com/search/docs/crawling-indexing/mobile/mobile-sites-mobile-first-indexing"
VIEWPORT = "https://drafts.csswg.org/css-viewport/#viewport-meta"
WCAG = "https://www.w3.org/WAI/WCAG22/Understanding/resize-text"
_PAIR = re.compile(r"([a-z-]+)\s*=\s*([^\s,;=]+)")
_LONGEST = 500
"""Characters of a viewport that are read: the pattern is quadratic in a run of letters without "="."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")


def _viewports(page: Page) -> list[Meta]:
    return [meta for meta in page.metas if meta.name == "viewport"]


def _values(page: Page) -> dict[str, str]:
    """What the last viewport with content says, which is the one browsers go by."""
    content = next((meta.content for meta in reversed(_viewports(page)) if meta.content and meta.content.strip()), "")
    return dict(_PAIR.findall(content[:_LONGEST].lower())) if content else {}


def _number(text: str | None) -> float | None:
    found = _NUMBER.match(text) if text else None
    return float(found.group()) if found else None


@check(
    "mobile.viewport_missing",
    Category.PERFORMANCE,
    Severity.HIGH,
    bad=(
        sample(viewport=""),
        sample(viewport='<meta name="viewport" content="">'),
        sample(viewport='<meta name="viewport">'),
    ),
    good=(
        sample(),
        sample(viewport="<META NAME=Viewport CONTENT='width=device-width'>"),
        sample(viewport='<meta content="initial-scale=1" name=" viewport ">'),
    ),
    source=GOOGLE,
)
def viewport_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no viewport for small screens.

    Phones then lay it out for a desktop's width and shrink it; Google indexes the mobile view.

    Fix: add `<meta name="viewport" content="width=device-width, initial-scale=1">`.
    """
    found = _viewports(page)
    if not any(meta.content and meta.content.strip() for meta in found):
        yield Finding(
            "an empty viewport meta" if found else "no viewport meta", found[0].at if found else "(//head)[1]"
        )


@check(
    "mobile.viewport_width",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(viewport='<meta name="viewport" content="width=1024">'),
        sample(viewport='<meta name="viewport" content="width=980, initial-scale=1">'),
        sample(viewport='<meta name="viewport" content="viewport-fit=cover">'),
    ),
    good=(
        sample(),
        sample(viewport='<meta name="viewport" content="initial-scale=1.0">'),
        sample(viewport='<meta name="viewport" content="WIDTH=Device-Width; minimum-scale=1">'),
        sample(viewport=""),
    ),
    source=VIEWPORT,
)
def viewport_width(page: Page, limits: Limits) -> Iterator[Finding]:
    """The viewport doesn't follow the width of the device.

    With a fixed width a phone shows the page too large or too small.

    Fix: use `width=device-width, initial-scale=1`.
    """
    found = _viewports(page)
    if not any(meta.content and meta.content.strip() for meta in found):
        return
    values = _values(page)
    width = values.get("width")
    if width != "device-width" and (width is not None or not _number(values.get("initial-scale"))):
        yield Finding((found[-1].content or "")[:200], found[-1].at)


@check(
    "mobile.viewport_multiple",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=sample(head='<meta name="viewport" content="width=device-width, initial-scale=1">'),
    good=(sample(), sample(head='<meta name="theme-color" content="#fff"><meta property="viewport" content="x">')),
    source=VIEWPORT,
)
def viewport_multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has several viewports.

    Browsers go by the last one, whoever put it there.

    Fix: keep one.
    """
    found = _viewports(page)
    if len(found) > 1:
        yield Finding(" | ".join((meta.content or "")[:80] for meta in found[:4]), found[1].at)


@check(
    "mobile.zoom_disabled",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(viewport='<meta name="viewport" content="width=device-width, initial-scale=1, user-scalable=no">'),
        sample(viewport='<meta name="viewport" content="width=device-width,initial-scale=1,maximum-scale=1.0">'),
        sample(viewport='<meta name="viewport" content="width=device-width, User-Scalable = 0">'),
    ),
    good=(
        sample(),
        sample(viewport='<meta name="viewport" content="width=device-width, initial-scale=1, maximum-scale=5">'),
        sample(viewport='<meta name="viewport" content="width=device-width, user-scalable=yes, minimum-scale=1">'),
        sample(viewport='<meta name="viewport" content="width=device-width, user-scalable=1">'),
    ),
    source=WCAG,
)
def zoom_disabled(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page keeps visitors from zooming in.

    Whoever sees badly can't enlarge the text; some browsers ignore the ban, others obey it.

    Fix: remove `user-scalable=no`, and `maximum-scale` or let it be at least 5.
    """
    values = _values(page)
    scalable, largest = values.get("user-scalable"), _number(values.get("maximum-scale"))
    steps = _number(scalable)
    if scalable == "no" or (steps is not None and -1 < steps < 1):
        yield Finding(f"user-scalable={scalable}")
    elif largest is not None and 0 <= largest < limits["mobile.zoom_disabled"]:
        yield Finding(f"maximum-scale={values['maximum-scale']}")
