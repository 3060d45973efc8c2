"""The caller's account: who, what was used, what was scanned."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from api_gateway.parameters import MODE, PAGE, PER_PAGE, SCAN_STATUS, URL_PART, like
from api_gateway.replies.accounts import Profile, Usage
from api_gateway.replies.scans import History
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared import users
from shared.db.pool import connection
from shared.db.queries import queries
from shared.errors import InternalError, NotFoundError
from shared.quota import WINDOW_SECONDS
from shared.tiers import MODES, Tier

_SCANS = queries("scans")
_HISTORY = queries("history")


@route("GET", "/user/profile", summary="The caller's account", scope="read", reply=Profile)
async def get_profile(request: web.Request) -> web.Response:
    """Id, e-mail address, tier, and since when."""
    gateway, user_id = request.app[GATEWAY], request[CALLER].user_id
    if user_id is None:
        message = "A guest got past the scopes."
        raise InternalError(message)
    async with connection(gateway.pool) as conn:
        user = await users.get(conn, user_id)
    if user is None:
        message = "This account was deleted."
        raise NotFoundError(message)
    data = {"id": str(user.id), "email": user.email, "tier": user.tier, "created_at": user.created_at}
    return success(request, data, gateway.clock)


def mode_usage(times: Sequence[datetime], limit: int) -> dict[str, Any]:
    """Use of one mode from its units of the last 24 hours, oldest first.

    With more units used than the limit allows (it may have been lowered), the next one is free when fewer are left.
    """
    free = times[max(0, len(times) - limit)] if times and limit else None
    return {
        "used": len(times),
        "limit": limit,
        "next_free_at": free + timedelta(seconds=WINDOW_SECONDS) if free else None,
    }


def limits_view(tier: Tier) -> dict[str, int]:
    """A tier's figures under the names of the API."""
    return {
        "requests_per_minute": tier.requests,
        "burst": tier.burst,
        "pages_per_scan": tier.pages,
        "running_scans": tier.running,
        "monitors": tier.monitors,
        "monitor_interval_hours": tier.monitor_interval_hours,
        "kept_days": tier.kept_days,
    }


@route("GET", "/user/usage", summary="Use and limits", scope="read", reply=Usage)
async def get_usage(request: web.Request) -> web.Response:
    """Scans are counted in Postgres, so the figures hold whatever Redis says. Asking uses up no quota."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    async with connection(gateway.pool) as conn:
        rows = await (await conn.execute(_SCANS["used"], {"owner": caller.owner})).fetchall()
    times: dict[str, list[datetime]] = {mode: [] for mode in MODES}
    for row in rows:
        times[row["mode"]].append(row["at"])
    data: dict[str, Any] = {"tier": caller.tier_name}
    data |= {mode: mode_usage(times[mode], caller.tier.scans(mode)) for mode in MODES}
    data["requests_24h"] = 0 if gateway.limiter.degraded else await gateway.meter.last_day(caller.owner)
    data["limits"] = limits_view(caller.tier)
    return success(request, data, gateway.clock)


def history_item(row: dict[str, Any]) -> dict[str, Any]:
    """A scan as the history shows it."""
    item = {
        "scan_id": str(row["id"]),
        **{name: row[name] for name in ("url", "mode", "test", "status", "score", "grade")},
        "pages": row["done"],
        "monitor_id": str(row["monitor_id"]) if row["monitor_id"] else None,
        **{name: row[name] for name in ("created_at", "started_at", "finished_at")},
    }
    return item | {name: row[name] for name in ("reason", "reason_code") if row[name] is not None}


@route(
    "GET",
    "/history",
    summary="The caller's scans",
    scope="read",
    query=(PAGE, PER_PAGE, MODE, SCAN_STATUS, URL_PART),
    reply=History,
)
async def list_history(request: web.Request) -> web.Response:
    """Newest first. Test scans show only to test keys, live ones to everybody else."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    page: int = PAGE.read(request)
    per_page: int = PER_PAGE.read(request)
    values: dict[str, Any] = {
        "owner": caller.owner,
        "test": caller.test,
        "mode": MODE.read(request),
        "status": SCAN_STATUS.read(request),
        "url": like(URL_PART.read(request)),
        "limit": per_page,
        "offset": (page - 1) * per_page,
    }
    async with connection(gateway.pool) as conn:
        rows = await (await conn.execute(_HISTORY["page"], values)).fetchall()
        counted = await (await conn.execute(_HISTORY["total"], values)).fetchone()
    data = {
        "items": [history_item(row) for row in rows],
        "page": page,
        "per_page": per_page,
        "total": counted["total"] if counted else 0,
    }
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [get_profile, get_usage, list_history]
