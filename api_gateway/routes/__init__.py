"""All endpoints under /api/v1."""

from api_gateway.routes import checks, results, scans
from api_gateway.routing import Route

ALL: list[Route] = [*scans.ROUTES, *results.ROUTES, *checks.ROUTES]
