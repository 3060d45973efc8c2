"""Whether search engines may index the page, and what they may show of it."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, sample
from shared.page import Directive, Page, Previous
from shared.urls import normalise

GOOGLE_ROBOTS_META = "https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag"
GOOGLE_NOINDEX = "https://developers.google.com/search/docs/crawling-indexing/block-indexing"
GOOGLE_CANONICAL = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"
LIGHTHOUSE = "https://developer.chrome.com/docs/lighthouse/seo/is-crawlable"

_GOOGLE = frozenset({"robots", "googlebot", "*"})
"""Agents whose directives Google Search obeys."""

_ARTICLE = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article", "headline": '
    '"How to sharpen kitchen knives", "datePublished": "2026-11-02T08:00:00+00:00", "dateModified": '
    '"2026-11-02T08:00:00+00:00", "author": [{"@type": "Person", "name": "Ida Stone", "url": '
    '"https://example.com/authors/ida-stone"}], "image": ["https://example.com/media/whetstone.jpg"]}</script>'
)


def _meta(content: str, name: str = "robots") -> str:
    return f'<meta name="{name}" content="{content}">'


def _google(page: Page, names: Collection[str]) -> Iterator[Directive]:
    """The directives of those names that Google obeys."""
    return (one for one in page.directives if one.name in names and one.agent in _GOOGLE)


def _shown(one: Directive) -> str:
    rule = one.name if one.value is None else f"{one.name}:{one.value}"
    return rule if one.agent in {"robots", "*"} else f"{one.agent}: {rule}"


_NOINDEX = frozenset({"noindex", "none"})
_NOFOLLOW = frozenset({"nofollow", "none"})


@check(
    "index.noindex",
    Category.INDEXING,
    Severity.INFO,
    bad=(
        sample(robots=_meta("noindex")),
        sample(robots=_meta("NoIndex, follow", "ROBOTS"), in_sitemap=False),
        sample(robots=_meta("none")),
        sample(robots=_meta("noindex", "googlebot")),
        sample(robots=_meta("noindex"), schema=_ARTICLE),
        sample(headers={"X-Robots-Tag": "noindex"}),
    ),
    good=(
        sample(),
        sample(robots=_meta("index, follow, max-image-preview:large")),
        sample(robots=_meta("noindex", "bingbot")),
        sample(headers={"X-Robots-Tag": "otherbot: noindex"}),
        sample(head='<meta name="description-robots" content="noindex">'),
        sample(robots=_meta("max-snippet:-1, noarchive")),
    ),
    source=GOOGLE_NOINDEX,
    on=On.OK,
    severities=(Severity.HIGH,),
    implies=(
        "index.nofollow_page",
        "index.x_robots_noindex",
        "index.blocked",
        "index.partial_bot_block",
        "index.schema_on_noindex",
    ),
)
def noindex(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page tells search engines not to index it.

    It won't be found in search. That is right for a basket or a login, and a loss for a page in the sitemap.

    Fix: remove noindex if the page should be found; otherwise take the page out of the sitemap.
    """
    wanted = Severity.HIGH if page.is_home or page.context.in_sitemap else None
    for one in _google(page, _NOINDEX):
        yield Finding(_shown(one), one.at, wanted)


@check(
    "index.nofollow_page",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(robots=_meta("nofollow")),
        sample(robots=_meta("index,NOFOLLOW")),
        sample(headers={"X-Robots-Tag": "googlebot: nofollow"}),
    ),
    good=(
        sample(),
        sample(robots=_meta("nofollow", "bingbot")),
        sample(body='<p><a rel="nofollow" href="https://example.net/whetstones">Stones at another shop</a></p>'),
    ),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
)
def nofollow_page(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page tells search engines to follow none of its links.

    Pages that are linked from here only may never be found, and this page hands on none of its standing.

    Fix: remove the page's nofollow and mark single links instead.
    """
    for one in _google(page, _NOFOLLOW):
        yield Finding(_shown(one), one.at)


@check(
    "index.x_robots_noindex",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(headers={"X-Robots-Tag": "noindex"}),
        sample(headers={"x-robots-tag": ("nosnippet", "googlebot: noindex, nofollow")}, robots=_meta("max-snippet:-1")),
    ),
    good=(
        sample(),
        sample(headers={"X-Robots-Tag": "noindex"}, robots=_meta("noindex")),
        sample(headers={"X-Robots-Tag": "bingbot: noindex"}),
        sample(headers={"X-Robots-Tag": "unavailable_after: 25 Jun 2030 15:00:00 GMT"}),
    ),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
    needs=(Fact.HEADERS,),
    implies=(
        "index.noindex",
        "index.blocked",
        "index.nofollow_page",
        "index.nosnippet",
        "index.partial_bot_block",
        "index.schema_on_noindex",
    ),
)
def x_robots_noindex(page: Page, limits: Limits) -> Iterator[Finding]:
    """Only the response header says noindex.

    Nobody who reads the page's source sees it, so it is often left over by mistake and hard to find.

    Fix: remove the X-Robots-Tag header, or say noindex in the page too if it is meant.
    """
    found = list(_google(page, _NOINDEX))
    if found and all(one.source == "header" for one in found):
        yield Finding(_shown(found[0]), found[0].at)


_OPPOSITES = (("noindex", "index"), ("nofollow", "follow"))


def _allows(page: Page, rule: str, agents: Collection[str]) -> Directive | None:
    return next((one for one in page.directives if one.agent in agents and one.name in {rule, "all"}), None)


@check(
    "index.directive_conflict",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(robots=_meta("index, follow") + _meta("noindex, follow")),
        sample(robots=_meta("index, noindex")),
        sample(robots=_meta("index"), headers={"X-Robots-Tag": "noindex"}),
        sample(robots=_meta("noindex") + _meta("index", "googlebot")),
        sample(robots=_meta("follow"), headers={"X-Robots-Tag": "nofollow"}),
    ),
    good=(
        sample(),
        sample(robots=_meta("noindex, follow")),
        sample(robots=_meta("index, nofollow")),
        sample(robots=_meta("index, follow") + _meta("noindex", "bingbot")),
        sample(robots=_meta("noindex") + _meta("noindex, nofollow")),
        sample(robots=_meta("index") + _meta("noindex", "googlebot")),
    ),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
    implies=(
        "index.noindex",
        "index.nofollow_page",
        "index.x_robots_noindex",
        "index.blocked",
        "index.partial_bot_block",
        "meta.duplicate_tags",
        "index.schema_on_noindex",
    ),
)
def directive_conflict(page: Page, limits: Limits) -> Iterator[Finding]:
    """The robots directives contradict each other.

    Google obeys the most restrictive one, so a leftover noindex wins over your index.

    Fix: keep one robots meta or header that says what you mean.
    """
    for no, yes in _OPPOSITES:
        for one in _google(page, (no, "none")):
            # A crawler's own rule may narrow the general one on purpose; it can't widen it.
            agents = _GOOGLE if one.agent in {"robots", "*"} else {one.agent}
            other = _allows(page, yes, agents)
            if other:
                yield Finding(f"{_shown(one)} ({one.source}) against {_shown(other)} ({other.source})", one.at)
                break


def _moment(text: str) -> datetime | None:
    """A date in one of the forms that Google names: RFC 822, RFC 850, ISO 8601."""
    text = text.strip().upper()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@check(
    "index.unavailable_after_past",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(robots=_meta("unavailable_after: 2020-09-21")),
        sample(headers={"X-Robots-Tag": "unavailable_after: 25 Jun 2010 15:00:00 PST"}),
        sample(robots=_meta("max-snippet:-1, unavailable_after: Sat, 25 Jun 2011 15:00:00 GMT")),
        sample(headers={"X-Robots-Tag": "unavailable_after: Saturday, 25-Jun-11 15:00:00 GMT"}),
    ),
    good=(
        sample(),
        sample(robots=_meta("unavailable_after: 2036-09-21T10:00:00Z")),
        sample(robots=_meta("unavailable_after: never")),
        sample(headers={"X-Robots-Tag": "otherbot: unavailable_after: 25 Jun 2010 15:00:00 GMT"}),
    ),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
)
def unavailable_after_past(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page told search engines to drop it at a date that has passed.

    Google doesn't show the page after the date in unavailable_after.

    Fix: remove the directive, or set a date in the future.
    """
    for one in _google(page, ("unavailable_after",)):
        moment = _moment(one.value or "")
        if moment is not None and moment.timestamp() < page.context.now:
            yield Finding(_shown(one), one.at)


@check(
    "index.nosnippet",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(robots=_meta("nosnippet")),
        sample(robots=_meta("index, max-snippet: 0")),
        sample(headers={"X-Robots-Tag": "googlebot: nosnippet"}),
    ),
    good=(sample(), sample(robots=_meta("max-snippet:-1")), sample(robots=_meta("nosnippet", "bingbot"))),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
)
def nosnippet(page: Page, limits: Limits) -> Iterator[Finding]:
    """Search engines may not show any text of the page.

    A result without a description is clicked less, and the page can't appear in Google's AI answers.

    Fix: remove nosnippet or max-snippet:0, or hide single passages with data-nosnippet.
    """
    for one in _google(page, ("nosnippet", "max-snippet")):
        if one.name == "nosnippet" or one.value == "0":
            yield Finding(_shown(one), one.at)


@check(
    "index.noimageindex",
    Category.INDEXING,
    Severity.INFO,
    bad=(sample(robots=_meta("noimageindex")), sample(headers={"X-Robots-Tag": "noarchive, noimageindex"})),
    good=(sample(), sample(robots=_meta("noimageindex", "bingbot"))),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
)
def noimageindex(page: Page, limits: Limits) -> Iterator[Finding]:
    """Search engines may not index the images of the page.

    The images won't bring visitors from image search.

    Fix: remove noimageindex if the images should be found.
    """
    for one in _google(page, ("noimageindex",)):
        yield Finding(_shown(one), one.at)


_IMAGE = '<p><img src="/media/whetstone.jpg" alt="A wet stone on a towel" width="640" height="480"></p>'


@check(
    "index.max_image_preview_none",
    Category.INDEXING,
    Severity.LOW,
    bad=sample(robots=_meta("max-image-preview:none"), body=_IMAGE),
    good=(
        sample(),
        sample(robots=_meta("max-image-preview:none")),
        sample(robots=_meta("max-image-preview:large"), body=_IMAGE),
    ),
    source=GOOGLE_ROBOTS_META,
    implies=("image.no_srcset", "image.legacy_format", "perf.lcp_hints"),
)
def max_image_preview_none(page: Page, limits: Limits) -> Iterator[Finding]:
    """Search engines may not show a preview of the page's images.

    Results without a picture stand out less, and the page is left out of Google Discover's large cards.

    Fix: say max-image-preview:large.
    """
    if page.images:
        for one in _google(page, ("max-image-preview",)):
            if one.value == "none":
                yield Finding(_shown(one), one.at)


_NUMBERED = frozenset({"max-snippet", "max-video-preview"})
_PREVIEWS = frozenset({"none", "standard", "large"})
_KNOWN = frozenset(
    {
        *("all", "index", "follow", "noindex", "nofollow", "none", "nosnippet", "indexifembedded", "notranslate"),
        *("noimageindex", "unavailable_after"),
        # Not Google's, or not any more, but other engines document them and they do no harm.
        *("noarchive", "nocache", "nositelinkssearchbox", "noai", "noimageai", "nopagereadaloud"),
    }
)


def _unknown(one: Directive) -> bool:
    if one.name in _NUMBERED:
        return not (one.value or "").removeprefix("-").isdigit()
    if one.name == "max-image-preview":
        return one.value not in _PREVIEWS
    return one.name not in _KNOWN


@check(
    "index.unknown_directive",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(robots=_meta("no-index")),
        sample(robots=_meta("index follow")),
        sample(robots=_meta("max-image-preview:big")),
        sample(headers={"X-Robots-Tag": "max-snippet:none"}),
    ),
    good=(
        sample(),
        sample(robots=_meta("INDEX, FOLLOW, max-snippet:-1, max-image-preview:large, max-video-preview:-1")),
        sample(robots=_meta("noarchive, notranslate, indexifembedded")),
        sample(robots=_meta("all,")),
        sample(headers={"X-Robots-Tag": "unavailable_after: 25 Jun 2030 15:00:00 GMT, max-snippet:50"}),
        sample(robots=_meta("noydir", "slurp")),
    ),
    source=GOOGLE_ROBOTS_META,
    on=On.OK,
)
def unknown_directive(page: Page, limits: Limits) -> Iterator[Finding]:
    """The robots directives hold a word that Google doesn't know.

    Unknown words are ignored. A misspelt noindex leaves a page in search that should be out of it.

    Fix: correct or remove the word.
    """
    for one in page.directives:
        if one.agent in _GOOGLE and _unknown(one):
            yield Finding(_shown(one), one.at)


@check(
    "index.directive_outside_head",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(body=_meta("noarchive")),
        sample(footer=f"<footer>{_meta('index, follow')}</footer>"),
        sample(body=_meta("noindex")),
    ),
    good=(sample(), sample(robots=_meta("noarchive")), sample(headers={"X-Robots-Tag": "noarchive"})),
    source="https://developers.google.com/search/docs/crawling-indexing/valid-page-metadata",
    implies=(
        "html.meta_in_body",
        "index.noindex",
        "index.blocked",
        "index.schema_on_noindex",
    ),
)
def directive_outside_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """A robots meta stands in the body.

    It belongs into the head; elsewhere crawlers may or may not obey it.

    Fix: move the robots meta into the head, before any element that isn't allowed there.
    """
    seen: set[str] = set()
    for one in page.directives:
        if one.source == "meta" and not one.in_head and one.at not in seen:
            seen.add(one.at)
            yield Finding(_shown(one), one.at)


_ALIASES = {"msnbot": "bingbot", "yandex": "yandexbot"}
_SEARCH_BOTS = ("googlebot", "bingbot", "duckduckbot", "yandexbot", "baiduspider", "slurp", "applebot")


def _blocked_bots(page: Page) -> dict[str, str]:
    """Search bot ("" for any other) → what keeps it out. robots.txt's generic answer holds for bots not named."""
    blocked: dict[str, str] = {}
    if page.status is not None and not 200 <= page.status < 300:  # noqa: PLR2004 - nothing here to index
        return blocked
    if page.context.robots and not all(page.context.robots.values()):
        robots = {agent.lower(): allowed for agent, allowed in page.context.robots.items()}
        generic = robots.get("*", True)
        for bot in ("", *_SEARCH_BOTS):
            if not robots.get(bot or "*", generic):
                blocked[bot] = "robots.txt"
    for one in page.directives:
        if one.name in _NOINDEX:
            shown = f"{one.name} ({one.source})"
            agent = _ALIASES.get(one.agent, one.agent)
            if one.agent in {"robots", "*"}:
                blocked |= dict.fromkeys(("", *_SEARCH_BOTS), shown)
            elif agent in _SEARCH_BOTS:
                blocked.setdefault(agent, shown)
    return blocked


@check(
    "index.blocked",
    Category.INDEXING,
    Severity.CRITICAL,
    bad=(
        sample(url=f"{HOST}/", is_home=True, robots=_meta("noindex")),
        sample(url=f"{HOST}/", is_home=True, headers={"X-Robots-Tag": "none"}),
        sample(robots_allows={"*": False, "Googlebot": False, "Bingbot": False}),
        sample(robots=_meta("noindex"), in_sitemap=False),
    ),
    good=(
        sample(),
        sample(robots=_meta("noindex", "googlebot")),
        sample(robots_allows={"*": True, "Googlebot": False}),
        sample(robots_allows={"*": False, "Googlebot": True}),
        sample(robots_allows={"*": True, "Googlebot": True, "GPTBot": False}),
    ),
    source=LIGHTHOUSE,
    on=On.ANY,
    severities=(Severity.INFO,),
    implies=(
        "index.noindex",
        "index.x_robots_noindex",
        "index.nofollow_page",
        "index.schema_on_noindex",
    ),
)
def blocked(page: Page, limits: Limits) -> Iterator[Finding]:
    """No search engine may index the page.

    Robots directives or robots.txt keep every crawler out. For a home page that takes the whole site out of search;
    for other pages it is a fact to know, and weighs nothing by itself.

    Fix: remove the directive, or the Disallow line, if the page should be found.
    """
    start = page.is_home or page.context.depth == 0
    by = _blocked_bots(page)
    if len(by) == len(_SEARCH_BOTS) + 1:
        yield Finding(f"every search bot is kept out: {by['']}", "url", None if start else Severity.INFO)


@check(
    "index.partial_bot_block",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(robots=_meta("noindex", "bingbot")),
        sample(robots=_meta("noindex", "googlebot")),
        sample(robots_allows={"*": True, "Googlebot": False, "Bingbot": True}),
        sample(headers={"X-Robots-Tag": "duckduckbot: none"}),
        sample(robots_allows={"*": False, "Googlebot": True, "Bingbot": True}),
    ),
    good=(
        sample(),
        sample(robots=_meta("noindex"), in_sitemap=False),
        sample(robots_allows={"*": True, "Googlebot": True, "GPTBot": False}),
        sample(headers={"X-Robots-Tag": "otherbot: noindex"}),
        sample(robots=_meta("nofollow", "bingbot")),
    ),
    source=LIGHTHOUSE,
    on=On.ANY,
    implies=(
        "index.noindex",
        "index.schema_on_noindex",
    ),
)
def partial_bot_block(page: Page, limits: Limits) -> Iterator[Finding]:
    """Some search engines may index the page and others may not.

    The page can't be found in the search engines whose crawlers are kept out.

    Fix: remove the rule for the named crawler, unless it is meant.
    """
    by = _blocked_bots(page)
    if 0 < len(by) <= len(_SEARCH_BOTS):
        named = (f"{bot or 'unnamed bots'}: {reason}" for bot, reason in by.items())
        yield Finding("kept out: " + ", ".join(named), "url")


@check(
    "index.noindex_and_canonical",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(robots=_meta("noindex"), canonical=f'<link rel="canonical" href="{HOST}/guides/sharpening">'),
        sample(
            robots=_meta("noindex"),
            canonical="",
            headers={"Link": f'<{HOST}/guides/sharpening>; rel="canonical"'},
        ),
    ),
    good=(
        sample(),
        sample(robots=_meta("noindex")),
        sample(robots=_meta("noindex"), canonical='<link rel="canonical" href="/guides/sharpening-kitchen-knives">'),
        sample(robots=_meta("noindex", "bingbot"), canonical=f'<link rel="canonical" href="{HOST}/guides/sharpening">'),
    ),
    source=GOOGLE_CANONICAL,
    implies=(
        "index.noindex",
        "index.blocked",
        "social.og_url_mismatch",
        "index.schema_on_noindex",
    ),
)
def noindex_and_canonical(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page says noindex and names another page as its canonical.

    The two contradict each other: one says drop this page, the other that it stands for the same as a page to keep.

    Fix: use the canonical link for duplicates and noindex for pages that should not be found; not both.
    """
    target = page.canonical_url
    if page.noindex and target and target != normalise(page.final_url):
        yield Finding(f"noindex, canonical {target}", "(//head)[1]")


@check(
    "index.schema_on_noindex",
    Category.INDEXING,
    Severity.LOW,
    bad=sample(robots=_meta("noindex"), schema=_ARTICLE),
    good=(sample(schema=_ARTICLE), sample(robots=_meta("noindex"))),
    source="https://developers.google.com/search/docs/appearance/structured-data/sd-policies",
    implies=("index.noindex", "index.blocked", "schema.recommended_property", "schema.breadcrumb_missing"),
)
def schema_on_noindex(page: Page, limits: Limits) -> Iterator[Finding]:
    """A page that must not be indexed carries markup for rich results.

    Rich results need an indexed page, so the work is lost, or the noindex is a mistake. Breadcrumbs and facts about the
    whole site, which templates put on every page, are not counted.

    Fix: remove noindex if the page should be found; otherwise leave the markup out.
    """
    if page.noindex:
        for item in page.items:
            rich = _RICH.intersection(item.types)
            if item.schema_org and rich:
                yield Finding(", ".join(sorted(rich)), item.at)


_RICH = frozenset(
    {
        *("Article", "NewsArticle", "BlogPosting", "Course", "Dataset", "DiscussionForumPosting", "Event", "FAQPage"),
        *("JobPosting", "MathSolver", "Movie", "Product", "ProductGroup", "ProfilePage", "QAPage", "Quiz", "Recipe"),
        *("Review", "SoftwareApplication", "VacationRental", "VideoObject", "ClaimReview", "Book", "HowTo"),
    }
)
"""Types of one page's subject that Google shows as rich results (its structured data gallery, 2026-11)."""


@check(
    "index.became_noindex",
    Category.INDEXING,
    Severity.HIGH,
    bad=sample(robots=_meta("noindex"), previous=Previous(noindex=False)),
    good=(
        sample(previous=Previous()),
        sample(robots=_meta("noindex"), previous=Previous(noindex=True)),
        sample(previous=Previous(noindex=True)),
    ),
    source=GOOGLE_NOINDEX,
    on=On.OK,
    needs=(Fact.PREVIOUS,),
    implies=(
        "index.noindex",
        "index.blocked",
        "index.schema_on_noindex",
    ),
)
def became_noindex(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page was open to search engines in the last scan and says noindex now.

    It will drop out of search within days.

    Fix: remove noindex unless the change was meant.
    """
    before = page.context.previous
    if page.noindex and before is not None and not before.noindex:
        yield Finding(next((_shown(one) for one in _google(page, _NOINDEX)), "noindex"), "url")
