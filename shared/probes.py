"""`/livez`, `/readyz` and `/metrics` on a port of their own, the same in every service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.metrics import REGISTRY

READY_SECONDS = 1.0

Probe = Callable[[], Awaitable[object]]


class Readiness:
    """Whether a service can do its work: each named probe must answer within a second, and it isn't draining."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        """`probes` raise when the part they ask is not there."""
        self._probes = probes
        self.draining = False

    async def faults(self) -> list[str]:
        """What is missing, by name; empty when ready."""
        if self.draining:
            return ["draining"]

        async def ask(name: str, probe: Probe) -> str | None:
            try:
                async with asyncio.timeout(READY_SECONDS):
                    await probe()
            except Exception as error:  # noqa: BLE001 - whatever a driver raises means: not ready
                return f"{name}: {type(error).__name__}"
            return None

        answers = await asyncio.gather(*(ask(name, probe) for name, probe in self._probes.items()))
        return [answer for answer in answers if answer]


async def livez(_request: web.Request) -> web.Response:
    """200 while the event loop turns; asks no dependency."""
    return web.Response(text="ok\n")


def readyz(readiness: Readiness) -> Callable[[web.Request], Awaitable[web.Response]]:
    """200 when ready, else 503 naming what is missing."""

    async def handler(_request: web.Request) -> web.Response:
        faults = await readiness.faults()
        return web.Response(text="".join(f"{fault}\n" for fault in faults) or "ok\n", status=503 if faults else 200)

    return handler


async def metrics(_request: web.Request) -> web.Response:
    """The registry in Prometheus's text format."""
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def serve(host: str, port: int, readiness: Readiness) -> tuple[web.AppRunner, int]:
    """Serve the three; the runner to clean up, and the port (useful where 0 was asked for)."""
    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz(readiness))
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    addresses: Any = runner.addresses
    return runner, int(addresses[0][1])
