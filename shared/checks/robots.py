"""robots.txt."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, On, Severity, site_check
from shared.checks.site import RobotsFile, Site, SiteFinding
from shared.facts_record import Flag
from shared.robots import MAX_REDIRECTS, ProblemKind

GOOGLE_ROBOTS = "https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt"
RFC = "https://www.rfc-editor.org/rfc/rfc9309"

_MISSING = range(400, 500)
_NOT_FOR_US = frozenset({401, 403, 407, 429})
_SERVER_ERROR = 500
_OK = range(200, 300)
_REDIRECT = range(300, 400)
_REDIRECT_ERRORS = frozenset({"redirect_loop", "too_many_redirects", "bad_redirect"})
_UNREACHABLE = frozenset({"timeout", "connection", "dns", "tls"})

_SYNTAX: dict[ProblemKind, str] = {
    "no_colon": "no colon",
    "unknown_directive": "unknown directive",
    "misspelt_directive": "misspelt directive",
    "rule_before_user_agent": "a rule before any user-agent",
    "empty_user_agent": "an empty user-agent",
    "pattern_start": "a pattern that begins with neither / nor *",
    "dollar_not_last": "a $ that isn't last",
    "bad_sitemap_url": "a sitemap without a full address",
    "bad_crawl_delay": "a crawl-delay that is no number",
    "line_too_long": "a line too long to be read",
}


def _file(site: Site) -> RobotsFile:
    found = site.inputs.robots
    if found is None:
        message = "asked without robots.txt"
        raise LookupError(message)
    return found


def _is_html(file: RobotsFile) -> bool:
    return any(problem.kind == "looks_like_html" for problem in file.robots.problems)


@site_check("robots.missing", Category.INDEXING, Severity.LOW, source=GOOGLE_ROBOTS, needs=(Fact.ROBOTS,))
def missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site has no robots.txt.

    Crawlers then may fetch everything, which is allowed; but they ask for the file again and again, and it can't name
    your sitemap.

    Fix: serve a robots.txt, if only with a `Sitemap:` line.
    """
    file = _file(site)
    if file.status in _MISSING and file.status not in _NOT_FOR_US:
        yield SiteFinding(f"answers {file.status}", url=file.url)


@site_check("robots.server_error", Category.INDEXING, Severity.CRITICAL, source=GOOGLE_ROBOTS, needs=(Fact.ROBOTS,))
def server_error(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt can't be had.

    While it answers with a server error or not at all, Google treats the whole site as disallowed.

    Fix: let /robots.txt answer 200, or 404 if you have none.
    """
    file = _file(site)
    if file.status is not None and file.status >= _SERVER_ERROR:
        yield SiteFinding(f"answers {file.status}", url=file.url)
    elif file.status is None and file.error in _UNREACHABLE:
        yield SiteFinding(f"no answer ({file.error})", url=file.url)


@site_check("robots.redirect", Category.INDEXING, Severity.MEDIUM, source=RFC, needs=(Fact.ROBOTS,))
def redirect(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt redirects too often, or in a circle.

    Crawlers follow five redirects and then take the file as missing: your rules are ignored.

    Fix: serve the file itself at /robots.txt.
    """
    file = _file(site)
    if file.hops > MAX_REDIRECTS or file.error in _REDIRECT_ERRORS or file.status in _REDIRECT:
        yield SiteFinding(f"{file.hops} redirects without arriving", url=file.url)


@site_check("robots.not_text", Category.INDEXING, Severity.MEDIUM, source=RFC, needs=(Fact.ROBOTS,))
def not_text(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt is not plain text.

    A page in HTML has no rules that a crawler could read; another media type may make it skip the file.

    Fix: serve plain text as `text/plain; charset=utf-8`.
    """
    file = _file(site)
    kind = (file.content_type or "").partition(";")[0].strip().lower()
    if file.status in _OK and _is_html(file):
        yield SiteFinding("the body is HTML", url=file.url)
    elif file.status in _OK and kind and kind != "text/plain":
        yield SiteFinding(f"Content-Type: {kind}", url=file.url, at="header: Content-Type")


@site_check("robots.syntax", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_ROBOTS, needs=(Fact.ROBOTS,))
def syntax(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt has lines that crawlers don't understand.

    A line with a fault is skipped, so a rule that you rely on may not be in force.

    Fix: correct or remove the lines named.
    """
    file = _file(site)
    if _is_html(file):
        return
    for problem in file.robots.problems:
        words = _SYNTAX.get(problem.kind)
        if words is not None:
            yield SiteFinding(f"{words}: {problem.text}", url=file.url, at=f"line {problem.line}")


@site_check("robots.too_large", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_ROBOTS, needs=(Fact.ROBOTS,))
def too_large(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt is larger than 500 KiB.

    Google reads no further, so the rules after that point are ignored.

    Fix: shorten it, for instance with wildcards in place of lists.
    """
    file = _file(site)
    for problem in file.robots.problems:
        if problem.kind == "too_large":
            yield SiteFinding(problem.text or "more than 500 KiB", url=file.url)


@site_check(
    "robots.blocks_all",
    Category.INDEXING,
    Severity.CRITICAL,
    severities=(Severity.MEDIUM,),
    source=GOOGLE_ROBOTS,
    needs=(Fact.ROBOTS,),
    implies=("ai.bot_blocked", "index.blocked"),
)
def blocks_all(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt keeps crawlers from the whole site.

    Search engines can't read a single page, so at best bare addresses show up in results.

    Fix: remove `Disallow: /` from the group for `*`, unless the site is meant to stay hidden.
    """
    file = _file(site)
    if file.status not in _OK or not file.robots.blocks_everything("*"):
        return
    verdict = file.robots.verdict("/", "*")
    hidden = file.robots.blocks_everything("Googlebot")
    yield SiteFinding(
        verdict.rule or "everything is disallowed",
        url=file.url,
        at=f"line {verdict.line}" if verdict.line else "",
        severity=Severity.CRITICAL if hidden else Severity.MEDIUM,
    )


@site_check(
    "robots.blocks_resources",
    Category.INDEXING,
    Severity.HIGH,
    source="https://developers.google.com/search/docs/crawling-indexing/robots/intro",
    on=On.HTML,
    needs=(Fact.ROBOTS,),
)
def blocks_resources(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt keeps Google from scripts, styles or images that the page needs.

    Google renders pages as a browser does; without these files it sees another page than your readers.

    Fix: allow the files in robots.txt.
    """
    if _file(site).robots.blocks_everything("Googlebot"):
        return
    for seq, url in site.disallowed_assets():
        yield SiteFinding(f"disallowed: {url}", seq)


@site_check(
    "robots.blocked", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_ROBOTS, on=On.RESPONSE, needs=(Fact.ROBOTS,)
)
def blocked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A linked page is disallowed in robots.txt.

    Links lead readers there, but crawlers may not follow: the page can't be read, and may be indexed without content.

    Fix: allow the page if it should be found; otherwise leave the rule and ignore this.
    """
    if _file(site).robots.blocks_everything("Googlebot"):
        return
    for edge in site.linked(Flag.DISALLOWED):
        yield SiteFinding("disallowed for Googlebot, linked from {0}", edge.target, others=(edge.source,))


@site_check(
    "robots.sitemap_missing",
    Category.INDEXING,
    Severity.LOW,
    source="https://www.sitemaps.org/protocol.html#submit_robots",
    needs=(Fact.ROBOTS, Fact.IN_SITEMAP),
)
def sitemap_missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """There is a sitemap, but robots.txt doesn't name it.

    Through a `Sitemap:` line every crawler finds it, also those to which nobody has submitted it.

    Fix: add `Sitemap: ` with the sitemap's full address to robots.txt.
    """
    file = _file(site)
    there = [one for one in site.inputs.sitemaps or () if one.status in _OK and one.kind not in {"html", "unknown"}]
    if file.status in _OK and there and not file.robots.sitemaps:
        yield SiteFinding(f"doesn't name {there[0].url}", url=file.url)


@site_check("robots.crawl_delay", Category.INDEXING, Severity.INFO, source=GOOGLE_ROBOTS, needs=(Fact.ROBOTS,))
def crawl_delay(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt asks for a delay between requests.

    Google ignores it; Bing and this scan honour it, so a large value makes them slow.

    Fix: none needed; lower it if crawlers are too slow.
    """
    file = _file(site)
    for group in file.robots.groups:
        for delay in group.delays:
            if not delay.seconds:
                continue
            yield SiteFinding(
                f"{delay.seconds:g} s for {', '.join(group.agents)}", url=file.url, at=f"line {delay.line}"
            )


@site_check(
    "robots.changed",
    Category.INDEXING,
    Severity.MEDIUM,
    source="heuristic",
    needs=(Fact.ROBOTS, Fact.PREVIOUS),
)
def changed(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt is not what it was in the scan before.

    One line can take a whole site out of search, so each change deserves a look.

    Fix: none if you meant it; otherwise restore the former file.
    """
    file, before = _file(site), site.inputs.previous
    if before is not None and before.robots_hash and file.hash and before.robots_hash != file.hash:
        yield SiteFinding("its content differs from the last scan's", url=file.url)
