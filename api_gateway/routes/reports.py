"""Reports for whoever has a signed link, which mails of monitors hold. No route of the API: a browser opens it."""

from typing import Final

from aiohttp import web

from api_gateway.routes.export import filename, print_report
from api_gateway.state import GATEWAY
from shared import scans
from shared.clock import utc
from shared.db.pool import connection
from shared.errors import NotFoundError
from shared.report_links import PATH, read_token

_GONE: Final = "There is no such report, or its link has expired."


async def get_report(request: web.Request) -> web.Response:
    """The PDF. A wrong, expired or outdated link is 404, without a word on which."""
    gateway = request.app[GATEWAY]
    named = read_token(gateway.settings.secret_key, request.match_info["token"])
    if named is None or named[1] < utc(gateway.clock.now()):
        raise NotFoundError(_GONE)
    async with connection(gateway.pool) as conn:
        row = await scans.get(conn, named[0])
    if row is None or row["status"] not in {"complete", "stopped"}:
        raise NotFoundError(_GONE)
    headers = {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'inline; filename="{filename(row, "pdf")}"',
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return web.Response(body=await print_report(gateway, row), headers=headers)


def add_reports(router: web.UrlDispatcher) -> None:
    """Serve them beside the dashboard."""
    router.add_get(f"{PATH}/{{token}}", get_report)
