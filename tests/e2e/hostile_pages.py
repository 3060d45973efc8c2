"""Answers that hurt naive crawlers, served byte by byte: what is sent for `/`, and how the scan of it has to end."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import brotli  # type: ignore[import-untyped]  # it has no stubs
from msgspec import Struct

Send = Callable[[asyncio.StreamWriter], Awaitable[None]]

PAUSE = 1.0
DRIPS = 40


def head(length: int | None, *lines: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    """The head of an answer."""
    size = [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join(
        [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *size, *lines, "Connection: close", "", ""]
    ).encode()


def whole(body: bytes, *lines: str, kind: str = "text/html") -> Send:
    """A complete answer."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head(len(body), *lines, kind=kind) + body)
        await writer.drain()

    return send


def raw(data: bytes) -> Send:
    """These bytes, and the connection's end."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return send


def drip(first: bytes, piece: bytes) -> Send:
    """One piece a second."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for _ in range(DRIPS):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(PAUSE)

    return send


def flood(first: bytes, piece: bytes, size: int) -> Send:
    """The piece again and again."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()

    return send


def page(inside: str) -> bytes:
    """An HTML page."""
    return f"<!doctype html><html lang=en><title>A page of strangers</title><body><h1>Hello</h1>{inside}".encode()


def _brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=1)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    zeros = bytes(1 << 24)
    packed = b"".join(packer.process(zeros) for _ in range(8))  # pyright: ignore[reportUnknownMemberType]
    return bytes(packed + packer.finish())  # pyright: ignore[reportUnknownMemberType]


class Trap(Struct, frozen=True):
    """What is sent, and the page's error kind or, without an answer, the scan's reason; "judged" for a page that is read."""

    send: Send
    ends: frozenset[str]


def _traps() -> Mapping[str, Trap]:
    chunked = "Transfer-Encoding: chunked"
    formatting = "<b i>" * 7_000 + "<i i>" * 7_000 + "x</b>" * 7_000
    bomb = gzip.compress(gzip.compress(bytes(64_000_000)))
    table: dict[str, tuple[Send, str]] = {
        "brotli bomb": (whole(_brotli_bomb(), "Content-Encoding: br"), "too_large"),
        "gzip in gzip": (whole(bomb, "Content-Encoding: gzip, gzip"), "too_large"),
        "deflate bomb": (whole(zlib.compress(bytes(64_000_000)), "Content-Encoding: deflate"), "too_large"),
        "not gzip": (whole(b"plain text", "Content-Encoding: gzip"), "decode"),
        "endless body": (flood(head(None), b"<p>more</p>" * 6_000, 30_000_000), "too_large"),
        "body drip": (drip(head(100_000), b"x"), "timeout"),
        "head drip": (drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"), "timeout"),
        "1xx drip": (drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "timeout protocol connection"),
        "1xx flood": (flood(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100, 3_000_000), "protocol connection"),
        "chunks of one byte": (flood(head(None, chunked), b"1\r\nx\r\n" * 5_000, 9_000_000), "protocol"),
        "punycode": (whole(page("a-" * 100_000), kind="text/html; charset=punycode"), "judged"),
        "formatting": (whole(page(formatting)), "parser_killed too_deep"),
        "nested div": (whole(page("<div>" * 100_000)), "too_deep"),
        "nested template": (whole(page("<template>" * 80_000)), "too_deep"),
        "huge attribute": (whole(page(f'<a href="/{"x" * 5_000_000}" title="{"y" * 3_000_000}">z</a>')), "judged parser_killed"),
        "a million attributes": (whole(page(f"<p {' '.join(f'a{n}' for n in range(400_000))}>")), "parser_killed too_deep"),
        "many links": (whole(page("<a href=/x>y</a>" * 100_000)), "judged parser_killed"),
        "blanks": (whole(page(f"<title>{' ' * 3_000_000}x</title>" + "<p>\n" * 200_000)), "judged"),
        "deep json": (whole(page(f"<script type=application/ld+json>{'[' * 200_000}</script>")), "judged"),
        "odd characters": (whole(page("&#0;&#xD800;\x00\ufffe" * 1_000) + b"\xff\xfe\x00" * 1_000), "judged"),
        "header flood": (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n"), "protocol connection"),
        "long header": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"), "protocol connection"),
        "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol connection"),
        "HTTP/0.9": (raw(page("nothing but a body")), "protocol connection"),
        "no answer": (raw(b""), "connection"),
        "broken off": (raw(head(5_000) + page("half")), "connection protocol"),
        "two lengths": (raw(head(5, "Content-Length: 6") + b"hello!"), "protocol"),
        "loop": (raw(head(0, "Location: /", status="302 Found")), "redirect_loop"),
        "to metadata": (raw(head(0, "Location: http://169.254.169.254/", status="302 Found")), "forbidden_address"),
        "to a file": (raw(head(0, "Location: file:///etc/passwd", status="302 Found")), "bad_redirect"),
        "to mapped": (raw(head(0, "Location: http://[::ffff:10.0.0.1]/", status="301 Moved")), "forbidden_address"),
    }  # fmt: skip
    return {name: Trap(send, frozenset(ends.split())) for name, (send, ends) in table.items()}


TRAPS = _traps()

NO_ROBOTS = head(0, status="404 Not Found")


def sitemap(name: str, address: str) -> Send:
    """A sitemap that is a trap, of the site at `address`."""
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    loc = f"<url><loc>{address}p</loc></url>"
    own = f"<sitemap><loc>{address}sitemap.xml</loc></sitemap>"
    other = "<sitemap><loc>http://169.254.169.254/sitemap.xml</loc></sitemap>"
    entity = '<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    files = {
        "huge attribute": f'<urlset {space} x="{"y" * 55_000_000}">{loc}</urlset>',
        "bare ampersand": f"<urlset {space}><url><loc>{address}p?a=1&b=2</loc></url>{loc}</urlset>",
        "index of itself": f"<sitemapindex {space}>{own * 20_000}{other * 20_000}</sitemapindex>",
        "entities": f"{entity}]><urlset {space}><url><loc>{address}&j;</loc></url>{loc}</urlset>",
    }
    packed = gzip.compress(files[name].encode(), 1)
    return whole(packed, "Content-Encoding: gzip", kind="application/xml")


SITEMAPS = ("huge attribute", "bare ampersand", "index of itself", "entities")


@asynccontextmanager
async def serving(send: Send, of_sitemap: str | None = None) -> AsyncGenerator[str]:
    """A server whose robots.txt is missing and whose every other answer is `send`; its address."""
    tasks: set[asyncio.Task[None]] = set()
    answers: dict[bytes, Send] = {b" /robots.txt ": raw(NO_ROBOTS)}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            await next((one for path, one in answers.items() if path in request), send)(writer)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    if of_sitemap is not None:
        answers[b" /sitemap.xml "] = sitemap(of_sitemap, address)
    try:
        yield address
    finally:
        server.close()
        for task in tasks:
            task.cancel()
