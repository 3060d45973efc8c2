"""`python -m tests.bench.export [PAGES]`: downloads of a large scan from a gateway process.

The pages are 200 judged ones of 40 kB, repeated under addresses of their own, put straight into Postgres. Rates count
the CPU of gateway and Postgres together: a client that reads slower than that costs no more.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import ClientSession, ClientTimeout
from msgspec import Struct
from psycopg.rows import dict_row

from deploy.local.embedded import embedded_services
from deploy.local.fleet import base_environment
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from shared import tokens, users
from shared.checks import catalogue
from shared.db.migrate import migrate
from shared.db.pool import Connection
from tests.bench.engine import jobs
from tests.bench.figures import Plan, Row, median, row
from tests.bench.postgres import cpu_of_server
from tests.bench.processes import cpu_of, peak, resident
from tests.bench.saved import load
from tests.integration.api_gateway.rows import add_issue, add_scan
from workers.scan_page import PageRow, judge_page

PAGES = 50_000
MADE = 200
ISSUES = 60
TIMES = 3
READY_SECONDS = 120.0
PEPPER = "only for the benchmark, thirty-two characters"
ROOT = Path(__file__).resolve().parents[2]
_MULTIPLY = (
    "INSERT INTO pages (scan_id, seq, url, final_url, status, score, title, depth, bytes, duration_ms, checks, findings, facts)"
    " SELECT scan_id, seq + %(step)s * n, url || '?n=' || n, final_url || '?n=' || n, status, score, title, depth, bytes,"
    " duration_ms, checks, findings, facts FROM pages, generate_series(1, %(times)s) AS n WHERE scan_id = %(scan)s"
)


class RefusedError(Exception):
    """The gateway gave no download; its answer."""


class Download(Struct, frozen=True):
    """One download: octets, seconds, CPU seconds of gateway and Postgres, megabytes that the gateway grew by."""

    octets: int
    seconds: float
    gateway: float
    postgres: float
    grown: float


async def _fill(database_url: str, pages: int) -> tuple[str, UUID]:
    """A user's key, and a complete scan of so many pages."""
    async with await Connection.connect(database_url, autocommit=True, row_factory=dict_row) as conn:
        user = await users.create(conn, email="bench@example.com", password="only for the benchmark", tier="enterprise")
        _, secret = await tokens.create(
            conn, user_id=user.id, name="bench", scopes=("read", "export"), mode="live", pepper=PEPPER
        )
        database: Any = conn
        scan_id = await add_scan(database, user)
        work = jobs(load(None, MADE))
        for job in work:
            judged = msgspec.msgpack.decode(judge_page(msgspec.msgpack.encode(job)), type=PageRow)
            await conn.execute(
                "INSERT INTO pages (scan_id, seq, url, final_url, status, score, title, depth, bytes, duration_ms, checks,"
                " findings, facts) VALUES (%s, %s, %s, %s, %s, %s, %s, 1, %s, 87, %s, %s, %s)",
                (
                    *(scan_id, judged.seq, judged.url, judged.final_url, judged.status, judged.score, judged.title),
                    *(judged.size, judged.checks, judged.findings.decode(), judged.facts.decode()),
                ),
            )
        await conn.execute(_MULTIPLY, {"scan": scan_id, "step": len(work), "times": pages // len(work) - 1})
        for check, _ in zip(sorted(catalogue()), range(ISSUES), strict=False):
            await add_issue(database, scan_id, check, pages=5)
        await conn.execute("VACUUM ANALYZE pages")
        return secret, scan_id


async def _download(url: str, key: str, gateway: int, postmaster: int) -> Download:
    before, octets = resident(gateway), 0
    Path(f"/proc/{gateway}/clear_refs").write_text("5")
    mine, theirs, began = cpu_of(gateway), cpu_of_server(postmaster), time.perf_counter()
    async with (
        ClientSession(timeout=ClientTimeout(total=600)) as session,
        session.get(url, headers={"Authorization": f"Bearer {key}"}) as response,
    ):
        if response.status != 200:
            raise RefusedError(await response.text())
        async for part in response.content.iter_any():
            octets += len(part)
    return Download(
        octets,
        time.perf_counter() - began,
        cpu_of(gateway) - mine,
        cpu_of_server(postmaster) - theirs,
        peak(gateway) - before,
    )


async def _measure(
    database_url: str, port: int, gateway: int, postmaster: int, pages: int
) -> dict[str, list[Download]]:
    key, scan_id = await _fill(database_url, pages)
    base, end = f"http://127.0.0.1:{port}", time.monotonic() + READY_SECONDS
    async with ClientSession() as session:
        while True:
            try:
                async with session.get(f"{base}/readyz"):
                    break
            except OSError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)
    found: dict[str, list[Download]] = {"json": [], "csv": [], "pdf": []}
    for number in range(TIMES + 1):
        for kind, downloads in found.items():
            try:
                one = await _download(f"{base}/api/v1/scans/{scan_id}/export/{kind}", key, gateway, postmaster)
            except RefusedError:
                if kind != "pdf":  # a report has a deadline by the clock, which a crowded machine may miss
                    raise
                continue
            if number:  # the first reads the pages from disk, and loads modules
                downloads.append(one)
    return found


def measure(pages: int) -> dict[str, list[Download]]:
    """Start a gateway on servers of its own and download three times each."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        services = stack.enter_context(embedded_services(Path(folder) / "data"))
        migrate(services.database_url)
        port = free_ports(1)[0]
        env = {
            **base_environment(),
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "SECRET_KEY": PEPPER,
            "GATEWAY_PORT": str(port),
            "LOG_LEVEL": "warning",
        }
        gateway = subprocess.Popen([sys.executable, "-m", "api_gateway"], env=env, cwd=ROOT)
        postmaster = services.postgres.pid
        assert postmaster is not None
        try:
            return asyncio.run(_measure(services.database_url, port, gateway.pid, postmaster, pages))
        finally:
            gateway.terminate()
            gateway.wait(READY_SECONDS)


def rows(_plan: Plan, pages: int = PAGES) -> list[Row]:
    """The table's lines."""
    found = measure(pages)
    made: list[Row] = []
    for kind, name in (("json", "JSON"), ("csv", "CSV")):
        cost = median([one.gateway + one.postgres for one in found[kind]])
        bound = 20_000.0 if kind == "json" else None
        made.append(
            row(
                "export",
                f"{name} of {pages:,} pages, of gateway and Postgres",
                pages / cost,
                "pages/CPU-s",
                least=bound,
            )
        )
        made.append(
            row("export", f"{name}: by the clock", pages / median([one.seconds for one in found[kind]]), "pages/s")
        )
        made.append(row("export", f"{name}: memory added to the gateway", max(one.grown for one in found[kind]), "MB"))
    reports = found["pdf"]
    if not reports:
        return [*made, Row("pdf", "no report was ready within the gateway's deadline", "-", "≤ 1 s", met=False)]
    costs = [one.gateway + one.postgres for one in reports]
    made.append(row("pdf", f"a report of {ISSUES} issues, {pages:,} pages: CPU", median(costs), "s", most=1.0))
    made.append(row("pdf", "the same by the clock", median([one.seconds for one in reports]), "s"))
    return made


def main(words: Sequence[str]) -> int:
    """Entry point; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=PAGES)
    found = rows(Plan(screen=Screen()), parser.parse_args(words).pages)
    for one in found:
        print(f"{one.what:60} {one.figure:>20}  {one.target:>18}  {'' if one.met is None else one.met}")  # noqa: T201
    return int(any(one.met is False for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
