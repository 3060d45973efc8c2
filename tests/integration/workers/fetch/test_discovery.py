"""Sitemaps found and streamed over real connections."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from shared.robots import Robots
from tests.integration.workers.fetch.servers import (
    Asked,
    Script,
    Server,
    Writer,
    answer,
    closing,
    drip,
    redirect,
    serving,
)
from workers.fetch.client import Fetcher
from workers.fetch.discovery import BATCH, Discovery, SitemapBatch, SitemapFile, fetch_robots
from workers.fetch.options import Caps, FetchOptions

RESIDENT = Path("/proc/self/statm")
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def resident() -> int:
    """Memory of this process in bytes."""
    return int(RESIDENT.read_text().split()[1]) * 4_096


def urlset(*urls: str) -> bytes:
    """A sitemap."""
    return f"<urlset {XMLNS}>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>".encode()


def index(*urls: str) -> bytes:
    """An index."""
    inner = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex {XMLNS}>{inner}</sitemapindex>".encode()


class Site:
    """A server whose pages know its address."""

    def __init__(self, fetcher: Fetcher, options: FetchOptions, server: Server) -> None:
        """Running."""
        self.fetcher, self.options, self.server = fetcher, options, server
        self.url = server.url
        self.discovery: Discovery | None = None

    async def discover(self, given: Sequence[str] = ()) -> tuple[list[str], dict[str, SitemapFile]]:
        """Every address found, and the files by their path."""
        robots, _ = await fetch_robots(self.fetcher, self.url, self.options)
        self.discovery = Discovery(self.fetcher, self.url, self.options, robots, given=given)
        found: list[str] = []
        files: dict[str, SitemapFile] = {}
        async for item in self.discovery.items():
            if isinstance(item, SitemapBatch):
                assert 0 < len(item.entries) <= BATCH
                found += [entry.loc.removeprefix(self.url) for entry in item.entries]
            else:
                files[item.url.removeprefix(self.url)] = item
        return found, files

    def asked(self) -> list[str]:
        """The targets that the server was asked for."""
        return [asked.target for asked in self.server.asked]


@asynccontextmanager
async def site(fetcher: Fetcher, options: FetchOptions, pages: Mapping[str, bytes | Script]) -> AsyncGenerator[Site]:
    """Serve `pages`, in whose bytes @ stands for the server's own address; everything else is 404."""
    paths = (
        "/robots.txt /sitemap.xml /sitemap_index.xml /sitemap-index.xml /sitemap.xml.gz /wp-sitemap.xml /sitemap.txt"
    )
    scripts: dict[str, bytes | Script] = dict.fromkeys(paths.split(), answer(status="404 Not Found"))
    async with serving(scripts) as server:
        for path, page in pages.items():
            scripts[path] = answer(page.replace(b"@", server.url.encode())) if isinstance(page, bytes) else page
        yield Site(fetcher, options, server)


async def test_sitemaps_named_in_robots(fetcher: Fetcher, options: FetchOptions) -> None:
    pages = {
        "/robots.txt": b"Sitemap: @/one.xml\nSitemap: @/two.txt\nSitemap: @/one.xml#again\n",
        "/one.xml": urlset("@/a", "@/b"),
        "/two.txt": b"@/c\n@/d\n",
    }
    async with site(fetcher, options, pages) as it:
        found, files = await it.discover()
    assert found == ["/a", "/b", "/c", "/d"]
    assert {path: (file.kind, file.urls, file.status, file.error) for path, file in files.items()} == {
        "/one.xml": ("urlset", 2, 200, None),
        "/two.txt": ("text", 2, 200, None),
    }
    assert it.discovery is not None
    assert it.discovery.source == "robots"
    assert "/sitemap.xml" not in it.asked()


async def test_the_usual_paths_until_one_is_there(fetcher: Fetcher, options: FetchOptions) -> None:
    soft_404 = b"<!doctype html><html><title>Not here</title></html>"
    async with site(fetcher, options, {"/sitemap.xml": soft_404, "/sitemap-index.xml": urlset("@/a")}) as it:
        found, files = await it.discover()
    assert found == ["/a"]
    assert list(files) == ["/sitemap-index.xml"]
    assert it.asked() == ["/robots.txt", "/sitemap.xml", "/sitemap_index.xml", "/sitemap-index.xml"]


async def test_no_sitemap(fetcher: Fetcher, options: FetchOptions) -> None:
    async with site(fetcher, options, {}) as it:
        assert await it.discover() == ([], {})
    assert it.discovery is not None
    assert it.discovery.source == "none"


async def test_a_given_sitemap_and_gzip_both_ways(fetcher: Fetcher, options: FetchOptions) -> None:
    packed = gzip.compress(urlset("https://a.example/x"))
    twice = answer(gzip.compress(packed), "Content-Encoding: gzip")
    pages = {"/a.xml.gz": closing(answer(packed)), "/b.xml.gz": closing(twice)}
    async with site(fetcher, options, pages) as it:
        found, files = await it.discover([f"{it.url}{path}" for path in pages])
    assert found == ["https://a.example/x"] * 2
    assert files["/a.xml.gz"].bytes == len(packed)
    assert files["/a.xml.gz"].problem_counts["sitemap.url_out_of_scope"] == 1


async def test_indexes(fetcher: Fetcher, options: FetchOptions) -> None:
    pages: dict[str, bytes | Script] = {
        "/sitemap.xml": index("@/sitemap.xml", "@/1.xml", "@/1.xml", "@/2.xml", "@/gone.xml", "http://10.0.0.1/x.xml"),
        "/1.xml": urlset("@/a"),
        "/2.xml": index("@/3.xml"),
        "/3.xml": urlset("@/never"),
        "/gone.xml": closing(answer(status="410 Gone")),
    }
    async with site(fetcher, options, pages) as it:
        found, files = await it.discover([f"{it.url}/sitemap.xml"])
    assert found == ["/a"]
    assert (files["/gone.xml"].status, files["/gone.xml"].urls) == (410, 0)
    assert files["/1.xml"].parent == f"{it.url}/sitemap.xml"
    assert files["/2.xml"].problem_counts["sitemap.index_too_many"] == 1
    assert "/3.xml" not in it.asked()
    assert it.asked().count("/1.xml") == it.asked().count("/sitemap.xml") == 1
    assert it.discovery is not None
    assert it.discovery.skipped == 1


async def test_a_redirect_to_a_sitemap_that_was_read_is_not_read_again(fetcher: Fetcher, options: FetchOptions) -> None:
    pages: dict[str, bytes | Script] = {
        "/robots.txt": b"Sitemap: @/real.xml\nSitemap: @/old.xml\n",
        "/real.xml": urlset("@/a"),
        "/old.xml": closing(redirect("/real.xml")),
    }
    async with site(fetcher, options, pages) as it:
        found, files = await it.discover()
    assert (found, list(files)) == (["/a"], ["/real.xml"])


async def test_what_came_before_a_fault_is_kept(fetcher: Fetcher, options: FetchOptions) -> None:
    body = urlset("https://a.example/1", "https://a.example/2")[:-20]
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
    async with site(fetcher, options, {"/slow.xml": drip(head + body, b" ", 0.05)}) as it:
        found, files = await it.discover([f"{it.url}/slow.xml"])
    assert found[0] == "https://a.example/1"
    error = files["/slow.xml"].error
    assert error is not None
    assert error.kind == "timeout"


async def test_stopping_early_ends_the_transfer(fetcher: Fetcher, options: FetchOptions) -> None:
    many = urlset(*(f"@/{n}" for n in range(20_000)))
    async with site(fetcher, options, {"/many.xml": many}) as it:
        discovery = Discovery(fetcher, it.url, options, Robots(), given=[f"{it.url}/many.xml"])
        async with aclosing(discovery.items()) as items:
            first = await anext(items)
        assert isinstance(first, SitemapBatch)
        assert len(first.entries) == BATCH
        assert (await it.discover([f"{it.url}/many.xml"]))[1]["/many.xml"].urls == 20_000


async def test_politeness_is_asked_for_every_sitemap(fetcher: Fetcher, options: FetchOptions) -> None:
    asked: list[str] = []

    @asynccontextmanager
    async def polite(url: str) -> AsyncGenerator[None]:
        asked.append(url)
        yield

    async with site(fetcher, options, {"/i.xml": index("@/1.xml"), "/1.xml": urlset("@/a")}) as it:
        discovery = Discovery(fetcher, it.url, options, Robots(), given=[f"{it.url}/i.xml"], polite=polite)
        files = [item async for item in discovery.items() if isinstance(item, SitemapFile)]
    assert asked == [f"{it.url}/i.xml", f"{it.url}/1.xml"]
    assert len(files) == 2


@pytest.mark.parametrize(
    ("reply", "status_class"),
    [
        (answer(b"User-agent: *\nDisallow: /x"), "ok"),
        (answer(b"User-agent: *\n" + b"Disallow: /x\n" * 50_000, length=20_000_000), "ok"),
        (answer(status="404 Not Found"), "missing"),
        (answer(status="503 X"), "server_error"),
        (redirect("/robots.txt"), "missing"),
        (redirect("http://10.0.0.1/"), "unreachable"),
        (b"nonsense\r\n\r\n", "unreachable"),
    ],
)
async def test_robots(reply: bytes, status_class: str, fetcher: Fetcher, options: FetchOptions) -> None:
    async with site(fetcher, options, {"/robots.txt": closing(reply)}) as it:
        robots, fetched = await fetch_robots(fetcher, it.url, options)
    assert robots.status_class == status_class
    assert fetched.url.endswith("/robots.txt")


@pytest.mark.timeout(900)
@pytest.mark.skipif(not RESIDENT.exists(), reason="memory is read as Linux tells it")
async def test_a_large_index_in_flat_memory(
    fetcher: Fetcher, options: FetchOptions, pytestconfig: pytest.Config
) -> None:
    """A hundred thousand addresses; a million with `--long`."""
    files, each = (20, 50_000) if pytestconfig.getoption("--long") else (4, 25_000)

    async def child(asked: Asked, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + f"<urlset {XMLNS}>".encode())
        for start in range(0, each, 500):
            rows = (f"<url><loc>http://a.example{asked.target}/{n}</loc></url>" for n in range(start, start + 500))
            writer.write("".join(rows).encode())
            await writer.drain()
        writer.write(b"</urlset>")

    pages: dict[str, bytes | Script] = {f"/{n}.xml": child for n in range(files)}
    pages["/i.xml"] = index(*(f"@/{n}.xml" for n in range(files)))
    async with site(fetcher, options, pages) as it:
        discovery = Discovery(fetcher, it.url, options, Robots(), given=[f"{it.url}/i.xml"])
        urls, before, peak = 0, resident(), 0
        async for item in discovery.items():
            if isinstance(item, SitemapBatch):
                urls += len(item.entries)
                peak = max(peak, resident())
    assert urls == files * each
    assert peak - before < 40_000_000


async def test_unreachable_children_end_the_search(fetcher: Fetcher, options: FetchOptions) -> None:
    children = {f"/{n}.xml": closing(b"") for n in range(40)}
    listing = index(*(f"@{path}" for path in children))
    async with site(fetcher, options, {**children, "/i.xml": listing}) as it:
        _, files = await it.discover([f"{it.url}/i.xml"])
    assert it.discovery is not None
    assert (len(files), it.discovery.skipped) == (21, 20)


async def test_slow_readers_of_batches_do_not_time_out(fetcher: Fetcher, options: FetchOptions) -> None:
    """The pace of the reader is not the server's: with deadlines of 0.2 s a pause of 0.5 s harms nothing."""
    hurried = Caps(total=0.2, head=0.2, grace=0.1, rate=1_000)
    pages = {"/m.xml": urlset(*(f"@/{n}" for n in range(5_000)))}
    async with Fetcher(fetcher.guard, stream_caps=hurried) as quick, site(quick, options, pages) as it:
        discovery = Discovery(quick, it.url, options, Robots(), given=[f"{it.url}/m.xml"])
        urls = 0
        async for item in discovery.items():
            if isinstance(item, SitemapBatch):
                urls += len(item.entries)
                await asyncio.sleep(0.1)
            else:
                assert item.error is None
    assert urls == 5_000
