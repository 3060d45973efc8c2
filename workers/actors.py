"""The actors: one per message of `shared.jobs`, each of them a line of work."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import dramatiq
from msgspec import Struct

from shared.jobs import ACTORS, VERSION
from shared.logs import get_logger

Run = Callable[[UUID, int, str], Awaitable[None]]
Deliver = Callable[[UUID, str], Awaitable[None]]
Leave = Callable[[UUID, int], Awaitable[None]]
Submit = Callable[[object, object], Awaitable[None]]
SetAside = Callable[[str, str, str], Awaitable[None]]


class Work(Struct, frozen=True):
    """What the actors call: do a chunk, leave it, deliver a message, submit a scan, set aside what can't be read."""

    run: Run
    leave: Leave
    deliver: Deliver
    submit: Submit
    set_aside: SetAside


def declare(broker: dramatiq.Broker, queue: str, work: Work) -> None:
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
            await work.leave(scan, number)
            return
        await work.run(scan, number, str(request_id)[:64])

    async def take_delivery(v: int = VERSION, delivery_id: str = "", request_id: str = "", **_newer: object) -> None:
        try:
            delivery = UUID(delivery_id)
        except (ValueError, TypeError, AttributeError):
            get_logger().error("message.malformed", delivery_id=str(delivery_id)[:60])
            return
        if v > VERSION:
            get_logger().warning("message.too_new", version=v)
            return
        await work.deliver(delivery, str(request_id)[:64])

    async def take_submission(
        v: object = None, scan: object = None, unreadable: list[str] | None = None, **_newer: object
    ) -> None:
        if unreadable is not None:
            await work.set_aside(*unreadable)
        else:
            await work.submit(v, scan)

    takers: dict[str, Any] = {
        "run_single": take,
        "run_chunk": take,
        "deliver_webhook": take_delivery,
        "submit_scan": take_submission,
    }
    for name, its_queue in ACTORS.items():
        if its_queue == queue:
            dramatiq.actor(actor_name=name, queue_name=queue, broker=broker)(takers[name])
