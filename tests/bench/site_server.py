"""Serves the measured pages on loopback: `python -m tests.bench.site_server PORT PAGES [FOLDER]`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from tests.bench.saved import load

HOST = "127.0.0.1"
READY_PATH = "/__ready"


def make_app(base: str, pages: dict[str, bytes], wanted: int) -> web.Application:
    """The site with its robots.txt and sitemap. Too few pages are served again under other addresses."""
    listed = [path if not n else f"{path}?again={n}" for n in range(-(-wanted // len(pages))) for path in pages][
        :wanted
    ]
    locations = "".join(f"<url><loc>{base}{path}</loc></url>" for path in listed)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'.encode()
    texts = {
        READY_PATH: (b"ready\n", "text/plain"),
        "/robots.txt": (f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n".encode(), "text/plain"),
        "/sitemap.xml": (sitemap, "application/xml"),
    }

    async def handle(request: web.Request) -> web.Response:
        if request.path in texts:
            body, kind = texts[request.path]
            return web.Response(body=body, content_type=kind)
        page = pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return web.Response(body=page, content_type="text/html", charset="utf-8")

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    return app


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    port, wanted, *folder = arguments
    pages = load(Path(folder[0]) if folder else None, int(wanted))
    app = make_app(f"http://{HOST}:{port}", pages, int(wanted))
    web.run_app(app, host=HOST, port=int(port), print=None, access_log=None, shutdown_timeout=1.0)


if __name__ == "__main__":
    main(sys.argv[1:])
