"""The short part of the chaos suite: three faults, each alone, under a small load; the rest is in test_storms.py."""

from typing import Any

import pytest

from tests.chaos import faults
from tests.chaos.estate import Estate
from tests.chaos.storm import storm

COUNT = 20

pytestmark = pytest.mark.timeout(300)


async def test_worker_killed(estate: Estate, seed: int, table: list[Any]) -> None:
    table.append(await storm(estate, seed, COUNT, "worker: kill -9", faults.worker_killed))


async def test_redis_emptied(estate: Estate, seed: int, table: list[Any]) -> None:
    table.append(await storm(estate, seed, COUNT, "Redis: FLUSHALL", faults.redis_emptied))


async def test_connections_terminated(estate: Estate, seed: int, table: list[Any]) -> None:
    table.append(await storm(estate, seed, COUNT, "Postgres: all connections ended", faults.connections_terminated))
