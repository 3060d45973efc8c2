"""Messages: what they are called, what they carry, how they are put on the queue.

Gateway, scheduler and other programs write them; `workers.actors` declares exactly these. A message is a hint: it
names a unit of work that Postgres holds, so a lost, late or repeated one does no harm. The wire form is dramatiq's
(seven top-level fields, `HSET <ns>:<queue>.msgs <rid> <json>` and `RPUSH <ns>:<queue> <rid>` in one MULTI).
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from shared.clock import SYSTEM, Clock
from shared.redis.scripts import load

VERSION = 1
"""Version of the payload. Workers accept it and the one before."""

SINGLE_QUEUE = "single"
CHUNK_QUEUE = "chunks"
WEBHOOK_QUEUE = "webhooks"
INGRESS_QUEUE = "ingress"
"""The only queue that other programs may write to; docs/producers.md is their side of it."""

ACTORS: Mapping[str, str] = {
    "run_single": SINGLE_QUEUE,
    "run_chunk": CHUNK_QUEUE,
    "deliver_webhook": WEBHOOK_QUEUE,
    "submit_scan": INGRESS_QUEUE,
}
"""Actor → its queue."""

BROKER_MARK = ":"
"""Between the queue and the rest of the name by which a worker's broker is known in `<ns>:__heartbeats__`."""
EPOCH_KEY = "epoch"
"""String: which run of the server has heard of everything dispatched. When it is gone or names another run, Redis was
emptied or restarted (it may have lost its last second), and everything has to be sent again."""
SHORT_QUEUE = 20
"""Messages in a queue up to which it is rung past the dispatcher. In a longer one the newest would wait behind all of
them, whoever sent them; the dispatcher keeps to fair shares."""


class Job(Struct, frozen=True):
    """Do chunk `no` of a scan. `request_id` ties the work to the request that asked for it."""

    actor: str
    scan_id: uuid.UUID
    no: int
    request_id: str

    def payload(self) -> dict[str, Any]:
        """What the actor is called with."""
        return {"v": VERSION, "scan_id": str(self.scan_id), "no": self.no, "request_id": self.request_id}


class Submission(Struct, frozen=True, omit_defaults=True):
    """A scan that another program asks for. `id` is the sender's: the scan's name; a repeated one changes nothing.

    `token` is an API key with the scope `scan`; the rest are the fields and headers of POST /scans.
    """

    id: uuid.UUID
    token: str
    url: str
    mode: str = "single"
    options: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    webhook_url: str | None = None
    idempotency_key: str | None = None
    request_id: str = ""


class SubmitJob(Struct, frozen=True):
    """Ask for a scan. `scan` is a `Submission` as JSON has it."""

    scan: Mapping[str, Any]
    actor: str = "submit_scan"

    def payload(self) -> dict[str, Any]:
        """What the actor is called with."""
        return {"v": VERSION, "scan": self.scan}


class DeliveryJob(Struct, frozen=True):
    """Send a webhook's message."""

    delivery_id: uuid.UUID
    request_id: str
    actor: str = "deliver_webhook"

    def payload(self) -> dict[str, Any]:
        """What the actor is called with."""
        return {"v": VERSION, "delivery_id": str(self.delivery_id), "request_id": self.request_id}


def chunk_job(kind: str, scan_id: uuid.UUID, no: int, request_id: str) -> Job:
    """The message for a chunk of that kind; single scans have a queue and threads of their own."""
    return Job("run_single" if kind == "single" else "run_chunk", scan_id, no, request_id)


AnyJob = Job | DeliveryJob | SubmitJob


def encode(job: AnyJob, redis_message_id: str, clock: Clock = SYSTEM) -> bytes:
    """The message as dramatiq reads it from Redis."""
    fields: dict[str, Any] = {
        "queue_name": ACTORS[job.actor],
        "actor_name": job.actor,
        "args": [],
        "kwargs": job.payload(),
        "options": {"redis_message_id": redis_message_id},
        "message_id": str(uuid.uuid4()),
        "message_timestamp": int(clock.now() * 1000),
    }
    return msgspec.json.encode(fields)


async def enqueue(redis: Redis, namespace: str, jobs: Iterable[AnyJob]) -> None:
    """Put messages on their queues in one round trip. Raises `redis.RedisError`; the work isn't lost by that."""
    async with redis.pipeline(transaction=True) as pipe:
        for job in jobs:
            queue = f"{namespace}:{ACTORS[job.actor]}"
            redis_message_id = str(uuid.uuid4())
            pipe.hset(f"{queue}.msgs", redis_message_id, encode(job, redis_message_id))
            pipe.rpush(queue, redis_message_id)
        await pipe.execute()


async def ring(redis: Redis, namespace: str, *jobs: Job) -> int:
    """Put messages on their queues in one round trip, but on none where many wait: the dispatcher sends those in turn.

    How many were put there. Raises `redis.RedisError`; the work isn't lost by that.
    """
    names: list[str] = []
    arguments: list[str | int | bytes] = [SHORT_QUEUE]
    for job in jobs:
        queue = f"{namespace}:{ACTORS[job.actor]}"
        redis_message_id = str(uuid.uuid4())
        names += (queue, f"{queue}.msgs")
        arguments += (redis_message_id, encode(job, redis_message_id))
    return int(await load("ring")(redis, keys=names, args=arguments))
