"""kill -9 of a worker in the middle of a sitemap scan ends in the same result."""

import asyncio
import os
import signal
from typing import Any

from tests.e2e.conftest import Api, Fleet, api, fleet, numbered_site  # noqa: F401 - fixtures

PAGES = 300


def outcome(fleet: Fleet, scan_id: str) -> Any:  # noqa: F811
    pages = fleet.sql(
        "SELECT seq, status, score, title, checks FROM pages WHERE scan_id = %s ORDER BY seq", scan_id
    )
    issues = fleet.sql(
        "SELECT check_id, severity, pages, share FROM issues WHERE scan_id = %s ORDER BY 1, 2", scan_id
    )
    scan = fleet.sql("SELECT status, score, found, done, failed FROM scans WHERE id = %s", scan_id)
    events = fleet.sql("SELECT kind FROM events WHERE scan_id = %s", scan_id)
    return pages, issues, scan, events


async def test_same_result(api: Api, fleet: Fleet, numbered_site: Any) -> None:  # noqa: F811
    site = await numbered_site(PAGES, 0.05)
    calm = await api.scan(site.address + "/", "sitemap", concurrency=4)
    site.hits.clear()
    started = await api("POST", "/scans", json={"url": site.address + "/", "mode": "sitemap", "options": {"concurrency": 4}})
    while len(site.hits) < PAGES // 4:
        await asyncio.sleep(0.02)
    victim = fleet.pids("workers")[0]
    committed = {
        row["url"] for row in fleet.sql("SELECT url FROM pages WHERE scan_id = %s", started["scan_id"])
    }
    os.kill(victim, signal.SIGKILL)
    stormy = await api.finished(started["scan_id"], 80)
    assert outcome(fleet, stormy["scan_id"]) == outcome(fleet, calm["scan_id"])
    again = [path for path, hits in site.hits.items() if hits > 1 and site.address + path in committed]
    assert again == []
