"""Where the URL sends its visitors."""

from collections.abc import Iterator
from itertools import pairwise

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Asset, FetchError, Hop, Page, Previous
from shared.reading.challenge import refused
from shared.reading.domains import together
from shared.reading.refresh import meta_refresh_of
from shared.urls import host_of, normalise, same_host

GOOGLE_REDIRECTS = "https://developers.google.com/search/docs/crawling-indexing/301-redirects"
GOOGLE_STATUS = "https://developers.google.com/search/docs/crawling-indexing/http-network-errors"

_END = f"{HOST}/guides/"


def _chain(*urls: str) -> tuple[Hop, ...]:
    """Permanent redirects from each URL to the next."""
    return tuple(Hop(url=url, status=301, location=target) for url, target in pairwise(urls))


def _steps(count: int) -> tuple[Hop, ...]:
    return _chain(URL, *(f"{HOST}/guides/{step}" for step in range(1, count)), _END)


def _path(page: Page) -> list[str]:
    """Every address on the way in order, the first one asked for included."""
    hops = page.redirects or ()
    return [hop.url for hop in hops] + [hops[-1].location] if hops else []


def _loop(page: Page) -> str | None:
    """The first address that was met twice."""
    seen: set[str] = set()
    for url in _path(page):
        known = normalise(url) or url
        if known in seen:
            return url
        seen.add(known)
    return page.final_url if page.error is not None and page.error.kind == "redirect_loop" else None


@check(
    "redirect.chain",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(redirects=_steps(2), final_url=_END),
        sample(
            url="http://example.com/guides/",
            redirects=_chain("http://example.com/guides/", "http://www.example.com/guides/", _END),
            final_url=_END,
        ),
    ),
    good=(
        sample(),
        sample(redirects=_steps(1), final_url=_END),
        sample(status=None, html="", redirects=_chain(URL, _END, URL), error=FetchError("redirect_loop", "a loop")),
    ),
    source=GOOGLE_REDIRECTS,
    on=On.ANY,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx",),
)
def chain(page: Page, limits: Limits) -> Iterator[Finding]:
    """Several redirects follow each other.

    Each hop costs visitors and crawlers a round trip, and crawlers give up on long chains.

    Fix: redirect straight to the final address.
    """
    hops = page.redirects or ()
    if len(hops) >= limits["redirect.chain"] and not _loop(page):
        yield Finding(f"{len(hops)} hops: " + " → ".join(_path(page)), "url")


@check(
    "redirect.chain_too_long",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(redirects=_steps(6), final_url=_END),
        sample(
            status=None,
            html="",
            redirects=_steps(10),
            final_url=_END,
            error=FetchError("too_many_redirects", "more than 10 redirects"),
        ),
    ),
    good=(sample(), sample(redirects=_steps(5), final_url=_END)),
    source=GOOGLE_STATUS,
    on=On.ANY,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx", "redirect.chain"),
)
def chain_too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The chain of redirects is so long that crawlers give up.

    Google follows up to ten hops; other crawlers fewer. What they don't reach isn't indexed.

    Fix: redirect straight to the final address.
    """
    hops = page.redirects or ()
    gave_up = page.error is not None and page.error.kind == "too_many_redirects"
    if (gave_up or len(hops) > limits["redirect.chain_too_long"]) and not _loop(page):
        yield Finding(f"{'more than ' if gave_up else ''}{len(hops)} hops: " + " → ".join(_path(page)), "url")


@check(
    "redirect.loop",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=(
        sample(status=None, html="", redirects=_chain(URL, _END, URL), error=FetchError("redirect_loop", "a loop")),
        sample(status=None, html="", redirects=_chain(URL, URL), error=FetchError("redirect_loop", "a loop")),
        sample(status=301, html="", redirects=_chain(URL, _END, URL), headers={"Location": _END}),
    ),
    good=(sample(), sample(redirects=_steps(2), final_url=_END)),
    source=GOOGLE_STATUS,
    on=On.ANY,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx",),
)
def loop(page: Page, limits: Limits) -> Iterator[Finding]:
    """The redirects lead in a circle.

    Browsers stop with an error, and crawlers never reach a page.

    Fix: find the two rules that undo each other (slash, www, https, language) and remove one.
    """
    again = _loop(page)
    if again:
        yield Finding(f"{again} again: " + " → ".join(_path(page)), "url")


_NO_ANSWER = frozenset({"timeout", "connection", "dns", "tls", "protocol", "forbidden_address", "bad_url"})


@check(
    "redirect.broken",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(status=404, html="", redirects=_steps(1), final_url=_END),
        sample(status=None, html="", redirects=_steps(1), final_url=_END, error=FetchError("dns", "no such name")),
        sample(status=None, html="", error=FetchError("bad_redirect", "Location: http://")),
        sample(status=301, html=""),
    ),
    good=(
        sample(),
        sample(redirects=_steps(1), final_url=_END),
        sample(status=403, html="", redirects=_steps(1), final_url=_END),
        sample(status=404, html=""),
        sample(status=301, html="", headers={"location": "/guides/"}),
        sample(status=300),
    ),
    source=GOOGLE_REDIRECTS,
    on=On.ANY,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx", "status.4xx", "status.dns"),
)
def broken(page: Page, limits: Limits) -> Iterator[Finding]:
    """The redirect ends in an error.

    Who follows it, visitor or crawler, reaches no page, and the old address loses its standing in search.

    Fix: redirect to a page that exists, or answer 404 or 410 at the old address.
    """
    hops, kind, status = page.redirects or (), page.error.kind if page.error else None, page.status
    if kind == "bad_redirect":
        yield Finding(f"the redirect can't be followed: {page.error.message if page.error else ''}", "header: Location")
    elif hops and kind in _NO_ANSWER:
        yield Finding(f"{hops[-1].location}: {page.error.message if page.error else kind}", "url")
    elif hops and status is not None and status >= 400 and not refused(page):  # noqa: PLR2004 - the classes of errors
        yield Finding(f"{page.final_url} answers {status}", "url")
    elif status in {301, 302, 303, 307, 308} and page.headers is not None and not page.header("location"):
        yield Finding(f"{status} without a Location header", "header: Location")


@check(
    "redirect.https_to_http",
    Category.SECURITY,
    Severity.HIGH,
    bad=(
        sample(
            redirects=_chain(URL, "http://example.com/guides/", _END),
            final_url=_END,
        ),
        sample(redirects=_chain(URL, "http://example.com/guides/"), final_url="http://example.com/guides/"),
    ),
    good=(
        sample(),
        sample(url="http://example.com/", redirects=_chain("http://example.com/", _END), final_url=_END),
        sample(redirects=_steps(2), final_url=_END),
    ),
    source="https://www.rfc-editor.org/rfc/rfc6797#section-2.3",
    on=On.ANY,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx", "redirect.chain", "https.page_http", "link.https_to_http"),
)
def https_to_http(page: Page, limits: Limits) -> Iterator[Finding]:
    """A redirect leads from https to http.

    On that hop anybody on the way can read the request and change the answer.

    Fix: redirect to the https address.
    """
    for hop in page.redirects or ():
        if hop.url.startswith("https:") and hop.location.startswith("http:"):
            yield Finding(f"{hop.url} → {hop.location}", "url")


@check(
    "redirect.meta_refresh",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(head='<meta http-equiv="refresh" content="0; url=/guides/">'),
        sample(head="<META HTTP-EQUIV=Refresh CONTENT=\"5;URL='https://example.com/guides/'\">"),
        sample(head='<meta http-equiv="refresh" content="0,/guides/">'),
    ),
    good=(
        sample(),
        sample(head='<meta http-equiv="refresh" content="300">'),
        sample(head=f'<meta http-equiv="refresh" content="300; url={URL}">'),
        sample(head='<noscript><meta http-equiv="refresh" content="0; url=/no-script"></noscript>'),
        sample(head='<meta name="refresh" content="0; url=/guides/">'),
    ),
    source="https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh",
)
def meta_refresh(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page redirects with a meta refresh.

    It is slower than a redirect by status and takes readers by surprise; Google understands it, others may not.

    Fix: answer 301 or 308 with a Location header; if the server can't, keep the delay at 0.
    """
    found = meta_refresh_of(page)
    if found:
        yield Finding(*found)


@check(
    "redirect.cross_domain",
    Category.INDEXING,
    Severity.LOW,
    bad=sample(redirects=_chain(URL, "https://example.net/"), final_url="https://example.net/", tls=None),
    good=(
        sample(),
        sample(redirects=_chain(URL, "https://www.example.com/"), final_url="https://www.example.com/"),
        sample(redirects=_chain(URL, "https://shop.example.com/"), final_url="https://shop.example.com/"),
        sample(
            url="http://example.com/",
            redirects=_chain("http://example.com/", f"{HOST}/"),
            final_url=f"{HOST}/",
        ),
    ),
    source="heuristic",
    on=On.RESPONSE,
    needs=(Fact.REDIRECTS,),
    implies=("status.3xx",),
)
def cross_domain(page: Page, limits: Limits) -> Iterator[Finding]:
    """The URL redirects to another domain.

    A page of this site hands its visitors and its standing over to somebody else's site.

    Fix: nothing, if the site has moved; otherwise link to the other site directly, or remove the redirect.
    """
    if page.redirects:
        here, there = host_of(page.url), host_of(page.final_url)
        site = page.context.site_host
        if here and there and not together(here, there) and not (site and same_host(there, site)):
            yield Finding(page.final_url, "url")


def _asset(redirects: int) -> Asset:
    return Asset(url=f"{HOST}/app.js", kind="script", internal=True, status=200, redirects=redirects)


@check(
    "redirect.resource",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=sample(assets=(_asset(1),)),
    good=(sample(), sample(assets=(_asset(0),))),
    source="https://developer.chrome.com/docs/lighthouse/performance/redirects",
    needs=(Fact.ASSETS,),
    network="assets",
)
def resource(page: Page, limits: Limits) -> Iterator[Finding]:
    """A style sheet, script, font or image is redirected.

    Each redirect delays the file by a round trip, every time it isn't in the visitor's cache.

    Fix: name the final address of the file in the page.
    """
    for asset in page.context.assets or ():
        if asset.redirects:
            yield Finding(f"{asset.kind} {asset.url}: {asset.redirects} redirect(s)")


@check(
    "redirect.target_changed",
    Category.INDEXING,
    Severity.INFO,
    bad=sample(redirects=_steps(1), final_url=_END, previous=Previous(redirect_target=f"{HOST}/knives/")),
    good=(
        sample(previous=Previous()),
        sample(redirects=_steps(1), final_url=_END, previous=Previous(redirect_target=_END)),
        sample(
            redirects=_steps(1), final_url=_END, previous=Previous(redirect_target="https://EXAMPLE.com:443/guides/")
        ),
        sample(redirects=_steps(1), final_url=_END, previous=Previous()),
    ),
    source="heuristic",
    on=On.ANY,
    needs=(Fact.REDIRECTS, Fact.PREVIOUS),
    implies=("status.3xx",),
)
def target_changed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The URL redirects to another address than in the last scan.

    A redirect that changes unasked may be a faulty rule or the trace of a break-in.

    Fix: nothing, if the change was meant; otherwise restore the old rule.
    """
    before = page.context.previous.redirect_target if page.context.previous else None
    hops = page.redirects
    if before and hops and normalise(hops[-1].location) != normalise(before):
        yield Finding(f"was {before}, now {hops[-1].location}", "url")
