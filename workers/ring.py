"""Telling other workers that there is work; only a hint, since the dispatcher finds it in Postgres anyway."""

from collections.abc import Iterable

from redis.exceptions import RedisError

from shared.jobs import Job, enqueue
from shared.logs import get_logger
from workers.workshop import Workshop


async def ring(shop: Workshop, jobs: Iterable[Job]) -> None:
    """Enqueue; a failure costs at most the second until the dispatcher's next look."""
    try:
        await enqueue(shop.redis, shop.settings.namespace, jobs)
    except (RedisError, OSError, TimeoutError) as error:
        get_logger().warning("chunk.enqueue_failed", error=type(error).__name__)
