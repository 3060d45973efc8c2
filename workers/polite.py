"""The rules of politeness that a scan's options, robots.txt and the operator's networks come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.network import in_networks
from shared.robots import Robots
from shared.scans import Work
from shared.settings import Settings
from workers.fetch.politeness import NotBefore, Slot, host_key
from workers.fetch.pace import Rules
from workers.workshop import Workshop

DEFAULT_CONCURRENCY = 3
DEFAULT_DELAY_MS = 500
LOCAL_CONCURRENCY = 10
LOCAL_DELAY_MS = 0

__all__ = ["NotBefore", "host_slot", "rules_of"]


def local(url: str, settings: Settings) -> bool:
    """Whether the host is one of the operator's own: an address in ALLOW_NETWORKS, or localhost where that is one."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return in_networks(address, settings.allow_networks)


def rules_of(settings: Settings, scan: Work, robots: Robots, url: str) -> Rules:
    """How the scan may ask the host of `url`. Crawl-delay is for the host as a whole, and can only slow it down."""
    near = local(url, settings)
    concurrency = scan.options.get("concurrency") or (LOCAL_CONCURRENCY if near else DEFAULT_CONCURRENCY)
    delay = scan.options.get("delay_ms")
    if delay is None:
        delay = LOCAL_DELAY_MS if near else DEFAULT_DELAY_MS
    crawl_delay = robots.crawl_delay(scan.options.get("user_agent") or settings.user_agent) or 0.0
    return Rules(
        owner=str(scan.id), concurrency=concurrency, delay=delay, crawl_delay=round(crawl_delay * 1000)
    )


@asynccontextmanager
async def host_slot(shop: Workshop, scan: Work, robots: Robots, url: str) -> AsyncIterator[Slot]:
    """Wait for the host's turn. Raises `NotBefore` when it is too far off."""
    rules = rules_of(shop.settings, scan, robots, url)
    async with shop.politeness.slot(host_key(url), rules) as slot:
        yield slot
