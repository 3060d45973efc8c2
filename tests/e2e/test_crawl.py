"""Crawls through a real fleet: exactly the right pages, each once, and why the others were left out."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from tests.e2e.conftest import Api, Fleet
from tests.e2e.crawl_site import Doc, Pages, Site, html, serving

TIER = """[{name}]
single = 1000
sitemap = 1000
crawl = 1000
monitors = 0
pages = 10_000
running = 50
kept_days = 1
requests = 60_000
burst = 60_000
monitor_interval_hours = 24
"""


@pytest.fixture(scope="module", autouse=True)
def _generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tiers of the fleet that allow as many crawls as there are tests."""
    file = tmp_path_factory.mktemp("tiers") / "tiers.toml"
    names = ("guest", "free", "pro", "management", "ceo", "enterprise")
    file.write_text("".join(TIER.format(name=name) for name in names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIERS_FILE", str(file))
        yield


def skips(fleet: Fleet, scan_id: str) -> Counter[str]:
    """How many URLs were left out, by reason, as the scan counts them; the rows must say the same."""
    row = fleet.sql("SELECT skips, skipped FROM scans WHERE id = %s", scan_id)[0]
    rows = fleet.sql("SELECT skip, count(*) AS n FROM urls WHERE scan_id = %s AND seq < 0 GROUP BY 1", scan_id)
    assert {one["skip"]: one["n"] for one in rows} == row["skips"]
    assert sum(row["skips"].values()) == row["skipped"]
    return Counter(row["skips"])


async def crawled(api: Api, site: Site, start: str = "/", **options: Any) -> tuple[Any, dict[str, Any]]:
    """The ended scan, and its pages by path."""
    scan = await api.scan(site.address + start, "crawl", **options)
    assert scan["status"] == "complete", scan
    pages = {page["url"].removeprefix(site.address): page for page in await api.pages(scan["scan_id"])}
    progress = scan["progress"]
    assert progress["found"] == progress["done"] == len(pages) == scan["result"]["totals"]["pages"]
    return scan, pages


def once(site: Site, pages: dict[str, Any]) -> None:
    """Each page was asked for exactly once."""
    assert {path: site.hits[path] for path in pages} == dict.fromkeys(pages, 1)


def firing(fleet: Fleet, scan_id: str, check: str) -> set[str]:
    """Paths of the pages on which a site-level check fires."""
    rows = fleet.sql(
        "SELECT p.url FROM site_findings f JOIN pages p USING (scan_id, seq) WHERE scan_id = %s AND check_id = %s",
        scan_id,
        check,
    )
    return {"/" + row["url"].split("/", 3)[3] for row in rows}


async def test_one_page_under_many_spellings_is_one_page(api: Api, fleet: Fleet) -> None:
    same = ["/~ann/", "/%7Eann/", "/%7eann/", "/x/../~ann/", "/~ann/#top", "{here}/~ann/", "//127.0.0.1:{port}/~ann/"]
    tracked = ["/list?id=7&utm_source=mail", "/list?utm_campaign=x&id=7", "/list?id=7&gclid=abc", "/list?id=7#end"]
    pages = {"/": Doc(links=[*same, *tracked, "/?fbclid=1", "#here"]), "/~ann/": Doc(), "/list?id=7": Doc(links=["/"])}
    async with serving(Site(pages)) as site:
        port = site.address.rpartition(":")[2]
        site.pages = {**pages, "/": Doc(links=[one.replace("{port}", port) for one in pages["/"].links])}
        scan, found = await crawled(api, site, "/?utm_medium=test#part")
        assert set(found) == {"/", "/~ann/", "/list?id=7"}
        once(site, found)
        assert not skips(fleet, scan["scan_id"])
        assert scan["result"]["incomplete"] is None
        assert not firing(fleet, scan["scan_id"], "link.orphan")


async def test_what_is_left_out_and_why(api: Api, fleet: Fleet) -> None:
    deep = {f"/deep/{n}": Doc(links=[f"/deep/{n + 1}"]) for n in range(1, 6)}
    pages: Pages = {
        "/": Doc(
            links=["/a", "/print/a", "/b.pdf?v=1", "/deep/1", "/secret", "http://127.0.0.9/", "mailto:a@b.c", "/old"],
            nofollow=["/untold"],
        ),
        "/a": Doc(links=["/", "/only-via-nofollow-page"]),
        "/old": "/a",
        "/quiet": Doc(links=["/from-quiet"], head='<meta name="robots" content="nofollow">'),
        "/from-quiet": Doc(),
        "/only-via-nofollow-page": Doc(links=["/quiet"]),
        "/secret": Doc(links=["/behind-secret"]),
        "/print/a": Doc(),
        **deep,
    }
    async with serving(Site(pages, robots="User-agent: *\nDisallow: /secret")) as site:
        scan, found = await crawled(api, site, exclude=["/print/", r"/\.pdf(\?|$)/"], max_depth=3)
        wanted = {"/", "/a", "/only-via-nofollow-page", "/quiet", "/secret", "/old"}
        assert set(found) == wanted | {f"/deep/{n}" for n in range(1, 4)}
        assert skips(fleet, scan["scan_id"]) == {"excluded": 2, "depth": 1}
        assert scan["result"]["incomplete"] == "depth"
        assert (found["/secret"]["status"], found["/secret"]["error"]) == (None, "blocked_by_robots")
        assert site.hits["/secret"] == 0
        assert found["/old"]["final_url"] == site.address + "/a"
        assert {path: page["depth"] for path, page in found.items() if path.startswith("/deep/")} == {
            f"/deep/{n}": n for n in range(1, 4)
        }


async def test_only_the_start_page(api: Api, fleet: Fleet) -> None:
    async with serving(Site({"/": Doc(links=["/a", "/b"]), "/a": Doc(), "/b": Doc()})) as site:
        scan, found = await crawled(api, site, max_depth=0)
        assert set(found) == {"/"}
        assert skips(fleet, scan["scan_id"]) == {"depth": 2}


async def test_the_budget_of_pages_is_kept_to_the_page(api: Api, fleet: Fleet) -> None:
    pages = {f"/p/{n}": Doc(links=[f"/p/{(n * 3 + i) % 200}" for i in range(8)]) for n in range(200)}
    async with serving(Site({"/": Doc(links=["/p/1", "/p/2"]), **pages})) as site:
        scan, found = await crawled(api, site, max_pages=60)
        assert len(found) == 60
        assert scan["result"]["incomplete"] == "budget"
        assert skips(fleet, scan["scan_id"])["budget"] > 0
        once(site, found)
        assert not firing(fleet, scan["scan_id"], "link.orphan")


def calendar(request: web.Request) -> web.Response:
    """Every month links to the next, for ever."""
    month = int(parse_qs(urlsplit(request.raw_path).query)["month"][0])
    doc = Doc(links=[f"/calendar?month={month + 1}", f"/calendar?month={month + 2}"])
    return web.Response(text=html(request.raw_path, doc), content_type="text/html")


class Endless(Site):
    """Traps below `/calendar`, `/nest/nest/…` and `/s?…&…`, and session ids that are new with every answer."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        path = request.raw_path
        if path.startswith("/calendar"):
            self.hits[path] += 1
            return calendar(request)
        if path.startswith(("/nest/", "/facets")):
            self.hits[path] += 1
            href = path + ("nest/" if path.startswith("/nest/") else f"{'&' if '?' in path else '?'}f{len(path)}=1")
            return web.Response(text=html(path, Doc(links=[href.replace("&", "&amp;")])), content_type="text/html")
        if path.startswith("/shop"):
            self.hits[path] += 1
            n = sum(self.hits.values())
            doc = Doc(links=[f"/shop/{item};jsessionid=A1B2C3D4E5F6{n:08d}" for item in ("cart", "items")])
            return web.Response(text=html(path, doc), content_type="text/html")
        return await super().answer(request)


async def test_an_endless_calendar_ends_with_the_depth(api: Api, fleet: Fleet) -> None:
    async with serving(Endless({"/": Doc(links=["/calendar?month=1"])})) as site:
        scan, found = await crawled(api, site, max_depth=3)
        assert set(found) == {"/"} | {f"/calendar?month={n}" for n in range(1, 6)}
        assert scan["result"]["incomplete"] == "depth"
        assert set(skips(fleet, scan["scan_id"])) == {"depth"}


async def test_an_endless_calendar_ends_with_the_budget(api: Api, fleet: Fleet) -> None:
    async with serving(Endless({"/": Doc(links=["/calendar?month=1"])})) as site:
        scan, found = await crawled(api, site, max_depth=100, max_pages=9)
        assert len(found) == 9
        assert scan["result"]["incomplete"] == "budget"


async def test_paths_and_parameters_that_only_grow_are_traps(api: Api, fleet: Fleet) -> None:
    async with serving(Endless({"/": Doc(links=["/nest/", "/facets?a&b&c&d&e&f&g&h"])})) as site:
        scan, found = await crawled(api, site, max_depth=50)
        assert len([path for path in found if path.startswith("/nest/")]) == 3
        assert len([path for path in found if path.startswith("/facets")]) == 3
        assert skips(fleet, scan["scan_id"]) == {"trap": 2}
        assert scan["result"]["incomplete"] == "trap"


async def test_session_ids_make_no_new_pages(api: Api, fleet: Fleet) -> None:
    async with serving(Endless({"/": Doc(links=["/shop", "/a?PHPSESSID=0123456789abcdef0123456789abcdef"])})) as site:
        scan, found = await crawled(api, site, max_depth=50)
        assert set(found) == {"/", "/shop", "/shop/cart", "/shop/items", "/a"}
        assert scan["result"]["incomplete"] is None


async def test_pages_of_the_sitemap_are_followed_too(api: Api, fleet: Fleet) -> None:
    pages = {
        "/": Doc(links=["/a"]),
        "/a": Doc(links=["/b"]),
        "/b": Doc(links=["/c"]),
        "/c": Doc(),
        "/lonely": Doc(links=["/from-lonely"]),
        "/from-lonely": Doc(),
    }
    async with serving(Site(pages, sitemap=["/", "/a", "/b", "/lonely"])) as site:
        scan, found = await crawled(api, site)
        assert set(found) == set(pages)
        once(site, found)
        assert scan["result"]["incomplete"] is None
        assert firing(fleet, scan["scan_id"], "link.orphan") == {"/lonely"}
        assert firing(fleet, scan["scan_id"], "sitemap.orphan_url") == {"/lonely"}


async def test_site_findings_of_a_complete_crawl(api: Api, fleet: Fleet) -> None:
    pages: Pages = {
        "/": Doc(links=["/a", "/gone", "/hop/1", "/loop/1"]),
        "/a": Doc(links=["/d/1", "/gone"]),
        **{f"/d/{n}": Doc(links=[f"/d/{n + 1}"]) for n in range(1, 5)},
        "/d/5": Doc(),
        "/hop/1": "/hop/2",
        "/hop/2": "/hop/3",
        "/hop/3": "/a",
        "/loop/1": "/loop/2",
        "/loop/2": "/loop/1",
    }
    async with serving(Site(pages)) as site:
        scan, found = await crawled(api, site, max_depth=10)
        assert set(found) == {"/", "/a", "/gone", "/hop/1", "/loop/1", *(f"/d/{n}" for n in range(1, 6))}
        scan_id = scan["scan_id"]
        assert scan["result"]["incomplete"] is None
        assert scan["progress"]["failed"] == 2
        assert firing(fleet, scan_id, "link.broken_internal") == {"/", "/a"}
        assert firing(fleet, scan_id, "link.depth") == {"/d/4", "/d/5"}
        assert firing(fleet, scan_id, "redirect.page_linked") == {"/"}
        by_check = {check: path for path, page in found.items() for check in (one["check"] for one in page["findings"])}
        assert by_check["redirect.chain"] == "/hop/1"
        assert by_check["redirect.loop"] == "/loop/1"
        assert not firing(fleet, scan_id, "link.orphan")


async def test_links_found_at_once_by_both_workers_are_fetched_once(api: Api, fleet: Fleet) -> None:
    many = 400
    pages = {f"/p/{n}": Doc(links=[f"/p/{(n * 7 + i * 13) % many}" for i in range(40)]) for n in range(many)}
    async with serving(Site({"/": Doc(links=[f"/p/{n}" for n in range(0, many, 4)]), **pages})) as site:
        scan, found = await crawled(api, site, max_depth=20)
        assert set(found) == {"/", *pages}
        once(site, found)
        assert not skips(fleet, scan["scan_id"])
        workers = fleet.sql("SELECT DISTINCT worker FROM chunks WHERE scan_id = %s AND kind = 'fetch'", scan["scan_id"])
        assert len(workers) == 2


async def test_another_scheme_or_host_is_another_matter(api: Api, fleet: Fleet) -> None:
    """Another host is not the site, whatever it is called; the same host on another port is, with its own robots.txt."""
    other = Site({"/": Doc(links=["/x", "/no"]), "/x": Doc(), "/no": Doc()}, robots="User-agent: *\nDisallow: /no")
    async with serving(other) as second, serving(Site({})) as site, serving(Site({"/": Doc()}), "127.0.0.2") as third:
        site.pages = {"/": Doc(links=[second.address + "/", third.address + "/", "/no"]), "/no": Doc()}
        _, found = await crawled(api, site)
        assert set(found) == {"/", "/no", *(second.address + path for path in ("/", "/x", "/no"))}
        assert found["/no"]["status"] == 200
        assert found[second.address + "/no"]["error"] == "blocked_by_robots"
        assert second.hits["/no"] == 0
        assert not third.hits
