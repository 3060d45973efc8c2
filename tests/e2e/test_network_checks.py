"""`checks_network` and scanning again, through the whole fleet."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.conftest import Api, Fleet
from tests.unit.shared.test_image_size import png
from tests.unit.shared.test_minified import SOURCE

PAGES = 60
CHECKS = {
    "perf.unminified_js",
    "image.broken_internal",
    "image.aspect_mismatch",
    "perf.broken_asset",
    "link.external_broken",
    "link.external_redirect",
    "link.external_403",
    "http.error_page_200",
    "ai.bot_blocked_by_server",
}
NETWORK = ["assets", "external", "random_404", "ai_agents", "host_variants", "tls"]


class Site:
    """Pages that share assets and link elsewhere. Answers 200 to what doesn't exist, 403 to GPTBot, 304 to validators."""

    def __init__(self) -> None:
        self.address, self.elsewhere = "", ""
        self.hits: Counter[tuple[str, str]] = Counter()
        self.not_modified = 0
        self.edited: set[str] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.hits[request.method, path] += 1
        if "GPTBot" in request.headers.get("User-Agent", ""):
            return web.Response(status=403)
        if path == "/robots.txt":
            return web.Response(text=f"Sitemap: {self.address}/sitemap.xml\n")
        if path == "/sitemap.xml":
            urls = "".join(f"<url><loc>{self.address}/p/{n}</loc></url>" for n in range(PAGES))
            xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
            return web.Response(text=xml, content_type="application/xml")
        if path == "/app.js":
            return web.Response(text=SOURCE, content_type="text/javascript")
        if path == "/knife.png":
            return web.Response(body=png(40, 30), content_type="image/png")
        if path in {"/gone.png", "/gone.css"}:
            return web.Response(status=404)
        return self._page(request)

    def _page(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        tag = f'"{path}-{path in self.edited}"'
        headers = {"ETag": tag, "Last-Modified": "Mon, 02 Feb 2026 08:00:00 GMT"}
        if request.headers.get("If-None-Match") == tag:
            self.not_modified += 1
            return web.Response(status=304, headers=headers)
        title = f"Knives, page {path[3:]} of many" + (", edited" if path in self.edited else "")
        text = (
            f"<!doctype html><html lang=en><head><title>{title}</title><script defer src=/app.js></script>"
            "<link rel=stylesheet href=/gone.css></head><body><h1>Knives</h1><p>" + f"Number {path} is sharp. " * 60
            + '<img src=/knife.png alt="A knife" width=40 height=40><img src=/gone.png alt="Another knife" width=4 height=3>'
            + "".join(f'<a href="{self.elsewhere}/{name}">{name}</a> ' for name in ("ok", "gone", "moved", "forbidden"))
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html", headers=headers)


async def elsewhere(request: web.Request) -> web.StreamResponse:
    """Another site, whose answers go by their names."""
    name = request.path[1:]
    if name == "moved":
        raise web.HTTPMovedPermanently("/ok")
    return web.Response(status={"ok": 200, "gone": 410, "forbidden": 403}[name])


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    servers: list[TestServer] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]], host: str) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app, host=host)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    made.address = await start(made.answer, "127.0.0.1")
    made.elsewhere = await start(elsewhere, "127.0.0.2")
    yield made
    for server in servers:
        await server.close()


async def issues(api: Api, scan: dict[str, Any]) -> dict[str, int]:
    found = await api("GET", f"/scans/{scan['scan_id']}/issues?limit=500")
    return {one["check"]: one["pages"] for one in found["items"]}


@pytest.mark.parametrize("mode", ["single", "sitemap"])
async def test_without_the_option_nothing_is_asked(api: Api, site: Site, mode: str) -> None:
    scan = await api.scan(site.address + "/p/1", mode)
    assert scan["status"] == "complete"
    assert CHECKS.isdisjoint(await issues(api, scan))
    assert {path for _, path in site.hits if not path.startswith("/p/")} <= {"/robots.txt", "/sitemap.xml"}


async def test_single(api: Api, site: Site) -> None:
    scan = await api.scan(site.address + "/p/1", checks_network=NETWORK)
    assert scan["status"] == "complete"
    assert set(await issues(api, scan)) >= CHECKS


async def test_each_url_is_asked_once_by_all_workers(api: Api, fleet: Fleet, site: Site) -> None:
    scan = await api.scan(site.address + "/", "sitemap", checks_network=NETWORK)
    assert (scan["status"], scan["progress"]["done"]) == ("complete", PAGES)
    found = await issues(api, scan)
    assert set(found) >= CHECKS
    assert found["image.broken_internal"] == found["link.external_broken"] == PAGES
    for path in ("/app.js", "/gone.css", "/knife.png", "/gone.png"):
        assert site.hits["GET", path] == 1, path
    rows = fleet.sql("SELECT kind, count(*) AS n, count(result) AS known FROM probes GROUP BY kind ORDER BY kind")
    kinds = {row["kind"] for row in rows}
    assert kinds == {"asset", "link", "host"}
    assert all(row["n"] == row["known"] for row in rows)


async def test_a_second_scan_takes_over_what_has_not_changed(api: Api, fleet: Fleet, site: Site) -> None:
    first = await api.scan(site.address + "/", "sitemap")
    assert site.not_modified == 0
    site.edited = {"/p/3", "/p/4"}
    second = await api.scan(site.address + "/", "sitemap")
    assert site.not_modified == PAGES - 2
    pages = [{page["url"]: page for page in await api.pages(scan["scan_id"])} for scan in (first, second)]
    changed = {f"{site.address}{path}" for path in site.edited}
    for url, before in pages[0].items():
        after = pages[1][url]
        checks = [{one["check"] for one in page["findings"]} for page in (before, after)]
        if url in changed:
            assert checks[1] >= {"title.changed"}
        else:
            assert (before["title"], before["score"], checks[0]) == (after["title"], after["score"], checks[1])
    assert (await issues(api, second))["title.changed"] == 2
    third = await api.scan(site.address + "/", "sitemap")
    assert site.not_modified == 2 * PAGES - 2
    assert "title.changed" not in await issues(api, third)
    assert third["result"]["totals"]["pages"] == PAGES
    site_rows = fleet.sql("SELECT count(*) AS n FROM pages WHERE scan_id = %s AND site IS NOT NULL", third["scan_id"])
    assert site_rows[0]["n"] == PAGES
