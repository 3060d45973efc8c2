"""Monitors of a running fleet, by its command line: what is due runs, once, and shows how its score went."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import Api, Fleet

RUNS = """
SELECT r.outcome, s.status FROM monitor_runs r JOIN scans s ON s.id = r.scan_id WHERE r.monitor_id = %s ORDER BY r.due_at
"""


@pytest.mark.timeout(300)
async def test_from_the_command_line(fleet: Fleet, sample_site: str) -> None:
    async def command(*words: str) -> str:
        return await asyncio.to_thread(fleet._run, "monitors", *words)

    async def ran(*outcomes: str) -> None:
        wanted = [{"outcome": outcome, "status": "complete"} for outcome in outcomes]
        async with asyncio.timeout(90):
            while await asyncio.to_thread(fleet.sql, RUNS, made) != wanted:
                await asyncio.sleep(0.2)

    made = await command("create", sample_site, "--name", "Shop", "--schedule", "0 6 * * *", "--timezone", "Asia/Tokyo")
    scan_id = await command("run", "Shop")
    await ran("by_hand")
    fleet.sql("UPDATE monitors SET next_run_at = now() WHERE id = %s RETURNING id", made)
    await ran("by_hand", "started")
    shown = json.loads(await command("show", "Shop", "--json"))
    assert [one["outcome"] for one in shown["runs"]] == ["started", "by_hand"]
    assert (shown["id"], shown["last"]["scan_id"]) == (made, shown["runs"][0]["scan_id"])
    assert shown["runs"][1]["scan_id"] == scan_id
    assert datetime.fromisoformat(shown["next_run_at"]) > datetime.now(UTC)
    await command("change", "Shop", "--alert", "score_below=100", "--alert", "score_below=50", "--exclude", "/x")
    await command("run", "Shop")
    await ran("by_hand", "started", "by_hand")
    shown = json.loads(await command("show", "Shop", "--json"))
    assert ([one["score"] for one in shown["alerts"]], shown["options"]) == ([100.0, 50.0], {"exclude": ["/x"]})
    (home, *earlier) = json.loads(await command("history", "Shop", "--page", sample_site.upper(), "--json"))
    assert (home["score"], home["status"], len(earlier)) == (shown["last"]["score"], 200, 2)
    async with asyncio.timeout(30):
        while "score_below:100" not in await command("alerts", "Shop"):
            await asyncio.sleep(0.2)
    await command("pause", made)
    listed = await command("list")
    assert made in listed
    assert "paused" in listed
    await command("resume", made)
    assert fleet.sql("SELECT enabled FROM monitors WHERE id = %s", made) == [{"enabled": True}]
    await command("delete", "Shop")
    assert fleet.sql("SELECT monitor_id FROM scans WHERE id = %s", scan_id) == [{"monitor_id": None}]


async def test_an_unchanged_site_is_taken_over(api: Api, numbered_site: Callable[..., Any]) -> None:
    """A second run of a monitor knows the first one's pages: its scans are of one owner, host and mode."""
    site = await numbered_site(20)
    body = {"url": site.address, "mode": "sitemap", "schedule": "daily", "options": {"delay_ms": 0}}
    monitor = await api("POST", "/monitors", json=body)
    scans = []
    for _ in range(2):
        started = await api("POST", f"/monitors/{monitor['id']}/run")
        scans.append(await api.finished(started["scan_id"]))
    assert [scan["monitor_id"] for scan in scans] == [monitor["id"]] * 2
    runs = (await api("GET", f"/monitors/{monitor['id']}/runs"))["items"]
    assert [run["score"] for run in runs] == [scan["result"]["score"] for scan in reversed(scans)]
    history = await api("GET", f"/monitors/{monitor['id']}/history", params={"url": f"{site.address}/p/3"})
    assert [point["scan_id"] for point in history["items"]] == [scan["scan_id"] for scan in reversed(scans)]
    assert all(point["status"] == 200 and point["score"] is not None for point in history["items"])
