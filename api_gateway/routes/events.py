"""Watching a scan live, by server-sent events."""

import asyncio
from uuid import UUID
from weakref import WeakKeyDictionary

from aiohttp import web
from psycopg.rows import DictRow

from api_gateway.access import visible_scan
from api_gateway.bodies import path_id
from api_gateway.middleware.authentication import identify
from api_gateway.middleware.limits import headers
from api_gateway.prompt import promptly
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY, REQUEST_ID, Gateway
from api_gateway.streams import ENDED, Hub, Streams
from shared.db.pool import Pool, connection
from shared.errors import ForbiddenError, RateLimitError, ServiceError, UnavailableError
from shared.probes import Readiness

HEARTBEAT_SECONDS = 10.0
WRITE_SECONDS = 15.0
"""A client that takes nothing for so long is cut off."""
RETRY_MILLISECONDS = 3_000

_STREAMS: WeakKeyDictionary[Pool, Streams] = WeakKeyDictionary()


def streams_of(app: web.Application) -> Streams:
    """The application's streams."""
    gateway = app[GATEWAY]
    streams = _STREAMS.get(gateway.pool)
    if streams is None:
        readiness = next((part for part in app.values() if isinstance(part, Readiness)), None)
        streams = Streams(gateway, lambda: readiness is not None and readiness.draining)
        _STREAMS[gateway.pool] = streams
    return streams


async def _still_welcome(request: web.Request, gateway: Gateway) -> bool:
    """Whether the credential still holds; a database that is away is no reason to think otherwise."""
    try:
        await identify(request, gateway)
    except UnavailableError:
        return True
    except ServiceError:
        return False
    return True


async def _write(request: web.Request, response: web.StreamResponse, data: bytes) -> bool:
    """False when the client is gone."""
    transport = request.transport
    if transport is None or transport.is_closing():
        return False
    if not data:
        return True
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(data)
    except TimeoutError:
        transport.abort()
        return False
    except ConnectionError:
        return False
    return True


async def _send(request: web.Request, response: web.StreamResponse, hub: Hub, position: int) -> None:
    gateway = request.app[GATEWAY]
    loop = asyncio.get_running_loop()
    beat_at = loop.time() + HEARTBEAT_SECONDS
    async for data in hub.follow(position):
        due = loop.time() >= beat_at
        if due:
            beat_at = loop.time() + HEARTBEAT_SECONDS
            if not await _still_welcome(request, gateway):
                return
        if not await _write(request, response, data or (b": \n\n" if due else b"")):
            return


async def _scan(request: web.Request, scan_id: UUID) -> DictRow:
    async with connection(request.app[GATEWAY].pool) as conn:
        return await visible_scan(conn, scan_id, request[CALLER])


@route(
    "GET",
    "/scans/{scan_id}/events",
    summary="Watch a scan",
    scope="read",
    guest=True,
    bounded=False,
    media="text/event-stream",
    errors=(ForbiddenError, RateLimitError, UnavailableError),
)
async def watch_scan(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `progress` whenever it changed, `finding` once for each check and severity, then `end`.

    `progress` is that of GET /scans/{scan_id} with `scan_id` and `status`; `finding` is `{check, severity, url,
    evidence, position}`, the first that was found; `end` is `{scan_id, status, reason, score, grade}`. A comment comes
    every 10 s while nothing else does. With `Last-Event-ID` findings that were had are left out where possible; after
    `end` it is answered with 204, so that browsers stop asking. At most 10 streams per caller and gateway.
    """
    scan_id = path_id(request, "scan_id", "scan")
    row = await promptly(_scan(request, scan_id))
    last = request.headers.get("Last-Event-ID", "")
    if last == ENDED and row["status"] != "running":
        return web.Response(status=204)
    with streams_of(request.app).joined(request[CALLER].owner, scan_id) as hub:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                "X-Request-Id": request[REQUEST_ID],
                **headers(request),
            }
        )
        await response.prepare(request)
        if await _write(request, response, f"retry: {RETRY_MILLISECONDS}\n\n".encode()):
            await _send(request, response, hub, hub.position(last))
    return response


ROUTES: list[Route] = [watch_scan]
