"""How the URL answers."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import ErrorKind, FetchError, Hop, Page
from shared.reading.challenge import challenge, refused

GOOGLE_STATUS = "https://developers.google.com/search/docs/crawling-indexing/http-network-errors"
GOOGLE_REDIRECTS = "https://developers.google.com/search/docs/crawling-indexing/301-redirects"

_MEANINGS = {
    400: "bad request",
    401: "asks for a login",
    404: "not found",
    405: "method not allowed",
    410: "gone: removed on purpose",
    451: "unavailable for legal reasons",
    500: "internal error",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
}
_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})
_TEMPORARY = frozenset({302, 303, 307})


def _hop(status: int) -> tuple[Hop, ...]:
    return (Hop(url=URL, status=status, location=f"{HOST}/guides/"),)


def _failed(kind: ErrorKind, message: str) -> FetchError:
    return FetchError(kind=kind, message=message)


def _error(page: Page, *kinds: ErrorKind) -> Iterator[Finding]:
    if page.error is not None and page.error.kind in kinds:
        yield Finding(page.error.message or page.error.kind, "url")


def _answers(page: Page) -> Iterator[tuple[str, int, str]]:
    """Every redirecting answer on the way, as (url, status, target); the last one's target is "" if not followed."""
    for hop in page.redirects or ():
        yield hop.url, hop.status, hop.location
    if page.status in _REDIRECTS:
        yield page.final_url, page.status, page.header("location") or ""


@check(
    "status.3xx",
    Category.INDEXING,
    Severity.INFO,
    bad=(
        sample(redirects=_hop(301), final_url=f"{HOST}/guides/"),
        sample(redirects=_hop(308), final_url=f"{HOST}/guides/"),
        sample(status=301, headers={"Location": "/guides/", "Content-Type": None}, html=""),
    ),
    good=(sample(), sample(status=304, html="")),
    source=GOOGLE_REDIRECTS,
    on=On.ANY,
)
def is_3xx(page: Page, limits: Limits) -> Iterator[Finding]:
    """The URL redirects.

    Visitors and crawlers are sent on to another address, which is the one that search engines show.

    Fix: nothing, if the move is meant; let your own links and sitemaps name the final address.
    """
    url, status, target = next(_answers(page), ("", 0, ""))
    if url:
        yield Finding(f"{status or 'redirect'} → {target or 'nowhere'}", "url")


@check(
    "status.302_temporary",
    Category.INDEXING,
    Severity.LOW,
    bad=tuple(sample(redirects=_hop(status), final_url=f"{HOST}/guides/") for status in (302, 303, 307)),
    good=(sample(), sample(redirects=_hop(301), final_url=f"{HOST}/guides/"), sample(redirects=_hop(308))),
    source=GOOGLE_REDIRECTS,
    on=On.ANY,
    implies=("status.3xx",),
)
def is_302_temporary(page: Page, limits: Limits) -> Iterator[Finding]:
    """The URL redirects with a temporary status.

    A temporary redirect tells search engines to keep the old address; for a lasting move that delays the change.

    Fix: answer 301 or 308 when the move is permanent.
    """
    for url, status, target in _answers(page):
        if status in _TEMPORARY:
            yield Finding(f"{url} answers {status} → {target or 'nowhere'}", "url")
            return


@check(
    "status.4xx",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(status=404),
        sample(status=410, html="<h1>Gone</h1>"),
        sample(status=401, html="<h1>Log in</h1>", headers={"WWW-Authenticate": 'Basic realm="x"'}),
        sample(status=404, html=""),
    ),
    good=(
        sample(),
        sample(status=403, html="<h1>Forbidden</h1>"),
        sample(status=429, html="", headers={"Retry-After": "60"}),
        sample(status=405, html="", headers={"x-amzn-waf-action": "captcha"}),
        sample(status=500, html=""),
    ),
    source=GOOGLE_STATUS,
    on=On.RESPONSE,
)
def is_4xx(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page does not exist or refuses everybody.

    Search engines drop a URL that answers 4xx, and visitors who follow a link to it reach a dead end. Answers that turn
    away robots only (403, 429, challenges) are not counted here, because a visitor may well see the page.

    Fix: bring the page back, redirect its address to the best successor, or remove the links to it.
    """
    status = page.status
    if status is not None and 400 <= status < 500 and not refused(page):  # noqa: PLR2004 - the class of statuses
        yield Finding(f"{status} {_MEANINGS.get(status, 'client error')}", "url")


@check(
    "status.5xx",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=(sample(status=500, html=""), sample(status=503, html="<h1>Maintenance</h1>", headers={"Retry-After": "3600"})),
    good=(
        sample(),
        sample(status=404, html=""),
        sample(status=503, html="<title>Just a moment...</title><p>Checking your browser.</p>"),
        sample(status=503, html="", headers={"cf-mitigated": "challenge"}),
        sample(status=999, html=""),
    ),
    source=GOOGLE_STATUS,
    on=On.RESPONSE,
)
def is_5xx(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server fails on this page.

    Search engines slow down their crawling at server errors and drop a page that keeps answering so.

    Fix: read the server's error log for this address and repair the cause.
    """
    status = page.status
    if status is not None and 500 <= status < 600 and not refused(page):  # noqa: PLR2004 - the class of statuses
        yield Finding(f"{status} {_MEANINGS.get(status, 'server error')}", "url")


@check(
    "status.timeout",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=sample(status=None, html="", error=_failed("timeout", "no answer within 30 s")),
    good=(sample(), sample(status=None, html="", error=_failed("dns", "the name does not resolve"))),
    source=GOOGLE_STATUS,
    on=On.ANY,
)
def timeout(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server does not answer in time.

    Crawlers and visitors give up; search engines treat a timeout like a server error and drop the page in the end.

    Fix: find out what keeps the server busy on this address, or which firewall swallows the request.
    """
    yield from _error(page, "timeout")


@check(
    "status.connection_error",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=(
        sample(status=None, html="", error=_failed("connection", "the connection was refused")),
        sample(status=None, html="", error=_failed("protocol", "the answer is not valid HTTP")),
    ),
    good=(sample(), sample(status=None, html="", error=_failed("forbidden_address", "not a public address"))),
    source=GOOGLE_STATUS,
    on=On.ANY,
)
def connection_error(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server can't be reached or breaks the connection off.

    Nobody gets to see the page while connections are refused, reset, or answered with something that isn't HTTP.

    Fix: make sure that the web server runs, listens on the right port, and is let through by the firewall.
    """
    yield from _error(page, "connection", "protocol")


@check(
    "status.dns",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=sample(status=None, html="", error=_failed("dns", "the name does not resolve")),
    good=(sample(), sample(status=None, html="", error=_failed("connection", "the connection was refused"))),
    source=GOOGLE_STATUS,
    on=On.ANY,
)
def dns(page: Page, limits: Limits) -> Iterator[Finding]:
    """The host name does not resolve.

    Without an address for the name nobody reaches any page of the site.

    Fix: check that the domain is registered and paid for, and that its name servers hold A or AAAA records.
    """
    yield from _error(page, "dns")


@check(
    "status.tls_error",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=sample(status=None, html="", error=_failed("tls", "the certificate has expired")),
    good=(sample(), sample(status=None, html="", error=_failed("connection", "the connection was refused"))),
    source=GOOGLE_STATUS,
    on=On.ANY,
)
def tls_error(page: Page, limits: Limits) -> Iterator[Finding]:
    """No secure connection can be made.

    Browsers show a full-page warning instead of the site when the handshake fails or the certificate isn't trusted.

    Fix: install a valid certificate for this host name with its whole chain.
    """
    yield from _error(page, "tls")


@check(
    "status.blocked_by_server",
    Category.SCAN,
    Severity.INFO,
    bad=(
        sample(status=403, html="<h1>Forbidden</h1>"),
        sample(status=429, html="", headers={"Retry-After": "60"}),
        sample(status=503, html="<title>Just a moment...</title><p>Checking your browser.</p>"),
        sample(status=None, html="", error=_failed("blocked_by_server", "the server refuses robots")),
        sample(html="<title>Just a moment...</title><p>Checking your browser before you go on."),
    ),
    good=(
        sample(),
        sample(status=404, html=""),
        sample(status=503, html="<h1>Maintenance</h1>"),
        sample(title="<title>Just a moment...</title>"),
        sample(head='<script src="/cdn-cgi/challenge-platform/h/b/jsd.js"></script>'),
    ),
    source="heuristic",
    on=On.ANY,
)
def blocked_by_server(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server turned our robot away, so the page could not be checked.

    This says nothing about what visitors see: the server, or a protection in front of it, refuses automated visits.

    Fix: let the scanner's user agent or address through, and scan again.
    """
    if page.error is not None and page.error.kind == "blocked_by_server":
        yield Finding(page.error.message or "the server refuses robots", "url")
    elif page.status is not None:
        sign = challenge(page) or {403: "forbidden", 429: "too many requests", 999: "request denied"}.get(page.status)
        if sign:
            yield Finding(f"{page.status}: {sign}", "url")
