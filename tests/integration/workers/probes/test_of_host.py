"""The host as a whole, asked on real servers; its variants through a made-up network, since they need ports 80 and 443."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from shared.chunks import Claim, LeaseLostError
from shared.host_probes import HostProbes
from shared.page import Fetched, FetchError
from shared.robots import Robots, from_fetch
from shared.scans import Work
from shared.settings import Settings
from tests.integration.workers.fetch.servers import Asked, Server, Writer, answer, drip, redirect, serving
from tests.integration.workers.probes.conftest import MakeWork, sql
from tests.unit.workers.host_cases import BAD
from tests.unit.workers.site_builder import clean, judge, prose, site_inputs
from workers.fetch.politeness import NotBefore
from workers.lease import Lease
from workers.probes import missing, of_host
from workers.probes.agents import AI_AGENTS
from workers.probes.inputs import load_probes, with_probes
from workers.probes.missing import probe_missing
from workers.probes.of_host import probe_host
from workers.workshop import Workshop

HTML = "Content-Type: text/html; charset=utf-8"
ALLOW = from_fetch(404, b"")


def html(text: str = "Knives are sharp. " * 40, head: str = "") -> bytes:
    page = (
        f"<!doctype html><html lang=en><head><title>Knives</title>{head}</head><body><main><h1>Knives</h1><p>{text}</p>"
    )
    return answer(page.encode(), HTML)


def by_agent(choose: Callable[[str], bytes]) -> Any:
    async def run(asked: Asked, writer: Writer) -> None:
        writer.write(choose(asked.headers.get("user-agent", "")))
        await writer.drain()

    return run


def otherwise(pages: dict[str, Any], rest: Any) -> Any:
    """A mapping of scripts that has one for every path."""

    class Pages(dict[str, Any]):
        def __missing__(self, _: str) -> Any:
            return rest

    return Pages(pages)


async def held(shop: Workshop, settings: Settings, work: Work) -> Lease:
    """A lease of the scan's first chunk, in Postgres as well."""
    sql(
        settings,
        "INSERT INTO chunks (scan_id, no, kind, status, fence) VALUES (%s, 0, 'discover', 'running', 1) RETURNING 1",
        work.id,
    )
    return Lease(
        Claim(
            scan_id=work.id,
            no=0,
            kind="discover",
            fence=1,
            attempts=0,
            seq_from=0,
            seq_to=0,
            tally=None,
            done=0,
            failed=0,
        )
    )


class Hosts:
    """Asks the host of a scan, and says which checks fire."""

    def __init__(self, shop: Workshop, settings: Settings, make_work: MakeWork) -> None:
        self.shop, self.settings, self.make_work = shop, settings, make_work

    async def ask(self, url: str, *options: str, robots: Robots = ALLOW) -> tuple[Work, HostProbes]:
        work = await self.make_work(url, "crawl", checks_network=list(options))
        lease = await held(self.shop, self.settings, work)
        await probe_missing(self.shop, work, lease, url, robots)
        await probe_host(self.shop, work, lease, url, robots)
        async with self.shop.pool.connection() as conn:
            return work, await load_probes(conn, work)

    async def checks(self, url: str, *options: str, robots: Robots = ALLOW) -> set[str]:
        """The ids that fire, and in brackets those that can't be decided."""
        work, probes = await self.ask(url, *options, robots=robots)
        found, judging = judge(clean(), with_probes(site_inputs(), work, probes))
        undecided = {f"({one.check})" for one in judging.outcomes.values() if not one.decided and one.check in BAD}
        own = {f"({check})" for check in BAD if of_option(check) not in options}
        return {one.check for one in found} | (undecided - own)


def of_option(check: str) -> str:
    group = {"redirect": "host_variants", "duplicate": "host_variants", "http": "random_404", "security": "tls"}
    return group.get(check.partition(".")[0], "ai_agents")


@pytest.fixture
def hosts(shop: Workshop, settings: Settings, make_work: MakeWork) -> Hosts:
    return Hosts(shop, settings, make_work)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (answer(b"gone", HTML, status="404 Not Found"), set[str]()),
        (answer(b"gone", HTML, status="410 Gone"), set[str]()),
        (html("This page is not there."), {"http.error_page_200"}),
        (redirect("/"), {"http.error_page_200"}),
        (answer(b"no", HTML, status="403 Forbidden"), {"(http.error_page_200)"}),
    ],
)
async def test_what_does_not_exist(hosts: Hosts, rest: bytes, expected: set[str]) -> None:
    async with serving(otherwise({"/": html()}, rest)) as server:
        assert await hosts.checks(server.url + "/", "random_404") == expected
        assert len(server.asked) == 1 + (expected == {"http.error_page_200"})


async def test_robots_txt_keeps_us_from_asking(hosts: Hosts) -> None:
    robots = from_fetch(200, b"User-agent: *\nDisallow: /\n")
    async with serving(otherwise({}, html())) as server:
        found = await hosts.checks(server.url + "/", "random_404", "ai_agents", robots=robots)
        assert found == {"(http.error_page_200)", "(ai.bot_blocked_by_server)", "(integrity.cloaking)"}
        assert server.asked == []


async def test_agents_that_the_server_turns_away(hosts: Hosts) -> None:
    def choose(agent: str) -> bytes:
        return answer(b"no", status="403 Forbidden") if "GPTBot" in agent or "CCBot" in agent else html()

    robots = from_fetch(200, b"User-agent: CCBot\nDisallow: /\n")
    async with serving({"/": by_agent(choose)}) as server:
        _, probes = await hosts.ask(server.url + "/", "ai_agents", robots=robots)
    assert probes.agents is not None
    assert [one.agent for one in probes.agents if one.refused] == ["GPTBot"]
    assert {one.agent for one in probes.agents} == {one.token for one in AI_AGENTS} - {"CCBot"}
    assert len(server.asked) == len(probes.agents) + 4


async def test_a_server_that_turns_everybody_away_says_nothing_of_agents(hosts: Hosts) -> None:
    async with serving({"/": answer(b"no", status="403 Forbidden")}) as server:
        found = await hosts.checks(server.url + "/", "ai_agents")
    assert found == {"(ai.bot_blocked_by_server)", "(integrity.cloaking)"}
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("ours", "google", "expected"),
    [
        (html(prose("a")), html(prose("a")), set[str]()),
        (html(prose("a")), html(prose("a", 200) + prose("b", 60)), set[str]()),
        (html(prose("a")), html(prose("pills")), {"integrity.cloaking"}),
        (html("Loading"), html(prose("a")), {"(integrity.cloaking)"}),
        (html(prose("a")), answer(b"no", status="403 Forbidden"), {"(integrity.cloaking)"}),
    ],
)
async def test_other_text_for_googlebot(hosts: Hosts, ours: bytes, google: bytes, expected: set[str]) -> None:
    async with serving({"/": by_agent(lambda agent: google if "Googlebot" in agent else ours)}) as server:
        assert await hosts.checks(server.url + "/", "ai_agents") == expected


async def test_a_host_is_asked_once_a_scan(hosts: Hosts, shop: Workshop, settings: Settings) -> None:
    async with serving(otherwise({}, html())) as server:
        work, first = await hosts.ask(server.url + "/", "ai_agents")
        asked = len(server.asked)
        lease = Lease(
            Claim(
                scan_id=work.id, no=0, kind="discover", fence=1, attempts=0, seq_from=0, seq_to=0, tally=None, done=0,
                failed=0,
            )
        )  # fmt: skip
        again = await probe_host(shop, work, lease, work.url, ALLOW)
        assert again == first
        assert len(server.asked) == asked
        sql(settings, "DELETE FROM probes RETURNING 1")
        sql(settings, "UPDATE chunks SET fence = 2 RETURNING 1")
        with pytest.raises(LeaseLostError):
            await probe_host(shop, work, lease, work.url, ALLOW)
        assert sql(settings, "SELECT count(*) FROM probes") == [(0,)]


async def test_a_slow_host_costs_the_scan_its_budget_and_no_more(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_host, "HOST_SECONDS", 1.5)
    monkeypatch.setattr(missing, "MISSING_SECONDS", 1.0)
    async with serving(otherwise({}, drip(b"HTTP/1.1 200 OK\r\n", b"X", 0.2))) as server:
        began = asyncio.get_running_loop().time()
        found = await hosts.checks(server.url + "/", "random_404", "ai_agents")
        assert asyncio.get_running_loop().time() - began < 5
    assert found == {"(http.error_page_200)", "(ai.bot_blocked_by_server)", "(integrity.cloaking)"}


async def test_a_worker_that_drains_stores_nothing(hosts: Hosts, shop: Workshop, settings: Settings) -> None:
    async with serving(otherwise({}, html())) as server:
        shop.drain.set()
        with pytest.raises(NotBefore):
            await hosts.ask(server.url + "/", "random_404")
        assert server.asked == []
    assert sql(settings, "SELECT count(*) FROM probes") == [(0,)]


class Network:
    """Answers for hosts on the usual ports: a page, where to go, or None (nobody listens)."""

    def __init__(self, shop: Workshop, answers: dict[str, str | None]) -> None:
        self.guard = shop.fetcher.guard
        self.answers = answers

    async def get(self, url: str, *_: Any, **__: Any) -> Fetched:
        final = url
        while (found := self.answers[final]) is not None and found.startswith("http"):
            final = found
        if found is None:
            return Fetched(url, final, error=FetchError("connection", "no connection could be made"))
        page = f"<!doctype html><html><head><title>Knives</title>{found}</head><body><main>{'Knives are sharp. ' * 40}"
        return Fetched(url, final, 200, (("Content-Type", "text/html"),), page.encode())


H, W, S, SW = "http://example.com/", "http://www.example.com/", "https://example.com/", "https://www.example.com/"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({H: S, W: S, S: "", SW: S}, set[str]()),
        ({H: S, W: SW, S: SW, SW: ""}, set[str]()),
        ({H: None, W: None, S: "", SW: S}, set[str]()),
        ({H: "", W: H, S: None, SW: None}, set[str]()),
        ({H: S, W: S, S: "", SW: None}, set[str]()),
        ({H: "", W: S, S: "", SW: S}, {"redirect.http_to_https_missing", "duplicate.http_https"}),
        ({H: f'<link rel="canonical" href="{S}">', W: S, S: "", SW: S}, set[str]()),
        ({H: S, W: SW, S: "", SW: ""}, {"redirect.www_inconsistent"}),
        ({H: S, W: SW, S: "", SW: f'<link rel="canonical" href="{S}">'}, set[str]()),
        ({H: "", W: "", S: None, SW: None}, {"redirect.www_inconsistent"}),
    ],
)
async def test_variants(hosts: Hosts, shop: Workshop, answers: dict[str, str | None], expected: set[str]) -> None:
    fetcher: Any = Network(shop, answers)
    hosts.shop = replace(shop, fetcher=fetcher)
    assert await hosts.checks("https://example.com/", "host_variants") == expected


async def test_a_host_with_a_port_has_no_variants(hosts: Hosts) -> None:
    async with serving({}) as server:
        found = await hosts.checks(server.url + "/", "host_variants")
        assert found == {f"({one})" for one in BAD if of_option(one) == "host_variants"}
        assert await no_requests(server)


async def no_requests(server: Server) -> bool:
    return server.asked == []


async def test_without_the_options_nothing_is_asked(hosts: Hosts, settings: Settings) -> None:
    async with serving({}) as server:
        assert (await hosts.ask(server.url + "/", "assets"))[1] == HostProbes()
        assert server.connections == 0
    assert sql(settings, "SELECT count(*) FROM probes") == [(0,)]
