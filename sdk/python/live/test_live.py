"""The client against a running service; where that is stands in the environment (tests/sdk of the project sets it)."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from scanfleet_client import (
    SIGNATURE_HEADER,
    AlertRule,
    AsyncClient,
    AuthenticationError,
    Client,
    ConflictError,
    EndEvent,
    FindingEvent,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProgressEvent,
    RateLimitError,
    ScanOptions,
    SignatureError,
    WebhookEvent,
    read_webhook,
)
from scanfleet_client.version import API_VERSION

URL, KEY, SITE = os.environ["SCANFLEET_URL"], os.environ["SCANFLEET_KEY"], os.environ["SCANFLEET_SITE"]
EMAIL, PASSWORD = os.environ["SCANFLEET_EMAIL"], os.environ["SCANFLEET_PASSWORD"]


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(URL, KEY) as one:
        yield one


@pytest.fixture
async def aio() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(URL, KEY) as one:
        yield one


@pytest.fixture(scope="module")
def scan_id() -> str:
    """A scan of the whole sample site, complete."""
    with Client(URL, KEY) as one:
        started = one.create_scan(SITE + "/", mode="sitemap", options=ScanOptions(max_pages=50))
        seen: list[int] = []
        scan = one.wait_for_scan(started.scan_id, timeout=90, on_progress=lambda now: seen.append(now.progress.done))
        assert (scan.status, seen[-1]) == ("complete", scan.progress.found)
        return started.scan_id


def test_a_result_is_read_whole(client: Client, scan_id: str) -> None:
    scan = client.get_scan(scan_id)
    assert scan.result is not None
    assert 0 < scan.result.score < 100
    pages = list(client.iter_pages(scan_id, limit=3))
    assert len({page.url for page in pages}) == len(pages) == scan.progress.found > 6
    issues = list(client.iter_issues(scan_id, limit=5))
    assert [(one.check, one.severity) for one in issues[:5]] == [
        (one.check, one.severity) for one in client.list_issues(scan_id, limit=5).items
    ]
    assert len(issues) == sum(getattr(scan.result.totals.issues, name) for name in scan.result.totals.issues.__slots__)
    high = list(client.iter_issues(scan_id, severity="high"))
    assert {one.severity for one in high} == {"high"}
    found = list(client.iter_pages(scan_id, check=high[0].check))
    assert all(high[0].check in {one.check for one in page.findings} for page in found)
    assert client.list_pages(scan_id, url="no such address").items == []
    assert client.list_pages(scan_id, status=200, limit=1).next_cursor is not None


def test_history_and_difference(client: Client, scan_id: str) -> None:
    assert scan_id in {one.scan_id for one in client.iter_history(per_page=1, mode="sitemap", status="complete")}
    diff = client.get_diff(scan_id, against=scan_id)
    assert (diff.score_change, diff.issues.new, diff.pages.changed.total) == (0, [], 0)


def test_exports(client: Client, scan_id: str, tmp_path: Path) -> None:
    size = client.export_file(scan_id, "json", tmp_path / "scan.json")
    told = json.loads((tmp_path / "scan.json").read_bytes())
    assert (size, told["scan"]["scan_id"]) == ((tmp_path / "scan.json").stat().st_size, scan_id)
    assert client.export_bytes(scan_id, "csv").startswith(b"\xef\xbb\xbf")
    assert b"".join(client.export_pieces(scan_id, "pdf")).startswith(b"%PDF-")


async def test_events(aio: AsyncClient) -> None:
    started = await aio.create_scan(SITE + "/", options=ScanOptions(delay_ms=0))
    events = [event async for event in aio.watch_scan(started.scan_id, timeout=60)]
    assert isinstance(events[-1], EndEvent)
    assert events[-1].status == "complete"
    assert {type(event) for event in events} == {ProgressEvent, FindingEvent, EndEvent}


def test_a_start_is_done_once_per_key(client: Client) -> None:
    first = client.create_scan(SITE + "/", idempotency_key="python-live-1")
    assert client.create_scan(SITE + "/", idempotency_key="python-live-1").scan_id == first.scan_id
    with pytest.raises(ConflictError):
        client.create_scan(SITE + "/other", idempotency_key="python-live-1")


def test_many(client: Client) -> None:
    items = client.create_scans([SITE + "/", "ftp://example.com/"]).items
    assert items[0].scan_id is not None
    assert items[1].error is not None
    assert items[1].error.code == "INVALID_URL"


def test_a_scan_is_stopped(client: Client) -> None:
    started = client.create_scan(SITE + "/", mode="crawl", options=ScanOptions(delay_ms=10_000, concurrency=1))
    assert client.stop_scan(started.scan_id).scan_id == started.scan_id
    assert client.wait_for_scan(started.scan_id, timeout=60).status == "stopped"
    with pytest.raises(ConflictError):
        client.stop_scan(started.scan_id)


def test_refusals_have_types(client: Client) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.create_scan("gopher://example.com/")
    assert (caught.value.code, caught.value.param) == ("INVALID_URL", "url")
    assert caught.value.request_id
    with pytest.raises(NotFoundError):
        client.get_scan("0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11")
    with pytest.raises(AuthenticationError) as wrong, Client(URL, "sk_live_wrong") as other:
        other.get_profile()
    assert "sk_live_wrong" not in str(wrong.value)


def test_keys(client: Client) -> None:
    made = client.create_token("from a test", scopes=["read"], mode="live")
    with Client(URL, made.token) as reader:
        assert reader.get_profile().email == EMAIL
        with pytest.raises(PermissionDeniedError) as caught:
            reader.create_scan(SITE + "/")
        assert caught.value.code == "INSUFFICIENT_SCOPE"
    again = client.regenerate_token(made.id)
    assert again.token != made.token
    assert client.revoke_token(made.id).revoked_at is not None
    assert made.id in {one.id for one in client.list_tokens().items}


def test_a_log_in() -> None:
    with Client(URL) as one:
        with pytest.raises(AuthenticationError) as caught:
            one.login(EMAIL, "another password")
        assert caught.value.code == "INVALID_CREDENTIALS"
        one.login(EMAIL, PASSWORD)
        assert one.verify().email == EMAIL
        assert one.get_usage().requests_24h >= 0
        assert one.logout().revoked
        with pytest.raises(AuthenticationError):
            one.get_profile()
        assert one.register("python@example.com", "a long enough password").tier == "free"


def test_a_guest_has_a_limit_and_isnt_kept_waiting_for_it() -> None:
    with Client(URL) as guest, pytest.raises(RateLimitError) as caught:
        for _ in range(2):
            started = guest.create_scan(SITE + "/")
            assert guest.get_scan(started.scan_id).status in {"running", "complete"}
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 3_600


def test_the_catalogue_and_the_document(client: Client) -> None:
    checks = client.list_checks()
    assert checks.total == len(checks.items) > 300
    assert client.get_openapi()["info"]["version"] == API_VERSION


def test_monitors(client: Client) -> None:
    rules = [AlertRule(kind="score_below", score=100), AlertRule(kind="scan_failed")]
    made = client.create_monitor(SITE + "/", "daily", timezone="Europe/Berlin", enabled=False, alerts=rules)
    assert made.alerts == rules
    assert (made.schedule, made.enabled, made.next_run_at) == ("daily", False, None)
    assert client.change_monitor(made.id, name="Shop 2").name == client.get_monitor(made.id).name == "Shop 2"
    assert made.id in {one.id for one in client.iter_monitors(limit=1)}
    run = client.run_monitor(made.id)
    assert client.wait_for_scan(run.scan_id, timeout=60).monitor_id == made.id
    runs = list(client.iter_runs(made.id))
    assert [(one.outcome, one.scan_id, one.status) for one in runs] == [("by_hand", run.scan_id, "complete")]
    assert client.list_alerts(made.id, limit=1).items == list(client.iter_alerts(made.id))
    assert client.change_monitor(made.id, alerts=[]).alerts == []
    pages = list(client.iter_page_history(made.id, SITE + "/"))
    assert [page.scan_id for page in pages] == [run.scan_id]
    assert client.delete_monitor(made.id).deleted


async def test_a_webhook_is_delivered_and_verified(aio: AsyncClient) -> None:
    got: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        await got.put((await request.read(), request.headers[SIGNATURE_HEADER]))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        hook = await aio.create_webhook(f"http://127.0.0.1:{port}/hook", events=["scan.complete"])
        started = await aio.create_scan(SITE + "/")
        async with asyncio.timeout(60):
            event = await _message(got, hook.secret, started.scan_id)
            while (await aio.list_deliveries(hook.id)).items[0].status != "delivered":
                await asyncio.sleep(0.1)
        assert (event.event, event.data.url) == ("scan.complete", SITE + "/")
        assert event.delivery_id in {one.delivery_id async for one in aio.iter_deliveries(hook.id)}
        assert hook.id in {one.id for one in (await aio.list_webhooks()).items}
        assert (await aio.delete_webhook(hook.id)).deleted
    finally:
        await runner.cleanup()


async def _message(got: "asyncio.Queue[tuple[bytes, str]]", secret: str, scan_id: str) -> WebhookEvent:
    """The message about this scan: others of this user's may end meanwhile."""
    while True:
        body, header = await got.get()
        with pytest.raises(SignatureError):
            read_webhook(body + b" ", header, secret)
        event = read_webhook(body, header, secret)
        if event.data.scan_id == scan_id:
            return event


def test_the_synchronous_client_leaves_no_thread() -> None:
    with Client(URL, KEY) as one:
        one.get_profile()
    assert "scanfleet-client" not in {thread.name for thread in threading.enumerate()}
