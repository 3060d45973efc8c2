"""A report from its score down to one page's evidence; filters, exports, changes, history; links that can be shared."""

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import WAIT, MakeTab
from tests.e2e.conftest import Api

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_from_the_score_to_the_evidence_by_keyboard(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    page = one.page
    await one.open(f"/scans/{reports[1]}")
    await expect(page.get_by_role("img", name="of 100, grade")).to_be_visible()
    await one.see("Fix these first")
    first = page.locator("ol.first a").first
    title = await first.inner_text()
    await first.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=title, level=2).wait_for()
    await one.see("How to fix it")
    await expect(page.locator("main")).to_be_focused()
    row = page.locator(".vrow").first
    await row.wait_for()
    evidence = await row.locator("code").inner_text()
    await row.get_by_role("link").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Findings").wait_for()
    await one.see(evidence)
    await page.locator(".issues details > summary").first.focus()
    await page.keyboard.press("Enter")
    await one.see("All pages with this issue")
    await page.go_back()
    await page.get_by_role("heading", name=title, level=2).wait_for()


async def test_issues_are_narrowed_down_and_the_link_keeps_it(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    page = one.page
    await one.open(f"/scans/{reports[1]}/issues")
    await page.get_by_label("Search").fill("title.missing")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("Severity").select_option("low")
    await one.see("No issue fits these filters")
    await page.get_by_label("Severity").select_option("high")
    await expect(page.locator("tbody tr")).to_have_count(1)
    shared = await tab()
    await shared.open(page.url.removeprefix(one.address))
    await expect(shared.page.locator("tbody tr")).to_have_count(1)
    assert await shared.page.get_by_label("Search").input_value() == "title.missing"


async def test_pages_are_filtered(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    page = one.page
    await one.open(f"/scans/{reports[1]}/pages")
    await page.get_by_label("Status").select_option("404")
    await one.see("1 page")
    await page.locator(".vrow").get_by_role("link", name="/offers/gone").wait_for()
    await page.get_by_label("Status").select_option("")
    await page.get_by_label("Address contains").fill("SPADES/")
    await expect(page.locator(".vrow")).to_have_count(5, timeout=WAIT)
    await page.get_by_label("Has the issue").select_option("title.missing")
    await one.see("No page fits these filters")
    await one.click("button", "Clear the filters")
    await one.see("44 pages")
    async with page.expect_response(lambda answer: "sort=score" in answer.url, timeout=WAIT):
        await page.get_by_label("Order").select_option("score")
    await page.locator(".vrow .toned").first.wait_for()
    scores = await page.locator(".vrow .toned").all_inner_texts()
    assert scores
    assert [int(score) for score in scores] == sorted(int(score) for score in scores)
    await page.locator(".vrow a").first.click()
    await page.locator(".pagehead").wait_for()


async def test_issues_come_in_another_order_when_asked(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    await one.open(f"/scans/{reports[1]}/issues")
    await one.page.get_by_label("Order").select_option("severity")
    await expect(one.page.locator("tbody tr").first).to_contain_text("Critical")
    shown = await one.page.locator("tbody td:first-child .sev").all_inner_texts()
    ranks = [("Critical", "High", "Medium", "Low", "Info").index(word) for word in shown]
    assert ranks == sorted(ranks)


async def test_links_redirects_duplicates_and_the_sitemap(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    for part, issue, page, evidence in (
        (
            "links",
            "links to a page of this site that doesn't work",
            "/offers/summer-list",
            "/offers/gone, which is broken",
        ),
        ("redirects", "The URL redirects", "/offers/moved", "301 → "),
        ("duplicates", "Several pages have the same text", "/offers/twin", "the same text on 2 pages"),
        ("sitemap", "lists an address that redirects", "/offers/moved", "listed in a sitemap, and redirects"),
    ):
        await one.open(f"/scans/{reports[1]}/{part}")
        await one.click("button", issue)
        row = one.page.locator(".vrow", has_text=page).first
        await row.wait_for()
        await expect(row).to_contain_text(evidence)
    await row.get_by_role("link").click()
    await one.see("Redirects")
    await one.see("/offers/vouchers")


async def test_what_changed_since_the_scan_before(tab: MakeTab, reports: list[str]) -> None:
    one = await tab()
    await one.open(f"/scans/{reports[1]}/changes")
    await one.see("New issues")
    await one.page.get_by_role("table", name="New issues").get_by_role("link", name="The page has no title.").wait_for()
    await one.open(f"/scans/{reports[0]}/changes?against={reports[1]}")
    await one.page.get_by_role("table", name="Fixed issues").get_by_text("The page has no title.").wait_for()


async def test_history_compares_two_and_plots_the_score(tab: MakeTab, reports: list[str], sample_site: str) -> None:
    one = await tab()
    page = one.page
    await one.open("/history")
    await page.get_by_label("Address contains").fill(sample_site.removeprefix("http://"))
    await page.get_by_label("Kind").select_option("crawl")
    await page.locator("figure.chart canvas").wait_for()
    await page.get_by_text("As a table").click()
    assert await page.locator("figure.chart tbody tr").count() >= 2
    for scan_id in reports:
        row = page.locator("tbody tr", has=page.locator(f'a[href="/scans/{scan_id}"]'))
        await row.get_by_role("checkbox").check()
    await one.click("button", "Compare")
    await one.see("New issues")
    assert page.url.endswith(f"/scans/{reports[1]}/changes?against={reports[0]}")


async def test_exports(tab: MakeTab, reports: list[str], tmp_path: Path) -> None:
    one = await tab()
    await one.open(f"/scans/{reports[1]}")
    for label, suffix in (("JSON", "json"), ("CSV", "csv"), ("PDF", "pdf"), ("HTML", "html")):
        await one.page.locator("details.menu > summary").click()
        async with one.page.expect_download(timeout=WAIT) as begun:
            await one.click("button", label)
        download = await begun.value
        assert download.suggested_filename.startswith("scanfleet-127.0.0.1")
        assert download.suggested_filename.endswith(suffix)
        await download.save_as(tmp_path / suffix)
    assert len(json.loads((tmp_path / "json").read_text())["pages"]) == 44
    assert "<h2>All issues</h2>" in (tmp_path / "html").read_text(encoding="utf-8")
    with (tmp_path / "csv").open(encoding="utf-8-sig", newline="") as lines:
        assert sum(1 for _ in csv.reader(lines)) == 45
    assert (tmp_path / "pdf").read_bytes().startswith(b"%PDF-")


async def test_the_catalogue(tab: MakeTab) -> None:
    one = await tab(signed_in=False)
    await one.open("/checks")
    await one.page.get_by_label("Search").fill("canonical.conflicting")
    await one.see("1 check")
    await one.page.locator(".issues summary").first.click()
    await one.see("Where the rule comes from")


async def test_how_long_ago_a_scan_was_moves_on(tab: MakeTab, api: Api, sample_site: str) -> None:
    scan = await api.scan(sample_site + "/about", "single")
    one = await tab()
    await one.page.clock.install()
    await one.open(f"/scans/{scan['scan_id']}")
    ago = one.page.locator("main .still").first
    await expect(ago).to_have_text(re.compile("second|now|1 minute"))
    await one.page.clock.fast_forward(10 * 60_000)
    await expect(ago).to_have_text(re.compile(r"1\d minutes ago"))
