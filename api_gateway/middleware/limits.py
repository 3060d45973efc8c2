"""Counts requests, and says on every response how many are left."""

from functools import lru_cache

from aiohttp import web

from api_gateway.middleware.authentication import check_access, guest, identify, recall
from api_gateway.prompt import promptly
from api_gateway.routing import PREFIX, ROUTE, Handler
from api_gateway.state import CALLER, DECISION, GATEWAY, QUOTA, Caller, Gateway
from api_gateway.wire import failure
from shared.errors import RateLimitError, ServiceError, UnavailableError
from shared.metrics import LIMITER_DEGRADED, REQUESTS_DENIED
from shared.quota import Decision, Quota, Rate

_DENIED = {kind: REQUESTS_DENIED.labels(kind) for kind in ("key", "jwt", "guest")}


def _note(request: web.Request, caller: Caller, decision: Decision) -> None:
    """Raises `RateLimitError` for a denial."""
    request[DECISION] = decision
    if not decision.allowed:
        _DENIED[caller.kind].inc()
        message = f"Request limit reached ({caller.tier.requests} a minute)."
        raise RateLimitError(message, retry_after=decision.retry_after)


async def count(request: web.Request, quota: Quota | None = None) -> Decision:
    """Count this request, and a unit of `quota`. Raises `RateLimitError` when the request limit is exceeded."""
    gateway = request.app[GATEWAY]
    caller = request[CALLER]
    if caller.user_id is not None:
        gateway.meter.count(caller.owner)
    if gateway.limiter.degraded:
        LIMITER_DEGRADED.inc()
    decision = await gateway.limiter.take(caller.rate_key, caller.rate, quota)
    _note(request, caller, decision)
    return decision


@lru_cache(maxsize=256)
def _policies(rate: Rate) -> str:
    return f'"requests";q={rate.requests};w=60, "burst";q={rate.burst};w={rate.burst * 60 // rate.requests}'


def headers(request: web.Request, retry_after: str | None = None) -> dict[str, str]:
    """RateLimit headers: the old three, and the IETF draft's structured fields, naming every policy that applied.

    `retry_after` is that of a 429, whatever denied it: RateLimit-Reset then says the same instant.
    """
    decision = request.get(DECISION)
    caller: Caller | None = request.get(CALLER)
    if decision is None or caller is None:
        return {}
    rate = caller.rate
    full = max(0, -int(-decision.reset // 1))
    reset = full if decision.allowed else max(1, -int(-decision.retry_after // 1))
    remaining = min(decision.remaining, rate.requests)
    policies = _policies(rate)
    states = f'"requests";r={remaining};t={reset}, "burst";r={decision.remaining};t={reset}'
    told = request.get(QUOTA)
    if told is not None:
        mode, limit, used, seconds = told
        policies += f', "scans-{mode}";q={limit};w=86400'
        states += f', "scans-{mode}";r={max(0, limit - used)}' + (f";t={seconds}" if seconds is not None else "")
    return {
        "RateLimit-Limit": str(rate.requests),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": retry_after or str(reset),
        "RateLimit-Policy": policies,
        "RateLimit": states,
    }


def _refused(request: web.Request, gateway: Gateway) -> web.Response | None:
    """The answer to a known caller whose denial still holds: it takes no look at anything but memory."""
    caller = recall(request, gateway)
    if caller is None:
        return None
    request[CALLER] = caller
    denied = gateway.limiter.denied(caller.rate_key)
    if denied is None:
        return None
    gateway.meter.count(caller.owner)
    try:
        _note(request, caller, denied)
    except RateLimitError as error:
        return failure(request, error, gateway.clock)
    return None


async def _count_late(request: web.Request, gateway: Gateway, status: int) -> web.Response | None:
    """Count what failed before it was counted: against its caller, or the address where the credential is bad.

    Where nobody can tell who is calling, nothing is counted: a good key isn't held to what its address may do.
    """
    try:
        if CALLER not in request and ROUTE not in request:
            try:
                request[CALLER] = await promptly(identify(request, gateway))
            except UnavailableError:
                return None
            except ServiceError:
                request[CALLER] = guest(request, gateway)
        elif CALLER not in request and status == UnavailableError.http:
            return None
        elif CALLER not in request:
            request[CALLER] = guest(request, gateway)
        await count(request)
    except RateLimitError as denied:
        return failure(request, denied, gateway.clock)
    return None


@web.middleware
async def limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every request to the API counts, those to unknown paths and with a bad credential too."""
    if ROUTE not in request and request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
        return await handler(request)
    gateway = request.app[GATEWAY]
    response: web.StreamResponse = _refused(request, gateway) or await handler(request)
    if DECISION not in request:
        response = await _count_late(request, gateway, response.status) or response
    if not response.prepared:
        retry_after = response.headers.get("Retry-After") if response.status == 429 else None  # noqa: PLR2004
        response.headers.update(headers(request, retry_after))
    return response


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts a request that was identified, then decides access. Routes that spend quota count by themselves."""
    route = request.get(ROUTE)
    if route is None:
        return await handler(request)
    if route.limited:
        await count(request)
    check_access(route, request[CALLER])
    return await handler(request)
