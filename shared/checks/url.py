"""The form of the page's address."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Page
from shared.reading.url_pieces import path_of, query_of
from shared.session_ids import IN_PATH, is_session
from shared.urls import TRACKING

GOOGLE_URLS = "https://developers.google.com/search/docs/crawling-indexing/url-structure"


@lru_cache(maxsize=64)
def _path(url: str) -> str:
    """The path, percent-decoded: what people read."""
    return unquote(path_of(url))


@lru_cache(maxsize=64)
def _parameters(url: str) -> tuple[tuple[str, str], ...]:
    """Name and value of each query parameter as written."""
    pairs = (pair.partition("=") for pair in query_of(url).replace(";", "&").split("&") if pair)
    return tuple((name, value) for name, _, value in pairs)


@check(
    "url.too_long",
    Category.INDEXING,
    Severity.LOW,
    bad=(sample(url=f"{HOST}/guides/" + "sharp-knives-" * 20), sample(url=f"{URL}?list=" + "sharp-knives-" * 20)),
    good=(
        sample(),
        sample(url=f"{HOST}/" + "%D0%BD%D0%BE%D0%B6-" * 15),
        sample(url=f"{HOST}/guides/" + "knives-" * 10),
    ),
    source="heuristic",
    on=On.OK,
)
def too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The address is very long.

    Long addresses are cut in results and mails, and hard to read, share and remember.

    Fix: use a few words that name the page, and leave out what isn't needed.
    """
    url = page.final_url
    if len(url) > limits["url.too_long"]:
        length = len(unquote(url))
        if length > limits["url.too_long"]:
            yield Finding(f"{length} characters", "url")


@check(
    "url.underscore",
    Category.INDEXING,
    Severity.INFO,
    bad=(sample(url=f"{HOST}/guides/sharpening_kitchen_knives"), sample(url=f"{HOST}/kitchen_knives/?grit=1000")),
    good=(sample(), sample(url=f"{URL}?sort_by=grit"), sample(url=f"{HOST}/guides/sharpening-knives")),
    source=GOOGLE_URLS,
    on=On.OK,
)
def underscore(page: Page, limits: Limits) -> Iterator[Finding]:
    """The path holds underscores.

    Google advises hyphens, because words joined by an underscore may be read as one.

    Fix: use hyphens in new addresses; changing old ones is rarely worth the redirects.
    """
    path = _path(page.final_url)
    if "_" in path:
        yield Finding(path, "url")


@check(
    "url.uppercase",
    Category.INDEXING,
    Severity.INFO,
    bad=(sample(url=f"{HOST}/Guides/Knives"), sample(url=f"{HOST}/guides/%C3%84xte")),
    good=(sample(), sample(url=f"{HOST}/guides/m%C3%A4%C3%9Fig"), sample(url=f"{URL}?Grit=1000")),
    source=GOOGLE_URLS,
    on=On.OK,
)
def uppercase(page: Page, limits: Limits) -> Iterator[Finding]:
    """The path holds upper-case letters.

    Paths are case-sensitive, so the same page linked in two spellings becomes two addresses.

    Fix: use lower case in new addresses, and redirect other spellings.
    """
    path = _path(page.final_url)
    if path != path.lower():
        yield Finding(path, "url")


@check(
    "url.non_ascii",
    Category.INDEXING,
    Severity.INFO,
    bad=(
        sample(url=f"{HOST}/führer/messer", canonical=f'<link rel="canonical" href="{HOST}/f%C3%BChrer/messer">'),
        sample(url=f"{HOST}/ножи", canonical=f'<link rel="canonical" href="{HOST}/%D0%BD%D0%BE%D0%B6%D0%B8">'),
    ),
    good=(sample(), sample(url=f"{HOST}/f%C3%BChrer/messer")),
    source="https://www.rfc-editor.org/rfc/rfc3986#section-2",
    on=On.OK,
    implies=("social.og_url_mismatch",),
)
def non_ascii(page: Page, limits: Limits) -> Iterator[Finding]:
    """The address holds characters that should be percent-encoded.

    Addresses consist of ASCII; programs that don't encode the rest themselves fail on it.

    Fix: percent-encode the characters in links and sitemaps.
    """
    path = path_of(page.fetched.final_url)
    if not path.isascii():
        yield Finding(path, "url")


@check(
    "url.space",
    Category.INDEXING,
    Severity.LOW,
    bad=(sample(url=f"{HOST}/guides/kitchen%20knives"),),
    good=(sample(), sample(url=f"{URL}?q=kitchen%20knives"), sample(url=f"{HOST}/guides/kitchen+knives")),
    source=GOOGLE_URLS,
    on=On.OK,
)
def space(page: Page, limits: Limits) -> Iterator[Finding]:
    """The path holds a space.

    Mail programs and editors end a link at a space, and the encoded form %20 is hard to read.

    Fix: use hyphens instead.
    """
    path = _path(page.final_url)
    if " " in path:
        yield Finding(path, "url")


@check(
    "url.double_slash",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(sample(url=f"{HOST}/guides//knives"), sample(url=f"{HOST}//guides/")),
    good=(
        sample(),
        sample(url=f"{HOST}/web/2026/https://example.net/knives"),
        sample(url=f"{URL}?back=//example.com/guides"),
        sample(url=f"{HOST}/guides/%2F%2Fknives"),
    ),
    source=GOOGLE_URLS,
    on=On.OK,
)
def double_slash(page: Page, limits: Limits) -> Iterator[Finding]:
    """The path holds two slashes in a row.

    Servers mostly show the same page with one slash, so the page has two addresses.

    Fix: correct the links that are joined wrongly, and redirect to the address with one slash.
    """
    path = path_of(page.final_url)
    if "//" in path and "//" in path.replace("://", ":"):
        yield Finding(path, "url")


_MIN_SEGMENT = 3
_MAX_SHORT = 2
"""Short segments, such as a country and its language (de/de), may stand twice."""


@check(
    "url.repetitive_path",
    Category.INDEXING,
    Severity.LOW,
    bad=(sample(url=f"{HOST}/guides/guides/knives"), sample(url=f"{HOST}/guides/knives/guides/knives")),
    good=(
        sample(),
        sample(url=f"{HOST}/de/de/guides"),
        sample(url=f"{HOST}/archive/2024/2024/knives"),
        sample(url=f"{HOST}/guides/knives/knives-for-children"),
    ),
    source=GOOGLE_URLS,
    on=On.OK,
)
def repetitive_path(page: Page, limits: Limits) -> Iterator[Finding]:
    """A folder's name is repeated in the path.

    That is often the trace of a relative link without its leading slash, which can make endless addresses.

    Fix: correct the relative links, or drop the doubled folder.
    """
    segments = [segment for segment in path_of(page.final_url).split("/") if segment and not segment.isdigit()]
    if len(set(segments)) == len(segments):
        return
    for segment, count in Counter(segments).items():
        if count > 1 and (len(segment) >= _MIN_SEGMENT or count > _MAX_SHORT):
            yield Finding(f"{segment} is repeated in {_path(page.final_url)}", "url")
            return


@check(
    "url.too_many_params",
    Category.INDEXING,
    Severity.LOW,
    bad=sample(url=f"{URL}?a=1&b=2&c=3&d=4&e=5"),
    good=(sample(), sample(url=f"{URL}?a=1&b=2&c=3"), sample(url=f"{URL}?&&a=1&")),
    source=GOOGLE_URLS,
    on=On.OK,
)
def too_many_params(page: Page, limits: Limits) -> Iterator[Finding]:
    """The address has many parameters.

    Every combination and order of parameters is another address for crawlers, mostly of the same content.

    Fix: put what names the page into the path, and leave out parameters that change nothing.
    """
    if "?" in page.final_url:
        count = len(_parameters(page.final_url))
        if count > limits["url.too_many_params"]:
            yield Finding(f"{count} parameters", "url")


_NOT_TRACKING = frozenset({"_ga", "_gl"})
"""Written by scripts for measuring across domains, not by authors."""


@lru_cache(maxsize=1024)
def _is_tracking(name: str) -> bool:
    return bool(TRACKING.fullmatch(name)) and name.lower() not in _NOT_TRACKING


def _tracking(url: str) -> list[str]:
    pairs = url.partition("?")[2].split("&")
    return [name for pair in pairs if _is_tracking(name := pair.partition("=")[0])]


@check(
    "url.tracking_params",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(body='<p><a href="/guides/?utm_source=start&amp;utm_medium=teaser">Guides about kitchen tools</a></p>'),
        sample(body='<p><a href="https://example.com/guides/?grit=1&amp;GCLID=abc">Guides about kitchen tools</a></p>'),
        sample(url=f"{URL}?utm_source=mail"),
    ),
    good=(
        sample(),
        sample(body='<p><a href="https://example.net/?utm_source=example.com">Whetstones at another shop</a></p>'),
        sample(body='<p><a href="/guides/?source=utm">Guides about kitchen tools</a></p>'),
        sample(url=f"{URL}?utm_source=mail", canonical=f'<link rel="canonical" href="{URL}">'),
    ),
    source="heuristic",
    implies=("social.og_url_mismatch",),
)
def tracking_params(page: Page, limits: Limits) -> Iterator[Finding]:
    """Internal links carry campaign parameters.

    They make a second address for each page and overwrite the true source of the visit in your statistics.

    Fix: link to the plain address, and measure clicks inside the site with events.
    """
    for link in page.links:
        url = link.url
        if url and "?" in url and link.internal:
            names = _tracking(url)
            if names:
                yield Finding(f"{', '.join(names)} in {url}", link.at)
    if "?" in page.final_url and page.canonical_url in {None, page.final_url}:
        names = _tracking(page.final_url)
        if names:
            yield Finding(f"{', '.join(names)} in the page's own address, without a canonical to the plain one", "url")


@check(
    "url.session_id",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(url=f"{URL}?PHPSESSID=6f9d2b1c0a8e7f6d5c4b3a2918"),
        sample(url=f"{URL};jsessionid=6F9D2B1C0A8E7F6D5C4B3A2918"),
        sample(url=f"{URL}?sid=6f9d2b1c0a8e7f6d5c4b3a2918"),
    ),
    good=(
        sample(),
        sample(url=f"{URL}?sid=12"),
        sample(url=f"{URL}?session=morning"),
        sample(url=f"{HOST}/sessions/2026"),
    ),
    source=GOOGLE_URLS,
    on=On.OK,
    implies=("url.uppercase", "social.og_url_mismatch"),
)
def session_id(page: Page, limits: Limits) -> Iterator[Finding]:
    """The address holds a session id.

    Each visit makes new addresses for the same page, and who is sent such a link may take over the session.

    Fix: keep the session in a cookie.
    """
    if IN_PATH.search(page.final_url):
        yield Finding("a session id in the path", "url")
    elif "?" in page.final_url:
        for name, value in _parameters(page.final_url):
            if is_session(name, value):
                yield Finding(f"parameter {name}", "url")


_SEARCH_NAMES = frozenset(
    {"q", "search", "search_query", "searchterm", "search_term", "searchquery", "keyword", "keywords"}
)
_WEAK_NAMES = frozenset({"s", "query", "k", "term", "text"})
"""Names of search parameters on the home page or a search page; anything elsewhere."""
_SEARCH_FOLDERS = frozenset(
    {
        *(
            "search",
            "searchresults",
            "search-results",
            "catalogsearch",
            "suche",
            "recherche",
            "buscar",
            "busqueda",
            "ricerca",
        ),
        *("zoeken", "szukaj", "pesquisa", "busca"),
    }
)
_ROOTS = frozenset({"", "/", "/index.php", "/index.html"})


@check(
    "url.internal_search",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(url=f"{HOST}/search?q=knives"),
        sample(url=f"{HOST}/?s=knives"),
        sample(url=f"{HOST}/catalogsearch/result/?query=knives"),
    ),
    good=(
        sample(),
        sample(url=f"{HOST}/search?q=knives", robots='<meta name="robots" content="noindex">'),
        sample(url=f"{HOST}/search"),
        sample(url=f"{HOST}/guides/search-engines"),
        sample(url=f"{URL}?s=12"),
    ),
    source="https://developers.google.com/search/docs/crawling-indexing/url-structure",
    on=On.INDEXABLE,
)
def internal_search(page: Page, limits: Limits) -> Iterator[Finding]:
    """A page of internal search results is open to search engines.

    There is one for every word, mostly without content of its own, and spammers link to them with their own words.

    Fix: say noindex on search results, or keep crawlers out of them in robots.txt.
    """
    if "?" not in page.final_url:
        return
    path = path_of(page.final_url).lower()
    search = path in _ROOTS or not _SEARCH_FOLDERS.isdisjoint(path.split("/"))
    for name, value in _parameters(page.final_url):
        lower = name.lower()
        if value and (lower in _SEARCH_NAMES or (search and lower in _WEAK_NAMES)) and not value.isdigit():
            yield Finding(f"{name}={value}", "url")
            return
