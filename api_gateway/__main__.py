"""`python -m api_gateway`: serve until SIGTERM, then finish what is under way."""

import asyncio
import gc
import signal
import sys
from contextlib import AbstractAsyncContextManager

import uvloop
from aiohttp import web

from api_gateway.app import READINESS, build
from api_gateway.holding import HOLDING
from api_gateway.serving import Runner
from shared import tracing
from shared.logs import configure, get_logger
from shared.probes import serve
from shared.settings import Settings, SettingsError, read_settings
from shared.tasks import leave

DRAIN_SECONDS = 20.0
GARBAGE = 20_000
UNREADY_SECONDS = 0.5
"""Between turning unready and closing the listener, so that a load balancer stops sending first."""


def watching(app: web.Application, runner: web.AppRunner) -> AbstractAsyncContextManager[None]:
    """The watch over the runner's connections. Raises `RuntimeError` before the runner is set up."""
    if runner.server is None:
        message = "the runner isn't set up"
        raise RuntimeError(message)
    return app[HOLDING].watching(runner.server)


async def run(settings: Settings) -> None:
    """Serve the API and, on a port of their own, metrics and probes."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    app = build(settings)
    # What is there for good needn't be looked through.
    gc.freeze()
    runner = Runner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, keepalive_timeout=15.0)
    await runner.setup()
    metrics_runner, metrics_port = await serve(settings.metrics_host, settings.metrics_port, app[READINESS])
    site = web.TCPSite(runner, settings.gateway_host, settings.gateway_port, backlog=1024)
    await site.start()
    get_logger().info("gateway.started", addresses=[str(one) for one in runner.addresses], metrics_port=metrics_port)
    async with watching(app, runner):
        await stopping.wait()
        app[READINESS].draining = True
        await asyncio.sleep(UNREADY_SECONDS)
        await runner.cleanup()
    await metrics_runner.cleanup()
    get_logger().info("gateway.stopped")


def main() -> int:
    """Entry point."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"The gateway can't start:\n{error}\n")
        return 2
    configure("gateway", log_format=settings.log_format, level=settings.log_level)
    tracing.configure("gateway", settings)
    # A request leaves no circles behind worth speaking of; with the defaults the collector looks every 700 objects.
    gc.set_threshold(GARBAGE)
    uvloop.run(run(settings))
    tracing.flush()
    return 0


if __name__ == "__main__":
    leave(main())
