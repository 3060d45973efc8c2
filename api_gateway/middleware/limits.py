"""Counts requests, and says on every response how many are left."""

from aiohttp import web

from api_gateway.middleware.authentication import check_access, guest
from api_gateway.routing import ROUTE, Handler
from api_gateway.state import CALLER, DECISION, GATEWAY, QUOTA, Caller
from api_gateway.wire import failure
from shared.errors import RateLimitError, ServiceError
from shared.metrics import LIMITER_DEGRADED, REQUESTS_DENIED
from shared.quota import Decision, Quota


async def count(request: web.Request, quota: Quota | None = None) -> Decision:
    """Count this request, and a unit of `quota`. Raises `RateLimitError` when the request limit is exceeded."""
    gateway = request.app[GATEWAY]
    caller = request[CALLER]
    if caller.user_id is not None:
        gateway.meter.count(caller.owner)
    if gateway.limiter.degraded:
        LIMITER_DEGRADED.inc()
    decision = await gateway.limiter.take(caller.rate_key, caller.rate, quota)
    request[DECISION] = decision
    if not decision.allowed:
        REQUESTS_DENIED.labels(caller.kind).inc()
        message = f"Request limit reached ({caller.tier.requests} a minute)."
        raise RateLimitError(message, retry_after=decision.retry_after)
    return decision


def headers(request: web.Request) -> dict[str, str]:
    """RateLimit headers: the old three, and the IETF draft's structured fields, naming every policy that applied."""
    decision = request.get(DECISION)
    caller: Caller | None = request.get(CALLER)
    if decision is None or caller is None:
        return {}
    rate = caller.rate
    reset = max(0, -(-decision.reset // 1))
    if not decision.allowed:
        reset = max(1, -(-decision.retry_after // 1))
    remaining = min(decision.remaining, rate.requests)
    policies = [f'"requests";q={rate.requests};w=60', f'"burst";q={rate.burst};w={rate.burst * 60 // rate.requests}']
    states = [f'"requests";r={remaining};t={int(reset)}', f'"burst";r={decision.remaining};t={int(reset)}']
    told = request.get(QUOTA)
    if told is not None:
        mode, limit, used, seconds = told
        policies.append(f'"scans-{mode}";q={limit};w=86400')
        states.append(f'"scans-{mode}";r={max(0, limit - used)};t={seconds}')
    return {
        "RateLimit-Limit": str(rate.requests),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(int(reset)),
        "RateLimit-Policy": ", ".join(policies),
        "RateLimit": ", ".join(states),
    }


async def _counted_failure(request: web.Request, error: ServiceError) -> ServiceError:
    try:
        await count(request)
    except RateLimitError as denied:
        return denied
    return error


@web.middleware
async def limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Requests with a bad credential count against the caller's address."""
    gateway = request.app[GATEWAY]
    route = request.get(ROUTE)
    if route is None:
        return await handler(request)
    try:
        response = await handler(request)
    except ServiceError as error:
        if CALLER not in request:
            request[CALLER] = guest(request, gateway)
        if DECISION not in request:
            error = await _counted_failure(request, error)
        response = failure(request, error, gateway.clock)
    if not response.prepared:
        response.headers.update(headers(request))
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
