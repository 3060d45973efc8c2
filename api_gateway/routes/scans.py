"""Starting scans, watching them, stopping them."""

import msgspec
from aiohttp import web

from api_gateway.access import allowed, visible_scan
from api_gateway.bodies import idempotency_key, path_id, read_body
from api_gateway.middleware.authentication import check_access
from api_gateway.replies.scans import Scan, ScanAccepted
from api_gateway.routing import PREFIX, ROUTE, Route, route
from api_gateway.starting import new_scan, start
from api_gateway.state import CALLER, GATEWAY, REQUEST_ID
from api_gateway.views import scan_view
from api_gateway.wire import success
from shared import scans
from shared.db.pool import connection
from shared.errors import ConflictError, ForbiddenError, InvalidUrlError
from shared.requests import ScanRequest, validate


@route(
    "POST",
    "/scans",
    summary="Start a scan",
    scope="scan",
    guest=True,
    body=ScanRequest,
    reply=ScanAccepted,
    status=202,
    limited=False,
    idempotent=True,
    errors=(InvalidUrlError, ForbiddenError, ConflictError),
)
async def create_scan(request: web.Request) -> web.Response:
    """Accept a scan; poll `poll_url` until its status is no longer `running`."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    check_access(request[ROUTE], caller)
    key = idempotency_key(request, test=caller.test)
    asked = validate(
        await read_body(request, ScanRequest),
        tier=caller.tier,
        tier_name=caller.tier_name,
        permissions=caller.permissions,
        allow=gateway.settings.allow_networks,
        floor=gateway.settings.floor,
        test=caller.test,
    )
    accepted = await start(request, new_scan(asked, caller, gateway, request_id=request[REQUEST_ID], key=key))
    reply = ScanAccepted(
        scan_id=accepted.scan_id,  # type: ignore[arg-type]  # set for every outcome that gets here
        status="running",
        poll_url=f"{PREFIX}/scans/{accepted.scan_id}",
    )
    told = msgspec.Raw(msgspec.json.encode(reply))
    return success(request, told, gateway.clock, status=202, headers={"Location": reply.poll_url})


@route("GET", "/scans/{scan_id}", summary="A scan's status and result", scope="read", guest=True, reply=Scan)
async def get_scan(request: web.Request) -> web.Response:
    """Poll every 2 to 3 s until `status` is no longer `running`."""
    gateway = request.app[GATEWAY]
    row = allowed(await gateway.together.scan(path_id(request, "scan_id", "scan")), request[CALLER])
    return success(request, msgspec.Raw(msgspec.json.encode(scan_view(row, gateway))), gateway.clock)


@route(
    "POST",
    "/scans/{scan_id}/stop",
    summary="Stop a running scan",
    scope="scan",
    reply=Scan,
    errors=(ConflictError,),
)
async def stop_scan(request: web.Request) -> web.Response:
    """Workers hear of it within 5 s; pages done so far stay readable."""
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        if not await scans.request_stop(conn, scan_id):
            message = "This scan has already ended."
            raise ConflictError(message)
        row = await visible_scan(conn, scan_id, request[CALLER])
    return success(request, scan_view(row, gateway), gateway.clock)


ROUTES: list[Route] = [create_scan, get_scan, stop_scan]
