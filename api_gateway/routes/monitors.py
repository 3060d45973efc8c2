"""Monitors: recurring scans, what became of each run, and how scores went."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from api_gateway.bodies import read_body
from api_gateway.monitors import (
    MonitorChange,
    MonitorRequest,
    changed,
    known_url,
    monitor_view,
    new_monitor,
    own_monitor,
    planned,
    user_of,
)
from api_gateway.parameters import CURSOR, LIMIT, Parameter
from api_gateway.replies.monitors import (
    AlertList,
    MonitorDeleted,
    MonitorItem,
    MonitorList,
    MonitorRunList,
    PageHistory,
)
from api_gateway.replies.scans import ScanAccepted
from api_gateway.routes.results import make_cursor, read_cursor
from api_gateway.routing import PREFIX, Route, route
from api_gateway.starting import note_accepted
from api_gateway.state import CALLER, GATEWAY, Caller
from api_gateway.wire import success
from shared import monitors
from shared.clock import utc, uuid7
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.errors import ConflictError, ForbiddenError, InvalidUrlError, RateLimitError, ServiceError
from shared.metrics import MONITOR_RUNS
from shared.monitoring import scan_of, too_many
from shared.monitors import NewRun, PagePoint, Run, most_runs
from shared.requests import Url

_ALERTS = queries("alerts")
_ID_CURSOR, _TIME_CURSOR = tuple[UUID], tuple[Annotated[datetime, Meta(tz=True)]]
_LAST_ID, _LAST_MOMENT = UUID(int=(1 << 128) - 1), datetime(9999, 1, 1, tzinfo=UTC)


@route("GET", "/monitors", summary="The caller's monitors", scope="read", query=(CURSOR, LIMIT), reply=MonitorList)
async def list_monitors(request: web.Request) -> web.Response:
    """Newest first, each with its latest complete run. Test keys see test monitors."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    limit: int = LIMIT.read(request)
    before = read_cursor(request, _ID_CURSOR)
    async with connection(gateway.pool) as conn:
        found = await monitors.list_of(
            conn, user_of(caller), test=caller.test, before=before[0] if before else _LAST_ID, limit=limit + 1
        )
        shown = found[:limit]
        last = await monitors.last_runs(conn, [one.id for one in shown])
    data = {
        "items": [monitor_view(one, last.get(one.id)) for one in shown],
        "next_cursor": make_cursor(shown[-1].id) if len(found) > limit else None,
    }
    return success(request, data, gateway.clock)


@route(
    "POST",
    "/monitors",
    summary="Add a monitor",
    scope="scan",
    body=MonitorRequest,
    reply=MonitorItem,
    status=201,
    errors=(InvalidUrlError, ForbiddenError),
)
async def create_monitor(request: web.Request) -> web.Response:
    """Scans the site on schedule from now on; runs don't use the daily quota.

    A monitor more than the tier has, or a schedule that comes more often than the tier allows, is 403. Runs come up to
    15 minutes after the schedule says (`jitter_seconds`, fixed for each monitor), so that not all strike at once.
    """
    gateway, caller = request.app[GATEWAY], request[CALLER]
    asked = await read_body(request, MonitorRequest)
    if caller.tier.monitors == 0:
        raise too_many(caller)
    monitor = planned(new_monitor(asked, caller, gateway), caller, gateway)
    async with connection(gateway.pool) as conn:
        if not await monitors.create(conn, monitor, most=caller.tier.monitors):
            raise too_many(caller)
    path = f"{PREFIX}/monitors/{monitor.id}"
    return success(request, monitor_view(monitor, None), gateway.clock, status=201, headers={"Location": path})


@route("GET", "/monitors/{id}", summary="A monitor", scope="read", reply=MonitorItem, errors=(ForbiddenError,))
async def get_monitor(request: web.Request) -> web.Response:
    """With its latest complete run."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        monitor = await own_monitor(conn, request)
        last = await monitors.last_runs(conn, [monitor.id])
    return success(request, monitor_view(monitor, last.get(monitor.id)), gateway.clock)


@route(
    "PATCH",
    "/monitors/{id}",
    summary="Change, pause or resume a monitor",
    scope="scan",
    body=MonitorChange,
    reply=MonitorItem,
    errors=(InvalidUrlError, ForbiddenError),
)
async def change_monitor(request: web.Request) -> web.Response:
    """What is left out stays as it is. `enabled` false pauses; what was missed meanwhile is not caught up with."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    async with connection(gateway.pool) as conn:
        await own_monitor(conn, request)
    change = await read_body(request, MonitorChange)
    async with connection(gateway.pool) as conn:
        async with conn.transaction():
            monitor = await own_monitor(conn, request, held=True)
            stored = await monitors.update(conn, changed(monitor, change, caller, gateway))
        last = await monitors.last_runs(conn, [stored.id])
    return success(request, monitor_view(stored, last.get(stored.id)), gateway.clock)


@route(
    "DELETE",
    "/monitors/{id}",
    summary="Delete a monitor",
    scope="scan",
    reply=MonitorDeleted,
    errors=(ForbiddenError,),
)
async def delete_monitor(request: web.Request) -> web.Response:
    """With the record of its runs. Its scans stay in the history, and one under way goes on."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        monitor = await own_monitor(conn, request)
        await monitors.delete(conn, monitor.id)
    return success(request, {"id": str(monitor.id), "deleted": True}, gateway.clock)


@route(
    "POST",
    "/monitors/{id}/run",
    summary="Run a monitor now",
    scope="scan",
    reply=ScanAccepted,
    status=202,
    errors=(InvalidUrlError, ForbiddenError, ConflictError),
)
async def run_monitor(request: web.Request) -> web.Response:
    """Besides its schedule, also while it is paused. Conflicts with a run under way.

    Doesn't use the daily quota; in 24 hours there may be twice as many runs as the tier's schedules can ask for.
    """
    gateway, caller = request.app[GATEWAY], request[CALLER]
    now = utc(gateway.clock.now())
    most = most_runs(caller.tier, by_hand=True)
    async with connection(gateway.pool) as conn, conn.transaction():
        monitor = await own_monitor(conn, request, held=True)
        scan = scan_of(monitor, caller, gateway.settings, scan_id=uuid7(gateway.clock))
        new = NewRun(monitor_id=monitor.id, due_at=now, now=now, outcome="by_hand", next_run_at=None, most=most)
        ran = await monitors.run(conn, new, scan)
        if ran.outcome == "skipped_limit":
            raise await _used_up(conn, caller, now, most)
    if ran.scan_id is None:
        raise ConflictError("A run of this monitor is under way.")
    MONITOR_RUNS.labels(ran.outcome).inc()
    note_accepted(scan)
    path = f"{PREFIX}/scans/{scan.id}"
    data = {"scan_id": str(scan.id), "status": "running", "poll_url": path}
    return success(request, data, gateway.clock, status=202, headers={"Location": path})


async def _used_up(conn: Connection, caller: Caller, now: datetime, most: int) -> ServiceError:
    if most == 0:
        return too_many(caller)
    free = await monitors.next_use(conn, caller.owner, now, most=most)
    wait = max(1.0, (free - now).total_seconds()) if free else 1.0
    return RateLimitError(f"Limit of {most} runs in 24 hours reached.", retry_after=wait)


def _times(found: Sequence[Run | PagePoint], limit: int) -> str | None:
    return make_cursor(found[limit - 1].due_at) if len(found) > limit else None


@route(
    "GET",
    "/monitors/{id}/runs",
    summary="A monitor's runs and scores",
    scope="read",
    query=(CURSOR, LIMIT),
    reply=MonitorRunList,
    errors=(ForbiddenError,),
)
async def list_runs(request: web.Request) -> web.Response:
    """Latest first: the history of the score, and every time that was skipped, with the reason. Kept for 400 days."""
    gateway = request.app[GATEWAY]
    limit: int = LIMIT.read(request)
    before = read_cursor(request, _TIME_CURSOR)
    async with connection(gateway.pool) as conn:
        monitor = await own_monitor(conn, request)
        found = await monitors.runs(conn, monitor.id, before=before[0] if before else _LAST_MOMENT, limit=limit + 1)
    items = [msgspec.to_builtins(one, builtin_types=(datetime,)) for one in found[:limit]]
    return success(request, {"items": items, "next_cursor": _times(found, limit)}, gateway.clock)


@route(
    "GET",
    "/monitors/{id}/alerts",
    summary="A monitor's alerts",
    scope="read",
    query=(CURSOR, LIMIT),
    reply=AlertList,
    errors=(ForbiddenError,),
)
async def list_alerts(request: web.Request) -> web.Response:
    """Newest first, the open ones and those that have recovered. Kept for 400 days."""
    gateway = request.app[GATEWAY]
    limit: int = LIMIT.read(request)
    before = read_cursor(request, _ID_CURSOR)
    async with connection(gateway.pool) as conn:
        monitor = await own_monitor(conn, request)
        values = {"monitor_id": monitor.id, "before": before[0] if before else _LAST_ID, "limit": limit + 1}
        found = await (await conn.execute(_ALERTS["list"], values)).fetchall()
    cursor = make_cursor(found[limit - 1]["id"]) if len(found) > limit else None
    return success(request, {"items": found[:limit], "next_cursor": cursor}, gateway.clock)


PAGE_URL = Parameter(
    "url",
    Url,
    "The page, normalised as the scans do it; without it the monitor's own URL.",
    None,
    "https://example.com/",
)


@route(
    "GET",
    "/monitors/{id}/history",
    summary="A page's scores in a monitor's runs",
    scope="read",
    query=(PAGE_URL, CURSOR, LIMIT),
    reply=PageHistory,
    errors=(InvalidUrlError, ForbiddenError),
)
async def page_history(request: web.Request) -> web.Response:
    """Of every complete run whose scan is still kept, latest first; nothing where none of them has the page."""
    gateway = request.app[GATEWAY]
    limit: int = LIMIT.read(request)
    before = read_cursor(request, _TIME_CURSOR)
    asked: str | None = PAGE_URL.read(request)
    async with connection(gateway.pool) as conn:
        monitor = await own_monitor(conn, request)
        url = known_url(asked or monitor.url, monitor.mode)
        found = await monitors.page_history(
            conn, monitor.id, url, before=before[0] if before else _LAST_MOMENT, limit=limit + 1
        )
    items = [msgspec.to_builtins(one, builtin_types=(datetime,)) for one in found[:limit]]
    data = {"url": url, "items": items, "next_cursor": _times(found, limit)}
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [
    list_monitors,
    create_monitor,
    get_monitor,
    change_monitor,
    delete_monitor,
    run_monitor,
    list_runs,
    list_alerts,
    page_history,
]
