"""Serves the simulated hosts, each on a loopback address of its own: ``simulator PORT HOSTS SEED AT_ONCE``.

It watches how it is asked: ``/__watched`` tells of requests for pages, and of those that came while a host was
answering ``AT_ONCE`` already.
"""

import asyncio
import resource
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial

import uvloop
from aiohttp import web

from deploy.local.loadtest import hosts

READY_PATH, WATCHED_PATH = "/__ready", "/__watched"
OWN = "127.0.0.1"
SPARE_FILES = 4_096


class Web:
    """All hosts, and who asks them."""

    def __init__(self, count: int, seed: int, at_once: int) -> None:
        """``at_once`` is how many requests for pages a polite crawler has under way at one host."""
        self.count, self.seed, self.at_once = count, seed, at_once
        self.numbers = {hosts.address(number): number for number in range(count)}
        self.host = lru_cache(count)(partial(hosts.host, seed))
        self.busy: Counter[int] = Counter()
        self.requests = self.impolite = self.most = 0
        self.asked: set[int] = set()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer as the host that was asked."""
        name = request.host.partition(":")[0]
        if name == OWN:
            return self._own(request.path)
        number = self.numbers.get(name)
        if number is None:
            return web.Response(status=421, text="no such host")
        if request.path == "/robots.txt":
            return web.Response(text=f"User-agent: *\nAllow: /\nSitemap: http://{request.host}/sitemap.xml\n")
        if request.path == "/sitemap.xml":
            entries = "".join(
                f"<url><loc>http://{request.host}/p/{n}</loc></url>" for n in range(self.host(number).pages)
            )
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=text, content_type="application/xml")
        return await self._page(request.path, number)

    async def _page(self, path: str, number: int) -> web.Response:
        self.requests += 1
        self.asked.add(number)
        self.busy[number] += 1
        self.most = max(self.most, self.busy[number])
        self.impolite += self.busy[number] > self.at_once
        try:
            return await self._body(path, number)
        finally:
            self.busy[number] -= 1
            if not self.busy[number]:
                del self.busy[number]

    async def _body(self, path: str, number: int) -> web.Response:
        site = self.host(number)
        page = 0 if path == "/" else int(path[3:]) if path.startswith("/p/") and path[3:].isdecimal() else -1
        if not 0 <= page < site.pages:
            return web.Response(status=404, text="<h1>nothing here</h1>", content_type="text/html")
        told = hosts.answer(self.seed, number, page, site.latency)
        await asyncio.sleep(told.seconds)
        text = hosts.html(self.seed, number, page, site.pages, told.size)
        return web.Response(status=told.status, text=text, content_type="text/html")

    def _own(self, path: str) -> web.Response:
        if path == WATCHED_PATH:
            told = {"requests": self.requests, "hosts": len(self.asked), "most": self.most, "impolite": self.impolite}
            return web.json_response(told)
        return web.Response(text="ready\n")


def listen(count: int, port: int) -> list[socket.socket]:
    """A listening socket on every host's address. Raises OSError where the machine has only one loopback address."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, count + SPARE_FILES), most))
    sockets: list[socket.socket] = []
    for name in (OWN, *(hosts.address(number) for number in range(count))):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((name, port))
        sockets.append(one)
    return sockets


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    port, count, seed, at_once = (int(word) for word in arguments)
    app = web.Application()
    app.router.add_get("/{path:.*}", Web(count, seed, at_once).answer)
    web.run_app(
        app, sock=listen(count, port), print=None, access_log=None, shutdown_timeout=1.0, loop=uvloop.new_event_loop()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
