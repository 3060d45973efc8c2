"""robots.txt of a scan's other origins: subdomains, other ports, the other scheme. Each rules its own origin only.

RFC 9309 section 2.3.
"""

import asyncio

from shared.robots import Robots
from shared.scans import Work
from workers.site_files import fetch_robots, robots_of
from workers.workshop import Workshop


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


class OtherRobots:
    """Fetched when a page of that origin comes up, and kept for a chunk: as many origins as it has pages at most."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._found: dict[str, asyncio.Task[Robots]] = {}

    async def of(self, shop: Workshop, scan: Work, url: str, own: Robots) -> Robots:
        """The rules for `url`; `own` are those of the start URL's origin."""
        origin = _origin(url)
        if scan.test or origin == _origin(scan.url):
            return own
        task = self._found.get(origin)
        if task is None:
            task = self._found[origin] = asyncio.create_task(_fetched(shop, scan, url))
        return await task

    def known(self, url: str, own: Robots) -> Robots:
        """As `of`, without asking: `own` where nobody has asked."""
        task = self._found.get(_origin(url))
        return task.result() if task is not None and task.done() and not task.cancelled() else own


async def _fetched(shop: Workshop, scan: Work, url: str) -> Robots:
    return robots_of(await fetch_robots(shop, scan, url))
