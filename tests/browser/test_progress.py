"""A scan as it runs: figures and findings arrive, it can be stopped, and a stream that breaks is replaced by asking."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Route, expect

from tests.browser.conftest import WAIT, MakeTab
from tests.e2e.conftest import Api
from tests.e2e.crawl_site import Doc, html

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SOME = re.compile(r"^[1-9]\d?$")
"""Percent: more than none and less than all, since what hangs for long is given up by the fetcher."""


class Held:
    """A site of twenty pages, half of which answer only once `gate` is set."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.address = ""

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path
        if path == "/robots.txt":
            return web.Response(text=f"Sitemap: {self.address}/sitemap.xml\n")
        if path == "/sitemap.xml":
            paths = [f"/{n}" for n in range(10)] + [f"/late/{n}" for n in range(10)]
            entries = "".join(f"<url><loc>{self.address}{one}</loc></url>" for one in paths)
            xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=xml, content_type="application/xml")
        if path.startswith("/late/"):
            async with asyncio.timeout(60):
                await self.gate.wait()
        return web.Response(text=html(path, Doc()), content_type="text/html")


@pytest_asyncio.fixture(loop_scope="session")
async def held() -> AsyncIterator[Held]:
    site = Held()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.5)
    site.address = str(server.make_url("")).rstrip("/")
    yield site
    site.gate.set()
    await server.close()


async def begun(api: Api, site: Held) -> str:
    body = {"url": site.address + "/", "mode": "sitemap", "options": {"concurrency": 10}}
    return str((await api("POST", "/scans", json=body))["scan_id"])


async def test_progress_arrives_by_itself(tab: MakeTab, api: Api, held: Held) -> None:
    one = await tab()
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url))
    scan_id = await begun(api, held)
    await one.open(f"/scans/{scan_id}")
    bar = one.page.get_by_role("progressbar", name="Pages done")
    await expect(bar).to_have_attribute("aria-valuenow", SOME, timeout=WAIT)
    for label in ("Pages a second", "Found", "Done", "Failed", "Time left"):
        await one.see(label)
    await one.page.get_by_role("heading", name="Found so far").wait_for()
    await expect(one.page.locator(".progress [aria-live=polite]")).to_contain_text("done.")
    polled = sum(url.endswith(f"/scans/{scan_id}") for url in asked)
    held.gate.set()
    await one.see("Fix these first")
    assert sum(url.endswith("/events") for url in asked) == 1
    assert sum(url.endswith(f"/api/v1/scans/{scan_id}") for url in asked) <= polled + 1


async def test_a_running_scan_can_be_stopped(tab: MakeTab, api: Api, held: Held) -> None:
    one = await tab()
    await one.open(f"/scans/{await begun(api, held)}")
    await expect(one.page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", SOME, timeout=WAIT)
    await one.click("button", "Stop", exact=True)
    dialog = one.page.get_by_role("dialog", name="Stop this scan?")
    await dialog.wait_for()
    await one.page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    await one.click("button", "Stop", exact=True)
    await dialog.get_by_role("button", name="Stop the scan").click()
    held.gate.set()
    await one.see("There is no score")
    await one.click("link", "done so far")
    await one.page.locator(".vrow").first.wait_for()


async def test_without_the_stream_it_is_asked_for(tab: MakeTab, api: Api, held: Held) -> None:
    one = await tab()
    one.expected = {503}

    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=503, json={"success": False, "error": {"code": "SERVICE_UNAVAILABLE", "message": "No."}}
        )

    await one.page.route("**/events", refuse)
    await one.open(f"/scans/{await begun(api, held)}")
    await expect(one.page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", SOME, timeout=WAIT)
    held.gate.set()
    await one.see("Fix these first")


async def test_a_scan_that_fails_says_why(tab: MakeTab, api: Api) -> None:
    one = await tab()
    scan = await api.scan("http://127.0.0.1:9/", "single")
    assert scan["status"] == "error"
    await one.open(f"/scans/{scan['scan_id']}")
    await one.see(scan["reason"])
