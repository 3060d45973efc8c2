"""Gives every request an id, binds it to the logs, and measures by route template."""

import re
import time
import uuid

import structlog
from aiohttp import web

from api_gateway.routing import Handler
from api_gateway.state import REQUEST_ID
from shared.logs import get_logger
from shared.metrics import HTTP_REQUESTS

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def template(request: web.Request) -> str:
    """The route's template, never the path itself."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


@web.middleware
async def tracing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: sees the final status."""
    sent = request.headers.get("X-Request-Id", "")
    request_id = sent if _SANE.fullmatch(sent) else uuid.uuid4().hex
    request[REQUEST_ID] = request_id
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await handler(request)
        seconds = time.perf_counter() - began
        route = template(request)
        HTTP_REQUESTS.labels(request.method if route != "unmatched" else "any", route, str(response.status)).observe(
            seconds
        )
        get_logger().info(
            "http.request", method=request.method, route=route, status=response.status, ms=round(seconds * 1000, 1)
        )
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
    return response
