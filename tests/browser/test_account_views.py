"""Keys, usage, monitors, webhooks and the account: each flow on a real fleet, axe on each view, hostile names as text."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import EMAIL, WAIT, MakeTab
from tests.browser.test_accessible import headings, looks, violations
from tests.e2e.conftest import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

ATTACK = "<img src=x onerror=alert(1)>"


async def test_a_key_is_made_shown_once_renewed_and_revoked(tab: MakeTab) -> None:
    one = await tab()
    one.expected = {400}
    page = one.page
    await one.open("/tokens")
    await one.click("button", "New key")
    await one.click("button", "Make the key")
    dialog = page.get_by_role("dialog")
    await dialog.locator(".fault").first.wait_for()
    await dialog.get_by_label("Name").fill(ATTACK)
    await one.click("button", "Make the key")
    secret = dialog.locator(".copy code").first
    await expect(secret).to_contain_text("sk_live_")
    first = await secret.inner_text()
    await one.click("button", "I have copied it")
    row = page.get_by_role("row").filter(has_text=ATTACK)
    await expect(row).to_contain_text("never")
    assert first not in await page.content()
    await row.get_by_role("button", name="New secret").click()
    await dialog.get_by_role("button", name="Make a new secret").click()
    await expect(dialog.locator(".copy code").first).to_contain_text("sk_live_")
    assert await dialog.locator(".copy code").first.inner_text() != first
    await one.click("button", "I have copied it")
    await row.get_by_role("button", name="Revoke").click()
    await dialog.get_by_role("button", name="Revoke").click()
    await expect(row).to_have_count(0)
    await page.get_by_label("Show revoked keys").check()
    await expect(row).to_contain_text("revoked")


async def test_a_monitor_is_made_run_changed_paused_and_deleted(tab: MakeTab, fleet: Fleet, sample_site: str) -> None:
    fleet.sql("DELETE FROM monitors RETURNING id")
    one = await tab()
    one.expected = {400}
    page = one.page
    await one.open("/monitors")
    await one.see("No monitors yet")
    await one.click("button", "New monitor")
    await page.get_by_label("Address").fill(f"{sample_site}/offers/old-stock")
    await page.get_by_role("textbox", name="Name optional").fill(ATTACK)
    await page.get_by_label("Kind").select_option("single")
    await page.get_by_label("When").select_option("cron")
    await page.get_by_label("Cron expression").fill("61 * * * *")
    await page.get_by_label("The score is below", exact=True).check()
    await page.get_by_label("The score is below: points").fill("99")
    await one.click("button", "Add the monitor")
    await page.locator(".fault").first.wait_for()
    await page.get_by_label("Cron expression").fill("30 6 * * 1-5")
    await one.click("button", "Add the monitor")
    await page.get_by_role("heading", name=ATTACK).wait_for()
    await one.see("30 6 * * 1-5")
    monitor = page.url
    await one.click("button", "Run now")
    await page.wait_for_url("**/scans/*", timeout=WAIT)
    await page.locator(".gauge").first.wait_for(timeout=WAIT)
    # The scheduler looks at a run within seconds of its scan's end.
    async with asyncio.timeout(WAIT / 1000):
        while not fleet.sql("SELECT id FROM alerts"):
            await asyncio.sleep(0.1)
    await page.goto(monitor)
    await one.see("by hand")
    await one.see("The score is")
    fleet.sql("""UPDATE monitors SET alerts = alerts || '[{"kind": "score_below", "score": 50}]' RETURNING id""")
    await page.reload()
    await one.click("button", "Change")
    await page.get_by_role("textbox", name="Name optional").fill("Shop")
    await page.get_by_label("The score is below (2): points").fill("60")
    await one.click("button", "Save the changes")
    await page.get_by_role("heading", name="Shop").wait_for()
    ((rules,),) = (row.values() for row in fleet.sql("SELECT alerts FROM monitors"))
    assert [rule["score"] for rule in rules if rule["kind"] == "score_below"] == [99, 60]
    await one.click("button", "Pause")
    await one.see("paused")
    await one.click("button", "Resume")
    await page.get_by_role("button", name="Pause").wait_for()
    await one.click("button", "Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await one.see("No monitors yet")


async def test_a_webhook_is_added_its_log_read_and_it_is_deleted(tab: MakeTab) -> None:
    one = await tab()
    one.expected = {400}
    page = one.page
    await one.open("/webhooks")
    await one.click("button", "New webhook")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Address").fill("ftp://example.com/")
    await one.click("button", "Add the webhook")
    await dialog.locator(".fault").first.wait_for()
    await dialog.get_by_label("Address").fill("https://example.com/hooks/seo")
    await one.click("button", "Add the webhook")
    await expect(dialog.locator(".copy code").first).to_contain_text("whsec_")
    await one.click("button", "I have copied it")
    await page.get_by_role("link", name="https://example.com/hooks/seo").click()
    await one.see("Nothing was sent yet")
    await one.click("button", "Delete")
    await dialog.get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/webhooks", timeout=WAIT)
    await expect(page.get_by_role("link", name="https://example.com/hooks/seo")).to_have_count(0)


async def test_usage_and_account(tab: MakeTab) -> None:
    one = await tab()
    await one.open("/usage")
    await one.see("Pages per scan")
    await one.see("used")
    await one.open("/account")
    await one.see(EMAIL)
    await one.see("Member since")


@pytest.mark.parametrize("name", ["tokens", "usage", "monitors", "monitor-form", "monitor", "webhooks", "account"])
async def test_view(tab: MakeTab, fleet: Fleet, sample_site: str, pictures: Path, name: str) -> None:
    one = await tab()
    if name == "monitor":
        await one.open("/monitors")
        await one.click("button", "New monitor")
        await one.page.get_by_label("Address").fill(f"{sample_site}/")
        await one.click("button", "Add the monitor")
        await one.page.get_by_role("button", name="Run now").wait_for()
        await one.ready()
    else:
        await one.open(f"/{name.removesuffix('-form').replace('monitor', 'monitors') if 'form' in name else name}")
    if name == "monitor-form":
        await one.click("button", "New monitor")
        await one.page.get_by_role("button", name="Add the monitor").wait_for()
    levels = await headings(one.page)
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    async for look in looks(one.page):
        await one.page.screenshot(path=pictures / f"{name}-{look}.png", full_page=True)
        assert await violations(one.page) == []
        wide = await one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
    if name == "monitor":
        fleet.sql("DELETE FROM monitors RETURNING id")
