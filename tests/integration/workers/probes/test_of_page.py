"""What pages load and link to, asked on real servers and shared through a real Postgres."""

import asyncio
import zlib
from collections import Counter
from typing import Any

import pytest

from shared.chunks import Claim
from shared.page import Asset, Context, ExternalLink
from shared.robots import from_fetch
from shared.scans import Work
from shared.settings import Settings
from tests.integration.workers.fetch.servers import Asked, Script, Server, Writer, answer, drip, redirect, serving
from tests.integration.workers.probes.conftest import MakeWork, sql, workshop
from tests.unit.shared.test_image_size import png
from tests.unit.shared.test_minified import SOURCE
from workers.fetch.options import FetchOptions
from workers.fetch.politeness import NotBefore
from workers.lease import Lease
from workers.probes import of_page
from workers.probes.candidates import Look, Wanted
from workers.probes.of_page import Prober
from workers.workshop import Workshop

CONTEXT = Context(now=0.0)
ROBOTS = "User-agent: *\nDisallow: /private\n"


def prober(shop: Workshop, work: Work) -> Prober:
    claim = Claim(
        scan_id=work.id, no=0, kind="single", fence=1, attempts=0, seq_from=0, seq_to=0, tally=None, done=0, failed=0
    )
    return Prober(shop, work, Lease(claim), from_fetch(200, ROBOTS.encode()), FetchOptions(user_agent="test"))


def wanted(url: str, kind: Any = "image", **more: Any) -> Wanted:
    return Wanted(url, url, kind, internal=True, **more)


def by_method(head: bytes, get: bytes) -> Script:
    async def run(asked: Asked, writer: Writer) -> None:
        writer.write(head if asked.method == "HEAD" else get)
        await writer.drain()

    return run


async def assets(shop: Workshop, work: Work, *asked: Wanted) -> tuple[Asset, ...] | None:
    return (await prober(shop, work).context(CONTEXT, Look(assets=asked))).assets


async def links(shop: Workshop, work: Work, *urls: str) -> tuple[ExternalLink, ...] | None:
    return (await prober(shop, work).context(CONTEXT, Look(external=urls))).external


PHOTO = png(40, 30)
SCRIPT = SOURCE.encode()


async def test_facts_of_assets(shop: Workshop, make_work: MakeWork) -> None:
    packed = zlib.compress(SCRIPT)
    pages = {
        "/a.png": answer(PHOTO, "Content-Type: image/png", "Cache-Control: max-age=60"),
        "/big.png": answer(PHOTO + b"\0" * 3_000_000, "Content-Type: image/png"),
        "/a.js": answer(packed, "Content-Type: text/javascript", "Content-Encoding: deflate"),
        "/moved.css": redirect("/a.css"),
        "/a.css": answer(b"a{color:red}", "Content-Type: text/css"),
        "/font": answer(b"wOF2" + b"\0" * 5_000, "Content-Type: font/woff2"),
        "/gone.png": answer(b"", status="404 Not Found"),
    }
    async with serving(pages) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        found = await assets(
            shop,
            work,
            wanted(server.url + "/a.png"),
            wanted(server.url + "/big.png"),
            wanted(server.url + "/a.js", "script"),
            wanted(server.url + "/moved.css", "style"),
            wanted(server.url + "/font", "font"),
            wanted(server.url + "/gone.png"),
            wanted(server.url + "/private/a.png"),
            wanted(server.url + "/a.png", shown=False),
        )
    assert found is not None
    photo, big, script, style, font, gone, private, preview = found
    assert (photo.status, photo.bytes, photo.width, photo.height) == (200, len(PHOTO), 40, 30)
    assert (photo.content_type, photo.cache_control, photo.redirects) == ("image/png", "max-age=60", 0)
    assert (big.bytes, big.wire_bytes, big.width) == (len(PHOTO) + 3_000_000,) * 2 + (40,)
    assert (script.bytes, script.wire_bytes, script.minified) == (len(SCRIPT), len(packed), False)
    assert script.content_encoding == "deflate"
    assert (style.redirects, style.status, style.minified) == (1, 200, None)
    assert (font.bytes, font.kind) == (5_004, "font")
    assert (gone.status, gone.error) == (404, None)
    assert (private.status, private.error) == (None, "blocked_by_robots")
    assert (preview.width, preview.bytes, preview.wire_bytes) == (40, None, None)
    assert not any(asked.target.startswith("/private") for asked in server.asked)


async def test_a_favicon_that_nobody_named_counts_only_if_it_is_there(shop: Workshop, make_work: MakeWork) -> None:
    async with serving({"/favicon.ico": answer(b"", status="404 Not Found")}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        assert await assets(shop, work, wanted(server.url + "/favicon.ico", "icon", named=False)) == ()


async def test_links_are_asked_by_head_and_again_by_get(shop: Workshop, make_work: MakeWork) -> None:
    missing = answer(b"", status="404 Not Found")
    closed = answer(b"", status="503 Service Unavailable")
    pages: dict[str, Script | bytes] = {
        "/ok": by_method(answer(), b"never"),
        "/head-refused": by_method(answer(b"", status="405 Method Not Allowed"), answer(b"<p>here")),
        "/head-lies": by_method(missing, answer(b"<p>here")),
        "/gone": by_method(missing, missing),
        "/forbidden": by_method(answer(b"", status="403 Forbidden"), answer(b"", status="403 Forbidden")),
        "/asks-less": by_method(answer(b"", status="999 No"), b"never"),
        "/moved": redirect("/head-lies"),
        "/closed": by_method(closed, closed),
        "/challenged": by_method(closed, answer(b"<title>Just a moment...</title>", status="503 Service Unavailable")),
    }
    async with serving(pages) as server:
        work = await make_work("http://127.0.0.1:1/", checks_network=["external"])
        urls = [server.url + path for path in pages]
        found = await links(shop, work, *urls, "http://127.0.0.1:9/", "http://10.0.0.1/")
    assert found is not None
    assert {one.url.rpartition("/")[2]: (one.status, one.error, one.redirects) for one in found[:-2]} == {
        "ok": (200, None, 0),
        "head-refused": (200, None, 0),
        "head-lies": (200, None, 0),
        "gone": (404, None, 0),
        "forbidden": (403, None, 0),
        "asks-less": (999, None, 0),
        "moved": (200, None, 1),
        "closed": (503, None, 0),
        "challenged": (503, "blocked_by_server", 0),
    }
    assert [(one.status, one.error) for one in found[-2:]] == [(None, "connection"), (None, "forbidden_address")]
    methods = Counter(asked.method for asked in server.asked)
    assert methods["HEAD"] == 10


async def test_each_url_is_asked_once_by_all_workers_of_a_scan(
    shop: Workshop, settings: Settings, make_work: MakeWork
) -> None:
    async with serving({"/a.png": answer(PHOTO), "/b.png": answer(PHOTO)}) as server, workshop(settings) as other:
        work = await make_work(server.url + "/", checks_network=["assets"])
        wishes = [wanted(f"{server.url}/{name}.png") for name in "ab"]
        found = await asyncio.gather(*(assets(one, work, *wishes) for one in (shop, other) for _ in range(6)))
    assert sorted(asked.target for asked in server.asked) == ["/a.png", "/b.png"]
    assert {tuple(asset.width for asset in one or ()) for one in found} == {(40, 40)}


async def test_another_scan_asks_for_itself(shop: Workshop, make_work: MakeWork) -> None:
    async with serving({"/a.png": answer(PHOTO)}) as server:
        for _ in range(2):
            work = await make_work(server.url + "/", checks_network=["assets"])
            await assets(shop, work, wanted(server.url + "/a.png"))
    assert len(server.asked) == 2


async def test_the_claim_of_a_worker_that_went_away_is_taken_over(
    shop: Workshop, settings: Settings, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_page, "PAGE_SECONDS", 1.0)
    async with serving({"/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        wish = wanted(server.url + "/a.png")
        await assets(shop, work, wish)
        sql(settings, "UPDATE probes SET result = NULL, claimed_at = now() RETURNING 1")
        assert await assets(shop, work, wish) is None
        sql(settings, "UPDATE probes SET claimed_at = now() - interval '2 minutes' RETURNING 1")
        found = await assets(shop, work, wish)
    assert found is not None
    assert found[0].width == 40


async def test_a_claim_that_grows_stale_while_its_page_waits_is_taken_over(
    shop: Workshop, settings: Settings, make_work: MakeWork
) -> None:
    async with serving({"/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        wish = wanted(server.url + "/a.png")
        await assets(shop, work, wish)
        sql(settings, "UPDATE probes SET result = NULL, claimed_at = now() - interval '23 seconds' RETURNING 1")
        found = await assets(shop, work, wish)
    assert found is not None
    assert found[0].width == 40


async def test_links_beyond_the_scans_share_are_not_waited_for(
    shop: Workshop, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_page, "MAX_LINKS", 3)
    async with serving({f"/{n}": answer() for n in range(6)}) as server:
        work = await make_work("http://127.0.0.1:1/", checks_network=["external"])
        first = await links(shop, work, *(f"{server.url}/{n}" for n in range(5)))
        began = asyncio.get_running_loop().time()
        second = await links(shop, work, f"{server.url}/5")
        took = asyncio.get_running_loop().time() - began
    assert first is not None
    assert len(first) == 3
    assert second is None
    assert took < 2


async def slow(server: Server) -> list[Wanted]:
    return [wanted(f"{server.url}/drip{n}.png") for n in range(3)] + [wanted(f"{server.url}/a.png")]


async def test_a_slow_server_costs_the_page_its_budget_and_no_more(
    shop: Workshop, settings: Settings, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What didn't come in time is not known, and others may ask for it later."""
    monkeypatch.setattr(of_page, "PAGE_SECONDS", 2.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 60000\r\n\r\n"
    scripts: dict[str, Script | bytes] = {f"/drip{n}.png": drip(head, b"\0", 0.3) for n in range(3)}
    async with serving({**scripts, "/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        began = asyncio.get_running_loop().time()
        found = await assets(shop, work, *await slow(server))
        took = asyncio.get_running_loop().time() - began
    assert took < 3.5
    assert found is not None
    assert [(one.url.rpartition("/")[2], one.width) for one in found] == [("a.png", 40)]
    assert [url for (url,) in sql(settings, "SELECT url FROM probes")] == [f"{server.url}/a.png"]


async def test_a_worker_that_drains_gives_the_page_back(shop: Workshop, make_work: MakeWork) -> None:
    async with serving({"/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"])
        shop.drain.set()
        with pytest.raises(NotBefore):
            await assets(shop, work, wanted(server.url + "/a.png"))
        assert server.asked == []


async def test_what_the_scan_leaves_out_is_not_asked(shop: Workshop, make_work: MakeWork) -> None:
    async with serving({"/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["assets"], exclude=["/media/"])
        found = await assets(shop, work, wanted(server.url + "/media/b.png"), wanted(server.url + "/a.png"))
    assert found is not None
    assert [one.url for one in found] == [server.url + "/a.png"]
    assert len(server.asked) == 1


async def test_without_the_option_nothing_is_asked(shop: Workshop, make_work: MakeWork) -> None:
    async with serving({"/a.png": answer(PHOTO)}) as server:
        work = await make_work(server.url + "/", checks_network=["external"])
        look = Look(assets=(wanted(server.url + "/a.png"),))
        context = await prober(shop, work).context(CONTEXT, look)
        assert (context.assets, context.external) == (None, ())
        assert server.asked == []
