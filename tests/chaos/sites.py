"""`python -m tests.chaos.sites PORT`: the web that the storms scan, a process of its own so that nothing stalls it.

Every address in 127.0.0.0/8 is a site of its own with the same shape: a home page, robots.txt, a sitemap, and numbered
pages that form a tree. Of 127.10.…, most have 3 pages, some have more than one commit's, a few more than one chunk's.
127.66.…, 127.67.… and 127.68.… each have one page that is not like the others.
"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from functools import cache

from aiohttp import web

PAGES = 24
SMALL, LARGE = 3, 120
SITES = "127.10."
ODD = 5
"""The number of the special page."""
POISON, KILLER, DRIP = "127.66.", "127.67.", "127.68."
DRIP_SECONDS = 120
WORDS = "anchor basil copper delta ember fjord glacier harbour island juniper kernel lantern meadow nickel".split()


def pages_on(host: str) -> int:
    """Pages of a site besides its home page: a commit takes 10, a chunk 50."""
    if not host.startswith(SITES):
        return PAGES
    third, fourth = host.partition(":")[0].split(".")[2:]
    number = int(third) * 250 + int(fourth) - 1
    if number % 200 == 5:
        return LARGE
    return PAGES if number % 40 in {1, 13} else SMALL


class Web:
    """All sites, what was asked of them, and what webhooks told."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.hooks: Counter[str] = Counter()
        self.pids: dict[str, int] = {}
        self.delay = 0.05
        self.kills = 0
        self.pages = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        host, path = request.host, request.path
        base = f"http://{host}"
        self.hits[base + path] += 1
        if path == "/robots.txt":
            return web.Response(text=f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n")
        if path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{base}/p/{i}</loc></url>" for i in range(pages_on(host)))
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=text, content_type="application/xml")
        if path != "/" and not path.startswith("/p/"):
            return web.Response(status=404, text="<h1>Nothing here</h1>", content_type="text/html")
        self.pages += host.startswith(SITES)
        await asyncio.sleep(self.delay * random.uniform(0.5, 1.5))
        number = -1 if path == "/" else int(path[3:])
        if number == ODD:
            if host.startswith(POISON):
                return await self._poison(request)
            if host.startswith(DRIP):
                return await self._drip(request)
        return web.Response(
            text=page(base, number, pages_on(host)), content_type="text/html", status=500 if number == 7 else 200
        )

    async def _poison(self, request: web.Request) -> web.StreamResponse:
        name = request.headers.get("User-Agent", "").rpartition("; ")[2].rstrip(")")
        pid = self.pids.get(name)
        if pid is not None:
            self.kills += 1
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(60)
        return web.Response(text="too late")

    @staticmethod
    async def _drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        for _ in range(DRIP_SECONDS):
            await response.write(b"<")
            await asyncio.sleep(1)
        return response

    async def hook(self, request: web.Request) -> web.Response:
        self.hooks[request.headers["X-Scanfleet-Delivery"]] += 1
        await request.read()
        return web.Response(text="ok")

    async def told(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.pids |= body.get("pids", {})
        self.delay = body.get("delay", self.delay)
        if body.get("reset"):
            self.hits.clear()
            self.hooks.clear()
            self.pages = 0
        counted = {"hits": self.hits, "hooks": self.hooks} if body.get("every") else {}
        return web.json_response({**counted, "pages": self.pages, "kills": self.kills})


@cache
def words(number: int) -> str:
    """The text of a page, which no other page of its site has."""
    rng = random.Random(f"{number}")
    return " ".join(rng.choice(WORDS) for _ in range(120))


def page(base: str, number: int, pages: int) -> str:
    """A page of a site with that many."""
    children = [0] if number < 0 else [one for one in range(3 * number + 1, 3 * number + 4) if one < pages]
    links = "".join(f'<a href="/p/{one}">On to page {one}</a> ' for one in children)
    title = "" if number % 6 == 3 else f"<title>Page {number} about {WORDS[number % 14]} and more</title>"
    image = '<img src="/p/i.png">' if number % 4 == 2 else ""
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8>{title}</head><body><h1>Page {number}</h1>"
        f"<p>{words(number)} {number}</p>{image}<a href='{base}/'>Home</a> {links}</body></html>"
    )


def main() -> None:
    sites = Web()
    app = web.Application()
    app.router.add_post("/__control", sites.told)
    app.router.add_post("/__hook", sites.hook)
    app.router.add_get("/{path:.*}", sites.answer)
    web.run_app(app, host="0.0.0.0", port=int(sys.argv[1]), print=None, access_log=None, handle_signals=True)


if __name__ == "__main__":
    main()
