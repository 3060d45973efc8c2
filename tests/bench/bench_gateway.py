"""`python -m tests.bench.bench_gateway`: the gateway per core-second, beside a bare aiohttp handler in the same run.

Rows: GET a scan's status, POST a scan (both limits, durable insert, message), a 429 of the request limit. Servers and load
are on loopback; every row runs for a few seconds over kept connections, between two runs of the bare handler, and the
median of the rounds' ratios is told: on a busy machine the yardstick itself varies by a half. CPU is the server process's
own (/proc), so the load generator beside it doesn't count; latencies do suffer from it on a small machine.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector
from psycopg.rows import dict_row

from deploy.local.embedded import embedded_services
from deploy.local.ports import free_ports
from shared import tokens, users
from shared.db.migrate import migrate
from shared.db.pool import Connection
from tests.bench.figures import Plan, Row, row
from tests.bench.processes import cpu_of

PEPPER = "only for the benchmark, thirty-two characters"
CONNECTIONS = 16
ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"GET a scan": 25.0, "POST a scan": 15.0, "429 of the request limit": 50.0}
"""Least per core-second, as a percentage of what the bare handler reaches."""
Figures = dict[str, float]
Ask = Callable[..., Awaitable[Any]]
BARE = """
import sys, uvloop
from aiohttp import web
async def hello(request): return web.json_response({"success": True, "data": {"status": "running"}})
app = web.Application(); app.router.add_get("/", hello)
async def main():
    runner = web.AppRunner(app, access_log=None); await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    import asyncio; await asyncio.Event().wait()
uvloop.run(main())
"""


async def drive(pid: int, seconds: float, ask: Any) -> dict[str, float]:
    """Ask over all connections for that long; requests per core-second, and latencies in milliseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    began = cpu_of(pid)

    async def one() -> None:
        while (start := time.perf_counter()) < end:
            await ask()
            times.append((time.perf_counter() - start) * 1000)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    spent = max(cpu_of(pid) - began, 1e-6)
    times.sort()
    return {
        "per core-s": len(times) / spent,
        "per s": len(times) / seconds,
        "p50 ms": statistics.median(times),
        "p99 ms": times[int(len(times) * 0.99)],
    }


async def accounts(database_url: str) -> tuple[str, str]:
    """A key without limits to speak of, and one whose request limit is a single request a minute."""
    async with await Connection.connect(database_url, autocommit=True, row_factory=dict_row) as conn:
        secrets: list[str] = []
        for name, figures in (
            ("free", {"single": 1_000_000, "requests": 6_000_000, "burst": 6_000_000, "running": 1_000_000}),
            ("bound", {"requests": 1, "burst": 1}),
        ):
            email = f"{name}@example.com"
            user = await users.create(conn, email=email, password="only for the benchmark", tier="pro")
            await users.update(conn, email, overrides=figures)
            _, secret = await tokens.create(
                conn, user_id=user.id, name="bench", scopes=("read", "scan"), mode="live", pepper=PEPPER
            )
            secrets.append(secret)
        return secrets[0], secrets[1]


async def ready(ask: Ask, url: str, headers: dict[str, str]) -> None:
    """Wait until the server answers, for at most 20 s."""
    for _ in range(200):
        try:
            await ask("GET", url, headers, 200)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return
    message = f"no answer from {url}"
    raise TimeoutError(message)


async def measure(
    gateway: tuple[int, int], bare: tuple[int, int], keys: tuple[str, str], seconds: float, rounds: int
) -> dict[str, Figures]:
    """All rows, by name; the figures of the round whose ratio is the median."""
    base, yardstick = f"http://127.0.0.1:{gateway[1]}/api/v1", f"http://127.0.0.1:{bare[1]}/"
    connector = TCPConnector(limit=CONNECTIONS)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=30)) as session:
        free, bound = ({"Authorization": f"Bearer {key}"} for key in keys)

        async def ask(method: str, url: str, headers: dict[str, str], *expected: int, body: Any = None) -> Any:
            async with session.request(method, url, headers=headers, json=body) as response:
                answer = await response.json()
                assert response.status in expected, answer
                return answer

        async def bare_rate() -> float:
            return (await drive(bare[0], seconds / 2, lambda: ask("GET", yardstick, {}, 200)))["per core-s"]

        body = {"url": "https://example.com/"}
        await ready(ask, f"{base}/checks", free)
        await ready(ask, yardstick, {})
        scan_id = (await ask("POST", f"{base}/scans", free, 202, body=body))["data"]["scan_id"]
        await ask("GET", f"{base}/checks", bound, 200)
        rows: dict[str, Callable[[], Awaitable[Any]]] = {
            "GET a scan": lambda: ask("GET", f"{base}/scans/{scan_id}", free, 200),
            "POST a scan": lambda: ask("POST", f"{base}/scans", free, 202, body=body),
            # Once a minute one request of this key is let through, and then it is somebody else's scan.
            "429 of the request limit": lambda: ask("GET", f"{base}/scans/{scan_id}", bound, 429, 403),
        }
        found: dict[str, list[Figures]] = {name: [] for name in rows}
        before = await bare_rate()
        for _ in range(rounds):
            for name, request in rows.items():
                figures = await drive(gateway[0], seconds, request)
                after = await bare_rate()
                found[name].append({**figures, "of bare": figures["per core-s"] / statistics.mean((before, after))})
                before = after
        return {name: sorted(ones, key=lambda one: one["of bare"])[rounds // 2] for name, ones in found.items()}


def run(seconds: float, rounds: int) -> dict[str, Figures]:
    """Start the servers and measure."""
    with tempfile.TemporaryDirectory() as folder, embedded_services(Path(folder) / "data") as services:
        migrate(services.database_url)
        keys = asyncio.run(accounts(services.database_url))
        gateway_port, bare_port = free_ports(2)
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "SECRET_KEY": PEPPER,
            "GATEWAY_PORT": str(gateway_port),
            "LOG_LEVEL": "warning",
        }
        gateway = subprocess.Popen([sys.executable, "-m", "api_gateway"], env=env, cwd=ROOT)
        bare = subprocess.Popen([sys.executable, "-c", BARE, str(bare_port)])
        try:
            return asyncio.run(measure((gateway.pid, gateway_port), (bare.pid, bare_port), keys, seconds, rounds))
        finally:
            for process in (gateway, bare):
                process.terminate()
                process.wait(30)


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    found = run(3.0 if plan.long else 2.0, plan.rounds)
    return [
        row("gateway", f"{name}, of a bare aiohttp handler", 100 * found[name]["of bare"], "%", least=least)
        for name, least in TARGETS.items()
    ]


def main() -> int:
    """Print the table with rates and latencies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a row runs each time")
    parser.add_argument("--rounds", type=int, default=3, help="how often")
    arguments = parser.parse_args()
    found = run(arguments.seconds, arguments.rounds)
    columns = ("per core-s", "per s", "p50 ms", "p99 ms")
    print(f"{'':26}" + "".join(f"{name:>12}" for name in columns) + f"{'of bare':>9}")  # noqa: T201
    for name, one in found.items():
        figures = "".join(f"{one[column]:12,.1f}" for column in columns)
        print(f"{name:26}{figures}{one['of bare']:9.0%}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
