"""A little site on loopback, before and after twenty changes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from tests.e2e.crawl_site import Site

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
