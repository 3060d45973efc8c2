"""robots.txt of a scan: fetched once, kept in Postgres, read by every chunk."""

from functools import lru_cache
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.db.pool import Connection
from shared.db.queries import queries
from shared.page import Fetched
from shared.robots import Robots, from_fetch
from shared.scans import Work
from workers.fetch.options import Caps
from workers.sample_fetch import fetch_sample
from workers.workshop import Workshop, fetch_options

MAX_BODY = 600_000
"""A little more than the 500 KiB that are read, so that "too large" can be told."""
MAX_REDIRECTS = 5

_SQL = queries("results")


def robots_url(url: str) -> str:
    """Where the robots.txt that governs `url` lives (RFC 9309 section 2.3)."""
    return "/".join(url.split("/", 3)[:3]) + "/robots.txt"


async def fetch_robots(shop: Workshop, scan: Work, url: str) -> Fetched:
    """Fetch robots.txt for `url`; politeness doesn't count this request."""
    if scan.test:
        return fetch_sample(robots_url(url), scan.url, shop.clock.now())
    options = fetch_options(scan, shop.settings)
    return await shop.fetcher.probe(robots_url(url), options, limit=MAX_BODY, caps=Caps(total=15.0))


async def save_robots(conn: Connection, scan_id: UUID, fetched: Fetched) -> None:
    """Keep robots.txt for the scan's other chunks and for its site-level checks."""
    facts = {
        "error": fetched.error.kind if fetched.error else None,
        "redirects": len(fetched.redirects or ()),
        "content_type": next((v for n, v in fetched.headers or () if n.lower() == "content-type"), None),
    }
    await conn.execute(
        _SQL["save_file"],
        {
            "scan_id": scan_id,
            "n": 0,
            "kind": "robots",
            "url": fetched.url,
            "status": file_of(fetched)[0],
            "body": file_of(fetched)[1],
            "facts": Jsonb(facts),
        },
    )


@lru_cache(maxsize=64)
def parsed(status: int | None, body: bytes) -> Robots:
    """What the answer allows; parsed once per process."""
    return from_fetch(status, body)


def file_of(fetched: Fetched) -> tuple[int | None, bytes]:
    """(status or None when unreachable, body) as kept."""
    return (fetched.status if fetched.error is None else None, fetched.body[:MAX_BODY])


async def load_robots(conn: Connection, scan_id: UUID) -> tuple[int | None, bytes]:
    """The scan's robots.txt as it was read."""
    row = await (await conn.execute(_SQL["robots"], {"scan_id": scan_id})).fetchone()
    return (row["status"], bytes(row["body"] or b"")) if row else (404, b"")
