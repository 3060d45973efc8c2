"""Signing up, in and out; starting scans with every option; what guests may do; what goes wrong, said at its field."""

import secrets

import pytest
from playwright.async_api import expect

from tests.browser.conftest import EMAIL, PASSWORD, WAIT, MakeTab
from tests.e2e.conftest import Api, Fleet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_signing_up_in_and_out(tab: MakeTab) -> None:
    one = await tab(signed_in=False)
    page, email = one.page, f"new-{secrets.token_hex(4)}@example.com"
    one.expected = {400, 401}
    await one.open("/history")
    await one.see("sign in to see it")
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await one.click("link", "Make one")
    await one.page.get_by_role("heading", name="Make an account").wait_for()
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill("short")
    await one.click("button", "Make the account")
    await one.see("Must have at least 10 characters.")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.get_by_label("Password").fill("long enough to be one")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/history", timeout=WAIT)
    await one.see("No scans yet")
    await one.click("button", "Sign out")
    await page.wait_for_url("**/", timeout=WAIT)
    assert await page.evaluate("localStorage.getItem('scanfleet.session')") is None
    await one.click("link", "Sign in")
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill("not the right one")
    await one.click("button", "Sign in")
    await one.see("Wrong e-mail address or password.")
    await page.get_by_label("Password").fill("long enough to be one")
    await one.click("button", "Sign in")
    await page.get_by_text("You are signed in.").wait_for()
    await expect(page.get_by_role("navigation", name="Main").get_by_text(email)).to_be_visible()


async def test_a_sign_in_leads_nowhere_else(tab: MakeTab) -> None:
    one = await tab(signed_in=False)
    await one.open("/sign-in?next=//evil.example/")
    await one.page.get_by_label("E-mail address").fill(EMAIL)
    await one.page.get_by_label("Password").fill(PASSWORD)
    await one.click("button", "Sign in")
    await one.see("Recent scans")
    assert one.page.url == one.address + "/"


async def test_a_session_that_was_ended_elsewhere(tab: MakeTab, fleet: Fleet) -> None:
    one = await tab(signed_in=False)
    one.expected = {401}
    await one.page.add_init_script(
        "localStorage.setItem('scanfleet.session', JSON.stringify({token: 'x.y.z', email: 'ann@example.com',"
        " expiresAt: Date.now() + 1e6}))"
    )
    await one.open("/history")
    await one.see("sign in to see it")
    await one.page.get_by_text("Your session has ended.").wait_for()


async def test_faults_are_said_at_their_fields(tab: MakeTab) -> None:
    one = await tab()
    one.expected = {400, 403}
    page = one.page
    await one.open("/")
    await page.get_by_label("Address", exact=True).fill("ftp://example.com/")
    await one.click("button", "Start the scan")
    field = page.get_by_label("Address", exact=True)
    await expect(field).to_have_attribute("aria-invalid", "true", timeout=WAIT)
    await expect(field).to_be_focused()
    await page.get_by_label("Address", exact=True).fill("http://127.0.0.1:9/")
    for summary, label, value, message in (
        ("How fast, and as whom", "Requests at once", "99", "Must be a whole number of at most 10."),
        ("How fast, and as whom", "User agent", "Mine/1.0", "permission 'user_agent'"),
        ("How to judge", "Checks to leave out", "no.such_check", "no check 'no.such_check'"),
        ("How to judge", "Thresholds", "title.too_long seventy", "is not of the form"),
        ("How to judge", "Profile", "of my own", "no profile"),
        ("When it is done", "Webhook", "http://10.0.0.1/", "not a public one"),
    ):
        group = page.locator("details.group", has_text=summary)
        if await group.get_attribute("open") is None:
            await group.locator("summary").click()
        await group.get_by_label(label, exact=True).fill(value)
        await one.click("button", "Start the scan")
        fault = group.locator(".field", has=page.get_by_label(label, exact=True)).locator(".fault")
        await expect(fault).to_contain_text(message, timeout=WAIT)
        await group.get_by_label(label, exact=True).fill("")


async def test_all_options_are_sent(tab: MakeTab, sample_site: str) -> None:
    one = await tab()
    page = one.page
    await one.open("/")
    await page.get_by_label("Crawl").check(force=True)
    await page.get_by_label("Address", exact=True).fill(sample_site + "/")
    for group in await page.locator("details.group > summary").all():
        await group.click()
    for label, value in (
        ("Most pages", "7"), ("Depth", "2"), ("Requests at once", "4"), ("Pause in milliseconds", "1"),
        ("Leave out", "/about\n/contact$/"), ("Checks to leave out", "title.too_short, h1.missing"),
        ("Thresholds", "title.too_long = 70\ncontent.thin: 10"), ("User name", "ann"), ("Password", "secret"), ("Cookie", "a=b"),
    ):  # fmt: skip
        await page.get_by_label(label, exact=True).fill(value)
    for label in ("Include subdomains", "Certificate and TLS", "Missing pages"):
        await page.get_by_label(label, exact=True).check()
    async with page.expect_request(lambda request: request.method == "POST") as sent:
        await one.click("button", "Start the scan")
    request = await sent.value
    assert request.post_data_json == {
        "url": sample_site + "/",
        "mode": "crawl",
        "options": {
            "max_pages": 7, "max_depth": 2, "concurrency": 4, "delay_ms": 1, "exclude": ["/about", "/contact$/"],
            "disable_checks": ["title.too_short", "h1.missing"], "thresholds": {"title.too_long": 70, "content.thin": 10},
            "include_subdomains": True, "checks_network": ["tls", "random_404"],
            "basic_auth": {"username": "ann", "password": "secret"}, "cookie": "a=b",
        },
    }  # fmt: skip
    assert (await request.all_headers())["idempotency-key"]
    await one.see("Fix these first")


async def test_a_guest_scans_a_page_and_finds_it_again(tab: MakeTab, sample_site: str) -> None:
    one = await tab(signed_in=False, width=390, height=844)
    one.expected = {429, 403}
    await one.open("/")
    await one.page.get_by_label("Address", exact=True).fill(sample_site + "/about")
    await one.page.keyboard.press("Enter")
    await one.see("Fix these first")
    assert await one.page.get_by_role("button", name="Stop").count() == 0
    await one.click("button", "Menu")
    await one.click("link", "New scan")
    await one.page.get_by_role("heading", name="Scans from this device").wait_for()
    await one.page.locator("main ul").get_by_role("link").first.click()
    await one.see("Fix these first")
    await one.open("/")
    await one.page.get_by_label("Address", exact=True).fill(sample_site + "/contact")
    await one.page.keyboard.press("Enter")
    await one.see("Scan limit reached (1/1).")


async def test_several_pages_at_once(tab: MakeTab, sample_site: str) -> None:
    one = await tab()
    await one.open("/")
    await one.page.get_by_label("Several pages").check(force=True)
    await one.page.get_by_label("Addresses, one a line").fill(f"{sample_site}/about\nnonsense\n{sample_site}/contact")
    await one.click("button", "Start the scan")
    await one.see("Some addresses were not accepted.")
    await one.page.get_by_role("table", name="Recent scans").get_by_text(f"{sample_site}/contact").wait_for()


async def test_the_theme_is_kept(tab: MakeTab) -> None:
    one = await tab(theme="light")
    await one.open("/")

    async def ground() -> str:
        return str(await one.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = await ground()
    for _ in range(2):
        await one.click("button", "Theme:")
    dark = await ground()
    assert dark != light
    await one.page.reload()
    await one.ready()
    assert await ground() == dark


async def test_an_address_that_leads_nowhere(tab: MakeTab) -> None:
    one = await tab()
    one.expected = {404}
    await one.open("/nope/x")
    await one.see("There is nothing here")
    await one.open("/scans/0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11/issues")
    await one.see("There is no")


async def test_a_report_sent_to_somebody(tab: MakeTab, reports: list[str]) -> None:
    """Who isn't signed in is told so, and finds the same view afterwards."""
    one = await tab(signed_in=False)
    one.expected = {403}
    await one.open(f"/scans/{reports[1]}/issues?severity=high")
    await one.see("may belong to an account")
    assert await one.page.get_by_role("button", name="Try again").count() == 0
    await one.page.locator("main").get_by_role("link", name="Sign in").click()
    await one.page.get_by_label("E-mail address").fill(EMAIL)
    await one.page.get_by_label("Password").fill(PASSWORD)
    await one.click("button", "Sign in")
    await one.page.get_by_role("table", name="Issues").wait_for()
    assert one.page.url == f"{one.address}/scans/{reports[1]}/issues?severity=high"


async def test_a_scan_is_repeated_with_its_options(tab: MakeTab, api: Api, sample_site: str) -> None:
    one = await tab()
    options = {"disable_checks": ["h1.missing", "title.too_short"], "thresholds": {"title.too_long": 70}}
    scan = await api.scan(sample_site + "/about", "single", **options)
    await one.open(f"/scans/{scan['scan_id']}")
    await one.page.get_by_text("How this scan was asked for").click()
    await one.see("title.too_short")
    await one.click("link", "Scan again")
    await one.page.get_by_label("Address", exact=True).wait_for()
    async with one.page.expect_request(lambda request: request.method == "POST") as sent:
        await one.click("button", "Start the scan")
    assert (await sent.value).post_data_json == {"url": sample_site + "/about", "mode": "single", "options": options}
