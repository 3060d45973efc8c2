"""Monitors of a running fleet, by its command line: what is due runs, once, and shows how its score went."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.conftest import Api, Fleet


async def until(ask: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await ask():
            await asyncio.sleep(0.2)


async def test_from_the_command_line(fleet: Fleet, sample_site: str) -> None:
    async def command(*words: str) -> str:
        return await asyncio.to_thread(fleet._run, "monitors", *words)

    async def shown() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await command("show", "Shop", "--json"))
        return found

    made = await command("create", sample_site, "--name", "Shop", "--schedule", "0 6 * * *", "--timezone", "Asia/Tokyo")
    assert made in await command("list")
    scan_id = await command("run", "Shop")

    async def complete() -> bool:
        return (await shown())["runs"][0]["status"] == "complete"

    await until(complete)
    monitor = await shown()
    assert (monitor["id"], monitor["runs"][0]["outcome"], monitor["runs"][0]["scan_id"]) == (made, "by_hand", scan_id)
    assert monitor["last"]["scan_id"] == scan_id
    assert f"{monitor['last']['score']:.1f}" in await command("show", "Shop")

    fleet.sql("UPDATE monitors SET next_run_at = now() WHERE id = %s RETURNING id", made)

    async def ran() -> bool:
        return [one["outcome"] for one in (await shown())["runs"]] == ["started", "by_hand"]

    await until(ran)
    await until(complete)
    await command("pause", made)
    assert (await shown())["enabled"] is False
    assert "paused" in await command("list")
    await command("resume", made)
    assert (await shown())["next_run_at"].endswith("Z")
    await command("delete", "Shop")
    assert made not in await command("list")
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
