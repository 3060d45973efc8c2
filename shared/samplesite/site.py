"""The sample site's pages, files and planted defects."""

import gzip
from functools import lru_cache
from html import escape

from msgspec import Struct, structs

from shared.samplesite.template import HEADERS, Doc, render


class SampleResponse(Struct, frozen=True):
    """An answer of the sample site."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Planted(Struct, frozen=True):
    """A defect that was put there on purpose: a scan must find `check` on `path` (None: about the site as a whole)."""

    path: str | None
    check: str
    what: str


def _good(path: str, topic: str, title: str, description: str) -> Doc:
    return Doc(path=path, title=title, h1=topic, description=description, topic=topic)


_GROUPS = {
    "spades": ("Spades and forks", ("digging-spade", "border-fork", "trench-spade", "potato-fork")),
    "cutting": ("Cutting tools", ("secateurs", "loppers", "hedge-shears", "pruning-saw")),
    "watering": ("Watering", ("watering-can", "soaker-hose", "rain-barrel", "hand-sprayer")),
    "soil": ("Soil care", ("garden-rake", "narrow-hoe", "hand-trowel", "compost-sieve")),
}


def _name(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def _regular() -> list[Doc]:
    docs = [
        structs.replace(
            _good(
                "/",
                "Garden tools that last",
                "Garden tools that last for decades, forged nearby",
                "Hand tools for the garden, forged and repaired in our own workshop: spades, forks, secateurs, cans "
                "and hoes, each tested for a full season before it goes on sale.",
            ),
            schema='{"@context": "https://schema.org", "@type": "Organization", "name": "Garden workshop", '
            '"url": "https://garden.example/"}',
        ),
        _good(
            "/about",
            "About our workshop",
            "About our workshop and the people who forge here",
            "Seven people, two hammers and a grindstone: how our workshop in the valley came to make garden tools, and "
            "what we think a good tool should be able to do.",
        ),
        _good(
            "/contact",
            "Write to us",
            "Write to us: questions, repairs and spare handles",
            "How to reach the workshop by letter, telephone and mail, what to send along with a broken tool, and when "
            "somebody is there to answer you in person.",
        ),
        _good(
            "/privacy",
            "Privacy notice",
            "Privacy notice: which data this shop keeps and why",
            "What this shop stores about you when you order or write to us, for how long, who may see it, and how you "
            "can have it corrected or deleted again.",
        ),
    ]
    for group, (title, slugs) in _GROUPS.items():
        docs.append(
            _good(
                f"/{group}/",
                title,
                f"{title} for every garden, soil and season",
                f"{title} from our own workshop, compared by weight, size and use, with advice on which of them a "
                "beginner needs first and how each one is cared for.",
            )
        )
        docs.extend(
            _good(
                f"/{group}/{slug}",
                _name(slug),
                f"{_name(slug)}: forged by hand, with an ash handle",
                f"Our {_name(slug).lower()} in detail: measures, weight, steel and handle, what it is good for, how to "
                "look after it through the year, and what a repair costs.",
            )
            for slug in slugs
        )
    return docs


def _defective() -> list[tuple[Doc, str, str]]:
    """(page, id of the check that must fire, what was done to it)."""
    plain = {
        slug: _good(
            f"/offers/{slug}",
            _name(slug),
            f"{_name(slug)}: what we offer this season",
            f"{_name(slug)} in our workshop's offers of the season: what it is, whom it suits, how long it lasts, what "
            "it costs, and how you can order it from us.",
        )
        for slug in (
            "old-stock", "second-choice", "gift-boxes", "spare-handles", "sharpening", "workshop-days", "rental-tools",
            "autumn-sale", "spring-sale", "school-gardens", "wholesale", "members-only", "vouchers", "summer-list",
        )
    }  # fmt: skip
    replace = structs.replace
    return [
        (replace(plain["old-stock"], title=None), "title.missing", "no title"),
        (replace(plain["second-choice"], title="Second"), "title.too_short", "a title of six characters"),
        (
            replace(plain["gift-boxes"], title="Gift boxes with garden tools for birthdays, weddings, anniversaries, "
                    "new homes and everything else that people celebrate outdoors"),
            "title.too_long", "a title of 120 characters",
        ),
        (replace(plain["spare-handles"], description=None), "description.missing", "no meta description"),
        (replace(plain["sharpening"], h1=None), "h1.missing", "no h1"),
        (replace(plain["workshop-days"], robots="noindex"), "index.noindex", "noindex although it is in the sitemap"),
        (
            replace(plain["rental-tools"], body='<p><img src="/tools.svg" width="40" height="40"> The rack.</p>'),
            "image.alt_missing", "an image without alt attribute",
        ),
        (
            replace(plain["autumn-sale"], head='<link rel="canonical" href="/offers/spring-sale">'),
            "canonical.conflicting", "two canonical links that disagree",
        ),
        (replace(plain["spring-sale"], lang=None), "lang.missing", "no lang attribute"),
        (replace(plain["school-gardens"], paragraphs=1), "content.thin", "hardly any text"),
        (replace(plain["wholesale"], viewport=False), "mobile.viewport_missing", "no viewport"),
        (replace(plain["members-only"], schema='{"@context": "https://schema.org", "@type": '), "schema.parse_error",
         "JSON-LD that breaks off"),
        (
            replace(plain["vouchers"], body='<p><a href="javascript:void(0)">Order a voucher here</a></p>'),
            "link.uncrawlable", "a link that only a script can follow",
        ),
        (
            replace(plain["summer-list"], title="Second choice: what we offer this season",
                    body='<p>See <a href="/offers/gone">the winter list of the workshop</a>.</p>'),
            "link.broken_internal", "a link to a page that is not there",
        ),
    ]  # fmt: skip


_DEFECTIVE = _defective()
_DOCS = {doc.path: doc for doc in [*_regular(), *(doc for doc, _, _ in _DEFECTIVE)]}
_GONE = "/offers/gone"
_MOVED = "/offers/moved"
_FAULTY = "/offers/faulty"
_HIDDEN = "/internal/price-list"
_DOCS["/offers/twin"] = structs.replace(
    _DOCS["/offers/old-stock"],
    path="/offers/twin",
    text_of="/offers/twin",
    title="Twin: the same text under another address",
    description=_DOCS["/offers/second-choice"].description,
)
_DOCS["/offers/second-twin"] = structs.replace(
    _DOCS["/offers/twin"], path="/offers/second-twin", title="Second twin: the same text once more"
)
_DOCS[_HIDDEN] = _good(
    _HIDDEN,
    "Price list for the workshop",
    "Price list for the workshop, not for customers",
    "Prices as the workshop reckons with them: steel, wood, hours and postage, for every tool we make and every repair "
    "that we have done in the last ten years.",
)

PLANTED: tuple[Planted, ...] = (
    *(Planted(doc.path, check, what) for doc, check, what in _DEFECTIVE),
    Planted("/offers/second-choice", "description.duplicate", "the description of two other pages"),
    Planted("/offers/twin", "duplicate.exact", "the same text under two addresses"),
    Planted(_GONE, "status.4xx", "in the sitemap, but 404"),
    Planted(_FAULTY, "status.5xx", "in the sitemap, but 500"),
    Planted(_MOVED, "sitemap.redirect_url", "in the sitemap, but redirected"),
    Planted(_HIDDEN, "sitemap.blocked_url", "in the sitemap, but disallowed by robots.txt"),
    Planted(None, "https.page_http", "served over http"),
    Planted(None, "http.no_compression", "served without compression"),
    Planted(None, "security.referrer_policy", "no Referrer-Policy header"),
)
"""Every planted defect, as the demo's report and the tests read it."""

_CHILD = "/sitemap-offers.xml.gz"
_LASTMOD = "2026-10-01"
SITEMAPS = (("/sitemap.xml", None), ("/sitemap-shop.xml", "/sitemap.xml"), (_CHILD, "/sitemap.xml"))
"""(path, the index that lists it) of every sitemap."""


def paths() -> list[str]:
    """Every path that the sitemaps list."""
    return [*_DOCS, _GONE, _MOVED, _FAULTY]


def _urlset(base: str, listed: list[str]) -> bytes:
    entries = "".join(f"<url><loc>{base}{path}</loc><lastmod>{_LASTMOD}</lastmod></url>\n" for path in listed)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{entries}</urlset>\n"
    ).encode()


def _menu() -> str:
    listed = [(path, doc.h1 or doc.topic) for path, doc in _DOCS.items() if path.count("/") == 1 or path[-1] == "/"]
    return " ".join(f'<a href="{path}">{escape(name)}</a>' for path, name in listed)


def _siblings(path: str) -> str:
    folder = path[: path.rindex("/") + 1]
    if folder == "/":
        folder = "/offers/"
    listed = [
        f'<li><a href="{other}">{escape(doc.topic)} in our shop</a></li>'
        for other, doc in _DOCS.items()
        if other.startswith(folder) and other not in {path, _HIDDEN}
    ]
    return f"<aside><ul>{''.join(listed)}</ul></aside>"


_FILES = {
    "/favicon.svg": (
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M4 1v6" stroke="green"/></svg>',
    ),
    "/tools.svg": (
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M4 20h32" stroke="#444"/></svg>',
    ),
}


def _file(path: str, base: str) -> SampleResponse | None:
    if path == "/robots.txt":
        text = f"User-agent: *\nDisallow: /internal/\n\nSitemap: {base}/sitemap.xml\n"
        return SampleResponse(200, [("Content-Type", "text/plain; charset=utf-8")], text.encode())
    xml = [("Content-Type", "application/xml; charset=utf-8")]
    if path == "/sitemap.xml":
        children = "".join(f"<sitemap><loc>{base}{child}</loc></sitemap>\n" for child in ("/sitemap-shop.xml", _CHILD))
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        )
        return SampleResponse(200, xml, f"{head}\n{children}</sitemapindex>\n".encode())
    offers = [one for one in paths() if one.startswith(("/offers/", "/internal/"))]
    if path == "/sitemap-shop.xml":
        return SampleResponse(200, xml, _urlset(base, [one for one in paths() if one not in offers]))
    if path == _CHILD:
        return SampleResponse(
            200, [("Content-Type", "application/gzip")], gzip.compress(_urlset(base, offers), mtime=0)
        )
    if path in _FILES:
        kind, body = _FILES[path]
        return SampleResponse(200, [("Content-Type", kind)], body)
    return None


@lru_cache(maxsize=512)
def respond(target: str, method: str = "GET", base: str = "https://garden.example") -> SampleResponse:
    """The site's answer to a request for `target` (path and query); `base` is its origin, no slash at the end.

    Any method is answered as GET is; the query changes nothing.
    """
    del method
    path = target.partition("?")[0]
    found = _file(path, base)
    if found is not None:
        return found
    if path == _MOVED:
        return SampleResponse(301, [("Location", f"{base}/offers/vouchers"), *HEADERS], b"")
    if path == _FAULTY:
        return SampleResponse(500, list(HEADERS), b"<!doctype html><title>Fault</title><h1>Something broke</h1>")
    doc = _DOCS.get(path)
    if doc is None:
        return SampleResponse(404, list(HEADERS), b"<!doctype html><title>Not found</title><h1>Not found</h1>")
    body = render(doc, base, _menu(), _siblings(path))
    return SampleResponse(doc.status, [*HEADERS, *doc.headers], body)
