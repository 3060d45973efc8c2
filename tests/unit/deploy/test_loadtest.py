"""The load test's simulated web keeps to its stated distribution, and watches how it is asked."""

import asyncio
import statistics

import pytest
from aiohttp.test_utils import make_mocked_request

from deploy.local.loadtest import hosts
from deploy.local.loadtest.capacity import Phase, report
from deploy.local.loadtest.measured import quantile, waits
from deploy.local.loadtest.simulator import Web


def test_the_distribution_is_the_stated_one() -> None:
    drawn = [hosts.host(1, number) for number in range(4_000)]
    assert 5 <= statistics.median(one.pages for one in drawn) <= 7
    assert (min(one.pages for one in drawn), max(one.pages for one in drawn)) == (3, 300)
    assert 0.055 <= statistics.median(one.latency for one in drawn) <= 0.065
    answers = [hosts.answer(1, number, 1, 0.06) for number in range(20_000)]
    shares = {status: sum(one.status == status for one in answers) / len(answers) for status in (404, 500)}
    assert shares[404] == pytest.approx(0.015, abs=0.004)
    assert shares[500] == pytest.approx(0.010, abs=0.004)
    assert 22_000 <= statistics.median(one.size for one in answers if one.status == 200) <= 28_000
    assert all(0.03 <= one.seconds <= 0.12 or one.seconds > 5 for one in answers)


def test_a_seed_repeats_a_web_and_another_is_another() -> None:
    assert [hosts.host(7, n) for n in range(50)] == [hosts.host(7, n) for n in range(50)]
    assert [hosts.host(7, n) for n in range(50)] != [hosts.host(8, n) for n in range(50)]
    assert hosts.html(7, 1, 2, 9, 20_000) == hosts.html(7, 1, 2, 9, 20_000)


def test_every_host_has_an_address_of_its_own() -> None:
    names = {hosts.address(number) for number in range(hosts.MOST_HOSTS)}
    assert len(names) == hosts.MOST_HOSTS
    assert all(name.startswith("127.") and all(0 <= int(part) <= 255 for part in name.split(".")) for name in names)
    with pytest.raises(ValueError, match="at most"):
        hosts.address(hosts.MOST_HOSTS)


@pytest.mark.parametrize("size", [2_000, 25_000, 200_000])
def test_a_page_has_about_its_size(size: int) -> None:
    assert size * 0.9 <= len(hosts.html(1, 2, 3, 10, size)) <= size * 1.3 + 2_000


async def test_too_many_requests_at_once_are_counted() -> None:
    web = Web(3, 1, at_once=2)
    request = make_mocked_request("GET", "/", headers={"Host": f"{hosts.address(1)}:80"})
    await asyncio.gather(*(web.answer(request) for _ in range(4)))
    assert (web.requests, web.most, web.impolite, web.asked) == (4, 4, 2, {1})
    assert not web.busy


async def test_robots_and_sitemaps_count_for_no_page() -> None:
    web = Web(3, 1, at_once=2)
    for path in ("/robots.txt", "/sitemap.xml"):
        answer = await web.answer(make_mocked_request("GET", path, headers={"Host": hosts.address(0)}))
        assert answer.status == 200
    sitemap = await web.answer(make_mocked_request("GET", "/sitemap.xml", headers={"Host": hosts.address(0)}))
    assert (sitemap.text or "").count("<loc>") == web.host(0).pages
    assert (await web.answer(make_mocked_request("GET", "/", headers={"Host": "example.com"}))).status == 421
    assert web.requests == 0


def test_quantiles_and_waits() -> None:
    assert quantile([], 0.5) is None
    assert (quantile([3.0, 1.0, 2.0], 0.5), quantile([3.0, 1.0, 2.0], 0.99)) == (2.0, 3.0)
    rows = [
        {"mode": "single", "waited": 1.0, "tenant": "a"},
        {"mode": "single", "waited": 2.0, "tenant": "b"},
        {"mode": "crawl", "waited": 9.0, "tenant": "b"},
        {"mode": "single", "waited": None, "tenant": "b"},
    ]
    assert waits(rows, ["a", "b"]) == ([1.0], [2.0])


def test_the_capacity_tables_divide_by_scans_or_pages() -> None:
    cost = {"worker: CPU, ms": 300.0, "Redis: messages": 12.0}
    tables = {"pages": (10.0, 40_000.0), "monitors": (0.0, 0.0)}
    told = report(
        [
            Phase("a single scan", 10, 10, 5.0, cost, tables),
            Phase("a page of a large site", 2, 100, 9.0, cost, tables),
            Phase("a second of an idle fleet", 1, 1, 20.0, cost, {}),
        ],
        {"worker": 260.4},
    )
    assert "| worker: CPU, ms | 30.00 | 3.00 | 300 |" in told
    assert "| Redis: messages | 1.20 | 0.12 | 12.00 |" in told
    assert "| pages | 1.00, 4000 | 0.10, 400 |" in told
    assert "| all | 1.00, 4000 | 0.10, 400 |" in told
    assert "monitors" not in told
    assert "Most memory, MB: worker 260." in told
    assert "10 scans with 10 pages in 5 s, then 2 scans with 100 pages in 9 s" in told
