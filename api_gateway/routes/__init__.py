"""All endpoints under /api/v1."""

from api_gateway.routes import (
    auth,
    bulk,
    checks,
    diff,
    document,
    events,
    export,
    monitors,
    results,
    scans,
    tokens,
    user,
    webhooks,
)
from api_gateway.routing import Route

ALL: list[Route] = [
    *auth.ROUTES,
    *tokens.ROUTES,
    *bulk.ROUTES,
    *scans.ROUTES,
    *results.ROUTES,
    *user.ROUTES,
    *events.ROUTES,
    *diff.ROUTES,
    *export.ROUTES,
    *webhooks.ROUTES,
    *monitors.ROUTES,
    *checks.ROUTES,
    *document.ROUTES,
]
