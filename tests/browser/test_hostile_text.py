"""What a scanned page calls itself is text, wherever it is shown."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from tests.browser.conftest import MakeTab, Tab
from tests.e2e.conftest import Api
from tests.e2e.crawl_site import Doc, Site, html, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]
ATTACK = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>'
TURNED = "invoice \N{RIGHT-TO-LEFT OVERRIDE}fdp.exe"
"""All that stands behind it would be shown backwards."""
LEAKING = """
() => {
  const leaking = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  let met = 0;
  while (walker.nextNode()) {
    if (!walker.currentNode.data.includes("\\u202e")) continue;
    met += 1;
    if (!getComputedStyle(walker.currentNode.parentElement).unicodeBidi.startsWith("isolate"))
      leaking.push(walker.currentNode.parentElement.outerHTML.slice(0, 200));
  }
  return { met, leaking };
}
"""
HEAD = "&lt;img src=x onerror=&quot;globalThis.hacked=1&quot;&gt;&lt;script&gt;globalThis.hacked=1&lt;/script&gt;"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile() -> AsyncIterator[Site]:
    def answer(request: web.Request) -> web.StreamResponse:
        text = html(request.path, Doc(links=["/one", "/javascript:alert(1)", "javascript:globalThis.hacked=1"]))
        start, _, rest = text.partition("<title>")
        text = f"{start}<title>{HEAD}{rest[rest.index('</title>') :]}".replace("<h1>", f"<h1>{HEAD}")
        text = text.replace(
            "<head>",
            f'<head><meta name="description" content="{HEAD}"><link rel="canonical" href="javascript:alert(1)">',
        )
        return web.Response(text=text, content_type="text/html", headers={"Server": ATTACK})

    async with serving(Site(dict.fromkeys(("/", "/one", "/javascript:alert(1)"), answer))) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def turned() -> AsyncIterator[Site]:
    def answer(request: web.Request) -> web.StreamResponse:
        text = html(request.path, Doc(links=["/two"]))
        start, _, rest = text.partition("<title>")
        text = f"{start}<title>{TURNED}{rest[rest.index('</title>') :]}".replace("<h1>", f"<h1>{TURNED}")
        return web.Response(text=text, content_type="text/html", charset="utf-8")

    async with serving(Site(dict.fromkeys(("/", "/two"), answer))) as site:
        yield site


async def unharmed(one: Tab) -> None:
    assert await one.page.evaluate("globalThis.hacked") is None
    assert await one.page.locator("main img[src=x]").count() == 0
    for link in await one.page.locator("a").evaluate_all("links => links.map((link) => link.href)"):
        assert link.startswith("http"), link


async def test_everywhere(tab: MakeTab, api: Api, hostile: Site) -> None:
    one = await tab()
    first = await api.scan(hostile.address + "/", "crawl", disable_checks=["title.too_long", "title.duplicate"])
    scan = await api.scan(hostile.address + "/", "crawl")
    assert first["status"] == scan["status"] == "complete"
    base = f"/scans/{scan['scan_id']}"
    for path in ("", "/issues", "/pages", "/links", "/duplicates", f"/changes?against={first['scan_id']}"):
        await one.open(base + path)
        await unharmed(one)
    await one.open(base + "/pages")
    await one.page.locator(".vrow").get_by_text(ATTACK, exact=True).first.wait_for()
    await one.page.locator(".vrow a").first.click()
    await one.page.get_by_role("heading", name=ATTACK, level=2).wait_for()
    for summary in await one.page.locator(".issues summary").all():
        await summary.click()
    await one.see("globalThis.hacked")
    await unharmed(one)
    issues = (await api("GET", f"{base}/issues?limit=500"))["items"]
    for issue in issues:
        if issue["check"] in {"security.server_disclosure", "canonical.invalid", "title.duplicate", "link.uncrawlable"}:
            await one.open(f"{base}/issues/{issue['check']}")
            await unharmed(one)


async def test_in_the_address(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    one.expected = {400}
    await one.open(
        f"/scans/{reports[1]}/pages?q=%3Cscript%3EglobalThis.hacked%3D1%3C/script%3E&check=%3Cimg%20src=x%3E&status=200"
    )
    await unharmed(one)
    await one.open(f"/scans/{reports[1]}/page?url=javascript:globalThis.hacked=1")
    await one.see("not part of the scan")
    await unharmed(one)


async def test_what_turns_the_writing_turns_nothing_else(tab: MakeTab, api: Api, turned: Site) -> None:
    one = await tab()
    scan = await api.scan(turned.address + "/", "crawl")
    base, met = f"/scans/{scan['scan_id']}", 0
    for path in ("", "/pages", f"/page?url={turned.address}/", "/issues/title.duplicate", "/duplicates"):
        await one.open(base + path)
        found = await one.page.evaluate(LEAKING)
        assert found["leaking"] == [], path
        met += found["met"]
    assert met >= 3, "hardly a view shows the title"
