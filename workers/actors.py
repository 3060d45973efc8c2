"""The actors: one per message of `shared.jobs`, each of them a line of work."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import dramatiq

from shared.jobs import CHUNK_QUEUE, SINGLE_QUEUE, VERSION
from shared.logs import get_logger

Run = Callable[[UUID, int, str], Awaitable[None]]


def declare(broker: dramatiq.Broker, run: Run) -> None:
    """Declare every actor on `broker`. Fields that a newer sender added are ignored; a newer version is left alone."""

    async def take(v: int = VERSION, scan_id: str = "", no: int = 0, request_id: str = "", **_newer: object) -> None:
        try:
            scan = UUID(scan_id)
            number = int(no)
        except (ValueError, TypeError, AttributeError):
            get_logger().error("message.malformed", scan_id=str(scan_id)[:60])
            return
        if v > VERSION:
            get_logger().warning("message.too_new", version=v)
            return
        await run(scan, number, str(request_id)[:64])

    dramatiq.actor(take, actor_name="run_single", queue_name=SINGLE_QUEUE, broker=broker)
    dramatiq.actor(take, actor_name="run_chunk", queue_name=CHUNK_QUEUE, broker=broker)
