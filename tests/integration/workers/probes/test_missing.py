"""What a host serves for an address that doesn't exist, and which pages are the same."""

from typing import Any

import pytest

from shared.checks.limits import load_profile
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import connection
from shared.page import Context, Fetched
from shared.robots import from_fetch
from shared.scans import Work
from shared.settings import Settings
from tests.integration.workers.fetch.servers import answer, redirect, serving
from tests.integration.workers.probes.conftest import MakeWork, sql
from workers.extract import extract
from workers.fetch.politeness import NotBefore
from workers.judge import Judge
from workers.lease import Lease
from workers.probes.missing import Nowhere, load_missing, probe_missing
from workers.workshop import Workshop

HTML = "Content-Type: text/html; charset=utf-8"
ALLOW = from_fetch(404, b"")
SORRY = "Whatever stood here has been taken away. Have a look at our other pages, or search for it. "
FRAME = "The workshop for kitchen knives and their owners, open on all days but Sundays. " * 6


def page(title: str, text: str) -> bytes:
    html = f"<!doctype html><html lang=en><head><title>{title}</title></head><body><main><p>{text}</p></main></body>"
    return html.encode()


def served(title: str, text: str) -> bytes:
    return answer(page(title, text), HTML)


def otherwise(pages: dict[str, Any], rest: Any) -> Any:
    """A mapping of scripts that has one for every path."""

    class Pages(dict[str, Any]):
        def __missing__(self, _: str) -> Any:
            return rest

    return Pages(pages)


HOME = served("Knives", FRAME)
ODD = served("Our shop", FRAME + SORRY)


async def ask(shop: Workshop, settings: Settings, work: Work, robots: str = "") -> Nowhere:
    sql(
        settings,
        "INSERT INTO chunks (scan_id, no, kind, status, fence) VALUES (%s, 0, 'discover', 'running', 1) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        work.id,
    )
    claim = Claim(
        scan_id=work.id, no=0, kind="discover", fence=1, attempts=0, seq_from=0, seq_to=0, tally=None, done=0, failed=0
    )  # fmt: skip
    return await probe_missing(shop, work, Lease(claim), work.url, from_fetch(200, robots.encode()))


def says_soft_404(nowhere: Nowhere, title: str, text: str) -> bool:
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    url = "https://example.com/old"
    fetched = Fetched(url, url, 200, headers, page(title, text))
    found = Judge(load_profile().limits())(extract(fetched, Context(now=0.0, missing=nowhere.missing))).findings
    return "http.soft_404" in {one.check for one in found}


async def test_pages_that_look_like_it(shop: Workshop, settings: Settings, make_work: MakeWork) -> None:
    async with serving(otherwise({"/": HOME}, ODD)) as server:
        work = await make_work(server.url + "/", "crawl", checks_network=["random_404"])
        nowhere = await ask(shop, settings, work)
        assert await ask(shop, settings, work) == nowhere
        assert len(server.asked) == 2
    async with connection(shop.pool) as conn:
        assert await load_missing(conn, work) == nowhere
    assert says_soft_404(nowhere, "Our shop", FRAME + SORRY)
    assert says_soft_404(nowhere, "Our shop", FRAME + SORRY + "Request 4711.")
    assert not says_soft_404(nowhere, "Our shop", "Grinding costs ten a blade, and is done while you wait. " * 8)
    assert not says_soft_404(nowhere, "Whetstones", FRAME + SORRY)


@pytest.mark.parametrize(
    ("home", "rest"),
    [
        (HOME, answer(page("Our shop", SORRY), HTML, status="404 Not Found")),
        (HOME, redirect("/")),
        (HOME, answer(b"", HTML)),
        (HOME, answer(b"{}", "Content-Type: application/json")),
        (ODD, ODD),
        (answer(b"no", HTML, status="500 Oops"), ODD),
    ],
)
async def test_what_tells_nothing_of_pages(
    shop: Workshop, settings: Settings, make_work: MakeWork, home: bytes, rest: bytes
) -> None:
    """A right answer, one without text, and a frame that a program in the browser fills, the start page's too."""
    async with serving(otherwise({"/": home}, rest)) as server:
        nowhere = await ask(shop, settings, await make_work(server.url + "/", "crawl", checks_network=["random_404"]))
    assert nowhere.random is not None
    assert nowhere.missing is None


async def test_not_asked(shop: Workshop, settings: Settings, make_work: MakeWork) -> None:
    async with serving(otherwise({"/": HOME}, ODD)) as server:
        unasked = await make_work(server.url + "/", "crawl", checks_network=["tls"])
        assert await ask(shop, settings, unasked) == Nowhere()
        barred = await make_work(server.url + "/", "crawl", checks_network=["random_404"])
        assert await ask(shop, settings, barred, "User-agent: *\nDisallow: /\n") == Nowhere()
        assert server.asked == []


async def test_nothing_is_stored_by_one_who_drains_or_lost_the_lease(
    shop: Workshop, settings: Settings, make_work: MakeWork
) -> None:
    async with serving(otherwise({"/": HOME}, ODD)) as server:
        work = await make_work(server.url + "/", "crawl", checks_network=["random_404"])
        await ask(shop, settings, work)
        sql(settings, "DELETE FROM probes RETURNING 1")
        sql(settings, "UPDATE chunks SET fence = 2 RETURNING 1")
        with pytest.raises(LeaseLostError):
            await ask(shop, settings, work)
        shop.drain.set()
        with pytest.raises(NotBefore):
            await ask(shop, settings, work)
    assert sql(settings, "SELECT count(*) FROM probes") == [(0,)]
