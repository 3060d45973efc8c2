"""What one scan and one page cost each part of the fleet: the figures of docs/capacity.md."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import DictRow
from redis.asyncio import Redis

from deploy.local.loadtest.driving import MANNERS, MAX_PAGES, Posted, post, post_session
from deploy.local.loadtest.hosts import address, host
from deploy.local.loadtest.measured import connect, usage, wait_for_end

PARTS = ("gateway", "scheduler", "worker", "postgres", "valkey")
WARM_SCANS = 30
IDLE_SECONDS = 20.0
SETTLE_SECONDS = 3.0
"""After the last scan's end: what is counted late (a heartbeat, a gauge) belongs to it."""
LARGE_SITE = 100
"""Pages from which a simulated host is one of the large sites."""
END_SECONDS = 900.0
AT_ONCE = 16
LEAST_SHOWN = 5.0
"""Bytes of a table below which it isn't shown."""
WHOLE = 100

_TABLES = "SELECT relname, pg_total_relation_size(relid)::bigint AS bytes FROM pg_stat_user_tables"
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS bytes"
_COUNT = sql.SQL("SELECT count(*) AS rows FROM {}")

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Phase:
    """What a load cost, and how many scans and pages it came to."""

    name: str
    scans: int
    pages: int
    seconds: float
    cost: Figures
    tables: Mapping[str, tuple[float, float]]
    """Rows and bytes by table."""


@dataclass(frozen=True, slots=True)
class Fleetwide:
    """Where to look: servers, processes by part, and how to ask for scans."""

    database_url: str
    redis_url: str
    address: str
    key: str
    pids: Mapping[str, Sequence[int]]
    port: int
    seed: int


async def figures(fleet: Fleetwide) -> tuple[Figures, dict[str, tuple[float, float]]]:
    """Counters as they are now; rows and bytes by table."""
    found: Figures = {f"{part}: CPU, ms": usage(fleet.pids.get(part, ())).cpu * 1000 for part in PARTS}
    tables: dict[str, tuple[float, float]] = {}
    async with await connect(fleet.database_url) as conn:
        for row in await (await conn.execute(_TABLES)).fetchall():
            counted = await (await conn.execute(_COUNT.format(sql.Identifier(row["relname"])))).fetchone()
            tables[row["relname"]] = (counted["rows"] if counted else 0, row["bytes"])
        found["Postgres: WAL, bytes"] = _number(await (await conn.execute(_WAL)).fetchone())
    return found | await _of_redis(fleet.redis_url), tables


def _number(row: DictRow | None) -> float:
    return float(row["bytes"]) if row is not None else 0.0


async def _of_redis(url: str) -> Figures:
    redis: Any = Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]
    async with redis:
        told = await redis.info("everything")
    pushed = told.get("cmdstat_rpush", {}).get("calls", 0)
    return {
        "Redis: messages": pushed,
        "Redis: commands": told["total_commands_processed"],
        "Redis: bytes in and out": told["total_net_input_bytes"] + told["total_net_output_bytes"],
        "Redis: AOF, bytes": told.get("aof_current_size", 0),
        "Redis: memory kept, bytes": told["used_memory"],
    }


async def measured(fleet: Fleetwide, name: str, load: Callable[[], Awaitable[tuple[int, int]]], idle: Figures) -> Phase:
    """A load's cost, without what the idle fleet costs in the same time (`idle`, a second)."""
    before, tables_before = await figures(fleet)
    began = time.monotonic()
    scans, pages = await load()
    await asyncio.sleep(SETTLE_SECONDS)
    seconds = time.monotonic() - began
    after, tables = await figures(fleet)
    cost = {one: after[one] - before[one] - idle.get(one, 0.0) * seconds for one in after}
    grown = {
        table: (rows - tables_before[table][0], size - tables_before[table][1])
        for table, (rows, size) in tables.items()
    }
    return Phase(name, scans, pages, seconds, cost, grown)


async def measure(fleet: Fleetwide, scans: int, sites: int, hosts: int) -> list[Phase]:
    """Warm up, then an idle fleet, then single scans, then sitemap scans of large sites."""
    large = [number for number in range(hosts) if host(fleet.seed, number).pages >= LARGE_SITE][:sites]

    async def singles(first: int, count: int) -> tuple[int, int]:
        return await _scans(fleet, [(number % hosts, "single") for number in range(first, first + count)])

    async def nothing() -> tuple[int, int]:
        await asyncio.sleep(IDLE_SECONDS)
        return 1, 1

    await singles(0, WARM_SCANS)
    still = await measured(fleet, "a second of an idle fleet", nothing, {})
    idle = {name: value / still.seconds for name, value in still.cost.items()}
    return [
        await measured(fleet, "a single scan", lambda: singles(WARM_SCANS, scans), idle),
        await measured(
            fleet, "a page of a large site", lambda: _scans(fleet, [(number, "sitemap") for number in large]), idle
        ),
        Phase(still.name, 1, 1, still.seconds, idle, {}),
    ]


async def _scans(fleet: Fleetwide, asked: Sequence[tuple[int, str]]) -> tuple[int, int]:
    """Do these scans; how many ended, and how many pages they had."""
    posted = Posted()
    free = asyncio.Semaphore(AT_ONCE)
    before = {row["id"] for row in await wait_for_end(fleet.database_url, END_SECONDS)}
    async with post_session() as session, asyncio.TaskGroup() as group:

        async def one(number: int, mode: str) -> None:
            options = MANNERS if mode == "single" else {**MANNERS, "max_pages": MAX_PAGES}
            body = {"url": f"http://{address(number)}:{fleet.port}/", "mode": mode, "options": options}
            async with free:
                await post(session, fleet.address, fleet.key, body, posted)

        for number, mode in asked:
            group.create_task(one(number, mode))
    rows = [row for row in await wait_for_end(fleet.database_url, END_SECONDS) if row["id"] not in before]
    ended = [row for row in rows if row["status"] != "running"]
    if posted.failed or posted.refused or len(ended) != len(asked):
        message = f"of {len(asked)} scans {len(ended)} ended, {posted.refused} were refused, {posted.failed} failed"
        raise RuntimeError(message)
    return len(ended), sum(row["done"] for row in ended)


def report(phases: Sequence[Phase], memory: Mapping[str, float]) -> str:
    """The tables as Markdown: cost of each phase's scan, page or second, and what it leaves in Postgres."""
    units = [phase.pages if "page" in phase.name else phase.scans for phase in phases]
    heads = [phase.name for phase in phases]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name in phases[0].cost:
        values = [phase.cost[name] / unit for phase, unit in zip(phases, units, strict=True)]
        lines.append(f"| {name} | " + " | ".join(_shown(value) for value in values) + " |")
    lasting = [(phase, unit) for phase, unit in zip(phases, units, strict=True) if phase.tables]
    lines += ["", "| Postgres | " + " | ".join(f"{phase.name}: rows, bytes" for phase, _ in lasting) + " |"]
    lines += ["|---|" + "---|" * len(lasting)]
    for table in sorted({table for phase, _ in lasting for table in phase.tables}):
        cells = [tuple(value / unit for value in phase.tables.get(table, (0.0, 0.0))) for phase, unit in lasting]
        if any(size >= LEAST_SHOWN for _, size in cells):
            lines.append(f"| {table} | " + " | ".join(f"{rows:.2f}, {size:.0f}" for rows, size in cells) + " |")
    sums = [[sum(one[at] for one in phase.tables.values()) / unit for at in (0, 1)] for phase, unit in lasting]
    lines.append("| all | " + " | ".join(f"{rows:.2f}, {size:.0f}" for rows, size in sums) + " |")
    lines += ["", "Most memory, MB: " + ", ".join(f"{part} {most:.0f}" for part, most in memory.items()) + "."]
    counts = [f"{phase.scans} scans with {phase.pages} pages in {phase.seconds:.0f} s" for phase, _ in lasting]
    return "\n".join([*lines, "", "Measured over " + ", then ".join(counts) + "."])


def _shown(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= WHOLE else f"{value:.2f}"
