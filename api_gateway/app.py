"""The gateway's application: its middlewares in order, its routes, its parts."""

from collections.abc import AsyncIterator

from aiohttp import web

from api_gateway.attempts import Attempts
from api_gateway.bodies import MAX_BODY
from api_gateway.credentials import Credentials
from api_gateway.holding import HOLDING, Holding, holding
from api_gateway.meter import Meter
from api_gateway.middleware.authentication import authentication
from api_gateway.middleware.deadline import deadline
from api_gateway.middleware.errors import errors
from api_gateway.middleware.limits import counted, limits
from api_gateway.middleware.tracing import tracing
from api_gateway.parameters import check_names
from api_gateway.passwords import Passwords
from api_gateway.routes import ALL
from api_gateway.routes.dashboard import add_dashboard
from api_gateway.routes.reports import add_reports
from api_gateway.routing import ROUTE, Handler, Route
from api_gateway.sessions import Sessions
from api_gateway.state import GATEWAY, Gateway
from api_gateway.together import Together
from shared.checks import catalogue
from shared.clock import SYSTEM, Clock
from shared.db.pool import make_pool
from shared.probes import Readiness, livez, readyz
from shared.quota import Limiter
from shared.redis.client import connect
from shared.settings import Settings

READINESS = web.AppKey("readiness", Readiness)


@web.middleware
async def matched(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Remembers which of our routes was matched."""
    route = getattr(request.match_info.handler, "route", None)
    if route is not None:
        request[ROUTE] = route
    return await handler(request)


@web.middleware
async def known_parameters(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Unknown and repeated query parameters are refused by name."""
    route = request.get(ROUTE)
    if route is not None:
        check_names(request, route.query)
    return await handler(request)


MIDDLEWARES = [holding, tracing, matched, limits, errors, deadline, authentication, counted, known_parameters]
"""Outermost first."""


def _bare(handler: Handler, route: object) -> Handler:
    """The handler as aiohttp wants it, with the record beside it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    handle.route = route  # type: ignore[attr-defined]
    return handle


def _apart(path: str) -> str:
    """The path as a pattern: `/scans/bulk` is no scan, so that a wrong method there is 405 and not 404."""
    return path.replace("{scan_id}", "{scan_id:(?!bulk$)[^{}/]+}")


def _add_route(router: web.UrlDispatcher, route: Route) -> None:
    """Serve it. What answers GET at once answers HEAD too; of a stream or a download there would be a body to make."""
    path, handler = _apart(route.path), _bare(route.handler, route)
    if route.method == "GET" and route.bounded:
        router.add_get(path, handler)
    else:
        router.add_route(route.method, path, handler)


def build(settings: Settings, clock: Clock = SYSTEM) -> web.Application:
    """An application that connects to Postgres and Redis when it starts."""
    # Loaded now: the first request would hold up all others for the two seconds that it takes.
    catalogue()
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY)
    pool = make_pool(settings.database_url, application="gateway", size=settings.pool_size)
    redis = connect(settings.redis_url)
    gateway = Gateway(
        settings=settings,
        pool=pool,
        redis=redis,
        limiter=Limiter(redis, settings.namespace),
        credentials=Credentials(pool, settings.database_url, settings.secret_key, clock, settings.tiers),
        sessions=Sessions(settings.secret_key, clock),
        attempts=Attempts(
            redis, settings.namespace, settings.secret_key, clock, per_address=settings.tiers["guest"].burst
        ),
        passwords=Passwords(),
        meter=Meter(redis, settings.namespace, clock),
        together=Together(pool, redis, settings.namespace),
        clock=clock,
        tiers=settings.tiers,
    )
    app[GATEWAY] = gateway
    app[HOLDING] = Holding()

    async def database() -> None:
        async with pool.connection() as conn:
            await conn.execute("SELECT 1")

    # Redis is not asked: without it scans are still accepted, only in the degraded mode of the contract.
    app[READINESS] = Readiness({"postgres": database})

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        await pool.open(wait=False)
        async with gateway.credentials.running(), gateway.meter.running():
            yield
        await redis.aclose()
        await gateway.together.close()
        await pool.close(timeout=2.0)

    app.cleanup_ctx.append(parts)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz(app[READINESS]))
    for route in ALL:
        _add_route(app.router, route)
    add_dashboard(app.router)
    add_reports(app.router)
    return app
