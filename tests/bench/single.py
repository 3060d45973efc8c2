"""`python -m tests.bench.single [SCANS]`: one single scan after the other through a whole fleet, on loopback.

From sending the POST until a GET says complete, less the time that fetching the page took the worker. It is asked every
5 ms, so a figure may be too high by that. robots.txt is fetched within it.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.local.accounts import open_accounts
from deploy.local.api import Client
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from tests.bench.figures import Plan, Row, median, row
from tests.bench.folder import in_folder
from tests.bench.site_server import HOST, READY_PATH

SCANS = 200
LONG = 1_000
WARM = 10
POLL_SECONDS = 0.005
SCAN_SECONDS = 60.0
_UNBOUND = {"single": 1_000_000, "requests": 6_000_000, "burst": 6_000_000, "running": 1_000_000}


async def _one(client: Client, url: str) -> float:
    """Milliseconds of one scan."""
    began = time.perf_counter()
    scan_id = await client.start_scan(url, "single", {"delay_ms": 0})
    async with asyncio.timeout(SCAN_SECONDS):
        while (scan := await client.scan(scan_id)).status == "running":
            await asyncio.sleep(POLL_SECONDS)
    spent = 1_000 * (time.perf_counter() - began)
    if scan.status != "complete":
        message = f"a single scan ended as {scan.status}: {scan.reason}"
        raise RuntimeError(message)
    async for page in client.every(f"/scans/{scan_id}/pages"):
        spent -= page["duration_ms"] or 0
    return spent


async def _fleet(directory: Path, scans: int, screen: Screen, interrupts: Interrupts) -> list[float]:
    options = FleetOptions(directory, workers=1, allow_networks=("127.0.0.0/8",))
    async with Fleet(options, screen.note, interrupts) as fleet:
        port = free_ports(1)[0]
        site = f"http://{HOST}:{port}"
        spec = module_spec("bench-site", "tests.bench.site_server", base_environment(), str(port), "50")
        await fleet.add(spec, site + READY_PATH)
        async with open_accounts(fleet.database_url, secret_key(directory)) as accounts:
            email = f"bench-{secrets.token_hex(4)}@example.org"
            await accounts.create_user(email, secrets.token_urlsafe(24), "enterprise")
            await accounts.update_user(email, overrides=_UNBOUND)
            key = await accounts.create_key(email, "bench", ("read", "scan"), "live")
        found: list[float] = []

        async def work() -> None:
            async with Client(fleet.address, key) as client:
                pages = (f"{site}/guide/page-{number % 50}.html" for number in range(WARM + scans))
                found.extend([await _one(client, page) for page in pages])

        await fleet.run(work())
        return found[WARM:]


def measure(scans: int, screen: Screen) -> list[float]:
    """Milliseconds of each scan, in a fleet of its own."""
    return in_folder(lambda directory, interrupts: _fleet(directory, scans, screen, interrupts))


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    found = sorted(measure(LONG if plan.long else SCANS, plan.screen))
    return [
        row("single", f"{len(found)} single scans, beyond the fetch: p50", median(found), "ms", most=60.0),
        row("single", "p99", found[int(len(found) * 0.99)], "ms", most=250.0),
    ]


def main(words: Sequence[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=int, nargs="?", default=SCANS)
    screen = Screen()
    found = sorted(measure(parser.parse_args(words).scans, screen))
    screen.out.print(f"p50 {median(found):.1f} ms, p99 {found[int(len(found) * 0.99)]:.1f} ms, least {found[0]:.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
