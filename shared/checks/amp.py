"""AMP pages."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import Sample, sample
from shared.page import Page

REQUIRED = "https://amp.dev/documentation/guides-and-tutorials/learn/spec/amphtml#required-markup"
_SCRIPT = '<script async src="https://cdn.ampproject.org/v0.js"></script>'
_STYLE = (
    "<style amp-boilerplate>body{visibility:hidden;animation:-amp-start 8s steps(1,end) 0s 1 normal both}</style>"
    "<noscript><style amp-boilerplate>body{visibility:visible;animation:none}</style></noscript>"
)


def _amp(head: str = _SCRIPT + _STYLE, mark: str = "amp", **more: str) -> Sample:
    return sample(html_attributes=f'{mark} lang="en"', head=head, **more)  # type: ignore[arg-type]


def is_amp(page: Page) -> bool:
    """Whether the document says that it is AMP for the web."""
    return not page.html_attributes.keys().isdisjoint({"amp", "\u26a1", "\u26a1\ufe0f"})


@check(
    "amp.no_canonical",
    Category.PERFORMANCE,
    Severity.HIGH,
    bad=(_amp(canonical=""), _amp(mark="\u26a1", canonical="")),
    good=(_amp(), sample(canonical=""), sample(html_attributes='lang="en" class="amp"', canonical="")),
    source=REQUIRED,
    implies=("canonical.missing", "security.sri_missing"),
)
def no_canonical(page: Page, limits: Limits) -> Iterator[Finding]:
    """The AMP page names no canonical page.

    It has to link to its ordinary version, or to itself when there is none; without that the page is not valid AMP.

    Fix: add `<link rel="canonical">`.
    """
    if is_amp(page) and not any(one.source == "html" and one.href for one in page.canonicals):
        yield Finding('no <link rel="canonical">', "(//head)[1]")


def _lacks(page: Page) -> Iterator[str]:
    if page.doctype is None or page.doctype.strip().lower() != "html":
        yield "<!doctype html>"
    if page.charset_meta is None:
        yield '<meta charset="utf-8">'
    if not page.meta("viewport"):
        yield "the viewport meta"
    if not any(script.url and script.url.partition("?")[0].endswith(("/v0.js", "/v0.mjs")) for script in page.scripts):
        yield "the script v0.js"
    # An AMP cache or optimizer may take the boilerplate away, and says so on <html>.
    optimised = not page.html_attributes.keys().isdisjoint({"i-amphtml-no-boilerplate", "transformed"})
    if not optimised and "amp-boilerplate" not in page.source:
        yield "the style amp-boilerplate"


@check(
    "amp.invalid",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(_amp(head=_STYLE), _amp(head=_SCRIPT), _amp(mark="AMP", head="")),
    good=(
        _amp(),
        sample(),
        _amp(mark='\u26a1 i-amphtml-layout i-amphtml-no-boilerplate transformed="self;v=1"', head=_SCRIPT),
        _amp(head=_SCRIPT.replace("cdn.ampproject.org/v0.js", "cdn.ampproject.org/lts/v0.js") + _STYLE),
        sample(html_attributes='lang="en" amp4email'),
    ),
    source=REQUIRED,
    implies=("security.sri_missing",),
)
def invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """The AMP page lacks markup that every AMP page needs.

    It isn't valid AMP then, and is treated as an ordinary page.

    Fix: add what is missing, and check the page with the AMP validator.
    """
    if is_amp(page):
        for what in _lacks(page):
            yield Finding(f"without {what}")
