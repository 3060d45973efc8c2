"""A site changed in twenty known ways: the difference of two scans of it tells of exactly those, and of nothing else."""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

import pytest
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from shared.checks import catalogue
from tests.e2e.conftest import Api
from tests.e2e.crawl_site import Site, serving

WATCHED = ("description.missing", "h1.missing", "lang.missing", "description.too_short")
"""Of the checks only these are on while the ways are counted: a page that is gone, say, is an issue as well, and so one
change would be told of twice."""
DESCRIPTION = "What this page of the little site is about, told in a sentence that is long enough for everybody."
ROBOTS = ("User-agent: *", "Disallow: /private/", "Disallow: /tmp/", "User-agent: SomeBot", "Disallow: /")
EVERYWHERE = "/", "/both"


class Doc(Struct, frozen=True, kw_only=True):
    """A page as far as it changes."""

    title: str = "One of the pages of this little site"
    description: str | None = DESCRIPTION
    h1: bool = True
    lang: bool = True
    head: str = ""
    tag: str | None = None
    status: int = 200
    to: str | None = None
    links: tuple[str, ...] = ()

    def text(self, path: str, here: str) -> str:
        """Its HTML, with words of its own."""
        described = "" if self.description is None else f'<meta name="description" content="{self.description}">'
        links = "".join(f'<p><a href="{link}">On to {link}</a></p>' for link in self.links)
        return (
            f"<!doctype html><html{' lang=en' if self.lang else ''}><head><title>{self.title}</title>{described}"
            f"{self.head.replace('{here}', here)}</head><body>{'<h1>About</h1>' if self.h1 else ''}"
            f"<p>What {path} tells.</p>{links}</body></html>"
        )


class Version(Struct, frozen=True, kw_only=True):
    """The whole site at one time. Sitemaps list paths, the index lists them all."""

    pages: dict[str, Doc]
    robots: tuple[str, ...]
    sitemaps: Mapping[str, tuple[str, ...]]


class Little(Site):
    """Serves a version, each answer with its ETag."""

    def __init__(self, version: Version) -> None:
        super().__init__({})
        self.version = version

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        path = request.raw_path
        self.hits[path] += 1
        doc = self.version.pages.get(path)
        if doc is None:
            return self._file(path)
        if doc.to is not None:
            return web.Response(status=doc.status, headers={"Location": doc.to})
        text = doc.text(path, self.address)
        headers = {"ETag": f'"{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"'}
        if doc.tag is not None:
            headers["X-Robots-Tag"] = doc.tag
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(status=doc.status, text=text, content_type="text/html", headers=headers)

    def _file(self, path: str) -> web.Response:
        if path == "/robots.txt":
            return web.Response(text="\n".join((*self.version.robots, f"Sitemap: {self.address}/sitemap.xml")))
        if path == "/sitemap.xml":
            maps = "".join(f"<sitemap><loc>{self.address}{one}</loc></sitemap>" for one in self.version.sitemaps)
            return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>')
        if self.version.sitemaps.get(path):
            urls = "".join(f"<url><loc>{self.address}{one}</loc></url>" for one in self.version.sitemaps[path])
            return _xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>')
        return web.Response(status=404, text=Doc().text(path, self.address), content_type="text/html")


def _xml(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/xml")


BEFORE = Version(
    pages={
        "/": Doc(
            links=("/both", "/vanishes", "/gone", "/moves", "/hops", "/titled", "/canonical", "/noindex", "/tagged")
        ),
        "/both": Doc(links=("/undescribed", "/headless", "/unlanged", "/unlanged-too", "/worded", "/in", "/out")),
        "/vanishes": Doc(),
        "/gone": Doc(),
        "/moves": Doc(),
        "/hops": Doc(status=302, to="/both"),
        "/titled": Doc(title="What this page was called before"),
        "/canonical": Doc(head='<link rel="canonical" href="{here}/canonical">'),
        "/noindex": Doc(),
        "/tagged": Doc(),
        "/undescribed": Doc(),
        "/headless": Doc(h1=False),
        "/unlanged": Doc(lang=False),
        "/unlanged-too": Doc(),
        "/worded": Doc(description="Short."),
        "/in": Doc(),
        "/out": Doc(),
    },
    robots=ROBOTS,
    sitemaps={"/a.xml": (*EVERYWHERE, "/out"), "/dropped.xml": EVERYWHERE, "/breaks.xml": EVERYWHERE},
)


def changed(before: Version) -> Version:
    """The site after its twenty changes."""
    pages = dict(before.pages)

    def change(path: str, **fields: Any) -> None:
        pages[path] = replace(pages[path], **fields)

    pages["/appears"] = Doc()  # 1: a page appeared
    del pages["/vanishes"]  # 2: a page vanished
    change("/", links=("/appears", *(link for link in pages["/"].links if link != "/vanishes")))
    change("/gone", status=404)  # 3: a page answers otherwise
    change("/moves", status=301, to="/both")  # 4: a page redirects
    change("/hops", status=301)  # 5: a redirect is of another kind
    change("/titled", title="What this page is called from now on")  # 6: a title
    change("/canonical", head='<link rel="canonical" href="{here}/both">')  # 7: a canonical
    change("/noindex", head='<meta name="robots" content="noindex">')  # 8: a page may no longer be indexed
    change("/tagged", tag="nosnippet")  # 9: a directive in the response's header
    change("/undescribed", description=None)  # 10: an issue is new
    change("/headless", h1=True)  # 11: an issue is fixed
    change("/unlanged-too", lang=False)  # 12: an issue is on more pages
    change("/worded", description="Shorter still")  # 13: an issue says something else
    robots = (*before.robots[:2], *before.robots[3:4], "Disallow: /cart/", *before.robots[4:])  # 14 and 15: its lines
    sitemaps = {
        "/a.xml": (*EVERYWHERE, "/in"),  # 16 and 17: a URL is listed, another one no longer
        "/added.xml": EVERYWHERE,  # 18 and 19: a sitemap appeared, another one vanished
        "/breaks.xml": (),  # 20: a sitemap is still named, and answers 404
    }
    return Version(pages=pages, robots=robots, sitemaps=sitemaps)


EXPECTED = {
    "pages appeared: /appears 200",
    "pages vanished: /vanishes 200",
    "pages changed: /gone status 200 → 404",
    "pages changed: /moves redirect None → 301 /both",
    "pages changed: /hops redirect 302 /both → 301 /both",
    "pages changed: /titled title What this page was called before → What this page is called from now on",
    "pages changed: /canonical canonical /canonical → /both",
    "pages changed: /noindex noindex False → True, robots  → noindex",
    "pages changed: /tagged robots  → nosnippet",
    "issues new: description.missing 0 → 1",
    "issues fixed: h1.missing 1 → 0",
    "issues changed: lang.missing 1 → 2, new 1, fixed 0, changed 0",
    "issues changed: description.too_short 1 → 1, new 0, fixed 0, changed 1",
    "robots added: Disallow: /cart/",
    "robots removed: Disallow: /tmp/",
    "sitemaps urls_appeared: /in",
    "sitemaps urls_vanished: /out",
    "sitemaps appeared: /added.xml 200",
    "sitemaps vanished: /dropped.xml 200",
    "sitemaps changed: /breaks.xml status 200 → 404",
}


def shown(value: Any) -> str:
    """A status, a text, a flag or a redirect."""
    redirect = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    return f"{redirect['status']} {redirect['url']}" if redirect else str(value)


def words(item: str | dict[str, Any]) -> str:
    """An item of a section of pages, sitemaps or lines."""
    if isinstance(item, str):
        return item
    changes = {name: told for name, told in item.items() if isinstance(told, dict)}
    if not changes:
        return f"{item['url']} {item['status']}"
    told = (f"{name} {shown(one['before'])} → {shown(one['after'])}" for name, one in changes.items())
    return f"{item['url']} {', '.join(told)}"


def issue_words(one: dict[str, Any]) -> str:
    """An issue of any section."""
    line = f"{one['check']} {one['pages_before']} → {one['pages_after']}"
    figures = [f"{name} {one[f'pages_{name}']}" for name in ("new", "fixed", "changed") if f"pages_{name}" in one]
    return ", ".join([line, *figures])


def all_of(diff: dict[str, Any], here: str) -> list[str]:
    """Everything that a difference tells of, a line each, without the site's address."""
    found: list[str] = []
    for group in ("pages", "robots", "sitemaps"):
        parts: dict[str, Any] = diff[group]
        for section in parts.keys() - {"reordered", "status"}:
            assert parts[section]["total"] == len(parts[section]["items"])
            found += [f"{group} {section}: {words(item)}" for item in parts[section]["items"]]
    assert not diff["robots"]["reordered"]
    assert "status" not in diff["robots"]
    issues = diff["issues"]
    still = [one for one in issues["persisting"] if one["changed"]]
    for section, ones in {"new": issues["new"], "fixed": issues["fixed"], "changed": still}.items():
        found += [f"issues {section}: {issue_words(one)}" for one in ones]
    return [line.replace(here, "") for line in found]


async def compared(api: Api, site: Little, *versions: Version, **options: Any) -> list[Any]:
    """The difference of each version's scan from the one before it."""
    scans: list[str] = []
    for version in versions:
        site.version = version
        scan = await api.scan(site.address + "/", "crawl", **options)
        assert (scan["status"], scan["result"]["incomplete"]) == ("complete", None)
        scans.append(scan["scan_id"])
    return [await api("GET", f"/scans/{after}/diff?against={before}") for before, after in pairwise(scans)]


@pytest.mark.timeout(300)
async def test_a_site_changed_in_twenty_ways(api: Api) -> None:
    others = [check for check in catalogue() if check not in WATCHED]
    site = Little(BEFORE)
    async with serving(site):
        there, back = await compared(api, site, BEFORE, changed(BEFORE), BEFORE, disable_checks=others)
        assert sorted(all_of(there, site.address)) == sorted(EXPECTED)
        assert len(EXPECTED) == len(all_of(back, site.address)) == 20


@pytest.mark.timeout(300)
async def test_an_unchanged_site_has_no_difference(api: Api) -> None:
    """With every check, whether the scan before was the first or found everything changed, by ETag or anew."""
    site = Little(BEFORE)
    async with serving(site):
        after = changed(BEFORE)
        first, _, later = await compared(api, site, BEFORE, BEFORE, after, after)
        assert first["issues"]["persisting"]
        assert all_of(first, site.address) == all_of(later, site.address) == []
        assert first["score_change"] == 0
