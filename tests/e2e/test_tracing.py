"""One scan is one trace, from its request through the queue to each page, as a collector gets it over OTLP."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from redis.asyncio import Redis

from deploy.local.ports import free_ports
from deploy.local.process import spawn_command
from deploy.local.record import running_fleet
from tests.e2e.conftest import ROOT, UP_SECONDS, Api, Fleet

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SEEN_SECONDS = 30.0


class Collector:
    """Keeps the spans that it was sent, by trace and id."""

    def __init__(self) -> None:
        self.traces: dict[str, dict[str, dict[str, Any]]] = {}
        self.headers: set[str] = set()
        self.raw = b""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw += body
        self.headers.add(request.headers.get("x-project", ""))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.traces.setdefault(span.trace_id.hex(), {})[span.span_id.hex()] = {
                        "name": span.name,
                        "parent": span.parent_span_id.hex(),
                        "service": service,
                        "failed": span.status.code == 2,
                        "attributes": {one.key: one.value.string_value for one in span.attributes},
                    }
        return web.Response(content_type="application/x-protobuf")

    async def has(self, trace: str, *names: str, orphans: int = 1) -> dict[str, dict[str, Any]]:
        """The spans of a trace once all of these are there, and no more than so many without a parent."""
        async with asyncio.timeout(SEEN_SECONDS):
            while True:
                spans = self.traces.get(trace, {})
                lost = sum(span["parent"] not in spans for span in spans.values())
                if lost <= orphans and Counter(names) <= Counter(span["name"] for span in spans.values()):
                    return spans
                await asyncio.sleep(0.1)

    async def trace_of(self, scan_id: str) -> str:
        """The trace of a scan's chunks."""
        async with asyncio.timeout(SEEN_SECONDS):
            while True:
                for trace, spans in self.traces.items():
                    if any(span["attributes"].get("scanfleet.scan_id") == scan_id for span in spans.values()):
                        return trace
                await asyncio.sleep(0.1)


@pytest.fixture
async def collector() -> AsyncIterator[tuple[Collector, str]]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    async with TestServer(app) as server:
        yield made, str(server.make_url("")).rstrip("/")


@pytest.fixture
async def traced(collector: tuple[Collector, str], tmp_path: Path) -> AsyncIterator[Fleet]:
    """A fleet that sends its traces to the collector."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "deploy.local", "up", "--port", str(free_ports(1)[0]), "--data", str(data)]
    command += ["--workers", "2", "--allow-network", "127.0.0.0/8"]
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector[1], "OTEL_EXPORTER_OTLP_HEADERS": "x-project=a%20b"}
    with (tmp_path / "up.log").open("wb") as log:
        command = spawn_command(command, death_signal=signal.SIGTERM)
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        end = time.monotonic() + UP_SECONDS
        while running_fleet(data) is None:
            assert process.poll() is None, (tmp_path / "up.log").read_text()
            assert time.monotonic() < end, (tmp_path / "up.log").read_text()
            await asyncio.sleep(0.1)
        yield await asyncio.to_thread(Fleet, data, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 40)
        except subprocess.TimeoutExpired:
            process.kill()


def lineage(spans: dict[str, dict[str, Any]], name: str) -> list[str]:
    """Names from the first span so called up to the root."""
    span = next(one for one in spans.values() if one["name"] == name)
    names = [span["name"]]
    while span["parent"] in spans:
        span = spans[span["parent"]]
        names.append(span["name"])
    return names


@pytest.mark.timeout(300)
async def test_a_scan_is_one_trace_from_the_request_to_its_pages(
    traced: Fleet, collector: tuple[Collector, str], numbered_site: Callable[..., Any]
) -> None:
    kept, _ = collector
    site = await numbered_site(60)
    asked = "POST /api/v1/scans"
    async with ClientSession() as session:
        api = Api(session, traced)
        started = await api("POST", "/scans", json={"url": site.address, "mode": "sitemap"})
        assert (await api.finished(started["scan_id"]))["status"] == "complete"
        trace = await kept.trace_of(started["scan_id"])
        spans = await kept.has(trace, asked, "chunk discover", "chunk fetch", "chunk reduce", *["page.judge"] * 60)
        assert lineage(spans, "page.fetch") == ["page.fetch", "page", "chunk fetch", asked]
        assert lineage(spans, "page.judge") == ["page.judge", "page", "chunk fetch", asked]
        assert lineage(spans, "pages.write")[-2:] == ["chunk fetch", asked]
        assert lineage(spans, "robots.fetch") == ["robots.fetch", "chunk discover", asked]
        assert lineage(spans, "discovery") == ["discovery", "chunk discover", asked]
        assert lineage(spans, "chunk reduce") == ["chunk reduce", asked]
        names = [span["name"] for span in spans.values()]
        assert names.count("page.fetch") == names.count("page.judge") == 60
        assert {span["service"] for span in spans.values()} == {"scanfleet-gateway", "scanfleet-worker"}
        assert not any(span["failed"] for span in spans.values())
        roots = [span for span in spans.values() if span["parent"] not in spans]
        assert [span["name"] for span in roots] == [asked]

        body = {"url": f"{site.address}/p/1?token=verysecret", "mode": "single"}
        headers = {"Authorization": f"Bearer {traced.key}", "traceparent": CALLER}
        async with session.post(f"{api.base}/scans", json=body, headers=headers) as response:
            single = (await response.json())["data"]["scan_id"]
        await api.finished(single)
    spans = await kept.has(CALLER[3:35], asked, "chunk single", "page.fetch", "page.judge", "pages.write")
    assert lineage(spans, "page.fetch") == ["page.fetch", "chunk single", asked]
    assert [span["parent"] for span in spans.values() if span["name"] == asked] == [CALLER[36:52]]
    (fetched,) = (span["attributes"]["url.full"] for span in spans.values() if span["name"] == "page.fetch")
    assert fetched.endswith("/p/1?token=…")
    assert b"verysecret" not in kept.raw
    assert kept.headers == {"a b"}
    assert traced.sql("SELECT trace FROM scans WHERE id = %s", single)[0]["trace"].startswith(CALLER[:35])


@pytest.mark.timeout(300)
async def test_a_lost_message_loses_no_trace_and_a_drain_sends_what_is_left(
    traced: Fleet, collector: tuple[Collector, str], numbered_site: Callable[..., Any]
) -> None:
    kept, _ = collector
    site = await numbered_site(3)
    pids = traced.pids("workers")
    async with ClientSession() as session:
        api = Api(session, traced)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            started = await api("POST", "/scans", json={"url": f"{site.address}/p/1", "mode": "single"})
            async with Redis.from_url(traced.record.redis_url) as redis:
                await redis.flushall()
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        await api.finished(started["scan_id"])
    traced.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(traced.process.wait, 40) == 0
    spans = kept.traces[await kept.trace_of(started["scan_id"])]
    assert lineage(spans, "pages.write") == ["pages.write", "chunk single", "POST /api/v1/scans"]
