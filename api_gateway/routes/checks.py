"""The catalogue of checks."""

from aiohttp import web

from api_gateway.replies.checks import CheckList
from api_gateway.routing import Route, route
from api_gateway.state import GATEWAY
from api_gateway.wire import success
from shared.checks import catalogue


@route("GET", "/checks", summary="The catalogue of checks", reply=CheckList)
async def list_checks(request: web.Request) -> web.Response:
    """Every check: id, category, severity, what it means, how to fix it, and where the rule comes from."""
    items = [
        {
            "id": check.id,
            "category": check.category.value,
            "severity": check.severity.value,
            "severities": list(dict.fromkeys(one.value for one in check.severities)),
            "level": check.level.value,
            "title": check.title,
            "why": check.why,
            "fix": check.fix,
            "source": check.source,
            "network": check.network,
        }
        for check in catalogue().values()
    ]
    return success(request, {"items": items, "total": len(items)}, request.app[GATEWAY].clock)


ROUTES: list[Route] = [list_checks]
