"""A site of any size on loopback: `python -m tests.bench.many_pages PORT PAGES`.

Small pages (1.5 kB, 8 links), made when they are asked for, each with an address, title and text of its own; a sitemap
index with a file for every 50,000.
"""

import sys
from collections.abc import Sequence

import uvloop
from aiohttp import web

HOST = "127.0.0.1"
READY_PATH = "/__ready"
PER_FILE = 50_000
_SECTIONS = 500
_LINKS = 8


def page(number: int, pages: int) -> bytes:
    """One page: it links to the start, its neighbours and a few others."""
    others = "".join(
        f'<li><a href="{path((number * (n + 3) + n) % pages)}">Item {(number * (n + 3) + n) % pages}</a></li>'
        for n in range(_LINKS)
    )
    words = " ".join(f"stone{number % 9973} edge{n} of the knife number {number}" for n in range(12))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Item {number} of the catalogue</title>'
        f'<meta name="description" content="What there is to say about item {number}, its edge and its stone.">'
        f'</head><body><main><h1>Item {number}</h1><p>{words}.</p><ul>{others}</ul><a href="/">Start</a></main></body></html>'
    ).encode()


def path(number: int) -> str:
    """Where a page lives; 0 is the start page."""
    return f"/section-{number % _SECTIONS}/item-{number}.html" if number else "/"


def sitemap(base: str, first: int, last: int) -> bytes:
    """One file."""
    listed = "".join(f"<url><loc>{base}{path(n)}</loc></url>\n" for n in range(first, last))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>'.encode()


def make_app(base: str, pages: int) -> web.Application:
    """The site."""
    files = range(0, pages, PER_FILE)
    index = "".join(f"<sitemap><loc>{base}/sitemap-{n}.xml</loc></sitemap>" for n in files)
    texts = {
        READY_PATH: (b"ready\n", "text/plain"),
        "/robots.txt": (f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n".encode(), "text/plain"),
        "/sitemap.xml": (
            f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{index}</sitemapindex>'.encode(),
            "application/xml",
        ),
    }

    async def handle(request: web.Request) -> web.Response:
        where = request.path
        if where in texts:
            body, kind = texts[where]
            return web.Response(body=body, content_type=kind)
        if where.startswith("/sitemap-"):
            first = int(where[9:-4])
            return web.Response(body=sitemap(base, first, min(first + PER_FILE, pages)), content_type="application/xml")
        number = 0 if where == "/" else int(where.rpartition("item-")[2].removesuffix(".html") or -1)
        if path(number) != where or number >= pages:
            raise web.HTTPNotFound
        return web.Response(body=page(number, pages), content_type="text/html", charset="utf-8")

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    return app


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    port, pages = map(int, arguments)
    app = make_app(f"http://{HOST}:{port}", pages)
    web.run_app(
        app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1.0, loop=uvloop.new_event_loop()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
