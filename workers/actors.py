"""The actors: one per message of `shared.jobs`, each of them a line of work."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import dramatiq

from shared.jobs import ACTORS, VERSION, WEBHOOK_QUEUE
from shared.logs import get_logger

Run = Callable[[UUID, int, str], Awaitable[None]]
Deliver = Callable[[UUID, str], Awaitable[None]]
Leave = Callable[[UUID, int], Awaitable[None]]


def declare(broker: dramatiq.Broker, queue: str, run: Run, deliver: Deliver, leave: Leave) -> None:
    """Declare `queue`'s actors on `broker`.

    Fields that a newer sender added are ignored; a message of a newer version is left to a newer worker by `leave`.
    """

    async def take(v: int = VERSION, scan_id: str = "", no: int = 0, request_id: str = "", **_newer: object) -> None:
        try:
            scan = UUID(scan_id)
            number = int(no)
        except (ValueError, TypeError, AttributeError):
            get_logger().error("message.malformed", scan_id=str(scan_id)[:60])
            return
        if v > VERSION:
            get_logger().warning("message.too_new", version=v)
            await leave(scan, number)
            return
        await run(scan, number, str(request_id)[:64])

    async def take_delivery(v: int = VERSION, delivery_id: str = "", request_id: str = "", **_newer: object) -> None:
        try:
            delivery = UUID(delivery_id)
        except (ValueError, TypeError, AttributeError):
            get_logger().error("message.malformed", delivery_id=str(delivery_id)[:60])
            return
        if v > VERSION:
            get_logger().warning("message.too_new", version=v)
            return
        await deliver(delivery, str(request_id)[:64])

    for name, its_queue in ACTORS.items():
        if its_queue == queue:
            taker = take_delivery if queue == WEBHOOK_QUEUE else take
            dramatiq.actor(actor_name=name, queue_name=queue, broker=broker)(taker)
