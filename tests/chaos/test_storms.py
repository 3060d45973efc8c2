"""Every fault that a fleet must survive, each alone, at a random moment under load (`./scanfleet test --chaos`)."""

import asyncio
import random
import subprocess
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from deploy.local import postgres as embedded_postgres
from tests.chaos import faults, sites
from tests.chaos.estate import Estate
from tests.chaos.estate import estate as running_estate
from tests.chaos.figures import Other
from tests.chaos.load import Load, Spec, make_users
from tests.chaos.storm import begin, storm
from tests.chaos.wires import wire

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
PAGE_SECONDS = 30.0

PLAIN: dict[str, faults.Any] = {
    "worker: kill -9": faults.worker_killed,
    "worker: SIGTERM": faults.worker_drained,
    "worker: SIGSTOP beyond its lease": faults.worker_paused,
    "scheduler: leader kill -9": faults.leader_killed,
    "Redis: kill -9, 6 s away": faults.redis_killed,
    "Redis: FLUSHALL": faults.redis_emptied,
    "Redis: SIGSTOP 20 s": faults.redis_stalled,
    "Postgres: immediate restart": faults.postgres_restarted,
    "Postgres: all connections ended": faults.connections_terminated,
    "Postgres: SIGSTOP 20 s": faults.postgres_stalled,
    "every message three times": faults.messages_tripled,
}


@pytest.mark.parametrize("name", PLAIN)
async def test_fault(name: str, estate: Estate, seed: int, scans_count: int, table: list[Any]) -> None:
    table.append(await storm(estate, seed, scans_count, name, PLAIN[name]))


async def test_all_workers_gone(
    estate: Estate, seed: int, scans_count: int, table: list[Any], request: pytest.FixtureRequest
) -> None:
    seconds = 60.0 if request.config.getoption("--long") else 25.0
    table.append(await storm(estate, seed, scans_count, "all workers gone", faults.workers_gone(seconds)))


async def test_gateway_killed_between_commit_and_enqueue(
    estate: Estate, seed: int, scans_count: int, table: list[Any]
) -> None:
    kills = 0
    folder = _sockets(estate, "g")

    def on_request(data: bytes) -> bool:
        nonlocal kills
        if kills < 3 and b".msgs" in data:
            kills += 1
            estate.kill("gateway-1")
            return False
        return True

    async def fault(estate: Estate, _rng: random.Random) -> dict[str, Any]:
        callers = await make_users(estate, 4, f"killer-{seed}-{time.time_ns()}")
        asked = 0
        # The storm's own requests may have met the gateway there already.
        load = Load(estate, [], callers, seed, over=0.0)
        while kills < 3:
            assert asked < 200, "the gateway was never met between commit and enqueue"
            hosts = range(asked, asked + 20)
            wanted = [Spec(i % 4, f"http://127.20.0.{i + 1}:{estate.site_port}/", "single") for i in hosts]
            load = Load(estate, wanted, callers, seed, over=6.0)
            async with load.watched():
                await load.post()
                asked += 20
                await load.ended(time.monotonic())
        assert await load.rows() == (asked, asked)
        return {"gateways_killed_before_the_message_left": kills, "scans_asked_for_meanwhile": asked}

    async with wire(folder / "r", estate.services.valkey.socket_path, on_request):
        await estate.relaunch("gateway-1", {"REDIS_URL": f"unix://{folder}/r?db=0"})
        try:
            row = await storm(estate, seed, scans_count, "gateway: kill -9 between commit and enqueue", fault)
        finally:
            await estate.relaunch("gateway-1", {})
    table.append(row)


async def test_worker_cut_off_from_postgres(estate: Estate, seed: int, scans_count: int, table: list[Any]) -> None:
    folder = _sockets(estate, "w")
    target = estate.services.postgres.sockets / ".s.PGSQL.5432"
    async with wire(folder / ".s.PGSQL.5432", target) as line:

        async def fault(estate: Estate, _rng: random.Random) -> dict[str, Any]:
            async with asyncio.timeout(30):
                while not await estate.ask("SELECT 1 FROM chunks WHERE worker = 'worker-1' AND status = 'running'"):
                    await asyncio.sleep(0.05)
            began = time.monotonic()
            line.cut()
            seconds = await faults.held_by(estate, ["worker-1"], began)
            await asyncio.sleep(max(0.0, 26 - (time.monotonic() - began)))
            line.mend()
            await asyncio.sleep(2)
            return {"taken_over": seconds, "cut_for": f"{time.monotonic() - began - 2:.0f} s"}

        url = f"postgresql:///scanfleet?host={quote(str(folder), safe='/')}&user=scanfleet"
        await estate.relaunch("worker-1", {"DATABASE_URL": url})
        try:
            row = await storm(estate, seed, scans_count, "worker: cut off from Postgres, its writes come late", fault)
        finally:
            await estate.relaunch("worker-1", {})
    table.append(row)


@contextmanager
def _clock(monkeypatch: pytest.MonkeyPatch, file: Path) -> Iterator[dict[str, str]]:
    library = next((one for one in FAKETIME if Path(one).exists()), None)
    assert library is not None
    env = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    plain = embedded_postgres._environment
    monkeypatch.setattr(embedded_postgres, "_environment", lambda: plain() | env)
    yield env
    monkeypatch.undo()


async def test_clock_jumps(
    estate: Estate, seed: int, scans_count: int, table: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "clocks jump an hour ahead and back"
    if not any(Path(one).exists() for one in FAKETIME):
        table.append(Other(name, "NOT RUN: libfaketime is not installed"))
        pytest.skip("NOT RUN: libfaketime is not installed (apt-get install libfaketime)")
    file = _sockets(estate, "t") / "clock"
    file.write_text("+0\n")
    file.chmod(0o644)
    for folder in (file.parent, file.parent.parent):
        folder.chmod(0o755)
    skewed = ("worker-1", "scheduler-1", "scheduler-2", "gateway-1")

    async def fault(estate: Estate, _rng: random.Random) -> dict[str, Any]:
        seen: list[float] = []
        for offset in ("+1h", "-1h", "+0"):
            file.write_text(f"{offset}\n")
            await asyncio.sleep(0.3)
            rows = await estate.ask("SELECT extract(epoch FROM clock_timestamp())::float8 AS at")
            seen.append(rows[0]["at"] - time.time())
            await asyncio.sleep(5)
        assert [round(one / 600) for one in seen] == [6, -6, 0], seen
        return {"of": "Postgres, both schedulers, a gateway and a worker"}

    with _clock(monkeypatch, file) as env:
        estate.services.postgres.stop()
        estate.services.postgres.start()
        for one in skewed:
            await estate.relaunch(one, env)
        row = await storm(estate, seed, scans_count, name, fault)
    estate.services.postgres.stop()
    estate.services.postgres.start()
    for one in skewed:
        await estate.relaunch(one, {})
    table.append(row)


@asynccontextmanager
async def _small_disk(folder: Path, megabytes: int) -> AsyncGenerator[None]:
    await asyncio.to_thread(
        subprocess.run, ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True
    )
    try:
        yield
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", "-l", str(folder)], check=False)


async def test_disk_full(seed: int, scans_count: int, table: list[Any], tmp_path: Path) -> None:
    name = "Postgres: disk full for 10 s"
    probe = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if probe.returncode != 0:
        table.append(Other(name, "NOT RUN: mounting is not allowed here"))
        pytest.skip("NOT RUN: mounting a small tmpfs is not allowed here")
    subprocess.run(["umount", str(tmp_path)], check=True)

    async def fault(estate: Estate, _rng: random.Random) -> dict[str, Any]:
        ballast = tmp_path / "ballast"

        def fill() -> None:
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * 65_536)

        kept_alive = estate.services.postgres
        end = time.monotonic() + 10.0
        crashes = 0
        try:
            while time.monotonic() < end:
                await asyncio.to_thread(fill)
                await asyncio.sleep(0.3)
        finally:
            ballast.unlink(missing_ok=True)
        if kept_alive.poll() is not None:
            crashes = 1
            kept_alive.start()
        return {"crashes_of_Postgres": crashes}

    # Room for the load itself and its log of writes (1 GB before a checkpoint at most); the rest is filled.
    async with _small_disk(tmp_path, 400 + 2 * scans_count):
        with running_estate(tmp_path) as estate:
            if not estate.services.postgres.place.data_dir.is_relative_to(tmp_path):
                table.append(Other(name, "NOT RUN: Postgres can't keep its data on the small disk here"))
                pytest.skip("NOT RUN: Postgres can't keep its data on the small disk here")
            table.append(await storm(estate, seed, scans_count, name, fault))


async def _beside(estate: Estate, seed: int, count: int, name: str, odd: Spec, table: list[Any], limit: float) -> Any:
    """A storm whose fault is a page: the scan of it beside all others, which must not notice. Its outcome."""
    found: list[dict[str, Any]] = []

    async def fault(estate: Estate, _rng: random.Random) -> dict[str, Any]:
        callers = await make_users(estate, 1, f"odd-{seed}-{time.time_ns()}")
        load = Load(estate, [odd], callers, seed, over=0.0)
        began = time.monotonic()
        async with load.watched():
            await load.post()
            await load.ended(began, limit)
        seconds = time.monotonic() - began
        found.extend((await load.outcome()).values())
        return {"its_scan_took": f"{seconds:.0f} s"}

    table.append(await storm(estate, seed, count, name, fault))
    (outcome,) = found
    assert outcome["status"] == "complete"
    assert len(outcome["pages"]) == sites.PAGES
    return {page["url"].rpartition("/")[2]: page for page in outcome["pages"]}


async def test_slow_drip(estate: Estate, seed: int, scans_count: int, table: list[Any]) -> None:
    odd = Spec(0, f"http://127.68.0.1:{estate.site_port}/", "sitemap")
    pages = await _beside(estate, seed, scans_count, "a page that drips a byte a second", odd, table, 120)
    assert pages.pop(str(sites.ODD))["error"] == "timeout"
    assert {page["error"] for page in pages.values()} == {None}


async def test_page_that_kills_its_parser(estate: Estate, seed: int, scans_count: int, table: list[Any]) -> None:
    odd = Spec(0, f"http://127.67.0.1:{estate.site_port}/", "sitemap")
    estate.modules["worker"] = "tests.chaos.fragile"
    try:
        for name in ("worker-1", "worker-2"):
            await estate.relaunch(name, {})
        pages = await _beside(estate, seed, scans_count, "a page that kills its parser", odd, table, 120)
    finally:
        estate.modules["worker"] = "workers"
        for name in ("worker-1", "worker-2"):
            await estate.relaunch(name, {})
    assert pages.pop(str(sites.ODD))["error"] == "parser_killed"
    assert {page["error"] for page in pages.values()} == {None}


async def test_page_that_kills_its_worker(estate: Estate, seed: int, scans_count: int, table: list[Any]) -> None:
    odd = Spec(0, f"http://127.66.0.1:{estate.site_port}/", "sitemap")
    pages = await _beside(estate, seed, scans_count, "a page that kills its worker, again and again", odd, table, 300)
    assert pages.pop(str(sites.ODD))["error"] == "parser_killed"
    assert {page["error"] for page in pages.values()} == {None}


async def test_begin_is_bounded(estate: Estate) -> None:
    """Users of a storm start with nothing: the comparison would else find what was there before."""
    load = await begin(estate, 1, 0)
    assert await load.rows() == (0, 0)


def _sockets(estate: Estate, name: str) -> Path:
    """A short path: sockets have 107 bytes."""
    folder = estate.services.valkey.sockets.resolve().parent / f"wire-{name}"
    folder.mkdir(exist_ok=True)
    return folder
