"""Dramatiq, set up so that nothing depends on it.

Bounded waits, no retries of its own, and a consumer that foreign messages can't break.
"""

import asyncio
import json
import logging
import threading
from typing import Any, cast

import uvloop
from dramatiq import Message, Worker
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DecodeError

from shared.jobs import BROKER_MARK, CHUNK_QUEUE, INGRESS_QUEUE, SINGLE_QUEUE, WEBHOOK_QUEUE
from shared.logs import get_logger
from shared.redis.client import connect_sync
from shared.settings import Settings

HEARTBEAT_MILLISECONDS = 15_000
_Consumer: Any = RedisBroker.consumer_class.fget(None)  # type: ignore[attr-defined]


class HardenedConsumer(_Consumer):  # type: ignore[misc]
    """Sets aside what isn't a message of ours. Stock dramatiq loses the neighbours of a malformed one."""

    @property
    def message_cache(self) -> list[bytes]:
        """Messages fetched and not handed out yet."""
        return self._cache

    @message_cache.setter
    def message_cache(self, fetched: list[bytes | None]) -> None:
        self._cache = [data for data in fetched if data is not None and self._fit(data)]

    def _fit(self, data: bytes) -> bool:
        if _readable(data, self.queue_name):
            return True
        self._set_aside(data)
        return False

    def _set_aside(self, data: bytes) -> None:
        rid = _redis_id(data)
        get_logger().error("message.set_aside", queue=self.queue_name, redis_id=rid)
        if rid is not None:
            self.broker.do_nack(self.queue_name, rid)


def _redis_id(data: bytes) -> str | None:
    try:
        rid = json.loads(data)["options"]["redis_message_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return rid if isinstance(rid, str) else None


def _readable(data: bytes, queue: str) -> bool:
    try:
        message: Any = cast("Any", Message).decode(data)
        options: Any = message.options
        fit = (
            message.queue_name == queue
            and isinstance(message.actor_name, str)
            and isinstance(message.kwargs, dict)
            and type(options) is dict
            and isinstance(cast("dict[str, Any]", options).get("redis_message_id"), str)
            and "eta" not in cast("dict[str, Any]", options)
        )
    except (DecodeError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return fit


class Broker(RedisBroker):
    """RedisBroker with the hardened consumer and no middleware: Postgres counts attempts, leases bound the time."""

    @property
    def consumer_class(self) -> Any:  # noqa: ANN401
        """What reads the queues."""
        return HardenedConsumer


def make_broker(settings: Settings, queue: str, kind: type[Broker] = Broker) -> Broker:
    """A broker on the queue's Redis, known there by the queue; every command of its threads ends within 5 s."""
    broker = kind(
        client=connect_sync(settings.redis_url, timeout=5.0),
        middleware=[],
        namespace=settings.namespace,
        heartbeat_timeout=HEARTBEAT_MILLISECONDS,
    )
    broker.broker_id = f"{queue}{BROKER_MARK}{broker.broker_id}"
    return broker


class Loop(EventLoopThread):
    """The event loop on which all async actors run: uvloop, in a thread that dramatiq's threads hand work to."""

    def __init__(self) -> None:
        """Install it as dramatiq's."""
        super().__init__(logging.getLogger("dramatiq.loop"))  # pyright: ignore[reportUnknownMemberType]
        self.loop.close()
        self.loop = uvloop.new_event_loop()
        self.daemon = True
        set_event_loop_thread(self)

    def run(self) -> None:
        """Turn until stopped."""
        asyncio.set_event_loop(self.loop)
        super().run()  # type: ignore[no-untyped-call]

    def end(self) -> None:
        """Stop turning."""
        set_event_loop_thread(None)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join(2.0)


POLL = {SINGLE_QUEUE: 40, CHUNK_QUEUE: 100, WEBHOOK_QUEUE: 500, INGRESS_QUEUE: 200}
"""Milliseconds that an idle thread waits before it asks again. dramatiq's default of 1 s costs a single scan 235 ms."""


THREAD_SECONDS = 0.25
"""Until an idle thread looks whether it should end. A message wakes it at once, so it need not look as often as the
queue is asked."""


class QueueWorker(Worker):
    """Dramatiq's worker without what delayed messages would need, of which there are none: half of the idle polling."""

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        if not delay:
            super()._add_consumer(queue_name)

    def _add_worker(self) -> None:
        super()._add_worker()
        self.workers[-1].timeout = THREAD_SECONDS


def make_worker(broker: Broker, queue: str, threads: int) -> Worker:
    """The threads of one queue. Single scans have their own, so that none waits behind the chunks of large ones."""
    worker: Worker = cast("Any", QueueWorker)(
        broker, queues={queue}, worker_threads=threads, worker_timeout=POLL[queue]
    )
    worker.queue_prefetch = threads
    return worker


def pause(workers: list[Worker], *, paused: bool) -> None:
    """Take no more messages for now, or again. What threads have in hand they finish; nobody is waited for."""
    for worker in workers:
        for consumer in worker.consumers.values():
            if paused:
                consumer.pause()
            else:
                consumer.resume()


def stop(workers: list[Worker], seconds: float) -> None:
    """Stop all workers at once, waiting at most so long for what they are doing."""
    threads = [threading.Thread(target=worker.stop, args=(int(seconds * 1000),)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2.0)
