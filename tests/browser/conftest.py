"""A fleet and a site for the whole run, a Chromium, and pages that tell of everything that goes wrong in them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright

from deploy.local.ports import free_ports
from deploy.local.process import spawn_command
from deploy.local.record import running_fleet
from deploy.local.sample_server import make_app
from shared import samplesite
from tests.browser.seeding import seed_large
from tests.e2e.conftest import ROOT, Api, Fleet

UP_SECONDS = 120.0
EMAIL, PASSWORD = "ann@example.com", "correct horse"
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
WAIT = 30_000.0
"""Milliseconds: a machine that does other things besides is slow, and that is not what is tested."""

Theme = Literal["light", "dark"]
LISTEN = """
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """`./scanfleet up` with two workers, once for the run."""
    folder = tmp_path_factory.mktemp("fleet")
    data = folder / "data"
    command = [sys.executable, "-m", "deploy.local", "up", "--port", str(free_ports(1)[0]), "--data", str(data)]
    command += ["--workers", "2", "--allow-network", "127.0.0.0/8"]
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; its absence fails the run."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "These tests need Chromium: apt-get install chromium fonts-noto-core"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        await started.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(fleet: Fleet) -> AsyncIterator[Api]:
    async with ClientSession() as session:
        yield Api(session, fleet)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sample_site() -> AsyncIterator[str]:
    """The bundled site's address: every kind of issue, redirects, duplicates, a sitemap."""
    holder: list[str] = []
    app = make_app("", lambda target, method, base: samplesite.respond(target, method, holder[0]))
    async with TestServer(app) as server:
        holder.append(str(server.make_url("")).rstrip("/"))
        yield holder[0]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reports(api: Api, sample_site: str) -> list[str]:
    """Ids of two crawls of the sample site, the earlier first."""
    scans = [await api.scan(sample_site + "/", "crawl", disable_checks=checks) for checks in (["title.missing"], [])]
    assert [scan["status"] for scan in scans] == ["complete", "complete"]
    return [str(scan["scan_id"]) for scan in scans]


@pytest.fixture(scope="session")
def large(fleet: Fleet) -> str:
    """Id of a report of 50,000 pages."""
    return seed_large(fleet.database_url, EMAIL, 50_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session(fleet: Fleet) -> str:
    """What the dashboard keeps of somebody who signed in."""
    async with (
        ClientSession() as http,
        http.post(fleet.address + "/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}) as response,
    ):
        token = (await response.json())["data"]["access_token"]
    return json.dumps({"token": token, "email": EMAIL, "expiresAt": int(time.time() * 1000) + 80_000_000})


class Tab:
    """A page of the dashboard, with what went wrong in it; answers whose status is in `expected` may be logged."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.expected: set[int] = set()
        self.faults: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        awaited = any(f"status of {status}" in message.text for status in self.expected)
        if message.type in {"error", "warning"} and not awaited:
            self.faults.append(f"{message.type}: {message.text} {message.location.get('url')}")

    async def open(self, path: str) -> None:
        """Go to a view, and wait until it is there."""
        await self.page.goto(self.address + path)
        await self.ready()

    async def ready(self) -> None:
        await self.page.locator("main h1").first.wait_for(timeout=WAIT)
        while await self.page.locator("main .loading").count():
            await self.page.locator("main .loading").first.wait_for(state="detached", timeout=WAIT)

    async def see(self, text: str) -> Locator:
        """Wait until the text is shown in the view."""
        found = self.page.locator("main").get_by_text(text).first
        await found.wait_for(timeout=WAIT)
        return found

    async def click(self, role: Any, name: str, *, exact: bool = False) -> None:
        await self.page.get_by_role(role, name=name, exact=exact).first.click(timeout=WAIT)

    async def check(self) -> None:
        """Nothing was logged, nothing was refused by the policy."""
        refused = await self.page.evaluate("globalThis.violations")
        assert (self.faults, refused) == ([], [])


MakeTab = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, fleet: Fleet, session: str) -> AsyncIterator[MakeTab]:
    """Make a tab: `await tab(theme="dark", signed_in=False, width=390)`; all are checked at the end."""
    made: list[tuple[BrowserContext, Tab]] = []

    async def make(*, theme: Theme = "light", signed_in: bool = True, width: int = 1280, height: int = 900) -> Tab:
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.set_default_timeout(WAIT)
        await context.add_init_script(LISTEN)
        if signed_in:
            await context.add_init_script(f"localStorage.setItem('scanfleet.session', {json.dumps(session)})")
        new = Tab(await context.new_page(), fleet.address)
        made.append((context, new))
        return new

    yield make
    try:
        for _, one in made:
            await one.check()
    finally:
        for context, _ in made:
            await context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: never into the repository."""
    return tmp_path_factory.mktemp("pictures")
