"""Starting scans, watching them, stopping them."""

import hashlib
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from psycopg.rows import DictRow
from redis.exceptions import RedisError

from api_gateway.access import visible_scan
from api_gateway.bodies import path_id, read_body
from api_gateway.middleware.authentication import check_access
from api_gateway.middleware.limits import count
from api_gateway.replies import Scan, ScanAccepted
from api_gateway.routing import PREFIX, ROUTE, Route, route
from api_gateway.state import CALLER, GATEWAY, QUOTA, REQUEST_ID, Caller, Gateway
from api_gateway.wire import success
from shared import scans
from shared.checks.limits import DEFAULT_PROFILE, load_profile
from shared.clock import utc, uuid7
from shared.db.pool import connection
from shared.errors import ConflictError, InvalidRequestError, RateLimitError
from shared.jobs import chunk_job, enqueue
from shared.logs import get_logger
from shared.metrics import QUOTA_DENIED, SCANS_ACCEPTED
from shared.quota import Quota
from shared.requests import ScanRequest, split_secrets, validate
from shared.scans import Accepted, NewScan
from shared.seal import seal

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(request: web.Request) -> str | None:
    """The Idempotency-Key header. Raises `InvalidRequestError` for one that isn't 1 to 255 visible ASCII characters."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        message = "Idempotency-Key: 1 to 255 visible ASCII characters."
        raise InvalidRequestError(message, param="Idempotency-Key")
    return key


def new_scan(asked: ScanRequest, caller: Caller, gateway: Gateway, *, request_id: str, key: str | None) -> NewScan:
    """The row-to-be of a validated request."""
    plain, secrets = split_secrets(asked.options)
    profile = asked.options.profile or DEFAULT_PROFILE
    body_hash = hashlib.sha256(msgspec.json.encode(asked, order="sorted")).digest() if key else None
    pages = min(asked.options.max_pages or caller.tier.pages, caller.tier.pages)
    return NewScan(
        id=uuid7(gateway.clock),
        owner=caller.owner,
        user_id=caller.user_id,
        tier=caller.tier_name,
        test=caller.test,
        url=asked.url,
        host=urlsplit(asked.url).netloc,
        mode=asked.mode,
        options=plain,
        sealed=seal(secrets, gateway.settings.secret_key) if secrets else None,
        webhook_url=asked.webhook_url,
        profile=profile,
        score_version=load_profile(profile).score_version,
        request_id=request_id,
        max_pages=1 if asked.mode == "single" else pages,
        quota=caller.tier.scans(asked.mode),
        running=caller.tier.running,
        hours=gateway.settings.scan_hours,
        kept_days=caller.tier.kept_days,
        key=key,
        hash=body_hash,
    )


async def start(request: web.Request, new: NewScan) -> Accepted:
    """Spend quota, create, and ring the bell. Raises `RateLimitError` or `ConflictError`; both cost nothing."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    quota = None if caller.test else Quota(new.owner, new.mode, new.quota, new.id)
    decision = await count(request, quota)
    async with connection(gateway.pool) as conn:
        try:
            accepted = await scans.accept(conn, new)
        except BaseException:
            if decision.quota:
                await gateway.limiter.forget(new.owner, new.mode, new.id)
            raise
        if quota is not None:
            await _agree(gateway, conn, new, told=decision.quota, accepted=accepted)
    _say_quota(request, new, accepted)
    if accepted.outcome == "quota":
        QUOTA_DENIED.labels(caller.tier_name, new.mode).inc()
        wait = _until(gateway, accepted)
        message = f"Scan limit reached ({accepted.used}/{new.quota})."
        raise RateLimitError(message, retry_after=wait)
    if accepted.outcome == "conflict":
        message = "This Idempotency-Key was used with another body."
        raise ConflictError(message, param="Idempotency-Key")
    if accepted.outcome == "accepted":
        SCANS_ACCEPTED.labels(new.mode, caller.tier_name).inc()
        get_logger().info("scan.accepted", scan_id=str(new.id), mode=new.mode, tier=caller.tier_name, test=new.test)
        if accepted.admitted:
            await _ring(gateway, new)
    return accepted


async def _agree(gateway: Gateway, conn: Any, new: NewScan, *, told: bool | None, accepted: Accepted) -> None:  # noqa: ANN401
    """Put Redis's log right where Postgres decided otherwise."""
    spent = accepted.outcome == "accepted"
    if told is None or told == spent:
        return
    if told and accepted.outcome != "quota":
        await gateway.limiter.forget(new.owner, new.mode, new.id)
    else:
        await gateway.limiter.rebuild(conn, new.owner, new.mode)


def _until(gateway: Gateway, accepted: Accepted) -> float:
    if accepted.next_free is None:
        return timedelta(days=1).total_seconds()
    return max(1.0, (accepted.next_free - utc(gateway.clock.now())).total_seconds())


def _say_quota(request: web.Request, new: NewScan, accepted: Accepted) -> None:
    if not new.test and accepted.outcome in {"accepted", "quota"}:
        wait = int(_until(request.app[GATEWAY], accepted)) if accepted.outcome == "quota" else 0
        request[QUOTA] = (new.mode, new.quota, accepted.used, wait)


async def _ring(gateway: Gateway, new: NewScan) -> None:
    kind = "single" if new.mode == "single" else "discover"
    if gateway.limiter.degraded:
        return
    try:
        await enqueue(gateway.redis, gateway.settings.namespace, [chunk_job(kind, new.id, 0, new.request_id)])
    except (RedisError, OSError, TimeoutError) as error:
        # Accepted all the same: the dispatcher finds the chunk in Postgres within a second.
        get_logger().warning("scan.enqueue_failed", scan_id=str(new.id), error=type(error).__name__)


@route(
    "POST",
    "/scans",
    summary="Start a scan",
    scope="scan",
    guest=True,
    body=ScanRequest,
    reply=ScanAccepted,
    status=202,
    limited=False,
)
async def create_scan(request: web.Request) -> web.Response:
    """Accept a scan; poll `poll_url` until its status is no longer `running`."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    check_access(request[ROUTE], caller)
    key = idempotency_key(request)
    asked = validate(
        await read_body(request, ScanRequest),
        tier=caller.tier,
        tier_name=caller.tier_name,
        permissions=caller.permissions,
        allow=gateway.settings.allow_networks,
        test=caller.test,
    )
    accepted = await start(request, new_scan(asked, caller, gateway, request_id=request[REQUEST_ID], key=key))
    reply = ScanAccepted(
        scan_id=accepted.scan_id,  # type: ignore[arg-type]  # set for every outcome that gets here
        status="running",
        poll_url=f"{PREFIX}/scans/{accepted.scan_id}",
    )
    return success(
        request, msgspec.to_builtins(reply), gateway.clock, status=202, headers={"Location": reply.poll_url}
    )


def progress(row: DictRow, gateway: Gateway) -> dict[str, Any]:
    """The scan's progress; rate and time left are None until there is something to tell from."""
    done, failed = row["done"] + row["live_done"], row["failed"] + row["live_failed"]
    rate: float | None = None
    eta: int | None = None
    if row["started_at"] is not None and done:
        until = row["finished_at"] or utc(gateway.clock.now())
        seconds = (until - row["started_at"]).total_seconds()
        if seconds > 0:
            rate = round(done / seconds, 2)
            if row["status"] == "running" and row["phase"] == "fetching" and rate:
                eta = int(max(0, row["found"] - done) / rate)
    return {
        "phase": row["phase"],
        "found": max(row["found"], done),
        "done": done,
        "failed": failed,
        "skipped": row["skipped"],
        "pages_per_second": rate,
        "eta_seconds": eta,
    }


def scan_view(row: DictRow, gateway: Gateway) -> dict[str, Any]:
    """A scan as the API shows it."""
    view: dict[str, Any] = {
        "scan_id": str(row["id"]),
        "url": row["url"],
        "mode": row["mode"],
        "test": row["test"],
        "status": row["status"],
        "progress": progress(row, gateway),
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "options": row["options"],
    }
    for name in ("reason", "reason_code", "result"):
        if row[name] is not None:
            view[name] = row[name]
    return view


@route("GET", "/scans/{scan_id}", summary="A scan's status and result", scope="read", guest=True, reply=Scan)
async def get_scan(request: web.Request) -> web.Response:
    """Poll every 2 to 3 s until `status` is no longer `running`."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        row = await visible_scan(conn, path_id(request, "scan_id", "scan"), request[CALLER])
    return success(request, scan_view(row, gateway), gateway.clock)


@route("POST", "/scans/{scan_id}/stop", summary="Stop a running scan", scope="scan", reply=Scan)
async def stop_scan(request: web.Request) -> web.Response:
    """Workers hear of it within 5 s; pages done so far stay readable."""
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        if not await scans.request_stop(conn, scan_id):
            message = "This scan has already ended."
            raise ConflictError(message)
        row = await visible_scan(conn, scan_id, request[CALLER])
    return success(request, scan_view(row, gateway), gateway.clock)


ROUTES: list[Route] = [create_scan, get_scan, stop_scan]
