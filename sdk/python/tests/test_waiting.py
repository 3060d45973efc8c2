"""Waiting, watching, exporting: against a local server, with a clock of the test's own."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from scanfleet_client import (
    AsyncClient,
    Client,
    ConnectionFailedError,
    EndEvent,
    FindingEvent,
    NotFoundError,
    ProgressEvent,
    RetryPolicy,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from tests.fault_server import faulty

ID = "0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11"
META = {"timestamp": "2026-02-25T10:30:00.000Z", "version": "1.0", "request_id": "r"}
DROP: dict[str, Any] = {"drop": True}


def answer(data: Any, status: int = 200) -> dict[str, Any]:
    return {"status": status, "headers": {}, "body": json.dumps({"success": True, "data": data, "meta": META})}


def refusal(status: int, code: str, **headers: str) -> dict[str, Any]:
    error = {"code": code, "message": "No."}
    return {"status": status, "headers": headers, "body": json.dumps({"success": False, "error": error, "meta": META})}


def scan(status: str, done: int = 0) -> dict[str, Any]:
    progress = {"phase": "fetching", "found": 9, "done": done, "failed": 0, "skipped": 0}
    return answer({
        "scan_id": ID, "url": "https://example.com/", "mode": "crawl", "test": False, "status": status,
        "progress": {**progress, "pages_per_second": 1, "eta_seconds": None}, "created_at": "2026-02-25T10:30:00.000Z",
        "started_at": None, "finished_at": None, "options": {}, "monitor_id": None, "added_by_a_newer_service": 1,
    })  # fmt: skip


def stream(*events: tuple[str, str, Any], retry: str = "") -> dict[str, Any]:
    text = retry + "".join(f"id: {name}\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for kind, name, data in events)
    return {"status": 200, "headers": {"Content-Type": "text/event-stream"}, "body": text}


PROGRESS = {
    "scan_id": ID, "status": "running", "phase": "fetching", "found": 2, "done": 1, "failed": 0, "skipped": 0,
    "pages_per_second": 0.5, "eta_seconds": 2,
}  # fmt: skip
FINDING = {"check": "title.missing", "severity": "high", "url": "https://example.com/", "evidence": "", "position": ""}
END = {"scan_id": ID, "status": "complete", "reason": None, "score": 81.5, "grade": "B"}


class Clock:
    """Time that passes only while a client pauses."""

    def __init__(self, client: AsyncClient) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        client._transport.clock = lambda: self.now
        client._transport.sleep = self.sleep
        client._transport.draw = lambda: 0.5

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


async def test_waiting_asks_at_the_contracts_pace_and_tells_of_progress() -> None:
    seen: list[int] = []
    answers = [scan("running", 1), scan("running", 2), scan("complete", 9)]
    async with faulty(answers) as server, AsyncClient(server.address) as client:
        clock = Clock(client)
        found = await client.wait_for_scan(ID, on_progress=lambda one: seen.append(one.progress.done))
    assert (found.status, seen, clock.pauses) == ("complete", [1, 2, 9], [2.5, 2.5])


async def test_waiting_rides_out_what_passes_but_not_what_stays() -> None:
    away = [refusal(503, "SERVICE_UNAVAILABLE", **{"Retry-After": "7"})] * 3
    async with faulty([*away, DROP, scan("stopped")]) as server, AsyncClient(server.address) as client:
        client._transport.retry = RetryPolicy(attempts=1)
        clock = Clock(client)
        assert (await client.wait_for_scan(ID)).status == "stopped"
        assert clock.pauses == [7, 7, 7, 2.5]
    async with faulty([refusal(404, "NOT_FOUND")]) as server, AsyncClient(server.address) as client:
        Clock(client)
        with pytest.raises(NotFoundError):
            await client.wait_for_scan(ID)
        assert len(server.asked) == 1


async def test_waiting_ends_at_its_deadline() -> None:
    async with faulty([scan("running")]) as server, AsyncClient(server.address) as client:
        clock = Clock(client)
        with pytest.raises(WaitTimeoutError, match="60 s") as caught:
            await client.wait_for_scan(ID, timeout=60)
    assert caught.value.scan_id == ID
    assert (clock.now, len(server.asked)) == (57.5, 24)


async def test_watching_goes_on_after_a_break_and_tells_each_finding_once() -> None:
    answers = [
        stream(("progress", "h.0", PROGRESS), ("finding", "h.1", FINDING), retry="retry: 3000\n\n"),
        DROP,
        refusal(503, "SERVICE_UNAVAILABLE", **{"Retry-After": "5"}),
        stream(("finding", "k.1", FINDING), ("news", "k.1", {}), ("end", "end", END)),
    ]
    async with faulty(answers) as server, AsyncClient(server.address) as client:
        clock = Clock(client)
        events = [event async for event in client.watch_scan(ID)]
    assert [type(event) for event in events] == [ProgressEvent, FindingEvent, EndEvent]
    assert [one.headers.get("last-event-id") for one in server.asked] == [None, "h.1", "h.1", "h.1"]
    assert clock.pauses == [3.25, 3.5, 6.0]


async def test_watching_gives_up_after_failures_in_a_row_and_at_its_deadline() -> None:
    async with faulty([DROP]) as server, AsyncClient(server.address) as client:
        Clock(client)
        with pytest.raises(ConnectionFailedError):
            [event async for event in client.watch_scan(ID)]
        assert len(server.asked) == 4
    async with faulty([stream(("progress", "h.0", PROGRESS))]) as server, AsyncClient(server.address) as client:
        clock = Clock(client)
        with pytest.raises(WaitTimeoutError):
            [event async for event in client.watch_scan(ID, timeout=10)]
        assert clock.now < 10


async def test_watching_a_scan_that_has_ended_ends() -> None:
    gone = {"status": 204, "headers": {}, "body": ""}
    async with faulty([stream(("progress", "end", PROGRESS)), gone]) as server, AsyncClient(server.address) as client:
        Clock(client)
        assert len([event async for event in client.watch_scan(ID)]) == 1


async def test_exports_are_whole_or_not_there(tmp_path: Path) -> None:
    whole = {"status": 200, "headers": {}, "body": "x" * 300_000}
    cut = {"status": 200, "headers": {"Content-Length": "400000"}, "body": "x" * 300_000, "cut": True}
    async with faulty([whole, whole, whole, cut]) as server, AsyncClient(server.address) as client:
        assert await client.export_file(ID, "json", tmp_path / "a.json") == 300_000
        assert len(await client.export_bytes(ID, "csv")) == 300_000
        with pytest.raises(UnexpectedAnswerError, match="longer than 1000"):
            await client.export_bytes(ID, "pdf", max_bytes=1_000)
        with pytest.raises(ConnectionFailedError):
            await client.export_file(ID, "json", tmp_path / "b.json")
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
    assert [one.line.split("/")[-2].split()[0] for one in server.asked] == ["json", "csv", "pdf", "json"]


async def test_an_export_that_cant_begin_is_tried_again() -> None:
    well = {"status": 200, "headers": {}, "body": "{}"}
    away = refusal(503, "SERVICE_UNAVAILABLE", **{"Retry-After": "5"})
    async with faulty([away, DROP, well]) as server, AsyncClient(server.address) as client:
        clock = Clock(client)
        assert await client.export_bytes(ID, "json") == b"{}"
        assert clock.pauses == [5.25, 0.5]


async def test_what_doesnt_fit_names_its_place() -> None:
    bad = answer({"items": [{"url": 5}], "next_cursor": None})
    async with faulty([bad]) as server, AsyncClient(server.address) as client:
        with pytest.raises(UnexpectedAnswerError, match=r"PageList: \.items: \[0\]\.url: want str, got int"):
            await client.list_pages(ID)


async def test_the_synchronous_client_does_the_same() -> None:
    answers = [scan("complete", 9), stream(("progress", "h.0", PROGRESS), ("end", "end", END))]
    pages = [answer({"items": [], "next_cursor": "c"}), answer({"items": [], "next_cursor": None})]

    def work(address: str) -> tuple[str, list[type], int]:
        with Client(address) as client:
            seen: list[str] = []
            status = client.wait_for_scan(ID, on_progress=lambda one: seen.append(one.status)).status
            assert seen == ["complete"]
            kinds = [type(event) for event in client.watch_scan(ID)]
            return status, kinds, len(list(client.iter_pages(ID, limit=1)))

    async with faulty([*answers, *pages]) as server:
        assert await asyncio.to_thread(work, server.address) == ("complete", [ProgressEvent, EndEvent], 0)
    assert server.asked[-1].line.startswith(f"GET /api/v1/scans/{ID}/pages?cursor=c&limit=1 ")


async def test_a_log_in_is_used_until_the_log_out_and_never_shown() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh"
    logged_in = answer({"access_token": token, "token_type": "Bearer", "expires_in": 86400})
    checks = answer({"items": [], "total": 0})
    answers = [logged_in, checks, answer({"revoked": True}), checks]
    async with faulty(answers) as server, AsyncClient(server.address) as client:
        assert token not in repr(await client.login("ann@example.com", "correct horse"))
        await client.list_checks()
        await client.logout()
        await client.list_checks()
    credentials = [one.headers.get("authorization") for one in server.asked]
    assert credentials == [None, f"Bearer {token}", f"Bearer {token}", None]
