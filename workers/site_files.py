"""robots.txt of a scan: fetched once, kept in Postgres, read by every chunk."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shared.checks.site import RobotsFile, SiteInputs, SitemapFile
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.page import Fetched
from shared.robots import Robots, from_fetch
from shared.scans import Work
from shared.tracing import traced
from shared.urls import same_host
from workers.fetch import discovery
from workers.probes.inputs import load_probes, with_probes
from workers.rescan.before import robots_hash, site_before
from workers.sample_fetch import fetch_sample
from workers.spans import of_robots
from workers.workshop import Workshop, fetch_options

CUT_SHORT = {
    "budget": "the limit of pages was reached",
    "depth": "pages deeper than the limit were left out",
    "trap": "endless sets of addresses were left out",
    "time": "the time for a scan was over",
}
"""What cut a scan short, for people."""

_SQL = queries("results")
_URLS = queries("urls")
_OK = range(200, 300)


def robots_url(url: str) -> str:
    """Where the robots.txt that governs `url` lives (RFC 9309 section 2.3)."""
    return "/".join(url.split("/", 3)[:3]) + "/robots.txt"


@traced("robots.fetch", of_robots)
async def fetch_robots(shop: Workshop, scan: Work, url: str) -> Fetched:
    """Fetch robots.txt for `url`; politeness doesn't count this request."""
    if scan.test:
        return fetch_sample(robots_url(url), scan.url, shop.clock.now())
    origin = "/".join(url.split("/", 3)[:3])
    _, fetched = await discovery.fetch_robots(shop.fetcher, origin, fetch_options(scan, shop.settings))
    return fetched


def file_of(fetched: Fetched) -> tuple[int | None, bytes]:
    """(status, body) as kept; None without an answer. A redirect that leads nowhere counts as missing."""
    unfinished = {"too_many_redirects", "redirect_loop", "bad_redirect"}
    whole = fetched.error is None or fetched.error.kind in unfinished
    return (fetched.status if whole else None, fetched.body)


def robots_of(fetched: Fetched) -> Robots:
    """What the answer allows."""
    return parsed(*file_of(fetched))


def _facts(fetched: Fetched) -> dict[str, Any]:
    return {
        "error": fetched.error.kind if fetched.error else None,
        "hops": len(fetched.redirects or ()),
        "content_type": next((v for n, v in fetched.headers or () if n.lower() == "content-type"), None),
    }


def robots_file_of(fetched: Fetched) -> RobotsFile:
    """A fetched robots.txt as the site-level checks see it."""
    return robots_input(fetched.url, *file_of(fetched), _facts(fetched))


async def save_robots(conn: Connection, scan_id: UUID, fetched: Fetched) -> None:
    """Keep robots.txt for the scan's other chunks and for its site-level checks."""
    await conn.execute(
        _SQL["save_file"],
        {
            "scan_id": scan_id,
            "n": 0,
            "kind": "robots",
            "url": fetched.url,
            "status": file_of(fetched)[0],
            "body": file_of(fetched)[1],
            "facts": Jsonb(_facts(fetched)),
        },
    )


@lru_cache(maxsize=64)
def parsed(status: int | None, body: bytes) -> Robots:
    """What the answer allows; parsed once per process."""
    return from_fetch(status, body)


async def load_robots(conn: Connection, scan_id: UUID) -> tuple[int | None, bytes]:
    """The scan's robots.txt as it was read."""
    row = await (await conn.execute(_SQL["robots"], {"scan_id": scan_id})).fetchone()
    return (row["status"], bytes(row["body"] or b"")) if row else (404, b"")


def at_home(scan: Work, robots_at: str) -> Work:
    """The scan as one of the host to which its start page leads, going by where robots.txt was read.

    "www." or its lack makes no other host, and subdomains don't where they are asked for.
    """
    host, home = urlsplit(scan.url).hostname or "", urlsplit(robots_at).hostname or ""
    if same_host(home, host, bool(scan.options.get("include_subdomains", False))):
        return scan
    return msgspec.structs.replace(scan, url="/".join(robots_at.split("/", 3)[:3]) + "/")


async def settled(conn: Connection, scan: Work) -> Work:
    """The scan `at_home`, once its plan has been begun."""
    row = await (await conn.execute(_SQL["robots"], {"scan_id": scan.id})).fetchone()
    return at_home(scan, row["url"]) if row else scan


def robots_input(url: str, status: int | None, body: bytes, facts: dict[str, Any]) -> RobotsFile:
    """robots.txt as the site-level checks see it."""
    return RobotsFile(
        url=url,
        robots=parsed(status, body),
        status=status,
        hops=facts.get("hops", 0),
        error=facts.get("error"),
        content_type=facts.get("content_type"),
        hash=robots_hash(body) if status in _OK else "",
    )


async def _start(conn: Connection, scan: Work) -> str:
    """A crawl's first page: by the scheme that answered, and without tracking parameters."""
    if scan.mode != "crawl":
        return scan.url
    row = await (await conn.execute(_URLS["start"], {"scan_id": scan.id})).fetchone()
    return str(row["url"]) if row else scan.url


async def site_inputs(conn: Connection, scan: Work) -> SiteInputs:
    """What the site-level analysis knows besides pages."""
    rows = await (await conn.execute(_SQL["files"], {"scan_id": scan.id})).fetchall()
    robots = next((row for row in rows if row["kind"] == "robots"), None)
    sitemaps = tuple(msgspec.convert(row["facts"], SitemapFile) for row in rows if row["kind"] == "sitemap")
    home = at_home(scan, robots["url"]) if robots else scan
    inputs = SiteInputs(
        start_url=await _start(conn, scan),
        complete=scan.mode == "crawl" and scan.incomplete is None,
        reason=CUT_SHORT.get(scan.incomplete or "", ""),
        robots=robots_input(robots["url"], robots["status"], bytes(robots["body"] or b""), robots["facts"])
        if robots
        else None,
        sitemaps=sitemaps if scan.mode != "single" else None,
        previous=await site_before(conn, scan),
        moved_to=home.url if home is not scan else "",
        skipped=scan.skips,
        suppressed=tuple(scan.options.get("disable_checks") or ()),
    )
    return with_probes(inputs, scan, await load_probes(conn, scan))
