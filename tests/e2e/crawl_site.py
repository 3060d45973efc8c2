"""Loopback sites for crawls: pages by path, with exact links, and a count of how often each was asked for."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct

Answer = Callable[[web.Request], web.StreamResponse]


class Doc(Struct, frozen=True, kw_only=True):
    """A page. `links` are hrefs as written; `head` is HTML."""

    links: Sequence[str] = ()
    nofollow: Sequence[str] = ()
    head: str = ""
    status: int = 200


Pages = Mapping[str, Doc | str | Answer]


def html(path: str, doc: Doc) -> str:
    """The page's HTML, with a text of its own."""
    anchors = "".join(f'<p><a href="{href}">Chapter {n} after {path}</a></p>' for n, href in enumerate(doc.links))
    anchors += "".join(f'<p><a rel="nofollow" href="{href}">Part {n}</a></p>' for n, href in enumerate(doc.nofollow))
    return (
        f'<!doctype html><html lang="en"><head><title>The page at {path} of the site</title>{doc.head}</head>'
        f"<body><main><h1>About {path}</h1><p>What {path} tells.</p>{anchors}</main></body></html>"
    )


class Site:
    """Pages by path and query; `{here}` in hrefs and sitemaps becomes the site's address."""

    def __init__(self, pages: Pages, *, robots: str = "", sitemap: Sequence[str] = ()) -> None:
        """A str is a redirect's target. `robots` are lines of robots.txt; `sitemap` lists paths."""
        self.pages = pages
        self.robots = robots
        self.sitemap = sitemap
        self.address = ""
        self.hits: Counter[str] = Counter()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        path = request.raw_path
        self.hits[path] += 1
        if path == "/robots.txt":
            line = f"Sitemap: {self.address}/sitemap.xml\n" if self.sitemap else ""
            return web.Response(text=f"{self.robots}\n{line}")
        if path == "/sitemap.xml" and self.sitemap:
            entries = "".join(f"<url><loc>{self.address}{one}</loc></url>" for one in self.sitemap)
            xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=xml, content_type="application/xml")
        found = self.pages.get(path)
        if found is None:
            return web.Response(status=404, text=html(path, Doc()), content_type="text/html")
        if isinstance(found, str):
            return web.Response(status=301, headers={"Location": found.replace("{here}", self.address)})
        if isinstance(found, Doc):
            text = html(path, found).replace("{here}", self.address)
            return web.Response(status=found.status, text=text, content_type="text/html")
        return found(request)


@asynccontextmanager
async def serving(site: Site, host: str = "127.0.0.1") -> AsyncGenerator[Site]:
    """Serve the site for the length of the block."""
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    server = TestServer(app, host=host)
    await server.start_server(shutdown_timeout=0.5)  # workers keep their connections open
    try:
        site.address = f"http://{host}:{server.port}"
        yield site
    finally:
        await server.close()
