"""A stop, or the end of the scan's row, reaches workers that are in the middle of pages; an idle fleet ends at once."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from deploy.local.fleet import ROOT, base_environment
from deploy.local.ports import free_ports
from deploy.local.process import spawn_command
from deploy.local.record import running_fleet
from tests.chaos.estate import NAMES, Estate
from tests.chaos.figures import Other
from tests.chaos.load import OPTIONS, Caller, make_users
from tests.chaos.machine import slowdown

pytestmark = pytest.mark.timeout(300)

STOP_SECONDS = 5.0
IDLE_SECONDS = 3.0
UP_SECONDS = 120.0


async def begun(estate: Estate, session: ClientSession, caller: Caller, mode: str, host: str) -> str:
    """A scan that a worker holds and that doesn't end by itself: each of the site's pages takes minutes."""
    headers = {"Authorization": f"Bearer {caller.key}"}
    body = {"url": f"http://{host}:{estate.site_port}/", "mode": mode, "options": OPTIONS}
    address = f"http://127.0.0.1:{estate.ports['gateway-1']}/api/v1/scans"
    async with session.post(address, json=body, headers=headers) as response:
        answer = await response.json()
    assert response.status == 202, answer
    scan_id: str = answer["data"]["scan_id"]
    kind = "single" if mode == "single" else "fetch"
    query = "SELECT 1 FROM chunks WHERE scan_id = %s AND kind = %s AND status = 'running'"
    async with asyncio.timeout(60):
        while not await estate.ask(query, scan_id, kind):
            await asyncio.sleep(0.05)
    return scan_id


async def test_a_stop_reaches_workers_within_seconds(estate: Estate, table: list[Any]) -> None:
    await asyncio.to_thread(estate.control, reset=True, delay=300.0)
    (caller,) = await make_users(estate, 1, f"stop-{time.time_ns()}")
    headers = {"Authorization": f"Bearer {caller.key}"}
    taken: dict[str, float] = {}
    try:
        async with ClientSession() as session:
            for number, mode in enumerate(("single", "sitemap", "crawl")):
                scan_id = await begun(estate, session, caller, mode, f"127.90.0.{number + 1}")
                began = time.monotonic()
                # The gateway that didn't accept it: nothing is told from process to process.
                address = f"http://127.0.0.1:{estate.ports['gateway-2']}/api/v1/scans/{scan_id}"
                async with session.post(f"{address}/stop", headers=headers) as response:
                    assert response.status == 200, await response.text()
                status = "running"
                while status == "running":
                    assert time.monotonic() - began < STOP_SECONDS * slowdown() + 30, f"{mode} didn't stop"
                    await asyncio.sleep(0.05)
                    async with session.get(address, headers=headers) as response:
                        status = (await response.json())["data"]["status"]
                taken[mode] = time.monotonic() - began
                assert status == "stopped"
                held = "SELECT 1 FROM chunks WHERE scan_id = %s AND status = 'running'"
                assert await estate.ask(held, scan_id) == []
    finally:
        await asyncio.to_thread(estate.control, delay=0.05)
    notes = ", ".join(f"{mode} {seconds:.1f} s" for mode, seconds in taken.items())
    table.append(Other("a running scan is stopped", f"from the request until the status says so: {notes}"))
    assert max(taken.values()) <= STOP_SECONDS * slowdown(), notes


async def test_a_deleted_scan_is_let_go_within_seconds(estate: Estate) -> None:
    await asyncio.to_thread(estate.control, reset=True, delay=300.0)
    (caller,) = await make_users(estate, 1, f"delete-{time.time_ns()}")
    try:
        async with ClientSession() as session:
            scan_id = await begun(estate, session, caller, "sitemap", "127.91.0.1")
        async with asyncio.timeout(10):  # the row says so a moment before the worker does
            while inflight(estate) == 0:
                await asyncio.sleep(0.05)
        await estate.ask("DELETE FROM users WHERE id = %s", caller.id)
        assert await estate.ask("SELECT 1 FROM scans WHERE id = %s", scan_id) == []
        began = time.monotonic()
        while inflight(estate) > 0:
            assert time.monotonic() - began <= STOP_SECONDS * slowdown(), "workers go on with a scan that is gone"
            await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(estate.control, delay=0.05)


def test_an_idle_fleet_ends_at_once(tmp_path: Path, table: list[Any]) -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-P", "-m", "deploy.local", "up", "--port", str(port), "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        spawn_command(command), env=base_environment(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            began = time.monotonic()
            while (fleet := running_fleet(tmp_path / "data")) is None or len(fleet.pids) < 4:
                assert time.monotonic() - began < UP_SECONDS, "it didn't come up"
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                time.sleep(0.05)
            began, slower = time.monotonic(), slowdown()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            seconds = time.monotonic() - began
        finally:
            process.kill()
    table.append(
        Other("an idle fleet is stopped", f"gateway, scheduler, two workers and both servers: {seconds:.1f} s")
    )
    assert seconds <= IDLE_SECONDS * max(slower, slowdown())


def inflight(estate: Estate) -> float:
    """Chunks that the workers say they hold."""
    found = 0.0
    for name in NAMES:
        if name.startswith("worker"):
            text = estate.metrics_text(name)
            found += sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("worker_inflight "))
    return found
