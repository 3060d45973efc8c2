"""`python -m workers`: one process, one event loop, one parser child; drains on SIGTERM."""

import asyncio
import contextlib
import signal
import sys
import threading
from uuid import UUID

from dramatiq import Worker

from shared import tracing
from shared.checks import catalogue
from shared.clock import SYSTEM
from shared.db.pool import AWAY, make_pool
from shared.jobs import ACTORS, INGRESS_QUEUE
from shared.logs import configure, get_logger
from shared.metrics import CHECKS_RAISED, MODE, SCAN_DURATION, SSRF_BLOCKED
from shared.probes import Readiness, serve
from shared.redis.client import connect
from shared.settings import Settings, SettingsError, read_settings
from shared.tasks import leave
from workers import broker as queue
from workers.actors import Work, declare
from workers.deliver import Mailroom, deliver
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.politeness import Politeness
from workers.fetch.sender import Sender
from workers.lease import heed
from workers.loop_lag import measured
from workers.parser import ParserProcess
from workers.scan import run_chunk, send_back
from workers.submissions import desk as ingress
from workers.submissions.consumer import IngressBroker
from workers.workshop import Workshop

DRAIN_SECONDS = 15.0
START_SECONDS = 30.0
STOP_SECONDS = 3.0
"""Both, 2 s for the threads, 2 for the loop and 3 for traces are 25 s, also where Postgres hangs."""
LOOK_SECONDS = 0.2
WATCH_SECONDS = 1.0
ANSWER_SECONDS = 2.0
"""After so long without an answer Postgres counts as away."""
TRANSACTION_SECONDS = 20.0
"""As long as a lease: what is locked by a worker that was cut off is free when its lease ends."""
INGRESS_THREADS = 2
"""A submission is one transaction, and the daily quota lets few through: they needn't many."""
LEFT_SECONDS = 1.0
"""Until a chunk whose message is of a newer version is sent again."""


class Service:
    """The parts of a worker process that live on its event loop."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._stack = contextlib.AsyncExitStack()
        self.workshop: Workshop | None = None
        self.mailroom: Mailroom | None = None
        self.desk: ingress.Desk | None = None
        self.readiness: Readiness | None = None

    async def start(self) -> int:
        """Open everything; the port of metrics and probes."""
        settings = self._settings
        await self._stack.enter_async_context(measured())
        # A heartbeat that waits for a connection behind its own worker's commits would lose the lease.
        size = max(settings.pool_size, 3 * settings.worker_threads)
        pool = make_pool(
            settings.database_url, application="worker", size=size, transaction_seconds=TRANSACTION_SECONDS
        )
        await pool.open(wait=False)
        self._stack.push_async_callback(pool.close, timeout=2.0)
        redis = connect(settings.redis_url)
        self._stack.push_async_callback(redis.aclose)
        politeness = Politeness(redis, namespace=settings.namespace)
        self._stack.push_async_callback(politeness.close)
        guard = Guard(settings.allow_networks, on_refused=lambda reason: SSRF_BLOCKED.labels(reason).inc())
        fetcher = await self._stack.enter_async_context(Fetcher(guard))
        sender = await self._stack.enter_async_context(Sender(guard))
        parser = await self._stack.enter_async_context(ParserProcess("workers.scan_page:judge_page"))

        async def database() -> None:
            async with pool.connection() as conn:
                await conn.execute("SELECT 1")

        self.readiness = Readiness({"postgres": database})
        runner, port = await serve(settings.metrics_host, settings.metrics_port, self.readiness)
        self._stack.push_async_callback(runner.cleanup)
        drain = asyncio.Event()
        self.mailroom = Mailroom(settings=settings, pool=pool, sender=sender, clock=SYSTEM, drain=drain)
        self.desk = ingress.Desk(settings=settings, pool=pool, redis=redis, clock=SYSTEM, drain=drain)
        self.workshop = Workshop(
            settings=settings,
            pool=pool,
            redis=redis,
            fetcher=fetcher,
            politeness=politeness,
            parser=parser,
            clock=SYSTEM,
            drain=drain,
        )
        self._watching = asyncio.create_task(self._watch(self.workshop))
        self._stack.callback(self._watching.cancel)
        return port

    async def _watch(self, shop: Workshop) -> None:
        """Know whether Postgres can be reached from here, and which scans are to stop.

        A question that hangs isn't cancelled: that can take 10 s.
        """

        async def ask() -> bool:
            try:
                async with shop.pool.connection() as conn:
                    await heed(conn, shop)
            except AWAY:
                return False
            return True

        while True:
            question = asyncio.create_task(ask())
            await asyncio.wait({question}, timeout=ANSWER_SECONDS)
            if not question.done():
                shop.away.set()
            if await question:
                shop.away.clear()
            else:
                shop.away.set()
            await asyncio.sleep(WATCH_SECONDS)

    @property
    def away(self) -> bool:
        """Whether Postgres can't be reached: messages are left to others then."""
        return self.workshop is not None and self.workshop.away.is_set()

    async def run(self, scan_id: UUID, no: int, request_id: str) -> None:
        """Do a chunk."""
        if self.workshop is not None:
            await run_chunk(self.workshop, scan_id, no, request_id)

    async def deliver(self, delivery_id: UUID, request_id: str) -> None:
        """Try to deliver a webhook's message."""
        if self.mailroom is not None:
            await deliver(self.mailroom, delivery_id, request_id)

    async def submit(self, version: object, scan: object) -> None:
        """Start the scan that another program asks for, or write down why not."""
        if self.desk is not None:
            await ingress.submit(self.desk, version, scan)

    async def set_aside(self, reason: str, message: str, name: str) -> None:
        """Write down why a message can't be read."""
        if self.desk is not None:
            await ingress.set_aside(self.desk, reason, message, name)

    async def leave(self, scan_id: UUID, no: int) -> None:
        """Leave a chunk to a worker that understands its message."""
        if self.workshop is not None:
            await send_back(self.workshop, scan_id, no, wait=LEFT_SECONDS)

    @property
    def broken(self) -> bool:
        """Whether this process can't judge pages any more, and another one has to take its place."""
        return self.workshop is not None and self.workshop.parser.closed

    def drain(self) -> None:
        """Begin nothing new; what is under way commits and gives its chunk back."""
        if self.workshop is not None and self.readiness is not None:
            self.readiness.draining = True
            self.workshop.drain.set()

    async def stop(self) -> None:
        """Close everything."""
        await self._stack.aclose()


def start_queue(settings: Settings, name: str, service: Service) -> Worker:
    """A queue's threads, on a broker of their own."""
    broker = queue.make_broker(settings, name, IngressBroker if name == INGRESS_QUEUE else queue.Broker)
    work = Work(service.run, service.leave, service.deliver, service.submit, service.set_aside)
    declare(broker, name, work)
    worker = queue.make_worker(broker, name, INGRESS_THREADS if name == INGRESS_QUEUE else settings.worker_threads)
    worker.start()
    return worker


def serve_forever(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; a second one is ignored, since the drain is bounded anyway. The exit status."""
    # Alerts and charts ask for the increase, and one from nothing to 1 is none.
    for check in catalogue().values():
        CHECKS_RAISED.labels(check.group)
    for mode in MODE:
        SCAN_DURATION.labels(mode)
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    loop = queue.Loop()
    loop.start(timeout=5.0)
    service = Service(settings)
    port = asyncio.run_coroutine_threadsafe(service.start(), loop.loop).result(START_SECONDS)
    workers = [start_queue(settings, name, service) for name in sorted(set(ACTORS.values()))]
    get_logger().info("worker.started", name=settings.worker_name, metrics_port=port)
    paused = False
    while not stopping.wait(LOOK_SECONDS) and not service.broken:
        if paused != service.away:
            paused = service.away
            get_logger().warning("worker.paused" if paused else "worker.resumed")
            queue.pause(workers, paused=paused)
    broken = service.broken
    get_logger().info("worker.draining", broken=broken)
    loop.loop.call_soon_threadsafe(service.drain)
    queue.stop(workers, DRAIN_SECONDS)
    try:
        asyncio.run_coroutine_threadsafe(service.stop(), loop.loop).result(STOP_SECONDS)
    except TimeoutError:
        get_logger().warning("worker.not_closed")
    loop.end()
    get_logger().info("worker.stopped")
    return 1 if broken else 0


def main() -> int:
    """Entry point."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"The worker can't start:\n{error}\n")
        return 2
    configure("worker", log_format=settings.log_format, level=settings.log_level)
    tracing.configure("worker", settings)
    status = serve_forever(settings)
    tracing.flush()
    return status


if __name__ == "__main__":
    leave(main())
