"""Dramatiq's own housekeeping, forced: messages of workers that died go back to their queues."""

import asyncio
from typing import Any

from dramatiq.brokers.redis import RedisBroker

from scheduler.office import Office
from shared.jobs import ACTORS
from shared.redis.client import connect_sync

HEARTBEAT_MILLISECONDS = 15_000


def _maintain(office: Office) -> None:
    client = connect_sync(office.settings.redis_url, timeout=2.0)
    try:
        broker: Any = RedisBroker(  # type: ignore[no-untyped-call]
            client=client,
            middleware=[],
            namespace=office.settings.namespace,
            heartbeat_timeout=HEARTBEAT_MILLISECONDS,
            maintenance_chance=1_000_000,
        )
        # Always the same: each new one would count as a worker, and cost a look at every key when it is found dead.
        broker.broker_id = "scheduler"
        for queue in sorted(set(ACTORS.values())):
            for name in (queue, f"{queue}.DQ"):
                broker.do_qsize(name)
    finally:
        client.close()


async def maintenance(office: Office) -> None:
    """In a thread, since dramatiq's client blocks; by itself it would happen once in a thousand commands."""
    await asyncio.to_thread(_maintain, office)
