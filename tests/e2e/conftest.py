"""A whole fleet in separate processes, on embedded servers of its own, and sites on loopback."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from psycopg.rows import DictRow, dict_row

from deploy.local.ports import free_ports
from deploy.local.process import spawn_command
from deploy.local.record import running_fleet
from deploy.local.sample_server import make_app
from shared import samplesite

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 90.0


class Fleet:
    """A running fleet, seen from outside."""

    def __init__(self, data: Path, process: "subprocess.Popen[bytes]") -> None:
        self.data, self.process = data, process
        record = running_fleet(data)
        assert record is not None
        self.address, self.database_url, self.record = record.address, record.database_url, record
        self.key = self._key("read", "scan", "export")

    def _run(self, *arguments: str, given: str = "") -> str:
        command = [sys.executable, "-m", "deploy.local", *arguments, "--data", str(self.data)]
        done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _key(self, *scopes: str) -> str:
        self._run("user", "create", "ann@example.com", "--tier", "pro", "--password-stdin", given="correct horse\n")
        return self._run("token", "create", "ann@example.com", *(part for one in scopes for part in ("--scope", one)))

    def pids(self, module: str) -> list[int]:
        """Process ids of the fleet's processes of one module, children of the launcher."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and command[-2:-1] == [module.encode()]:
                found.append(int(entry.name))
        return found

    def sql(self, query: str, *parameters: object) -> list[DictRow]:
        with psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row) as conn:
            return conn.execute(query.encode(), parameters).fetchall()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """`./scanfleet up` with two workers, on a data directory of its own."""
    folder = tmp_path_factory.mktemp("fleet")
    data = folder / "data"
    command = [sys.executable, "-m", "deploy.local", "up", "--port", str(free_ports(1)[0]), "--data", str(data)]
    command += ["--workers", "2", "--allow-network", "127.0.0.0/8"]
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    # The fleet ends with the test run, also when that is killed.
    command = spawn_command(command, death_signal=signal.SIGTERM)
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        end = time.monotonic() + UP_SECONDS
        while running_fleet(data) is None:
            assert process.poll() is None, (folder / "up.log").read_text()
            assert time.monotonic() < end, (folder / "up.log").read_text()
            threading.Event().wait(0.1)
        yield Fleet(data, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


class Api:
    """The public API as one caller."""

    def __init__(self, session: ClientSession, fleet: Fleet) -> None:
        self.session, self.base, self.key = session, fleet.address + "/api/v1", fleet.key

    async def __call__(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.session.request(method, self.base + path, headers=headers, **arguments) as response:
            body = json.loads(await response.read())
            assert body["success"], body
            return body["data"]

    async def finished(self, scan_id: str, seconds: float = 90.0) -> Any:
        """The scan once it has ended."""
        async with asyncio.timeout(seconds):
            while True:
                data = await self("GET", f"/scans/{scan_id}")
                if data["status"] != "running":
                    return data
                await asyncio.sleep(0.2)

    async def scan(self, url: str, mode: str = "single", **options: Any) -> Any:
        started = await self("POST", "/scans", json={"url": url, "mode": mode, "options": options})
        return await self.finished(started["scan_id"])

    async def pages(self, scan_id: str) -> list[dict[str, Any]]:
        """Every page of a scan."""
        items: list[dict[str, Any]] = []
        query = "?limit=200"
        while True:
            data = await self("GET", f"/scans/{scan_id}/pages{query}")
            items += data["items"]
            if data["next_cursor"] is None:
                return items
            query = f"?limit=200&cursor={data['next_cursor']}"


@pytest.fixture
async def api(fleet: Fleet) -> AsyncIterator[Api]:
    async with ClientSession() as session:
        yield Api(session, fleet)


@pytest.fixture
async def sample_site() -> AsyncIterator[str]:
    """The bundled site's address."""
    holder: list[str] = []
    app = make_app("", lambda target, method, base: samplesite.respond(target, method, holder[0]))
    async with TestServer(app) as server:
        holder.append(str(server.make_url("")).rstrip("/"))
        yield holder[0]


MakeSite = Callable[..., str]


class NumberedSite:
    """A site of `n` numbered pages with a sitemap; counts how often each was fetched."""

    def __init__(self, n: int, delay: float) -> None:
        self.n, self.delay, self.address = n, delay, ""
        self.hits: dict[str, int] = {}

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path
        self.hits[path] = self.hits.get(path, 0) + 1
        if path == "/robots.txt":
            return web.Response(text=f"User-agent: *\nAllow: /\nSitemap: {self.address}/sitemap.xml\n")
        if path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{self.address}/p/{i}</loc></url>" for i in range(self.n))
            xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=xml, content_type="application/xml")
        if not path.startswith("/p/"):
            return web.Response(status=404, text="<h1>nothing</h1>", content_type="text/html")
        await asyncio.sleep(self.delay)
        number = int(path[3:])
        links = "".join(f'<a href="/p/{(number * 7 + i) % self.n}">Page {i} of it</a>' for i in range(5))
        title = f"<title>Page number {number} of this site</title>" if number % 10 else ""
        text = (
            f"<!doctype html><html lang=en><head>{title}</head><body><h1>Page {number}</h1><p>Text {number}</p>{links}"
        )
        return web.Response(text=text, content_type="text/html", status=500 if number % 50 == 7 else 200)


@pytest.fixture
async def numbered_site() -> AsyncIterator[Callable[..., Any]]:
    """Make a site of numbered pages: `await numbered_site(n, delay)`."""
    servers: list[TestServer] = []

    async def make(n: int, delay: float = 0.0) -> NumberedSite:
        site = NumberedSite(n, delay)
        app = web.Application()
        app.router.add_get("/{path:.*}", site.answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        site.address = str(server.make_url("")).rstrip("/")
        return site

    yield make
    for server in servers:
        await server.close()
