"""A second scan of a site whose pages have validators, through a real server, parser and Postgres."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared import facts as site_facts
from shared.chunks import Claim
from shared.db.pool import connection
from shared.db.queries import queries
from shared.robots import from_fetch
from shared.scans import Work
from shared.settings import Settings
from tests.integration.workers.fetch.servers import Asked, Server, Writer, answer, serving
from tests.integration.workers.probes.conftest import MakeWork, sql
from workers.fetch.options import FetchOptions
from workers.frontier import url_hash
from workers.lease import Lease
from workers.pages import Assignment, Target, done, row_values
from workers.rescan.before import pages_before, site_before
from workers.scan_page import PageRow
from workers.workshop import Workshop, terms_of

TEXT = "A sharp knife is safer than a blunt one, because it goes where you guide it and needs little force. " * 5
PAGE = (
    "<!doctype html><html lang=en><head><title>{title}</title><link rel=canonical href='{path}'></head>"
    "<body><h1>Knives</h1><p>" + TEXT + "</p><a href='/two?x=1'>Two stones</a> <a href='/three' rel=nofollow>3</a>"
)
ROBOTS = (200, b"User-agent: *\nDisallow: /private\n")


class Site:
    """Answers with validators, and 304 to whoever names them."""

    def __init__(self) -> None:
        self.title = "Sharpening knives"
        self.extra: tuple[str, ...] = ("X-Robots-Tag: noarchive",)
        self.believes = True
        self.validators: tuple[str, ...] = ('ETag: "v1"', "Last-Modified: Mon, 02 Feb 2026 08:00:00 GMT")

    async def __call__(self, asked: Asked, writer: Writer) -> None:
        body = PAGE.format(title=self.title, path=asked.target).encode()
        headers = (*self.validators, *self.extra, "Content-Type: text/html; charset=utf-8")
        known = asked.headers.get("if-none-match") == '"v1"' and "If-Modified-Since".lower() in asked.headers
        if self.believes and known and self.title == "Sharpening knives":
            writer.write(answer(b"", *self.validators, *self.extra, status="304 Not Modified"))
        else:
            writer.write(answer(body, *headers))
        await writer.drain()


def assignment(shop: Workshop, work: Work, before: Any) -> Assignment:
    claim = Claim(
        scan_id=work.id, no=0, kind="fetch", fence=1, attempts=0, seq_from=0, seq_to=0, tally=None, done=0, failed=0
    )
    return Assignment(
        shop=shop,
        scan=work,
        lease=Lease(claim),
        robots=from_fetch(*ROBOTS),
        robots_file=ROBOTS,
        options=FetchOptions(user_agent="test"),
        before=before,
    )


async def scan_page(shop: Workshop, work: Work, url: str, seq: int = 0) -> PageRow:
    """Scan it, as a chunk does."""
    async with connection(shop.pool) as conn:
        before = await pages_before(conn, work, [url])
    target = Target(seq, url, 0, in_sitemap=True, attempts=0, lastmod=None, alternates=())
    return await done(assignment(shop, work, before), target, terms_of(work))


async def complete(shop: Workshop, work: Work, row: PageRow) -> None:
    """Store the page and end the scan."""
    async with connection(shop.pool) as conn:
        columns = {
            "scan_id": work.id, "seqs": [row.seq], "hashes": [url_hash(row.url)], "urls": [row.url], "depths": [0],
            "in_sitemap": [True], "lastmods": [None], "facts": [None], "skips": [None],
        }  # fmt: skip
        await conn.execute(queries("urls")["insert"], columns)
        await conn.execute(queries("pages")["insert"], row_values(work.id, row))
        await conn.execute("UPDATE scans SET status = 'complete' WHERE id = %s", (work.id,))


def plain(row: PageRow) -> dict[str, Any]:
    """Everything but how long it took and when it was."""
    values: dict[str, Any] = msgspec.structs.asdict(row)
    values["facts"] = {k: v for k, v in msgspec.json.decode(row.facts).items() if k != "ttfb_ms"}
    values["findings"] = msgspec.json.decode(row.findings)
    values["site"] = site_facts.decode(row.site)
    values["again"] = msgspec.msgpack.decode(row.again) | {"fetched_at": 0} if row.again else None
    return {name: value for name, value in values.items() if name != "duration_ms"}


def conditional(server: Server) -> int:
    return sum(1 for asked in server.asked if "if-none-match" in asked.headers)


@pytest.mark.parametrize("mode", ["sitemap", "crawl"])
async def test_a_verdict_taken_over_is_the_one_a_fresh_fetch_gives(
    shop: Workshop, make_work: MakeWork, mode: str
) -> None:
    site = Site()
    async with serving({"/one": site}) as server:
        url = server.url + "/one"
        first = await make_work(url, mode)
        row = await scan_page(shop, first, url, seq=4)
        assert row.etag == '"v1"'
        await complete(shop, first, row)
        second = await make_work(url, mode)
        taken = await scan_page(shop, second, url, seq=9)
        assert (len(server.asked), conditional(server)) == (2, 1)
        site.believes = False
        fresh = await scan_page(shop, second, url, seq=9)
        assert plain(taken) == plain(fresh)
        assert (taken.seq, site_facts.decode(taken.site).seq) == (9, 9)
        assert taken.links == ([server.url + "/two?x=1"] if mode == "crawl" else [])
        # The third scan goes on from the second.
        await complete(shop, second, taken)
        site.believes = True
        third = await scan_page(shop, await make_work(url, mode), url, seq=1)
        assert conditional(server) == 3
        assert plain(third) == plain(replace(taken, seq=1, site=third.site))


async def test_a_changed_page_is_judged_and_compared(shop: Workshop, make_work: MakeWork) -> None:
    site = Site()
    async with serving({"/one": site}) as server:
        url = server.url + "/one"
        work = await make_work(url, "sitemap")
        await complete(shop, work, await scan_page(shop, work, url))
        site.title = "Buying knives"
        work = await make_work(url, "sitemap")
        row = await scan_page(shop, work, url)
        assert conditional(server) == 1
        assert "title.changed" in row.checks
        assert row.title == "Buying knives"
        # And what was found by comparing isn't found again.
        await complete(shop, work, row)
        again = await scan_page(shop, await make_work(url, "sitemap"), url)
        assert "title.changed" not in again.checks


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"thresholds": {"title.too_long": 5}}},
        {"options": {"disable_checks": ["title.missing"]}},
        {"options": {"checks_network": ["assets"]}},
        {"options": {"include_subdomains": True}},
        {"mode": "crawl"},
        {"mode": "single"},
    ],
)
async def test_other_terms_take_nothing_over(shop: Workshop, make_work: MakeWork, change: dict[str, Any]) -> None:
    async with serving({"/one": Site(), "/favicon.ico": answer()}) as server:
        url = server.url + "/one"
        work = await make_work(url, "sitemap")
        await complete(shop, work, await scan_page(shop, work, url))
        row = await scan_page(
            shop, await make_work(url, change.get("mode", "sitemap"), **change.get("options", {})), url
        )
        assert row.status == 200
        assert conditional(server) == 0


async def test_a_304_that_tells_of_another_header_is_not_believed(shop: Workshop, make_work: MakeWork) -> None:
    site = Site()
    async with serving({"/one": site}) as server:
        url = server.url + "/one"
        work = await make_work(url, "sitemap")
        await complete(shop, work, await scan_page(shop, work, url))
        site.extra = ("X-Robots-Tag: noindex",)
        row = await scan_page(shop, await make_work(url, "sitemap"), url)
        assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"v1"', None]
        assert msgspec.json.decode(row.facts)["noindex"] is True


async def test_old_verdicts_and_pages_without_validators_are_fetched_anew(
    shop: Workshop, settings: Settings, make_work: MakeWork
) -> None:
    site = Site()
    async with serving({"/one": site, "/two": site}) as server:
        for path, validators in (("/one", site.validators), ("/two", ())):
            url, site.validators = server.url + path, validators
            work = await make_work(url, "sitemap")
            row = await scan_page(shop, work, url)
            if row.again is not None:
                aged = msgspec.msgpack.decode(row.again)
                row = replace(row, again=msgspec.msgpack.encode(aged | {"fetched_at": aged["fetched_at"] - 8 * 86_400}))
            await complete(shop, work, row)
            await scan_page(shop, await make_work(url, "sitemap"), url)
        assert conditional(server) == 0
        assert sql(settings, "SELECT count(*) FROM pages WHERE verdict_key IS NOT NULL") == [(1,)]


async def test_another_owners_scans_are_not_looked_at(shop: Workshop, settings: Settings, make_work: MakeWork) -> None:
    async with serving({"/one": Site()}) as server:
        url = server.url + "/one"
        work = await make_work(url, "sitemap")
        await complete(shop, work, await scan_page(shop, work, url))
        sql(settings, "UPDATE scans SET owner = 'user:y' RETURNING 1")
        await scan_page(shop, await make_work(url, "sitemap"), url)
        assert conditional(server) == 0


async def test_what_the_site_was_like(shop: Workshop, make_work: MakeWork) -> None:
    first = await make_work("http://127.0.0.1:1/", "sitemap")
    save = queries("results")["save_file"]
    file = {"scan_id": first.id, "n": 0, "kind": "robots", "url": "r", "status": 200, "body": ROBOTS[1], "facts": "{}"}
    sitemap = '{"url": "s", "status": 200, "kind": "urlset", "urls": 30, "bytes": 1}'
    async with connection(shop.pool) as conn:
        await conn.execute(save, file)
        await conn.execute(save, file | {"n": 1, "kind": "sitemap", "facts": sitemap})
        await conn.execute("UPDATE scans SET status = 'complete' WHERE id = %s", (first.id,))
        known = await site_before(conn, await make_work("http://127.0.0.1:1/", "sitemap"))
    assert known is not None
    assert known.sitemap_urls == 30
    assert known.robots_hash
