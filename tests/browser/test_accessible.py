"""axe finds nothing wrong with any view, in either theme, at either width; headings, landmarks and focus are in order."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.browser.conftest import MakeTab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

VIEWS = {
    "home": "/",
    "sign-in": "/sign-in",
    "sign-up": "/sign-up",
    "history": "/history?url=127.0.0.1",
    "checks": "/checks?q=canonical",
    "overview": "/scans/{id}",
    "issues": "/scans/{id}/issues",
    "issue": "/scans/{id}/issues/https.page_http",
    "pages": "/scans/{id}/pages",
    "page": "/scans/{id}/page?url={site}/offers/moved",
    "links": "/scans/{id}/links",
    "redirects": "/scans/{id}/redirects",
    "duplicates": "/scans/{id}/duplicates",
    "sitemap": "/scans/{id}/sitemap",
    "changes": "/scans/{id}/changes",
    "nowhere": "/scans/{id}/nothing",
}
GUESTS = {"sign-in", "sign-up"}


async def violations(page: Page) -> list[str]:
    """Every rule that is broken, and by which element."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['target']} {node['html'][:200]}" for one in found for node in one["nodes"]]


async def headings(page: Page) -> list[int]:
    return [
        int(level) for level in await page.locator("h1,h2,h3").evaluate_all("all => all.map((one) => one.tagName[1])")
    ]


async def looks(page: Page) -> AsyncIterator[str]:
    """The view in both themes, at the widths of a desk and of a phone."""
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            if await page.locator("figure.chart").count():
                await page.locator("figure.chart canvas").wait_for()
            yield f"{theme}-{width}"


@pytest.mark.parametrize("name", VIEWS)
async def test_view(tab: MakeTab, reports: list[str], sample_site: str, pictures: Path, name: str) -> None:
    one = await tab(signed_in=name not in GUESTS)
    page = one.page
    await one.open(VIEWS[name].format(id=reports[1], site=sample_site))
    assert await page.locator("main .errorbox").count() == (name == "nowhere")
    await page.locator("details:not(.menu)").evaluate_all("all => all.slice(0, 8).forEach((one) => (one.open = true))")
    levels = await headings(page)
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    async for look in looks(page):
        await page.screenshot(path=pictures / f"{name}-{look}.png")
        assert await violations(page) == [], look
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), look


async def test_the_menu_on_a_phone(tab: MakeTab) -> None:
    one = await tab(width=390, height=844)
    await one.open("/")
    button = one.page.get_by_role("button", name="Menu")
    await button.focus()
    await one.page.keyboard.press("Enter")
    assert await button.get_attribute("aria-expanded") == "true"
    assert await violations(one.page) == []
    await one.click("link", "History")
    await one.page.get_by_role("heading", name="History", level=1).wait_for()
    assert await button.get_attribute("aria-expanded") == "false"


async def test_the_first_tab_stop_skips_the_navigation(tab: MakeTab) -> None:
    one = await tab()
    await one.open("/")
    await one.page.keyboard.press("Tab")
    assert await one.page.evaluate("document.activeElement.textContent") == "Skip to content"
    await one.page.keyboard.press("Enter")
    await one.page.keyboard.press("Tab")
    assert await one.page.evaluate("document.activeElement.closest('main') !== null")


async def test_errors_and_empty_lists(tab: MakeTab) -> None:
    one = await tab()
    one.expected = {400, 404}
    for path in (
        "/history?url=nothing-like-this",
        "/scans/0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11",
        "/checks?q=no+such+words",
    ):
        await one.page.goto(one.address + path)
        await one.page.locator("main .empty, main .errorbox").first.wait_for()
        assert await violations(one.page) == []
