"""What stands between a validated request and a running scan: quota, one transaction, one message."""

import math
from datetime import timedelta
from functools import lru_cache

from aiohttp import web
from prometheus_client import Counter

from api_gateway.middleware.limits import count
from api_gateway.state import CALLER, GATEWAY, QUOTA, Caller, Gateway
from shared import intake
from shared.clock import utc, uuid7
from shared.db.pool import connection
from shared.errors import ConflictError, RateLimitError
from shared.jobs import SHORT_QUEUE, chunk_job
from shared.logs import get_logger
from shared.metrics import QUOTA_DENIED, SCANS_ACCEPTED
from shared.quota import Quota
from shared.requests import ScanRequest
from shared.scans import Accepted, NewScan

_LOG = get_logger()
"""One for all: a logger made anew looks up its configuration for every line, 8 µs also for one that isn't written."""


@lru_cache(maxsize=256)
def _accepted(mode: str, tier: str) -> Counter:
    return SCANS_ACCEPTED.labels(mode, tier)


def new_scan(asked: ScanRequest, caller: Caller, gateway: Gateway, *, request_id: str, key: str | None) -> NewScan:
    """The row-to-be of a validated request, with an id of its own."""
    scan_id = uuid7(gateway.clock)
    return intake.new_scan(asked, caller, gateway.settings, scan_id=scan_id, request_id=request_id, key=key)


async def start(request: web.Request, new: NewScan) -> Accepted:
    """Spend quota, create, and ring the bell. Raises `RateLimitError` or `ConflictError`; both cost nothing."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    quota = None if caller.test else Quota(new.owner, new.mode, new.quota, new.id)
    decision = await count(request, quota)
    try:
        accepted = await gateway.together.accept(new)
    except BaseException:
        if decision.quota:
            await gateway.limiter.forget(new.owner, new.mode, new.id)
        raise
    if quota is not None:
        await _agree(gateway, new, told=decision.quota, accepted=accepted)
    _say_quota(request, new, accepted)
    if accepted.outcome == "quota":
        QUOTA_DENIED.labels(caller.tier_name, new.mode).inc()
        wait = until_free(gateway, accepted)
        message = f"Scan limit reached ({accepted.used}/{new.quota})."
        raise RateLimitError(message, retry_after=wait)
    if accepted.outcome == "conflict":
        message = "This Idempotency-Key was used with another body."
        raise ConflictError(message, param="Idempotency-Key")
    if accepted.outcome == "accepted":
        note_accepted(new)
        if accepted.admitted:
            ring(gateway, [new])
    return accepted


def note_accepted(new: NewScan) -> None:
    """Count and log a scan that was accepted."""
    _accepted(new.mode, new.tier).inc()
    _LOG.info("scan.accepted", scan_id=str(new.id), mode=new.mode, tier=new.tier, test=new.test)


async def _agree(gateway: Gateway, new: NewScan, *, told: bool | None, accepted: Accepted) -> None:
    """Put Redis's log right where Postgres decided otherwise."""
    spent = accepted.outcome == "accepted"
    if told is None or told == spent:
        return
    if told and accepted.outcome != "quota":
        await gateway.limiter.forget(new.owner, new.mode, new.id)
    elif not gateway.limiter.degraded:
        async with connection(gateway.pool) as conn:
            await gateway.limiter.rebuild(conn, new.owner, new.mode)


def until_free(gateway: Gateway, accepted: Accepted) -> float:
    """Seconds until a unit of the quota comes back."""
    if accepted.next_free is None:
        return timedelta(days=1).total_seconds()
    return max(1.0, (accepted.next_free - utc(gateway.clock.now())).total_seconds())


def _say_quota(request: web.Request, new: NewScan, accepted: Accepted) -> None:
    if not new.test and accepted.outcome in {"accepted", "quota"}:
        wait = math.ceil(until_free(request.app[GATEWAY], accepted)) if accepted.outcome == "quota" else None
        request[QUOTA] = (new.mode, new.quota, accepted.used, wait)


def ring(gateway: Gateway, started: list[NewScan]) -> None:
    """Put what was admitted on its queue at once. Nothing depends on it: the dispatcher finds it within a second."""
    if gateway.limiter.degraded:
        return
    for new in started[:SHORT_QUEUE]:
        gateway.together.ring(chunk_job("single" if new.mode == "single" else "discover", new.id, 0, new.request_id))
