"""Dramatiq, set up so that nothing depends on it.

Bounded waits, no retries of its own, and a consumer that foreign messages can't break.
"""

import asyncio
import json
import logging
import threading
from typing import Any, cast

import uvloop
from dramatiq import Message, MessageProxy, Worker
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.clock import SYSTEM
from shared.jobs import BROKER_MARK
from shared.logs import get_logger
from shared.redis.client import connect_sync
from shared.settings import Settings

HEARTBEAT_MILLISECONDS = 15_000
TELL_SECONDS = 5.0
IDLE_MILLISECONDS = 250
"""Until a thread without work looks whether it should end. A message wakes it at once."""
_Consumer: Any = RedisBroker.consumer_class.fget(None)  # type: ignore[attr-defined]


class HardenedConsumer(_Consumer):  # type: ignore[misc]
    """Sleeps until there is a message, and sets aside what isn't one of ours.

    Stock dramatiq asks again and again, which costs an idle process its CPU and each message half of the pause, and
    loses the neighbours of a malformed message.
    """

    def __init__(self, broker: RedisBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        """As dramatiq makes it; `timeout` in milliseconds, the longest sleep."""
        self._room = threading.Event()
        self._told = SYSTEM.monotonic()
        super().__init__(broker, queue_name, prefetch, timeout)  # pyright: ignore[reportUnknownMemberType]

    def __next__(self) -> Any:  # noqa: ANN401
        """The next message; None when none came for a while, so that the thread sees whether it should end."""
        try:
            if not self.message_cache and not self._fetch():
                return None
        except (RedisConnectionError, RedisTimeoutError) as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        message: Any = cast("Any", Message).decode(self.message_cache.pop(0))
        self.queued_message_ids.add(message.message_id)
        return MessageProxy(message)

    def _fetch(self) -> bool:
        """Wait for a message and for a thread to do it. Whether there is one now that fits."""
        self._room.clear()
        room = self.prefetch - self.outstanding_message_count
        if room <= 0:
            self._room.wait(self.timeout / 1000)
            self._tell_alive()
            return False
        # Moving the first id to its own place changes nothing, and blocks while there is none: no sender need know of
        # it. Then dramatiq's own script takes messages, and tells that this broker lives.
        ids = f"{self.broker.namespace}:{self.queue_name}"
        self.broker.client.blmove(ids, ids, self.timeout / 1000, "LEFT", "LEFT")
        self.message_cache = self.broker.do_fetch(self.queue_name, room)
        return bool(self.message_cache)

    def _tell_alive(self) -> None:
        """Every command of dramatiq's script does; a process whose threads are all busy for long sends none.

        Its messages would be sent again, and the scheduler would count a worker less.
        """
        now = SYSTEM.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            broker = self.broker
            broker.client.zadd(f"{broker.namespace}:__heartbeats__", {broker.broker_id: int(SYSTEM.now() * 1000)})

    def ack(self, message: Any) -> None:  # noqa: ANN401
        """The message has been dealt with. Raises `ConnectionClosed`, after which dramatiq tries again."""
        try:
            super().ack(message)  # pyright: ignore[reportUnknownMemberType]
        except RedisTimeoutError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        self.let_go(message)

    def nack(self, message: Any) -> None:  # noqa: ANN401
        """The message goes to the dead letters. Raises `ConnectionClosed`, after which dramatiq tries again."""
        try:
            super().nack(message)  # pyright: ignore[reportUnknownMemberType]
        except RedisTimeoutError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        self.let_go(message)

    def let_go(self, message: Any) -> None:  # noqa: ANN401, ARG002 - for those who keep more of it
        """There is room for another message."""
        self._room.set()

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


class QueueWorker(Worker):
    """Dramatiq's worker without what delayed messages would need, of which there are none: half of the idle threads."""

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        if not delay:
            super()._add_consumer(queue_name)


def make_worker(broker: Broker, queue: str, threads: int) -> Worker:
    """The threads of one queue. Single scans have their own, so that none waits behind the chunks of large ones."""
    worker: Worker = cast("Any", QueueWorker)(
        broker, queues={queue}, worker_threads=threads, worker_timeout=IDLE_MILLISECONDS
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
