"""The synchronous client: the asynchronous one, run by an event loop in a thread of its own."""

import ssl
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, Self

from scanfleet_client import exports
from scanfleet_client.aio import AsyncClient
from scanfleet_client.bridge import Bridge
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


class Client:
    """A caller of one service, for code without an event loop.

    Has the methods of `AsyncClient`, with the same arguments and errors; iterators are plain ones. Use it as
    `with Client(…) as client`. It may be used by several threads.
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
        """Make a client; nothing is sent yet. The arguments are those of `AsyncClient`."""
        self._client = AsyncClient(base_url, token, timeout=timeout, retry=retry, tls=tls, proxy=proxy)
        self._bridge = Bridge()

    def __repr__(self) -> str:
        return repr(self._client).removeprefix("Async")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and end the thread."""
        self._bridge.close(self._client.close())

    # Signing in

    def register(self, email: str, password: str) -> Registered:
        """Make a user of tier `free`; an address that is known already gets the same answer."""
        return self._bridge.run(self._client.register(email, password))

    def login(self, email: str, password: str) -> LoggedIn:
        """Log in; from now on this client uses the token, which holds for `expires_in` seconds."""
        return self._bridge.run(self._client.login(email, password))

    def verify(self) -> Verified:
        """Who the log-in's token belongs to, and until when it holds."""
        return self._bridge.run(self._client.verify())

    def logout(self) -> LoggedOut:
        """Revoke the log-in's token; this client is a guest from now on."""
        return self._bridge.run(self._client.logout())

    # API keys

    def list_tokens(self) -> TokenList:
        """The user's API keys, newest first, without their secrets."""
        return self._bridge.run(self._client.list_tokens())

    def create_token(
        self, name: str, *, scopes: Sequence[Scope] | None = None, mode: KeyMode | None = None
    ) -> TokenSecret:
        """Make an API key; the answer is the only one that holds its secret."""
        return self._bridge.run(self._client.create_token(name, scopes=scopes, mode=mode))

    def regenerate_token(self, token_id: str) -> TokenSecret:
        """Give an API key a new secret; the old one stops working."""
        return self._bridge.run(self._client.regenerate_token(token_id))

    def revoke_token(self, token_id: str) -> TokenItem:
        """Revoke an API key for good."""
        return self._bridge.run(self._client.revoke_token(token_id))

    # Scans

    def create_scan(
        self,
        url: str,
        *,
        mode: Mode = "single",
        options: ScanOptions | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> ScanAccepted:
        """Start a scan. It is never started twice: repeats carry the same Idempotency-Key, a new one by default."""
        return self._bridge.run(
            self._client.create_scan(
                url, mode=mode, options=options, webhook_url=webhook_url, idempotency_key=idempotency_key
            )
        )

    def create_scans(
        self,
        urls: Sequence[str],
        *,
        options: ScanOptions | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> BulkAccepted:
        """Start up to 50 single scans; each item of the answer holds a `scan_id` or an `error`."""
        return self._bridge.run(
            self._client.create_scans(urls, options=options, webhook_url=webhook_url, idempotency_key=idempotency_key)
        )

    def get_scan(self, scan_id: str) -> Scan:
        """A scan's status and progress, and its result once it is complete."""
        return self._bridge.run(self._client.get_scan(scan_id))

    def stop_scan(self, scan_id: str) -> Scan:
        """Stop a running scan; what it has done so far stays."""
        return self._bridge.run(self._client.stop_scan(scan_id))

    def wait_for_scan(
        self, scan_id: str, *, timeout: float = 3_600.0, on_progress: Callable[[Scan], object] | None = None
    ) -> Scan:
        """The scan once it has ended, whether complete, stopped or in error: look at `status`.

        Asks every 2 to 3 s, and rides out failures that may pass. `on_progress` is called with each answer. Raises
        `WaitTimeoutError` after `timeout` seconds.
        """
        last: Scan | None = None
        for last in self.poll_scan(scan_id, timeout=timeout):
            if on_progress is not None:
                on_progress(last)
        assert last is not None  # noqa: S101 - poll_scan() gives one scan at least, or raises
        return last

    def poll_scan(self, scan_id: str, *, timeout: float = 3_600.0) -> Generator[Scan]:
        """As `wait_for_scan`, giving each answer."""
        yield from self._bridge.each(self._client.poll_scan(scan_id, timeout=timeout))

    def watch_scan(self, scan_id: str, *, timeout: float = 3_600.0) -> Generator[ScanEvent]:
        """A scan's events as they happen, the last one an `EndEvent`; each kind of finding comes once.

        Connects again when a connection breaks. Raises `WaitTimeoutError` after `timeout` seconds.
        """
        yield from self._bridge.each(self._client.watch_scan(scan_id, timeout=timeout))

    def get_diff(
        self, scan_id: str, *, against: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Diff:
        """What is different from an earlier scan; a section's `next_cursor` goes on with that section."""
        return self._bridge.run(self._client.get_diff(scan_id, against=against, cursor=cursor, limit=limit))

    def list_pages(
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
        return self._bridge.run(
            self._client.list_pages(scan_id, cursor=cursor, limit=limit, sort=sort, check=check, status=status, url=url)
        )

    def iter_pages(
        self,
        scan_id: str,
        *,
        limit: int | None = 500,
        sort: PageOrder | None = None,
        check: str | None = None,
        status: int | None = None,
        url: str | None = None,
    ) -> Generator[PageItem]:
        """Every page of a scan, `limit` at a time."""
        yield from self._bridge.each(
            self._client.iter_pages(scan_id, limit=limit, sort=sort, check=check, status=status, url=url)
        )

    def list_issues(
        self,
        scan_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        severity: Severity | None = None,
        category: str | None = None,
    ) -> IssueList:
        """Some issues of a scan, those that give most points back first."""
        return self._bridge.run(
            self._client.list_issues(scan_id, cursor=cursor, limit=limit, severity=severity, category=category)
        )

    def iter_issues(
        self,
        scan_id: str,
        *,
        limit: int | None = 500,
        severity: Severity | None = None,
        category: str | None = None,
    ) -> Generator[IssueItem]:
        """Every issue of a scan, `limit` at a time."""
        yield from self._bridge.each(
            self._client.iter_issues(scan_id, limit=limit, severity=severity, category=category)
        )

    def list_history(
        self,
        *,
        page: int | None = None,
        per_page: int | None = None,
        mode: Mode | None = None,
        status: Status | None = None,
        url: str | None = None,
    ) -> History:
        """A page of the user's scans, newest first."""
        return self._bridge.run(
            self._client.list_history(page=page, per_page=per_page, mode=mode, status=status, url=url)
        )

    def iter_history(
        self,
        *,
        per_page: int | None = 50,
        mode: Mode | None = None,
        status: Status | None = None,
        url: str | None = None,
    ) -> Generator[HistoryItem]:
        """Every scan of the user, newest first; one that moves down because of a new scan may come twice."""
        yield from self._bridge.each(self._client.iter_history(per_page=per_page, mode=mode, status=status, url=url))

    # Exports

    def export_pieces(self, scan_id: str, export_format: ExportFormat, *, timeout: float = 600.0) -> Generator[bytes]:
        """A scan's export, piece by piece. A broken-off one raises `ConnectionFailedError`."""
        yield from self._bridge.each(self._client.export_pieces(scan_id, export_format, timeout=timeout))

    def export_bytes(
        self,
        scan_id: str,
        export_format: ExportFormat,
        *,
        timeout: float = 600.0,
        max_bytes: int = exports.MEMORY_BYTES,
    ) -> bytes:
        """A scan's export in memory; raises `UnexpectedAnswerError` beyond `max_bytes`."""
        return self._bridge.run(self._client.export_bytes(scan_id, export_format, timeout=timeout, max_bytes=max_bytes))

    def export_file(
        self, scan_id: str, export_format: ExportFormat, path: str | Path, *, timeout: float = 600.0
    ) -> int:
        """Write a scan's export to `path`, which is there only once it is whole; the number of bytes."""
        return self._bridge.run(self._client.export_file(scan_id, export_format, path, timeout=timeout))

    # The user

    def get_profile(self) -> Profile:
        """Who the caller is."""
        return self._bridge.run(self._client.get_profile())

    def get_usage(self) -> Usage:
        """What is used up of the limits; asking uses nothing up."""
        return self._bridge.run(self._client.get_usage())

    # Monitors

    def list_monitors(self, *, cursor: str | None = None, limit: int | None = None) -> MonitorList:
        """Some of the user's monitors, newest first."""
        return self._bridge.run(self._client.list_monitors(cursor=cursor, limit=limit))

    def iter_monitors(self, *, limit: int | None = 500) -> Generator[MonitorItem]:
        """Every monitor of the user, newest first, `limit` at a time."""
        yield from self._bridge.each(self._client.iter_monitors(limit=limit))

    def create_monitor(
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
        return self._bridge.run(
            self._client.create_monitor(
                url,
                schedule,
                timezone=timezone,
                mode=mode,
                options=options,
                name=name,
                enabled=enabled,
                alerts=alerts,
                mails=mails,
            )
        )

    def get_monitor(self, monitor_id: str) -> MonitorItem:
        """A monitor with its latest complete run."""
        return self._bridge.run(self._client.get_monitor(monitor_id))

    def change_monitor(
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
        return self._bridge.run(
            self._client.change_monitor(
                monitor_id,
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
        )

    def delete_monitor(self, monitor_id: str) -> MonitorDeleted:
        """Delete a monitor and the record of its runs; its scans stay."""
        return self._bridge.run(self._client.delete_monitor(monitor_id))

    def run_monitor(self, monitor_id: str) -> ScanAccepted:
        """Start a run now, besides the schedule. It isn't repeated by itself, since it can't carry a key."""
        return self._bridge.run(self._client.run_monitor(monitor_id))

    def list_runs(self, monitor_id: str, *, cursor: str | None = None, limit: int | None = None) -> MonitorRunList:
        """Some runs of a monitor, latest first, those that were skipped included."""
        return self._bridge.run(self._client.list_runs(monitor_id, cursor=cursor, limit=limit))

    def iter_runs(self, monitor_id: str, *, limit: int | None = 500) -> Generator[MonitorRun]:
        """Every run of a monitor, latest first, `limit` at a time."""
        yield from self._bridge.each(self._client.iter_runs(monitor_id, limit=limit))

    def list_alerts(self, monitor_id: str, *, cursor: str | None = None, limit: int | None = None) -> AlertList:
        """Some alerts of a monitor, newest first, those that have recovered included."""
        return self._bridge.run(self._client.list_alerts(monitor_id, cursor=cursor, limit=limit))

    def iter_alerts(self, monitor_id: str, *, limit: int | None = 500) -> Generator[Alert]:
        """Every alert of a monitor, newest first, `limit` at a time."""
        yield from self._bridge.each(self._client.iter_alerts(monitor_id, limit=limit))

    def page_history(
        self, monitor_id: str, url: str, *, cursor: str | None = None, limit: int | None = None
    ) -> PageHistory:
        """How one page did in some of a monitor's complete runs, latest first."""
        return self._bridge.run(self._client.page_history(monitor_id, url, cursor=cursor, limit=limit))

    def iter_page_history(self, monitor_id: str, url: str, *, limit: int | None = 500) -> Generator[PageScore]:
        """How one page did in every complete run of a monitor, latest first, `limit` at a time."""
        yield from self._bridge.each(self._client.iter_page_history(monitor_id, url, limit=limit))

    # Webhooks

    def list_webhooks(self) -> WebhookList:
        """The user's webhooks, newest first."""
        return self._bridge.run(self._client.list_webhooks())

    def create_webhook(self, url: str | None, *, events: Sequence[EventName] | None = None) -> WebhookSecret:
        """Make a webhook; the answer is the only one that holds its secret.

        Without `url` it is the default one, which signs the messages to scans' own `webhook_url`: it gets a new secret.
        """
        return self._bridge.run(self._client.create_webhook(url, events=events))

    def delete_webhook(self, webhook_id: str) -> WebhookDeleted:
        """Delete a webhook."""
        return self._bridge.run(self._client.delete_webhook(webhook_id))

    def list_deliveries(self, webhook_id: str, *, cursor: str | None = None, limit: int | None = None) -> DeliveryList:
        """Some of a webhook's messages, newest first."""
        return self._bridge.run(self._client.list_deliveries(webhook_id, cursor=cursor, limit=limit))

    def iter_deliveries(self, webhook_id: str, *, limit: int | None = 500) -> Generator[DeliveryItem]:
        """Every message of a webhook, newest first, `limit` at a time."""
        yield from self._bridge.each(self._client.iter_deliveries(webhook_id, limit=limit))

    # The service

    def list_checks(self) -> CheckList:
        """The catalogue of checks."""
        return self._bridge.run(self._client.list_checks())

    def get_openapi(self) -> dict[str, Any]:
        """The API's OpenAPI document."""
        return self._bridge.run(self._client.get_openapi())
