"""Gives every request an id, binds it to the logs, and measures by route template."""

import random
import re
import time
from functools import lru_cache

import structlog
from aiohttp import web
from prometheus_client import Histogram

from api_gateway.routing import Handler
from api_gateway.state import REQUEST_ID
from shared.logs import get_logger
from shared.metrics import HTTP_REQUESTS
from shared.tracing import span

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LOG = get_logger()
FAULT = 500
"""Statuses from here on are ours to answer for."""


def template(request: web.Request) -> str:
    """The route's template, never the path itself."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


@lru_cache(maxsize=4_096)
def _series(method: str, route: str, status: int) -> Histogram:
    """The metric's series; looking it up by its labels costs more than observing."""
    return HTTP_REQUESTS.labels(method if route != "unmatched" else "any", route, str(status))


def _attributes(request: web.Request, route: str, status: int) -> dict[str, str | int]:
    return {
        "http.request.method": request.method,
        "http.route": route,
        "http.response.status_code": status,
        "scanfleet.request_id": request[REQUEST_ID],
    }


@web.middleware
async def tracing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: sees the final status. What is bound here ends with the request's task, which has its own context."""
    sent = request.headers.get("X-Request-Id", "")
    request_id = sent if sent and _SANE.fullmatch(sent) else f"{random.getrandbits(128):032x}"
    request[REQUEST_ID] = request_id
    structlog.contextvars.bind_contextvars(request_id=request_id)
    began = time.perf_counter()
    route = template(request)
    with span(f"{request.method} {route}", kind="server", parent=request.headers.get("traceparent")) as made:
        response = await handler(request)
        made.note(_attributes(request, route, response.status), failed=response.status >= FAULT)
    seconds = time.perf_counter() - began
    _series(request.method, route, response.status).observe(seconds)
    _LOG.info("http.request", method=request.method, route=route, status=response.status, ms=round(seconds * 1000, 1))
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
    return response
