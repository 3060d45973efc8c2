"""Starting up to fifty single scans with one request."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct
from psycopg.types.json import Jsonb

from api_gateway.bodies import idempotency_key, read_body
from api_gateway.replies.scans import BulkAccepted, BulkError, BulkItem
from api_gateway.routing import Route, route
from api_gateway.starting import new_scan, note_accepted, ring, until_free
from api_gateway.state import CALLER, GATEWAY, QUOTA, REQUEST_ID, Caller, Gateway
from api_gateway.wire import success
from shared import scans
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.errors import ConflictError, ForbiddenError, InvalidUrlError, RateLimitError, ServiceError
from shared.intake import body_hash
from shared.metrics import QUOTA_DENIED
from shared.requests import ScanOptions, ScanRequest, Url, validate
from shared.scans import Accepted, NewScan

MOST = 50
_SQL = queries("idempotency")


class BulkRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of POST /scans/bulk: each URL becomes a scan of mode `single` with the same options."""

    urls: Annotated[list[Annotated[str, Meta(min_length=1, max_length=2_000)]], Meta(min_length=1, max_length=MOST)]
    options: ScanOptions = msgspec.field(default_factory=ScanOptions)
    webhook_url: Url | None = None


Planned = tuple[str, NewScan | ServiceError]


def plan(asked: BulkRequest, caller: Caller, gateway: Gateway, request_id: str) -> list[Planned]:
    """The scan-to-be of each URL, or why there is none. Raises what is wrong with the request as a whole."""
    planned: list[Planned] = []
    for url in asked.urls:
        try:
            valid = validate(
                ScanRequest(url=url, options=asked.options, webhook_url=asked.webhook_url),
                tier=caller.tier,
                tier_name=caller.tier_name,
                permissions=caller.permissions,
                allow=gateway.settings.allow_networks,
                floor=gateway.settings.floor,
                test=caller.test,
            )
        except InvalidUrlError as error:
            if error.param != "url":
                raise
            planned.append((url, error))
        else:
            planned.append((url, new_scan(valid, caller, gateway, request_id=request_id, key=None)))
    return planned


async def _accept(conn: Connection, planned: Sequence[Planned]) -> list[Accepted | None]:
    """Accept in order until the quota is used up, in the caller's transaction."""
    outcomes: list[Accepted | None] = []
    full: Accepted | None = None
    for _, new in planned:
        if isinstance(new, ServiceError):
            outcomes.append(None)
            continue
        # The owner is locked for the whole transaction: once the quota is used up it stays so.
        accepted = full or await scans.accept(conn, new)
        full = accepted if accepted.outcome == "quota" else None
        outcomes.append(accepted)
    return outcomes


def _error(error: ServiceError) -> BulkError:
    wait = error.retry_after
    return BulkError(
        code=error.code,
        message=error.message,
        param=error.param if error.param is not None else msgspec.UNSET,
        retry_after=max(1, int(-(-wait // 1))) if wait is not None else msgspec.UNSET,
    )


def _item(url: str, new: NewScan | ServiceError, accepted: Accepted | None, gateway: Gateway) -> BulkItem:
    if isinstance(new, ServiceError):
        return BulkItem(url=url, error=_error(new))
    if accepted is not None and accepted.outcome == "accepted":
        return BulkItem(url=url, scan_id=new.id)
    used, wait = (accepted.used, until_free(gateway, accepted)) if accepted is not None else (0, None)
    denied = RateLimitError(f"Scan limit reached ({used}/{new.quota}).", param="urls", retry_after=wait)
    return BulkItem(url=url, error=_error(denied))


async def _kept_reply(conn: Connection, owner: str, key: str, digest: bytes) -> dict[str, Any] | None:
    """The reply that was given under this key. Raises `ConflictError` when it was to another body."""
    row = await (await conn.execute(_SQL["find"], {"owner": owner, "key": key})).fetchone()
    if row is None:
        return None
    if bytes(row["request_hash"]) != digest or row["reply"] is None:
        message = "This Idempotency-Key was used with another body."
        raise ConflictError(message, param="Idempotency-Key")
    reply: dict[str, Any] = row["reply"]
    return reply


async def _after(
    request: web.Request, conn: Connection, planned: list[Planned], outcomes: list[Accepted | None]
) -> None:
    """Tell metrics, queue and Redis's log, once everything is committed."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    pairs = [(new, one) for (_, new), one in zip(planned, outcomes, strict=True) if isinstance(new, NewScan) and one]
    for new, accepted in pairs:
        if accepted.outcome == "accepted":
            note_accepted(new)
        else:
            QUOTA_DENIED.labels(new.tier, new.mode).inc()
    if pairs and not caller.test:
        new, accepted = pairs[-1]
        wait = math.ceil(until_free(gateway, accepted)) if accepted.outcome == "quota" else None
        request[QUOTA] = (new.mode, new.quota, accepted.used, wait)
        await gateway.limiter.rebuild(conn, caller.owner, "single")
    ring(gateway, [new for new, accepted in pairs if accepted.admitted])


@route(
    "POST",
    "/scans/bulk",
    summary="Start up to 50 single scans",
    scope="scan",
    body=BulkRequest,
    reply=BulkAccepted,
    status=202,
    idempotent=True,
    errors=(InvalidUrlError, ForbiddenError, ConflictError),
)
async def create_scans(request: web.Request) -> web.Response:
    """Each URL is accepted in order while the quota lasts; what is refused costs nothing. Counts as one request.

    All scans are created in one transaction: after a failure none is, and with the same Idempotency-Key a repeated
    request gets the reply of the first one for 24 hours.
    """
    gateway, caller = request.app[GATEWAY], request[CALLER]
    key = idempotency_key(request, test=caller.test)
    asked = await read_body(request, BulkRequest)
    planned = plan(asked, caller, gateway, request[REQUEST_ID])
    digest = body_hash(asked, gateway.settings.secret_key)
    outcomes: list[Accepted | None] = []
    async with connection(gateway.pool) as conn:
        async with conn.transaction():
            await conn.execute(_SQL["lock_owner"], {"owner": caller.owner})
            reply = await _kept_reply(conn, caller.owner, key, digest) if key else None
            if reply is None:
                outcomes = await _accept(conn, planned)
                items = [_item(url, new, one, gateway) for (url, new), one in zip(planned, outcomes, strict=True)]
                reply = msgspec.to_builtins(BulkAccepted(items))
                if key:
                    values = {"owner": caller.owner, "key": key, "hash": digest, "reply": Jsonb(reply)}
                    await conn.execute(_SQL["keep"], values)
        if outcomes:
            await _after(request, conn, planned, outcomes)
    return success(request, reply, gateway.clock, status=202)


ROUTES: list[Route] = [create_scans]
