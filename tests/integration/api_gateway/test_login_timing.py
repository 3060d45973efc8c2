"""A log-in takes as long for an unknown address as for a known one."""

import random
import statistics
import time

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from api_gateway import attempts
from api_gateway.app import build
from shared.settings import Settings
from shared.users import User
from tests.integration.api_gateway.conftest import Client

TRIES, LOOSE = 60, 0.25
LONG_TRIES, TIGHT = 500, 0.05


@pytest.mark.timeout(600)
async def test_known_and_unknown_take_as_long(
    settings: Settings, user: User, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    """Medians over many tries, in random order, one at a time."""
    monkeypatch.setattr(attempts, "MOST_PER_ACCOUNT", 100_000)
    roomy = msgspec.structs.replace(settings.tiers["guest"], requests=1_000_000, burst=1_000_000)
    open_wide = msgspec.structs.replace(settings, tiers={**settings.tiers, "guest": roomy})
    long = pytestconfig.getoption("--long")
    addresses = [user.email, "nobody@example.com"] * (LONG_TRIES if long else TRIES)
    random.Random(7).shuffle(addresses)
    taken: dict[str, list[float]] = {user.email: [], "nobody@example.com": []}
    bodies: set[str] = set()
    async with TestServer(build(open_wide)) as server, ClientSession() as session:
        client = Client(session, str(server.make_url("")).rstrip("/"), None)
        for email in addresses:
            began = time.perf_counter()
            status, error, _ = await client("POST", "/auth/login", json={"email": email, "password": "wrong horse"})
            taken[email].append(time.perf_counter() - began)
            assert status == 401
            bodies.add(str(error))
    assert len(bodies) == 1
    known, unknown = (statistics.median(times) for times in taken.values())
    assert abs(known / unknown - 1) < (TIGHT if long else LOOSE), f"{known * 1000:.1f} ms, {unknown * 1000:.1f} ms"
