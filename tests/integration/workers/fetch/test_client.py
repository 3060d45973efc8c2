"""The fetcher against servers that misbehave: every fetch ends in time, typed, and without holding the loop."""

import asyncio
import gzip
from collections.abc import Callable

import pytest
import zstandard
from msgspec.structs import replace

from shared.page import Hop
from tests.integration.workers.fetch.conftest import LOOPBACK, QUICK, watching
from tests.integration.workers.fetch.servers import (
    Asked,
    Script,
    Writer,
    answer,
    closing,
    drip,
    flood,
    redirect,
    serving,
)
from tests.unit.workers.fetch.test_decode import pack_brotli
from workers.fetch.client import MAX_HEADERS, Fetcher
from workers.fetch.guard import Guard
from workers.fetch.options import FetchOptions

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MAX_LAG = 0.25
"""Seconds; 0.045 on a quiet machine."""


def zstd(data: bytes) -> bytes:
    """One frame."""
    return zstandard.ZstdCompressor(level=19).compress(data)


def bomb(pack: Callable[[bytes], bytes]) -> bytes:
    """100 MB in very little."""
    return pack(bytes(100_000_000))


HOSTILE: dict[str, tuple[Script | bytes, str]] = {
    "head drip": (drip(OK + b"X: ", b"x", 0.05), "timeout"),
    "header drip": (drip(OK, b"X: y\r\n", 0.05), "timeout"),
    "1xx drip": (drip(b"", CONTINUE, 0.05), "timeout"),
    "1xx flood": (flood(b"", CONTINUE * 2_000), "protocol"),
    "silence": (drip(b"", b"", 0.05), "timeout"),
    "body drip": (drip(OK + b"Content-Length: 10000\r\n\r\n", b"x", 0.05), "timeout"),
    "chunk drip": (drip(CHUNKED, b"1\r\nx\r\n", 0.05), "timeout"),
    "chunk flood": (flood(CHUNKED, b"1\r\nx\r\n" * 5_000), "protocol"),
    "endless body": (flood(OK + b"\r\n", bytes(60_000)), "too_large"),
    "header flood": (flood(OK, b"X: y\r\n" * 1_000), "protocol"),
    "long header": (flood(OK + b"X: ", b"x" * 10_000), "protocol"),
    "declared too large": (drip(OK + b"Content-Length: 10000001\r\n\r\n", b"", 0.05), "too_large"),
    "br bomb": (answer(bomb(pack_brotli), "Content-Encoding: br"), "too_large"),
    "gzip bomb": (answer(bomb(gzip.compress), "Content-Encoding: gzip"), "too_large"),
    "zstd bomb": (answer(bomb(zstd), "Content-Encoding: zstd"), "too_large"),
    "nested bomb": (answer(gzip.compress(bomb(gzip.compress)), "Content-Encoding: gzip, gzip"), "too_large"),
    "many members": (answer(gzip.compress(b"") * 5_000, "Content-Encoding: gzip"), "decode"),
    "not gzip": (answer(b"plain", "Content-Encoding: gzip"), "decode"),
    "half a gzip": (answer(gzip.compress(bytes(9_999))[:-9], "Content-Encoding: gzip"), "decode"),
    "half a chunk": (closing(CHUNKED + b"5\r\nhel"), "connection"),
    "no last chunk": (closing(CHUNKED + b"5\r\nhello\r\n"), "connection"),
    "bad chunk size": (closing(CHUNKED + b"zz\r\nhello\r\n"), "protocol"),
    "short body": (closing(answer(b"abc", length=10)), "connection"),
    "HTTP/0.9": (closing(b"<html>"), "protocol"),
    "nothing": (closing(b""), "connection"),
    "NUL in a header": (closing(OK + b"X: a\0b\r\n\r\n"), "protocol"),
    "two lengths": (closing(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "protocol"),
    "switching protocols": (closing(b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"), "protocol"),
    "status 0": (closing(b"HTTP/1.1 0 OK\r\n\r\n"), "protocol"),
    "no status": (closing(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol"),
    "mail": (redirect("mailto:someone@example.com"), "bad_redirect"),
    "broken location": (redirect("http://["), "bad_redirect"),
    "inner address": (redirect("http://10.0.0.1/"), "forbidden_address"),
    "metadata": (redirect("//169.254.169.254/latest/meta-data/"), "forbidden_address"),
    "itself": (redirect("?"), "redirect_loop"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_every_fetch_ends_typed_and_in_time(name: str, fetcher: Fetcher, options: FetchOptions) -> None:
    script, kind = HOSTILE[name]
    async with serving({"/": script, "/ok": answer(b"ok")}) as server, watching() as lag:
        url = f"{server.url}/?" if name == "itself" else f"{server.url}/"
        fetched = await fetcher.get(url, options)
        after = await fetcher.get(f"{server.url}/ok", options)
    assert fetched.error is not None
    assert fetched.error.kind == kind
    assert "127.0.0.1" not in fetched.error.message
    assert fetched.body == b""
    assert after.body == b"ok"
    assert lag.worst < MAX_LAG


async def test_a_plain_page(fetcher: Fetcher, options: FetchOptions) -> None:
    page = b"<html>" + bytes(range(256)) * 200
    packed = gzip.compress(page)
    async with serving({"/p": answer(packed, "Content-Encoding: gzip", "X-a: 1", "x-A: \xfc")}) as server:
        fetched = await fetcher.get(f"{server.url}/p?q#f", options)
        again = await fetcher.get(f"{server.url}/p", options)
    assert (fetched.status, fetched.error, fetched.body) == (200, None, page)
    assert fetched.url == f"{server.url}/p?q#f"
    assert fetched.final_url == f"{server.url}/p?q"
    assert fetched.headers is not None
    assert fetched.headers[1:3] == (("X-a", "1"), ("x-A", "\xfc"))
    assert (fetched.http_version, fetched.wire_bytes, fetched.truncated, fetched.tls) == (
        "1.1",
        len(packed),
        False,
        None,
    )
    assert fetched.timings is not None
    assert fetched.timings.connect is not None
    assert 0 < (fetched.timings.ttfb or 0) <= (fetched.timings.total or 0)
    assert again.timings is not None
    assert again.timings.connect is None
    assert server.connections == 1
    asked = server.asked[0].headers
    assert asked["accept-encoding"] == "gzip, deflate, br"
    assert asked["user-agent"] == "scanfleet-test"
    assert "cookie" not in asked


async def test_redirects_are_recorded_and_limited(fetcher: Fetcher, options: FetchOptions) -> None:
    chain = {f"/{n}": redirect(f"/{n + 1}", "301 Moved") for n in range(11)}
    async with serving({**chain, "/11": answer(b"end")}) as server:
        ten = await fetcher.get(f"{server.url}/1", options)
        eleven = await fetcher.get(f"{server.url}/0", options)
        five = await fetcher.get(f"{server.url}/7", replace(options, max_redirects=3))
    assert ten.body == b"end"
    assert ten.redirects is not None
    assert ten.redirects[0] == Hop(f"{server.url}/1", 301, f"{server.url}/2")
    assert len(ten.redirects) == 10
    for refused, hops in ((eleven, 10), (five, 3)):
        assert refused.error is not None
        assert refused.error.kind == "too_many_redirects"
        assert (refused.status, len(refused.redirects or ())) == (301, hops)


async def test_a_longer_loop(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/a": redirect("/b"), "/b": redirect("/c"), "/c": redirect("/a")}) as server:
        fetched = await fetcher.get(f"{server.url}/a", options)
    assert fetched.error is not None
    assert fetched.error.kind == "redirect_loop"
    assert fetched.final_url == f"{server.url}/c"
    assert len(server.asked) == 3


async def test_the_path_is_asked_for_as_written(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/%7euser/a%2Fb": redirect("/~user/ä"), "/~user/%C3%A4": answer(b"home")}) as server:
        fetched = await fetcher.get(f"{server.url}/%7euser/a%2Fb?x=[1]|y", options)
    assert fetched.body == b"home"
    assert [asked.target for asked in server.asked] == ["/%7euser/a%2Fb?x=[1]|y", "/~user/%C3%A4"]


async def test_credentials_stay_with_their_origin(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/": answer(b"other")}) as other, serving({"/": redirect(f"{other.url}/")}) as own:
        secret = replace(options, credentials_for=own.url, basic_auth=("u", "p"), cookie="s=1")
        assert (await fetcher.get(f"{own.url}/", secret)).body == b"other"
        await fetcher.get(f"{other.url}/", secret)
        await fetcher.get(f"{other.url}/", replace(secret, credentials_for=None))
    assert own.asked[0].headers["authorization"] == "Basic dTpw"
    assert own.asked[0].headers["cookie"] == "s=1"
    assert len(other.asked) == 3
    for asked in other.asked:
        assert not {"authorization", "cookie"} & set(asked.headers)


async def test_cookies_of_servers_are_forgotten(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/": answer(b"", "Set-Cookie: a=b")}) as server:
        await fetcher.get(f"{server.url}/", options)
        await fetcher.get(f"{server.url}/", options)
    assert "cookie" not in server.asked[1].headers


async def test_conditional_requests(fetcher: Fetcher, options: FetchOptions) -> None:
    async def unless_known(asked: Asked, writer: Writer) -> None:
        known = asked.headers.get("if-none-match") == '"v1"'
        writer.write(answer(status="304 Not Modified") if known else answer(b"new"))
        await writer.drain()

    async with serving({"/": unless_known, "/moved": redirect("/")}) as server:
        known = await fetcher.get(f"{server.url}/", replace(options, etag='"v1"'))
        moved = await fetcher.get(f"{server.url}/moved", replace(options, etag='"v1"'))
    assert (known.status, known.error, known.body) == (304, None, b"")
    assert (moved.status, moved.body) == (200, b"new")


async def test_probes_read_no_more_than_they_are_told(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/": flood(OK + b"\r\n", b"x" * 1_000), "/small": answer(b"abc")}) as server:
        cut = await fetcher.probe(f"{server.url}/", options, limit=10)
        head_only = await fetcher.probe(f"{server.url}/", options)
        small = await fetcher.probe(f"{server.url}/small", options, limit=3)
        await fetcher.probe(f"{server.url}/small", options, method="HEAD")
    assert (cut.body, cut.truncated, cut.error) == (b"x" * 10, True, None)
    assert (head_only.status, head_only.body, head_only.error) == (200, b"", None)
    assert (small.body, small.truncated) == (b"abc", False)
    assert server.asked[-1].method == "HEAD"


async def test_bodies_at_and_over_the_cap(fetcher: Fetcher, options: FetchOptions) -> None:
    caps = replace(QUICK, body=1_000, wire=1_000)
    async with serving({"/at": answer(bytes(1_000)), "/over": answer(bytes(1_001), "X: kept")}) as server:
        at_cap = await fetcher.get(f"{server.url}/at", options, caps=caps)
        over = await fetcher.get(f"{server.url}/over", options, caps=caps)
    assert (at_cap.error, len(at_cap.body)) == (None, 1_000)
    assert over.error is not None
    assert (over.error.kind, over.body, over.status) == ("too_large", b"", 200)
    assert ("X", "kept") in (over.headers or ())


async def test_large_but_decent_heads_are_read(fetcher: Fetcher, options: FetchOptions) -> None:
    headers = [f"X-{n}: {n}" for n in range(MAX_HEADERS - 10)]
    async with serving({"/": answer(b"ok", "Content-Security-Policy: " + "x" * 20_000, *headers)}) as server:
        assert (await fetcher.get(f"{server.url}/", options)).body == b"ok"


async def test_a_slow_but_decent_body_is_read(fetcher: Fetcher, options: FetchOptions) -> None:
    async def slowly(_: Asked, writer: Writer) -> None:
        writer.write(OK + b"Content-Length: 60\r\n\r\n")
        for _piece in range(6):
            writer.write(b"x" * 10)
            await writer.drain()

    async with serving({"/": slowly}) as server:
        assert len((await fetcher.get(f"{server.url}/", options)).body) == 60


async def test_early_hints_and_small_chunks_are_read(fetcher: Fetcher, options: FetchOptions) -> None:
    chunks = b"8\r\nabcdefgh\r\n" * 50_000 + b"0\r\n\r\n"
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 5
    async with serving({"/": hints + CHUNKED + chunks}) as server:
        for _again in range(2):
            fetched = await fetcher.get(f"{server.url}/", options)
            assert (fetched.error, len(fetched.body)) == (None, 400_000)


async def test_a_stream_waits_for_its_reader(fetcher: Fetcher, options: FetchOptions) -> None:
    body = bytes(range(256)) * 8_000
    packed = answer(gzip.compress(body), "Content-Encoding: gzip")
    async with serving({"/": packed}) as server, fetcher.stream(f"{server.url}/", options) as streamed:
        assert streamed.head.status == 200
        got = [piece async for piece in streamed.chunks()]
    assert streamed.error is None
    assert b"".join(got) == body
    assert (streamed.decoded, max(map(len, got)) <= 131_072) == (len(body), True)


async def test_nothing_listens(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({}) as server:
        url = f"{server.url}/"
    fetched = await fetcher.get(url, options)
    assert fetched.error is not None
    assert (fetched.error.kind, fetched.status, fetched.headers) == ("connection", None, None)


async def test_a_closed_fetcher_blames_no_site(options: FetchOptions) -> None:
    fetcher = Fetcher(Guard(LOOPBACK))
    with pytest.raises(RuntimeError, match="not open"):
        await fetcher.get("http://127.0.0.1:9/", options)


async def test_many_fetches_at_once(fetcher: Fetcher, options: FetchOptions) -> None:
    async with serving({"/": answer(b"ok")}) as server:
        fetches = await asyncio.gather(*(fetcher.get(f"{server.url}/?{n}", options) for n in range(100)))
    assert {fetched.body for fetched in fetches} == {b"ok"}


async def test_a_cancelled_fetch_leaves_nothing_behind(fetcher: Fetcher, options: FetchOptions) -> None:
    asked = asyncio.Event()

    async def silent(_: Asked, writer: Writer) -> None:
        asked.set()
        await writer.wait_closed()

    async with serving({"/": silent, "/ok": answer(b"ok")}) as server:
        fetching = asyncio.create_task(fetcher.get(f"{server.url}/", options))
        await asked.wait()
        fetching.cancel()
        assert isinstance((await asyncio.gather(fetching, return_exceptions=True))[0], asyncio.CancelledError)
        assert (await fetcher.get(f"{server.url}/ok", options)).body == b"ok"
