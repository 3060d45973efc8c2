"""One leader at a time; one that hangs loses the lead as one that died does."""

import asyncio
import threading

import pytest

from scheduler import leader
from scheduler.leader import lead

pytestmark = pytest.mark.timeout(60)


async def test_a_leader_that_hangs_is_replaced(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernel goes on answering for it, so only Postgres can tell: by its silence."""
    monkeypatch.setattr(leader, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(leader, "RETRY_SECONDS", 0.1)
    elected, release = threading.Event(), threading.Event()

    async def hang() -> None:
        elected.set()
        release.wait(30)

    async def first() -> None:
        leading = asyncio.ensure_future(lead(database_url, hang))
        await asyncio.wait({leading}, timeout=0.2)
        while not release.is_set():
            await asyncio.sleep(0)
        leading.cancel()

    thread = threading.Thread(target=asyncio.run, args=(first(),))
    thread.start()
    try:
        assert await asyncio.to_thread(elected.wait, 10)
        replaced = asyncio.Event()

        async def duty() -> None:
            replaced.set()
            await asyncio.Event().wait()

        leading = asyncio.create_task(lead(database_url, duty))
        await asyncio.wait_for(replaced.wait(), 20)
        leading.cancel()
        await asyncio.wait({leading})
    finally:
        release.set()
        await asyncio.to_thread(thread.join)
