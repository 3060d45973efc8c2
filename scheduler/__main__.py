"""`python -m scheduler`: lead if nobody else does; several replicas are welcome."""

import asyncio
import signal
import sys

import uvloop
from aiohttp import web
from redis.asyncio import Redis

from scheduler.chores import alerts, dispatch, gauges, mail, maintenance, monitors, retention, scans, webhooks
from scheduler.chores.sweep import sweep
from scheduler.leader import lead
from scheduler.office import Office
from scheduler.tick import Chore, all_of
from shared import tracing
from shared.clock import SYSTEM
from shared.db.pool import Pool, make_pool
from shared.logs import configure, get_logger
from shared.probes import Readiness, serve
from shared.redis.client import connect
from shared.settings import Settings, SettingsError, read_settings
from shared.tasks import end, leave

CHORES = (
    Chore("dispatch", 0.5, dispatch.dispatch),
    Chore("expire", 2.0, dispatch.expire),
    Chore("repeat", 1.0, dispatch.repeat),
    Chore("admit", 0.5, scans.admit),
    Chore("end_stopped", 0.5, scans.end_stopped),
    Chore("sweep", 15.0, sweep),
    Chore("end_overdue", 5.0, scans.end_overdue),
    Chore("webhooks", 0.5, webhooks.plan),
    Chore("deliveries", 0.5, webhooks.dispatch),
    Chore("monitors", 1.0, monitors.fire),
    Chore("monitor_records", 600.0, monitors.forget),
    Chore("alerts", 1.0, alerts.look),
    Chore("mail", 2.0, mail.send, deadline=900.0),
    Chore("old_alerts", 600.0, alerts.forget),
    Chore("backlog", 2.0, gauges.backlog),
    Chore("dead_letters", 5.0, gauges.dead_letters),
    Chore("maintenance", 5.0, maintenance.maintenance),
    Chore("retention", 60.0, retention.retention, deadline=300.0),
)


async def run(settings: Settings) -> None:
    """Stand by for the lead until SIGTERM."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    pool = make_pool(settings.database_url, application="scheduler", size=min(8, settings.pool_size))
    redis = connect(settings.redis_url, timeout=2.0)
    await pool.open(wait=False)
    office = Office(settings=settings, pool=pool, redis=redis, clock=SYSTEM)

    async def database() -> None:
        async with pool.connection() as conn:
            await conn.execute("SELECT 1")

    readiness = Readiness({"postgres": database})
    runner, port = await serve(settings.metrics_host, settings.metrics_port, readiness)
    get_logger().info("scheduler.started", metrics_port=port)
    leading = asyncio.create_task(lead(settings.database_url, lambda: all_of(office, CHORES)))
    waiting = asyncio.create_task(stopping.wait())
    # It only ends by itself when something nobody foresaw went wrong: then a fresh process is better than none.
    await asyncio.wait({waiting, leading}, return_when=asyncio.FIRST_COMPLETED)
    readiness.draining = True
    await end(waiting, leading)
    await _close(pool, redis, runner)
    if not leading.cancelled():
        leading.result()


async def _close(pool: Pool, redis: Redis, runner: web.AppRunner) -> None:
    await redis.aclose()
    await pool.close(timeout=2.0)
    await runner.cleanup()
    get_logger().info("scheduler.stopped")


def main() -> int:
    """Entry point."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"The scheduler can't start:\n{error}\n")
        return 2
    configure("scheduler", log_format=settings.log_format, level=settings.log_level)
    tracing.configure("scheduler", settings)
    uvloop.run(run(settings))
    tracing.flush()
    return 0


if __name__ == "__main__":
    leave(main())
