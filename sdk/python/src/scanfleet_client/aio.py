"""The asynchronous client."""

import ssl
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any, Self

from scanfleet_client import exports, paging, waiting
from scanfleet_client.decoding import decode, encode
from scanfleet_client.events import ScanEvent
from scanfleet_client.models import (
    Alert,
    AlertList,
    AlertRule,
    BulkAccepted,
    CheckList,
    DeliveryItem,
    DeliveryList,
    Diff,
    EventName,
    ExportFormat,
    History,
    HistoryItem,
    IssueItem,
    IssueList,
    KeyMode,
    LoggedIn,
    LoggedOut,
    MailKind,
    Mode,
    MonitorDeleted,
    MonitorItem,
    MonitorList,
    MonitorRun,
    MonitorRunList,
    PageHistory,
    PageItem,
    PageList,
    PageOrder,
    PageScore,
    Profile,
    Registered,
    Scan,
    ScanAccepted,
    ScanOptions,
    Scope,
    Severity,
    Status,
    TokenItem,
    TokenList,
    TokenSecret,
    Usage,
    Verified,
    WebhookDeleted,
    WebhookList,
    WebhookSecret,
)
from scanfleet_client.retry import RetryPolicy
from scanfleet_client.transport import Transport


def _new_key() -> str:
    return f"py-{uuid.uuid4()}"


class AsyncClient:
    """A caller of one service.

    Without a token it is a guest, known by address. Every method raises `ScanfleetError`: `ApiError` and its kinds
    for what the service refuses, `ConnectionFailedError` and `RequestTimeoutError` for what got lost; and `ValueError`
    for arguments that can't be sent. Use it as `async with AsyncClient(…) as client`, on one event loop.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            base_url: the service's address, such as `https://seo.example.com`.
            token: an API key (`sk_…`), or the token of a log-in.
            timeout: seconds for one try of a call, from its begin to the last byte; connecting gets at most 10 of them.
            retry: how often and how long calls are tried; by default up to 4 times within 60 s.
            tls: what is trusted, if not the system's certificates.
            proxy: the address of an HTTP proxy.
        """
        self._transport = Transport(
            base_url, token, timeout=timeout, retry=retry or RetryPolicy(), tls=tls, proxy=proxy
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.base!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    # Signing in

    async def register(self, email: str, password: str) -> Registered:
        """Make a user of tier `free`; an address that is known already gets the same answer."""
        body = {"email": email, "password": password}
        return decode(Registered, await self._transport.data("POST", "/auth/register", body=body))

    async def login(self, email: str, password: str) -> LoggedIn:
        """Log in; from now on this client uses the token, which holds for `expires_in` seconds."""
        body = {"email": email, "password": password}
        answer = decode(LoggedIn, await self._transport.data("POST", "/auth/login", body=body))
        self._transport.use(answer.access_token)
        return answer

    async def verify(self) -> Verified:
        """Who the log-in's token belongs to, and until when it holds."""
        return decode(Verified, await self._transport.data("GET", "/auth/verify"))

    async def logout(self) -> LoggedOut:
        """Revoke the log-in's token; this client is a guest from now on."""
        answer = decode(LoggedOut, await self._transport.data("POST", "/auth/logout"))
        self._transport.use(None)
        return answer

    # API keys

    async def list_tokens(self) -> TokenList:
        """The user's API keys, newest first, without their secrets."""
        return decode(TokenList, await self._transport.data("GET", "/tokens"))

    async def create_token(
        self, name: str, *, scopes: Sequence[Scope] | None = None, mode: KeyMode | None = None
    ) -> TokenSecret:
        """Make an API key; the answer is the only one that holds its secret."""
        body = {"name": name, **encode_given(scopes=scopes, mode=mode)}
        return decode(TokenSecret, await self._transport.data("POST", "/tokens", body=body))

    async def regenerate_token(self, token_id: str) -> TokenSecret:
        """Give an API key a new secret; the old one stops working."""
        return decode(TokenSecret, await self._transport.data("POST", "/tokens/{id}/regenerate", token_id))

    async def revoke_token(self, token_id: str) -> TokenItem:
        """Revoke an API key for good."""
        return decode(TokenItem, await self._transport.data("DELETE", "/tokens/{id}", token_id))

    # Scans

    async def create_scan(
        self,
        url: str,
        *,
        mode: Mode = "single",
        options: ScanOptions | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> ScanAccepted:
        """Start a scan. It is never started twice: repeats carry the same Idempotency-Key, a new one by default."""
        body = {"url": url, "mode": mode, **encode_given(options=options, webhook_url=webhook_url)}
        key = idempotency_key or _new_key()
        return decode(ScanAccepted, await self._transport.data("POST", "/scans", body=body, key=key))

    async def create_scans(
        self,
        urls: Sequence[str],
        *,
        options: ScanOptions | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> BulkAccepted:
        """Start up to 50 single scans; each item of the answer holds a `scan_id` or an `error`."""
        body = {"urls": list(urls), **encode_given(options=options, webhook_url=webhook_url)}
        key = idempotency_key or _new_key()
        return decode(BulkAccepted, await self._transport.data("POST", "/scans/bulk", body=body, key=key))

    async def get_scan(self, scan_id: str) -> Scan:
        """A scan's status and progress, and its result once it is complete."""
        return decode(Scan, await self._transport.data("GET", "/scans/{scan_id}", scan_id))

    async def stop_scan(self, scan_id: str) -> Scan:
        """Stop a running scan; what it has done so far stays."""
        return decode(Scan, await self._transport.data("POST", "/scans/{scan_id}/stop", scan_id))

    async def wait_for_scan(
        self, scan_id: str, *, timeout: float = 3_600.0, on_progress: Callable[[Scan], object] | None = None
    ) -> Scan:
        """The scan once it has ended, whether complete, stopped or in error: look at `status`.

        Asks every 2 to 3 s, and rides out failures that may pass. `on_progress` is called with each answer. Raises
        `WaitTimeoutError` after `timeout` seconds.
        """
        last: Scan | None = None
        async for last in waiting.polled(self._transport, scan_id, timeout):
            if on_progress is not None:
                on_progress(last)
        assert last is not None  # noqa: S101 - polled() gives one scan at least, or raises
        return last

    async def poll_scan(self, scan_id: str, *, timeout: float = 3_600.0) -> AsyncGenerator[Scan]:
        """As `wait_for_scan`, giving each answer."""
        async for scan in waiting.polled(self._transport, scan_id, timeout):
            yield scan

    async def watch_scan(self, scan_id: str, *, timeout: float = 3_600.0) -> AsyncGenerator[ScanEvent]:
        """A scan's events as they happen, the last one an `EndEvent`; each kind of finding comes once.

        Connects again when a connection breaks. Raises `WaitTimeoutError` after `timeout` seconds.
        """
        async for event in waiting.Watch(self._transport, scan_id, timeout).events():
            yield event

    async def get_diff(
        self, scan_id: str, *, against: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Diff:
        """What is different from an earlier scan; a section's `next_cursor` goes on with that section."""
        query = {"against": against, "cursor": cursor, "limit": limit}
        return decode(Diff, await self._transport.data("GET", "/scans/{scan_id}/diff", scan_id, query=query))

    async def list_pages(
        self,
        scan_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        sort: PageOrder | None = None,
        check: str | None = None,
        status: int | None = None,
        url: str | None = None,
    ) -> PageList:
        """Some pages of a scan: those on which `check` fired, that answered `status`, whose address contains `url`."""
        query = {"cursor": cursor, "limit": limit, "sort": sort, "check": check, "status": status, "url": url}
        return decode(PageList, await self._transport.data("GET", "/scans/{scan_id}/pages", scan_id, query=query))

    async def iter_pages(
        self,
        scan_id: str,
        *,
        limit: int | None = 500,
        sort: PageOrder | None = None,
        check: str | None = None,
        status: int | None = None,
        url: str | None = None,
    ) -> AsyncGenerator[PageItem]:
        """Every page of a scan, `limit` at a time."""

        async def fetch(cursor: str | None) -> PageList:
            return await self.list_pages(
                scan_id, cursor=cursor, limit=limit, sort=sort, check=check, status=status, url=url
            )

        async for item in paging.by_cursor(fetch):
            yield item

    async def list_issues(
        self,
        scan_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        severity: Severity | None = None,
        category: str | None = None,
    ) -> IssueList:
        """Some issues of a scan, those that give most points back first."""
        query = {"cursor": cursor, "limit": limit, "severity": severity, "category": category}
        return decode(IssueList, await self._transport.data("GET", "/scans/{scan_id}/issues", scan_id, query=query))

    async def iter_issues(
        self,
        scan_id: str,
        *,
        limit: int | None = 500,
        severity: Severity | None = None,
        category: str | None = None,
    ) -> AsyncGenerator[IssueItem]:
        """Every issue of a scan, `limit` at a time."""

        async def fetch(cursor: str | None) -> IssueList:
            return await self.list_issues(scan_id, cursor=cursor, limit=limit, severity=severity, category=category)

        async for item in paging.by_cursor(fetch):
            yield item

    async def list_history(
        self,
        *,
        page: int | None = None,
        per_page: int | None = None,
        mode: Mode | None = None,
        status: Status | None = None,
        url: str | None = None,
    ) -> History:
        """A page of the user's scans, newest first."""
        query = {"page": page, "per_page": per_page, "mode": mode, "status": status, "url": url}
        return decode(History, await self._transport.data("GET", "/history", query=query))

    async def iter_history(
        self,
        *,
        per_page: int | None = 50,
        mode: Mode | None = None,
        status: Status | None = None,
        url: str | None = None,
    ) -> AsyncGenerator[HistoryItem]:
        """Every scan of the user, newest first; one that moves down because of a new scan may come twice."""

        async def fetch(page: int) -> History:
            return await self.list_history(page=page, per_page=per_page, mode=mode, status=status, url=url)

        async for item in paging.by_number(fetch):
            yield item

    # Exports

    async def export_pieces(
        self, scan_id: str, export_format: ExportFormat, *, timeout: float = 600.0
    ) -> AsyncGenerator[bytes]:
        """A scan's export, piece by piece. A broken-off one raises `ConnectionFailedError`."""
        async for piece in exports.export_pieces(self._transport, scan_id, export_format, timeout):
            yield piece

    async def export_bytes(
        self,
        scan_id: str,
        export_format: ExportFormat,
        *,
        timeout: float = 600.0,
        max_bytes: int = exports.MEMORY_BYTES,
    ) -> bytes:
        """A scan's export in memory; raises `UnexpectedAnswerError` beyond `max_bytes`."""
        return await exports.in_memory(self.export_pieces(scan_id, export_format, timeout=timeout), max_bytes)

    async def export_file(
        self, scan_id: str, export_format: ExportFormat, path: str | Path, *, timeout: float = 600.0
    ) -> int:
        """Write a scan's export to `path`, which is there only once it is whole; the number of bytes."""
        return await exports.to_file(self.export_pieces(scan_id, export_format, timeout=timeout), Path(path))

    # The user

    async def get_profile(self) -> Profile:
        """Who the caller is."""
        return decode(Profile, await self._transport.data("GET", "/user/profile"))

    async def get_usage(self) -> Usage:
        """What is used up of the limits; asking uses nothing up."""
        return decode(Usage, await self._transport.data("GET", "/user/usage"))

    # Monitors

    async def list_monitors(self, *, cursor: str | None = None, limit: int | None = None) -> MonitorList:
        """Some of the user's monitors, newest first."""
        query = {"cursor": cursor, "limit": limit}
        return decode(MonitorList, await self._transport.data("GET", "/monitors", query=query))

    async def iter_monitors(self, *, limit: int | None = 500) -> AsyncGenerator[MonitorItem]:
        """Every monitor of the user, newest first, `limit` at a time."""

        async def fetch(cursor: str | None) -> MonitorList:
            return await self.list_monitors(cursor=cursor, limit=limit)

        async for item in paging.by_cursor(fetch):
            yield item

    async def create_monitor(
        self,
        url: str,
        schedule: str,
        *,
        timezone: str | None = None,
        mode: Mode | None = None,
        options: ScanOptions | None = None,
        name: str | None = None,
        enabled: bool | None = None,
        alerts: Sequence[AlertRule] | None = None,
        mails: Sequence[MailKind] | None = None,
    ) -> MonitorItem:
        """Scan a site on schedule from now on.

        `schedule` is hourly, daily, weekly, or a cron expression, in `timezone` (UTC by default); `mails` is what goes
        to the account's address.
        """
        given = encode_given(
            timezone=timezone,
            mode=mode,
            options=options,
            name=name,
            enabled=enabled,
            alerts=alerts,
            mails=mails,
        )
        body = {"url": url, "schedule": schedule, **given}
        return decode(MonitorItem, await self._transport.data("POST", "/monitors", body=body))

    async def get_monitor(self, monitor_id: str) -> MonitorItem:
        """A monitor with its latest complete run."""
        return decode(MonitorItem, await self._transport.data("GET", "/monitors/{id}", monitor_id))

    async def change_monitor(
        self,
        monitor_id: str,
        *,
        url: str | None = None,
        schedule: str | None = None,
        timezone: str | None = None,
        mode: Mode | None = None,
        options: ScanOptions | None = None,
        name: str | None = None,
        enabled: bool | None = None,
        alerts: Sequence[AlertRule] | None = None,
        mails: Sequence[MailKind] | None = None,
    ) -> MonitorItem:
        """Change a monitor, pause it (`enabled=False`) or resume it; what is None stays as it is."""
        body = encode_given(
            url=url,
            schedule=schedule,
            timezone=timezone,
            mode=mode,
            options=options,
            name=name,
            enabled=enabled,
            alerts=alerts,
            mails=mails,
        )
        return decode(MonitorItem, await self._transport.data("PATCH", "/monitors/{id}", monitor_id, body=body))

    async def delete_monitor(self, monitor_id: str) -> MonitorDeleted:
        """Delete a monitor and the record of its runs; its scans stay."""
        return decode(MonitorDeleted, await self._transport.data("DELETE", "/monitors/{id}", monitor_id))

    async def run_monitor(self, monitor_id: str) -> ScanAccepted:
        """Start a run now, besides the schedule. It isn't repeated by itself, since it can't carry a key."""
        return decode(ScanAccepted, await self._transport.data("POST", "/monitors/{id}/run", monitor_id))

    async def list_runs(
        self, monitor_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> MonitorRunList:
        """Some runs of a monitor, latest first, those that were skipped included."""
        query = {"cursor": cursor, "limit": limit}
        answer = await self._transport.data("GET", "/monitors/{id}/runs", monitor_id, query=query)
        return decode(MonitorRunList, answer)

    async def iter_runs(self, monitor_id: str, *, limit: int | None = 500) -> AsyncGenerator[MonitorRun]:
        """Every run of a monitor, latest first, `limit` at a time."""

        async def fetch(cursor: str | None) -> MonitorRunList:
            return await self.list_runs(monitor_id, cursor=cursor, limit=limit)

        async for item in paging.by_cursor(fetch):
            yield item

    async def list_alerts(self, monitor_id: str, *, cursor: str | None = None, limit: int | None = None) -> AlertList:
        """Some alerts of a monitor, newest first, those that have recovered included."""
        query = {"cursor": cursor, "limit": limit}
        answer = await self._transport.data("GET", "/monitors/{id}/alerts", monitor_id, query=query)
        return decode(AlertList, answer)

    async def iter_alerts(self, monitor_id: str, *, limit: int | None = 500) -> AsyncGenerator[Alert]:
        """Every alert of a monitor, newest first, `limit` at a time."""

        async def fetch(cursor: str | None) -> AlertList:
            return await self.list_alerts(monitor_id, cursor=cursor, limit=limit)

        async for item in paging.by_cursor(fetch):
            yield item

    async def page_history(
        self, monitor_id: str, url: str, *, cursor: str | None = None, limit: int | None = None
    ) -> PageHistory:
        """How one page did in some of a monitor's complete runs, latest first."""
        query = {"url": url, "cursor": cursor, "limit": limit}
        return decode(PageHistory, await self._transport.data("GET", "/monitors/{id}/history", monitor_id, query=query))

    async def iter_page_history(
        self, monitor_id: str, url: str, *, limit: int | None = 500
    ) -> AsyncGenerator[PageScore]:
        """How one page did in every complete run of a monitor, latest first, `limit` at a time."""

        async def fetch(cursor: str | None) -> PageHistory:
            return await self.page_history(monitor_id, url, cursor=cursor, limit=limit)

        async for item in paging.by_cursor(fetch):
            yield item

    # Webhooks

    async def list_webhooks(self) -> WebhookList:
        """The user's webhooks, newest first."""
        return decode(WebhookList, await self._transport.data("GET", "/webhooks"))

    async def create_webhook(self, url: str | None, *, events: Sequence[EventName] | None = None) -> WebhookSecret:
        """Make a webhook; the answer is the only one that holds its secret.

        Without `url` it is the default one, which signs the messages to scans' own `webhook_url`: it gets a new secret.
        """
        body = {"url": url, **encode_given(events=events)}
        return decode(WebhookSecret, await self._transport.data("POST", "/webhooks", body=body))

    async def delete_webhook(self, webhook_id: str) -> WebhookDeleted:
        """Delete a webhook."""
        return decode(WebhookDeleted, await self._transport.data("DELETE", "/webhooks/{id}", webhook_id))

    async def list_deliveries(
        self, webhook_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> DeliveryList:
        """Some of a webhook's messages, newest first."""
        query = {"cursor": cursor, "limit": limit}
        answer = await self._transport.data("GET", "/webhooks/{id}/deliveries", webhook_id, query=query)
        return decode(DeliveryList, answer)

    async def iter_deliveries(self, webhook_id: str, *, limit: int | None = 500) -> AsyncGenerator[DeliveryItem]:
        """Every message of a webhook, newest first, `limit` at a time."""

        async def fetch(cursor: str | None) -> DeliveryList:
            return await self.list_deliveries(webhook_id, cursor=cursor, limit=limit)

        async for item in paging.by_cursor(fetch):
            yield item

    # The service

    async def list_checks(self) -> CheckList:
        """The catalogue of checks."""
        return decode(CheckList, await self._transport.data("GET", "/checks"))

    async def get_openapi(self) -> dict[str, Any]:
        """The API's OpenAPI document."""
        answer: dict[str, Any] = await self._transport.call("GET", "/openapi.json")
        return answer


def encode_given(**fields: object) -> dict[str, Any]:
    """Fields of a body, without those that weren't given."""
    return {name: encode(value) for name, value in fields.items() if value is not None}
