"""The rules of politeness that a scan's options, robots.txt and the operator's networks come to."""

from contextlib import AbstractAsyncContextManager

from shared.manners import manners
from shared.robots import Robots
from shared.scans import Work
from shared.settings import Settings
from workers.fetch.pace import Rules
from workers.fetch.politeness import PATIENCE, Slot, host_key
from workers.workshop import Workshop


def rules_of(settings: Settings, scan: Work, robots: Robots, url: str) -> Rules:
    """How the scan may ask the host of `url`. Crawl-delay is for the host as a whole, and can only slow it down."""
    asked = manners(scan.options, url, settings.allow_networks)
    crawl_delay = robots.crawl_delay(scan.options.get("user_agent") or settings.user_agent) or 0.0
    return Rules(
        owner=str(scan.id),
        concurrency=asked.concurrency,
        delay=asked.delay_ms,
        crawl_delay=round(crawl_delay * 1000),
    )


def host_slot(
    shop: Workshop, scan: Work, robots: Robots, url: str, *, patience: float = PATIENCE
) -> AbstractAsyncContextManager[Slot]:
    """Wait for the host's turn. Raises `NotBefore` when it is further off than `patience` seconds."""
    rules = rules_of(shop.settings, scan, robots, url)
    return shop.politeness.slot(host_key(url), rules, patience=patience)
