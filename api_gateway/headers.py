"""The response headers that the OpenAPI document tells of."""

from typing import Any

from api_gateway.routing import Route

WHOLE = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}

HEADERS: dict[str, Any] = {
    "X-Request-Id": {"description": "The request's id; one that was sent is kept.", "schema": TEXT},
    "RateLimit-Limit": {"description": "Requests a minute.", "schema": WHOLE},
    "RateLimit-Remaining": {"description": "Requests left, at most RateLimit-Limit.", "schema": WHOLE},
    "RateLimit-Reset": {"description": "Seconds until nothing is used up.", "schema": WHOLE},
    "RateLimit-Policy": {"description": "Every policy that applied (IETF draft, structured field).", "schema": TEXT},
    "RateLimit": {"description": "What is left of each policy (IETF draft, structured field).", "schema": TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Location": {"description": "Where the new scan can be polled.", "schema": TEXT},
    "WWW-Authenticate": {"description": "The scheme to use.", "schema": TEXT},
}
ALWAYS = ("X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "RateLimit")


def references(*names: str) -> dict[str, Any]:
    """References to those headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def headers_of(route: Route) -> dict[str, Any]:
    """The headers of a route's success."""
    return references(*ALWAYS, *(["Location"] if route.name == "create_scan" else []))
