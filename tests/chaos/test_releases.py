"""A rollout: the release before and this one work side by side on this one's schema, until the last old process is gone."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.estate import Estate
from tests.chaos.figures import Other
from tests.chaos.load import Load
from tests.chaos.releases import commit_before, unpack
from tests.chaos.storm import begin, check_calm

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

OLD = ("gateway-1", "scheduler-1", "worker-1")
NAME = "two releases side by side"


async def test_two_releases_side_by_side(
    estate: Estate, seed: int, scans_count: int, table: list[Any], tmp_path: Path
) -> None:
    commit = commit_before()
    if commit is None:
        table.append(Other(NAME, "NOT RUN: no history to take the release before from"))
        pytest.skip("NOT RUN: no history to take the release before from (a shallow clone?)")
    old = {"PYTHONPATH": str(unpack(commit, tmp_path / "before"))}
    print(f"chaos: {NAME}, seed {seed}, the release before is {commit[:10]}")  # noqa: T201 - to repeat it
    try:
        for name in OLD:
            await estate.relaunch(name, old)
        load = await begin(estate, scans_count, seed)
        worked: Counter[str] = Counter()
        async with estate.kept(), load.watched():
            posting = asyncio.create_task(load.post())
            await load.reach(random.Random(seed).uniform(0.2, 0.5))
            # The old scheduler leads once, and hands over to the new one.
            await lead_with(estate, OLD[1])
            await load.reach(0.6)
            worked.update(await chunks_by_worker(estate, load))
            for name in OLD:
                await estate.relaunch(name, {})
            over = time.monotonic()
            await posting
            after, later = await load.ended(over)
            heard = await load.told()
        outcome = await load.outcome()
    finally:
        for name in OLD:
            await estate.relaunch(name, {})
    check_calm(load, outcome, heard)
    assert await load.rows() == (scans_count, scans_count)
    assert min(worked["worker-1"], worked["worker-2"]) > 0, f"one of them had nothing to do: {worked}"
    notes = (
        f"{scans_count} of {scans_count} scans complete, each page and event once; chunks done by the old worker "
        f"{worked['worker-1']}, beside it by the new one {worked['worker-2']}; ended {after:.1f} s after the last old "
        f"process was replaced, later ones within {later:.1f} s"
    )
    table.append(Other(NAME, notes))


async def lead_with(estate: Estate, name: str) -> None:
    """Have this scheduler lead, by restarting the other until it does."""
    other = "scheduler-2" if name == "scheduler-1" else "scheduler-1"
    async with asyncio.timeout(60):
        while await asyncio.to_thread(estate.leader) != name:
            await estate.relaunch(other, {})
            await asyncio.sleep(2)


async def chunks_by_worker(estate: Estate, load: Load) -> dict[str, int]:
    rows = await estate.ask(
        "SELECT c.worker, count(*) AS n FROM chunks c JOIN scans s ON s.id = c.scan_id"
        " WHERE s.owner = ANY(%s) AND c.status = 'done' AND c.worker IS NOT NULL GROUP BY 1",
        [caller.owner for caller in load.callers],
    )
    return {row["worker"]: row["n"] for row in rows}
