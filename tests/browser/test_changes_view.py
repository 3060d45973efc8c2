"""What changed between two scans, section by section, and a page's score in each run of a monitor."""

from pathlib import Path

import pytest

from tests.browser.conftest import MakeTab
from tests.browser.test_accessible import looks, violations
from tests.e2e.changing_site import BEFORE, Little, changed
from tests.e2e.conftest import Api
from tests.e2e.crawl_site import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]


async def test_every_kind_of_change_is_shown(tab: MakeTab, api: Api, pictures: Path) -> None:
    site = Little(BEFORE)
    async with serving(site):
        body = {"url": f"{site.address}/", "mode": "crawl", "schedule": "daily", "name": "Little"}
        monitor = await api("POST", "/monitors", json=body)
        runs: list[str] = []
        for version in (BEFORE, changed(BEFORE)):
            site.version = version
            started = await api("POST", f"/monitors/{monitor['id']}/run")
            runs.append((await api.finished(started["scan_id"]))["scan_id"])
    one = await tab()
    await one.open(f"/scans/{runs[1]}/changes?against={runs[0]}")
    for title in ("New issues", "Fixed issues", "Changed issues", "New pages", "Gone pages", "Changed pages"):
        await one.page.get_by_role("heading", name=title, level=2).wait_for()
    for text in ("Disallow: /cart/", "Disallow: /tmp/", "/added.xml", "/dropped.xml", "/in", "/out", "nosnippet"):
        await one.see(text)
    row = one.page.get_by_role("row").filter(has_text="/hops")
    assert "302 to /both → 301 to /both" in " ".join((await row.inner_text()).split())
    async for look in looks(one.page):
        await one.page.screenshot(path=pictures / f"changes-{look}.png", full_page=True)
        assert await violations(one.page) == [], look
        assert not await one.page.evaluate("document.documentElement.scrollWidth > innerWidth"), look
    await one.open(f"/monitors/{monitor['id']}")
    await one.page.get_by_label("Address of the page").fill(f"{site.address}/./worded#top")
    await one.page.keyboard.press("Enter")
    shown = one.page.get_by_role("region", name="The page in each run, latest first")
    await shown.wait_for()
    assert await shown.get_by_role("link", name="Findings").count() == 2
    target = await shown.get_by_role("link", name="Findings").first.get_attribute("href")
    assert (target or "").endswith("%2Fworded")
    plot = one.page.locator("figure.chart").filter(has_text="Score of the page in each run")
    await plot.locator("canvas").wait_for()
    await plot.screenshot(path=pictures / "page-scores.png")
    assert await violations(one.page) == []
    await one.page.get_by_label("Address of the page").fill(f"{site.address}/nowhere")
    await one.page.keyboard.press("Enter")
    await one.see("No run has this page")
    await api("DELETE", f"/monitors/{monitor['id']}")
