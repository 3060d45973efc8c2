"""Monitors as they are asked for, checked, and shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from api_gateway.bodies import path_id
from api_gateway.replies.names import ScanMode
from api_gateway.state import CALLER, Caller, Gateway
from shared import monitors
from shared.alerts import Rule, Rules, watched
from shared.clock import utc, uuid7
from shared.db.pool import Connection
from shared.errors import ForbiddenError, InternalError, InvalidRequestError, InvalidUrlError, NotFoundError
from shared.mail import Kind
from shared.monitoring import check_interval, scan_of
from shared.monitors import LastRun, Monitor
from shared.requests import ScanOptions, Url, split_secrets
from shared.schedule import NAMED, ScheduleError, jitter_seconds, next_run
from shared.seal import seal
from shared.session_ids import strip_session_ids
from shared.settings import Settings
from shared.urls import normalise, strip_tracking

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
ScheduleText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="hourly, daily, weekly, or a cron expression: minute, hour, day of month, month, day of week.",
    ),
]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, description="A zone of the IANA database: Europe/Berlin.")]


Mails = Annotated[
    list[Kind],
    Meta(
        max_length=3,
        description="What is mailed to the account's address: alerts, and after every complete run a report.",
    ),
]


class MonitorRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /monitors. `mode` and `options` are those of POST /scans; without `name` it is the host's."""

    url: Url
    schedule: ScheduleText
    timezone: ZoneName = "UTC"
    mode: ScanMode = "single"
    options: ScanOptions = msgspec.field(default_factory=ScanOptions)
    name: Name | None = None
    enabled: bool = True
    alerts: Rules = []
    mails: Mails = []


class MonitorChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PATCH /monitors/{id}: what is left out stays. `options` replaces all, credentials included."""

    url: Url | UnsetType = UNSET
    schedule: ScheduleText | UnsetType = UNSET
    timezone: ZoneName | UnsetType = UNSET
    mode: ScanMode | UnsetType = UNSET
    options: ScanOptions | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    alerts: Rules | UnsetType = UNSET
    mails: Mails | UnsetType = UNSET


def monitor_view(monitor: Monitor, last: LastRun | None) -> dict[str, Any]:
    """A monitor as the API shows it."""
    shown = ("name", "url", "mode", "options", "schedule", "timezone", "jitter_seconds", "enabled", "next_run_at")
    return {
        "id": str(monitor.id),
        **{name: getattr(monitor, name) for name in shown},
        "credentials": monitor.sealed is not None,
        "alerts": monitor.alerts,
        "mails": [entry["kind"] for entry in monitor.reports],
        "last": msgspec.to_builtins(last, builtin_types=(datetime,)) if last else None,
        "created_at": monitor.created_at,
        "updated_at": monitor.updated_at,
    }


async def own_monitor(conn: Connection, request: web.Request, *, held: bool = False) -> Monitor:
    """The monitor in the path. Live and test credentials don't see each other's."""
    caller, monitor_id = request[CALLER], path_id(request, "id", "monitor")
    monitor = await (monitors.lock if held else monitors.get)(conn, monitor_id)
    if monitor is None or (monitor.owner == caller.owner and monitor.test != caller.test):
        raise NotFoundError("There is no monitor with this id.")
    if monitor.owner != caller.owner:
        raise ForbiddenError("This monitor belongs to somebody else.")
    return monitor


def user_of(caller: Caller) -> UUID:
    """The caller's user; guests have no monitors."""
    if caller.user_id is None:
        raise InternalError("A guest got past the scopes.")
    return caller.user_id


def planned(monitor: Monitor, caller: Caller, gateway: Gateway) -> Monitor:
    """The monitor as it may be stored: its site normalised and within the rules of scans and tiers, its next run told.

    Raises what POST /scans raises, and `ForbiddenError` for a schedule that comes too often.
    """
    monitor = msgspec.structs.replace(monitor, schedule=_spelled(monitor.schedule))
    scan = scan_of(monitor, caller, gateway.settings, scan_id=monitor.id)
    _check_told(monitor, gateway.settings)
    try:
        check_interval(monitor.schedule, caller)
        jitter = jitter_seconds(monitor.id, monitor.schedule)
        now = utc(gateway.clock.now())
        following = next_run(monitor.schedule, monitor.timezone, jitter, now)
    except ScheduleError as error:
        raise InvalidRequestError(str(error), param=error.param) from error
    return msgspec.structs.replace(
        monitor,
        url=scan.url,
        host=scan.host,
        name=monitor.name or urlsplit(scan.url).netloc[:100],
        jitter_seconds=jitter,
        next_run_at=following if monitor.enabled else None,
    )


def _spelled(schedule: str) -> str:
    """Without blanks that say nothing, and a word of ours in lower case."""
    text = " ".join(schedule.split())
    return text.lower() if text.lower() in NAMED else text


def new_monitor(asked: MonitorRequest, caller: Caller, gateway: Gateway) -> Monitor:
    """The monitor that is asked for, not checked yet."""
    plain, sealed = _options(asked.options, gateway)
    now = utc(gateway.clock.now())
    return Monitor(
        id=uuid7(gateway.clock),
        owner=caller.owner,
        user_id=user_of(caller),
        test=caller.test,
        name=asked.name or "",
        url=asked.url,
        host="",
        mode=asked.mode,
        options=plain,
        sealed=sealed,
        schedule=asked.schedule,
        timezone=asked.timezone,
        jitter_seconds=0,
        enabled=asked.enabled,
        next_run_at=None,
        alerts=_stored(asked.alerts),
        reports=_mailed(asked.mails),
        created_at=now,
        updated_at=now,
    )


def _stored(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Each rule once, as JSON has it, with the figures that were left out."""
    return [dict(msgspec.to_builtins(rule)) for rule in watched(rules)]


def _mailed(kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    return [{"kind": kind} for kind in dict.fromkeys(kinds)]


def _check_told(monitor: Monitor, settings: Settings) -> None:
    """Raises `InvalidRequestError` for rules and mails that could never come to anything."""
    certificate = any(rule["kind"] == "certificate_expires" for rule in monitor.alerts)
    if certificate and "tls" not in monitor.options.get("checks_network", ()):
        message = "alerts: certificate_expires needs 'tls' among options.checks_network."
        raise InvalidRequestError(message, param="alerts")
    if monitor.reports and not settings.smtp_url:
        raise InvalidRequestError("mails: this service has no mail server.", param="mails")
    if any(one["kind"] != "alerts" for one in monitor.reports) and not settings.public_url:
        raise InvalidRequestError("mails: this service has no public address for reports.", param="mails")


def _options(options: ScanOptions, gateway: Gateway) -> tuple[dict[str, Any], bytes | None]:
    plain, secrets = split_secrets(options)
    return plain, seal(secrets, gateway.settings.secret_key) if secrets else None


def changed(monitor: Monitor, change: MonitorChange, caller: Caller, gateway: Gateway) -> Monitor:
    """The monitor with the change, checked; renaming and pausing are always allowed.

    Raises `InvalidRequestError` where its credentials would go to another site, and what `planned` raises.
    """
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    if isinstance(change.options, ScanOptions):
        given["options"], given["sealed"] = _options(change.options, gateway)
    elif monitor.sealed is not None and _origin(given.get("url", monitor.url)) != _origin(monitor.url):
        message = "options: send them anew, since the credentials that are stored are another site's."
        raise InvalidRequestError(message, param="options")
    if isinstance(change.alerts, list):
        given["alerts"] = _stored(change.alerts)
    if isinstance(change.mails, list):
        given["reports"] = _mailed(given.pop("mails"))
    wanted = msgspec.structs.replace(monitor, **given)
    if given.keys() <= {"name", "enabled"} and (not wanted.enabled or monitor.enabled):
        following = monitor.next_run_at if wanted.enabled else None
        return msgspec.structs.replace(wanted, next_run_at=following)
    checked = planned(wanted, caller, gateway)
    if monitor.enabled and wanted.enabled and not given.keys() & {"schedule", "timezone"}:
        # A run that is due at this moment stays due.
        return msgspec.structs.replace(checked, next_run_at=monitor.next_run_at)
    return checked


def known_url(url: str, mode: ScanMode) -> str:
    """A page's address in the spelling that the monitor's scans keep it under. Raises `InvalidUrlError`."""
    normal = normalise(url)
    if normal is None:
        raise InvalidUrlError("url: must be an http or https URL.", param="url")
    return strip_session_ids(strip_tracking(normal)) if mode == "crawl" else normal


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()
