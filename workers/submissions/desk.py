"""Scans that other programs ask for on the ingress queue: held to the rules of POST /scans, and answered in Postgres.

A message becomes a scan under the id that its sender chose, or a reason. A repeated message changes nothing, and none
is acknowledged before its outcome has been committed.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct
from psycopg.errors import UniqueViolation
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared import scans
from shared.clock import Clock
from shared.db.pool import LOST, Connection, Pool, connection
from shared.errors import ConflictError, InvalidRequestError, RateLimitError, ServiceError, UnavailableError
from shared.intake import IDEMPOTENCY_KEY, new_scan, stored_key
from shared.jobs import VERSION, Submission, SubmitJob, chunk_job, enqueue, ring
from shared.logs import get_logger, mask
from shared.metrics import QUOTA_DENIED, SCANS_ACCEPTED, SUBMISSIONS
from shared.requests import ScanRequest, decode_json, validate
from shared.settings import Settings
from shared.tracing import traced
from workers.submissions.refusals import Refusals, RefusedError, Sender, sender_of

RETRY_SECONDS = 1.0
MAX_BYTES = 256 * 1024
"""Of a submission, as of a request's body."""
_AWAY: tuple[type[Exception], ...] = (*LOST, UnavailableError)
"""What passes by waiting; any other fault of the database comes from the message."""


class Desk(Struct, frozen=True, kw_only=True):
    """Connections and the drain flag of one process."""

    settings: Settings
    pool: Pool
    redis: Redis
    clock: Clock
    drain: asyncio.Event

    @property
    def refusals(self) -> Refusals:
        """Where refusals are written down."""
        return Refusals(self.settings, self.clock)


async def submit(desk: Desk, version: object, scan: object) -> None:
    """Bring a submission to its outcome, however long Postgres is away; on a drain it goes back to its queue."""
    while True:
        try:
            await _settle(desk, version, scan)
        except _AWAY as error:
            get_logger().warning("submission.waits", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a fault of ours must neither lose the message nor go round for ever
            get_logger().exception("submission.failed", error=type(error).__name__)
            name = str(scan.get("id", "")) if isinstance(scan, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            await set_aside(desk, "The service could not deal with it; its log has the reason.", json.dumps(scan), name)
            return
        else:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(desk.drain.wait(), RETRY_SECONDS)
        if desk.drain.is_set():
            await _put_back(desk, scan)
            return


async def set_aside(desk: Desk, reason: str, message: str, name: str) -> None:
    """Write down a message that can't be read as a submission at all, however long Postgres is away."""
    while True:
        try:
            async with connection(desk.pool) as conn:
                await desk.refusals.set_aside(conn, InvalidRequestError(reason), message, name)
        except _AWAY as error:
            get_logger().warning("submission.waits", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


@traced("submission")
async def _settle(desk: Desk, version: object, scan: object) -> None:
    async with connection(desk.pool) as conn:
        try:
            await _start(desk, conn, version, scan)
        except RefusedError as refused:
            await desk.refusals.record(conn, refused, scan)


async def _start(desk: Desk, conn: Connection, version: object, scan: object) -> None:
    asked = _read(version, scan)
    sender = await sender_of(conn, asked.token, desk.settings)
    if sender.fault is not None:
        raise RefusedError(sender.fault, sender)
    new = _planned(desk, asked, sender)
    try:
        accepted = await scans.accept(conn, new)
    except UniqueViolation:
        await _repeated(conn, asked, sender)
        return
    if accepted.outcome == "replayed" and accepted.scan_id == new.id:
        SUBMISSIONS.labels("repeated").inc()
        return
    if accepted.outcome != "accepted":
        raise RefusedError(_why(accepted, new), sender)
    SUBMISSIONS.labels("accepted").inc()
    SCANS_ACCEPTED.labels(new.mode, new.tier).inc()
    get_logger().info("submission.accepted", scan_id=str(new.id), mode=new.mode, tier=new.tier, test=new.test)
    if accepted.admitted:
        await _ring(desk, new)


def _why(accepted: scans.Accepted, new: scans.NewScan) -> ServiceError:
    if accepted.outcome == "quota":
        QUOTA_DENIED.labels(new.tier, new.mode).inc()
        return RateLimitError(_used_up(accepted.used, new.quota, accepted.next_free))
    if accepted.outcome == "conflict":
        return ConflictError("This idempotency_key was used with another scan.", param="idempotency_key")
    message = f"This idempotency_key has started the scan {accepted.scan_id} already."
    return ConflictError(message, param="idempotency_key")


def _used_up(used: int, quota: int, next_free: datetime | None) -> str:
    when = f" The next one is free at {next_free.isoformat(timespec='seconds')}." if next_free is not None else ""
    return f"Scan limit reached ({used}/{quota}).{when}"


def _read(version: object, scan: object) -> Submission:
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= VERSION:
        raise RefusedError(InvalidRequestError(f"v: this service reads version {VERSION}, not {version!r}.", param="v"))
    try:
        return msgspec.convert(scan, Submission)
    except msgspec.ValidationError as error:
        raise RefusedError(InvalidRequestError(f"scan: {error}.")) from error


def _planned(desk: Desk, asked: Submission, sender: Sender) -> scans.NewScan:
    """The row-to-be. Raises `RefusedError` for what POST /scans would refuse."""
    fields: dict[str, Any] = {"url": asked.url, "mode": asked.mode, "options": asked.options}
    if asked.webhook_url is not None:
        fields["webhook_url"] = asked.webhook_url
    try:
        request = validate(
            decode_json(_body(fields), ScanRequest),
            tier=sender.tier,
            tier_name=sender.tier_name,
            permissions=sender.permissions,
            allow=desk.settings.allow_networks,
            floor=desk.settings.floor,
            test=sender.test,
        )
        key = _key(asked.idempotency_key, test=sender.test)
    except ServiceError as error:
        raise RefusedError(error, sender) from error
    request_id = mask(asked.request_id)[:64] or str(asked.id)
    return new_scan(request, sender, desk.settings, scan_id=asked.id, request_id=request_id, key=key)


def _body(fields: dict[str, Any]) -> bytes:
    try:
        body = msgspec.json.encode(fields)
    except (UnicodeEncodeError, ValueError) as error:
        raise InvalidRequestError(f"scan: {error}.") from error
    if len(body) > MAX_BYTES:
        raise InvalidRequestError(f"scan: {len(body)} bytes; at most {MAX_BYTES} are taken.")
    return body


def _key(key: str | None, *, test: bool) -> str | None:
    """As the header Idempotency-Key is kept. Raises `InvalidRequestError`."""
    if key is None:
        return None
    if not re.fullmatch(IDEMPOTENCY_KEY, key):
        message = "idempotency_key: 1 to 255 visible ASCII characters."
        raise InvalidRequestError(message, param="idempotency_key")
    return stored_key(key, test=test)


async def _repeated(conn: Connection, asked: Submission, sender: Sender) -> None:
    """The id is taken: by the same message, which has its outcome already, or by somebody else's scan."""
    row = await scans.get(conn, asked.id)
    if row is None or row["owner"] != sender.owner or row["test"] != sender.test:
        raise RefusedError(ConflictError("id: another scan has this id; make a new UUID for each scan."))
    SUBMISSIONS.labels("repeated").inc()


async def _ring(desk: Desk, new: scans.NewScan) -> None:
    """Nothing depends on it: the dispatcher finds the scan within a second."""
    job = chunk_job("single" if new.mode == "single" else "discover", new.id, 0, new.request_id)
    try:
        await ring(desk.redis, desk.settings.namespace, job)
    except (RedisError, OSError, TimeoutError) as error:
        get_logger().warning("scan.enqueue_failed", scan_id=str(new.id), error=type(error).__name__)


async def _put_back(desk: Desk, scan: object) -> None:
    """A copy at the end of the queue, for another worker. Until Redis takes it the message isn't acknowledged."""
    job = SubmitJob(cast("Mapping[str, Any]", scan))
    while True:
        try:
            await enqueue(desk.redis, desk.settings.namespace, [job])
        except (RedisError, OSError, TimeoutError) as error:
            get_logger().warning("submission.not_put_back", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
