"""The host as a whole: its variants, its answer to what doesn't exist, whom it turns away, what it shows to whom."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.checks.base import Category, Limits, Severity, site_check
from shared.checks.site import Site, SiteFinding
from shared.host_probes import HostProbes, Seen
from shared.urls import host_of

GOOGLE_DUPLICATES = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"
GOOGLE_SOFT_404 = "https://developers.google.com/search/docs/crawling-indexing/http-network-errors#soft-404-errors"
GOOGLE_CLOAKING = "https://developers.google.com/search/docs/essentials/spam-policies#cloaking"
HTTPS_REDIRECT = "https://www.rfc-editor.org/rfc/rfc6797#section-7.2"

_SAME = 0.9
_STABLE = 0.8
"""Texts of one client that are less alike change by themselves."""
_OTHER = 0.3
_FEWEST_WORDS = 50


def _probes(site: Site) -> HostProbes:
    return site.inputs.probes or HostProbes()


def _variants(site: Site) -> dict[tuple[str, str], Seen]:
    """By scheme and host as asked for."""
    found: dict[tuple[str, str], Seen] = {}
    for one in _probes(site).variants or ():
        found[one.url.partition(":")[0], host_of(one.url) or ""] = one
    return found


def _stays(seen: Seen, scheme: str, host: str) -> bool:
    """A page is served at this very scheme and host."""
    return seen.ok and seen.final_url.startswith(f"{scheme}://") and host_of(seen.final_url) == host


def _pairs(site: Site) -> Iterator[tuple[str, Seen, Seen]]:
    """(host, page over http, page over https) where both are served, and http doesn't name https as canonical."""
    found = _variants(site)
    for scheme, host in found:
        plain, secure = found["http", host], found.get(("https", host))
        if scheme == "https" or secure is None:
            continue
        if not plain.ok or not plain.final_url.startswith("http://") or not secure.ok:
            continue
        if secure.final_url.startswith("https://") and not (plain.canonical or "").startswith("https://"):
            yield host, plain, secure


def _alike(first: bytes, second: bytes) -> float:
    """Which share of their texts two sketches have in common."""
    from shared.minhash import similarity  # noqa: PLC0415 - it loads numpy, which the catalogue can do without: 0.2 s

    return similarity(first, second)


@site_check(
    "redirect.http_to_https_missing",
    Category.INDEXING,
    Severity.HIGH,
    source=HTTPS_REDIRECT,
    network="host_variants",
)
def http_to_https_missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site is served over http although it is there over https.

    Visitors who come by an old link stay on a connection that others can read and change.

    Fix: answer every http request with a permanent redirect to the same address over https.
    """
    for host, plain, _ in _pairs(site):
        yield SiteFinding(f"http://{host}/ answers {plain.status} without a redirect to https", url=plain.url)


@site_check(
    "duplicate.http_https",
    Category.ON_PAGE,
    Severity.HIGH,
    source=GOOGLE_DUPLICATES,
    network="host_variants",
    implies=("redirect.http_to_https_missing",),
)
def http_https(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The same content is served over http and over https.

    Search engines see every page twice, and links to both count apart until they have found out.

    Fix: redirect http to https, and name the https address in `<link rel="canonical">`.
    """
    for host, plain, secure in _pairs(site):
        same = bool(plain.content_hash) and plain.content_hash == secure.content_hash
        if same or _alike(plain.sketch, secure.sketch) >= _SAME:
            yield SiteFinding(f"http://{host}/ and https://{host}/ show the same text", url=plain.url)


@site_check(
    "redirect.www_inconsistent",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_DUPLICATES,
    network="host_variants",
)
def www_inconsistent(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site is served with www. and without.

    Each page then has two addresses, and links are spread over both.

    Fix: choose one, and redirect the other to it permanently.
    """
    found = _variants(site)
    apexes = [host for scheme, host in found if scheme == "https" and ("https", f"www.{host}") in found]
    for apex in apexes:
        secure = any(found["https", host].ok for host in (apex, f"www.{apex}"))
        scheme = "https" if secure else "http"
        bare, www = found[scheme, apex], found[scheme, f"www.{apex}"]
        if not (_stays(bare, scheme, apex) and _stays(www, scheme, f"www.{apex}")):
            continue
        if host_of(bare.canonical or "") != f"www.{apex}" and host_of(www.canonical or "") != apex:
            yield SiteFinding(f"{bare.url} and {www.url} both answer, neither leads to the other", url=bare.url)


@site_check("http.error_page_200", Category.INDEXING, Severity.HIGH, source=GOOGLE_SOFT_404, network="random_404")
def http_error_page_200(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An address that can't exist answers as though it did.

    Search engines can't tell removed and mistyped pages from real ones, so they index what isn't there and visit less.

    Fix: answer 404 or 410 to what doesn't exist, with a helpful page as its body.
    """
    seen = _probes(site).random
    if seen is None or not seen.ok or host_of(seen.final_url) != host_of(seen.url):
        return
    if seen.final_url.rstrip("/") == seen.url:
        yield SiteFinding(f"{seen.url} answers {seen.status}", url=seen.url)
    elif seen.final_url.split("/", 3)[3:] == [""]:
        yield SiteFinding(f"{seen.url} is redirected to the start page", url=seen.url)


@site_check(
    "ai.bot_blocked_by_server",
    Category.SOCIAL,
    Severity.MEDIUM,
    source="https://www.rfc-editor.org/rfc/rfc9309#section-2.2",
    network="ai_agents",
)
def bot_blocked_by_server(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An AI agent that robots.txt lets in is turned away by the server.

    A firewall or a delivery network refuses what the site says is allowed, often by a default that nobody chose.

    Fix: let the agent in there, or say in robots.txt that you don't want it.
    """
    for one in _probes(site).agents or ():
        if one.refused:
            yield SiteFinding(f"{one.agent} ({one.purpose}): {one.refused}", url=site.inputs.start_url)


@site_check("integrity.cloaking", Category.SECURITY, Severity.HIGH, source=GOOGLE_CLOAKING, network="ai_agents")
def integrity_cloaking(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Googlebot is shown other text than everybody else.

    Search engines take sites out of their index for that. Where nobody meant it, it is typical of a break-in.

    Fix: show everybody the same; if you don't know where it comes from, look for changed files and plugins.
    """
    ours, theirs = _probes(site).home, _probes(site).search or ()
    pages = (*ours, *theirs)
    if len(ours) < 2 or len(theirs) < 2 or not all(_comparable(one) for one in pages):  # noqa: PLR2004
        return
    if min(_alike(ours[0].sketch, ours[1].sketch), _alike(theirs[0].sketch, theirs[1].sketch)) < _STABLE:
        return
    alike = max(_alike(one.sketch, other.sketch) for one in ours for other in theirs)
    if alike < _OTHER:
        yield SiteFinding(
            f"{alike:.0%} of the text in common; {theirs[0].words} words for Googlebot, {ours[0].words} for others",
            url=ours[0].url,
        )


def _comparable(seen: Seen) -> bool:
    return seen.ok and seen.is_html and bool(seen.sketch) and seen.words >= _FEWEST_WORDS


@site_check(
    "security.cert_untrusted",
    Category.SECURITY,
    Severity.CRITICAL,
    source="https://www.rfc-editor.org/rfc/rfc5280#section-6",
    network="tls",
)
def cert_untrusted(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site's certificate is not trusted.

    Browsers show a full-page warning instead of the site, and search engines stop at it.

    Fix: install a certificate of a public authority that names this host, is in force, and comes with its chain.
    """
    tls = _probes(site).tls
    if tls is None or tls.fault is None:
        return
    ends = "" if tls.not_after is None else f"; it ends {datetime.fromtimestamp(tls.not_after, UTC):%Y-%m-%d}"
    names = f"; it names {', '.join(tls.names[:5])}" if tls.names else ""
    yield SiteFinding(f"{tls.host}: {tls.fault}{names}{ends}", url=f"https://{tls.host}/")
