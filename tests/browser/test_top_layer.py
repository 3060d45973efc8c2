"""What appears for the first time: dialogs stay in front of it, views keep their order, and the focus is never lost."""

import secrets

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import MakeTab, Tab
from tests.e2e.conftest import Api

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def fresh(tab: MakeTab) -> Tab:
    """A tab of an account that has nothing yet."""
    one = await tab(signed_in=False)
    await one.open("/sign-up")
    await one.page.get_by_label("E-mail address").fill(f"new-{secrets.token_hex(4)}@example.com")
    await one.page.get_by_label("Password").fill("long enough to be one")
    await one.page.keyboard.press("Enter")
    await one.see("Recent scans")
    return one


async def is_in_front(dialog: Locator) -> bool:
    return bool(await dialog.evaluate("(one) => one.matches(':modal') && one.contains(document.activeElement)"))


async def test_the_first_key_is_in_front_and_revoking_it_keeps_the_focus(tab: MakeTab) -> None:
    one = await fresh(tab)
    page = one.page
    dialog = page.get_by_role("dialog")
    await one.open("/tokens")
    await one.click("button", "Make one")
    await dialog.get_by_label("Name").fill("first")
    await page.keyboard.press("Enter")
    await expect(dialog.locator(".copy code").first).to_contain_text("sk_live_")
    await page.get_by_role("row", include_hidden=True).filter(has_text="first").wait_for(state="attached")
    assert await is_in_front(dialog)
    for _ in range(3):  # the key is shown once: what closes other dialogs may not close this one
        await page.keyboard.press("Escape")
    assert await is_in_front(dialog)
    await dialog.get_by_role("button", name="I have copied it").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.locator("main")).to_be_focused()
    await page.get_by_role("button", name="Revoke first").press("Enter")
    await dialog.get_by_role("button", name="Revoke").press("Enter")
    await expect(page.get_by_role("button", name="Make one")).to_be_focused()


async def test_the_first_webhook_is_in_front(tab: MakeTab) -> None:
    one = await fresh(tab)
    dialog = one.page.get_by_role("dialog")
    await one.open("/webhooks")
    await one.click("button", "Add one")
    await dialog.get_by_label("Address").fill("https://example.com/hooks/first")
    await one.page.keyboard.press("Enter")
    await expect(dialog.locator(".copy code").first).to_contain_text("whsec_")
    await one.page.locator("main table").wait_for(state="attached")
    assert await is_in_front(dialog)


async def order(one: Tab) -> list[str]:
    """Tags of head, form and list as the view shows them in its document."""
    found = await one.page.evaluate(
        "Array.from(document.querySelectorAll('main h1, main form, main section h2'), (e) => e.tagName)"
    )
    return [str(tag) for tag in found]


async def test_the_first_view_begins_with_its_head(tab: MakeTab, api: Api, sample_site: str) -> None:
    guest = await tab(signed_in=False)
    await guest.open("/")
    await guest.page.locator("main form").wait_for()
    assert await order(guest) == ["H1", "FORM", "H2"]
    scan = await api.scan(sample_site + "/about", "single")
    one = await tab()
    for _ in range(3):
        await one.open(f"/?like={scan['scan_id']}")
        await one.page.locator("main form").wait_for()
        await one.page.get_by_role("table", name="Recent scans").wait_for()
        assert await order(one) == ["H1", "FORM", "H2"]
