"""A plan that is interrupted is finished by whoever takes it up, as if nothing had happened."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared import chunks
from shared.db.pool import LOST, Connection, connection, make_pool
from shared.scans import Work
from shared.settings import Settings
from workers import scan as story
from workers.workshop import Workshop

pytestmark = pytest.mark.timeout(60)

MakeWork = Callable[..., Awaitable[Work]]


async def urls(shop: Workshop, work: Work) -> list[str]:
    async with connection(shop.pool) as conn:
        rows = await (await conn.execute("SELECT url FROM urls WHERE scan_id = %s ORDER BY url", (work.id,))).fetchall()
    return [row["url"].rpartition("/")[2] for row in rows]


async def test_a_drain_while_the_sitemap_is_read_adds_no_start_page(shop: Workshop, make_work: MakeWork) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/sitemap.xml" and len(asked) < 4:
            shop.drain.set()
        base = f"http://{request.host}"
        if request.path == "/robots.txt":
            return web.Response(text=f"Sitemap: {base}/sitemap.xml\n")
        if request.path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{base}/p{n}</loc></url>" for n in range(3))
            return web.Response(text=f"<urlset>{entries}</urlset>", content_type="application/xml")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        work = await make_work(str(server.make_url("/")), "sitemap")
        async with connection(shop.pool) as conn:
            await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'discover')", (work.id,))
        await story.run_chunk(shop, work.id, 0, "r")
        assert "/sitemap.xml" in asked
        assert "" not in await urls(shop, work)
        shop.drain.clear()
        async with connection(shop.pool) as conn:
            await conn.execute("UPDATE chunks SET not_before = NULL")
        await story.run_chunk(shop, work.id, 0, "r")
    assert await urls(shop, work) == ["p0", "p1", "p2"]


async def test_a_host_that_goes_away_does_not_undo_what_was_found(shop: Workshop, make_work: MakeWork) -> None:
    work = await make_work("http://127.0.0.1:9/", "sitemap")
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE scans SET found = 60, chunks_total = 3 WHERE id = %s", (work.id,))
        await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'discover')", (work.id,))
        await chunks.add(conn, work.id, "fetch", 1, [(0, 49), (50, 59)])
    await story.run_chunk(shop, work.id, 0, "r")
    async with connection(shop.pool) as conn:
        row: Any = await (
            await conn.execute("SELECT status, chunks_done, incomplete FROM scans WHERE id = %s", (work.id,))
        ).fetchone()
    assert row == {"status": "running", "chunks_done": 1, "incomplete": "unreachable"}


async def _slow(conn: Connection) -> None:
    async with conn.transaction():
        await conn.execute("SELECT 1")
        await asyncio.sleep(0.6)
        await conn.execute("SELECT 1")


async def test_a_cut_off_pipeline_frees_its_locks(settings: Settings) -> None:
    """Neither idle nor in a statement: only a bound on the whole transaction ends it (where the server has one)."""
    pool = make_pool(settings.database_url, application="cut", size=1, transaction_seconds=0.3)
    await pool.open()
    try:
        async with pool.connection() as conn:
            if conn.info.server_version < 170_000:
                pytest.skip("this server has no transaction_timeout")
            with pytest.raises(LOST, match="transaction timeout"):
                await _slow(conn)
    finally:
        await pool.close()


async def _all_chunks(shop: Workshop, work: Work) -> None:
    """Do the scan's chunks, the ones that come up on the way included."""
    async with connection(shop.pool) as conn:
        await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'discover')", (work.id,))
    for _ in range(20):
        async with connection(shop.pool) as conn:
            row: Any = await (
                await conn.execute(
                    "SELECT no FROM chunks WHERE scan_id = %s AND status = 'pending' ORDER BY no LIMIT 1", (work.id,)
                )
            ).fetchone()
        if row is None:
            return
        await story.run_chunk(shop, work.id, row["no"], "r")


async def test_a_start_page_that_leads_to_another_host_is_followed_there(shop: Workshop, make_work: MakeWork) -> None:
    asked: set[tuple[str, str]] = set()
    pages = {
        "/home": '<a href="/a">The first page</a> <a href="/gone">A page that redirects</a>',
        "/a": '<a href="/home">Home</a>',
        "/secret": "Nobody should read this.",
    }

    async def answer(request: web.Request) -> web.Response:
        host, _, port = request.host.partition(":")
        asked.add((host, request.path))
        if host == "127.0.0.1":
            return web.Response(status=301, headers={"Location": f"http://localhost:{port}/home"})
        if request.path == "/gone":
            return web.Response(status=302, headers={"Location": "/secret"})
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /secret\n")
        if request.path in pages:
            return web.Response(text=f"<title>{request.path}</title>{pages[request.path]}", content_type="text/html")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        work = await make_work(str(server.make_url("/")), "crawl")
        base = f"http://localhost:{server.port}"
        await _all_chunks(shop, work)
    async with connection(shop.pool) as conn:
        rows = await (
            await conn.execute("SELECT url, final_url, error FROM pages WHERE scan_id = %s ORDER BY seq", (work.id,))
        ).fetchall()
        found = await (
            await conn.execute("SELECT check_id, evidence FROM site_findings WHERE scan_id = %s", (work.id,))
        ).fetchall()
        scan: Any = await (await conn.execute("SELECT status FROM scans WHERE id = %s", (work.id,))).fetchone()
    assert scan["status"] == "complete"
    assert [(row["url"], row["final_url"], row["error"]) for row in rows[:1]] == [(work.url, f"{base}/home", None)]
    others = {row["url"]: row["error"] for row in rows[1:]}
    assert others == {f"{base}/a": None, f"{base}/gone": "blocked_by_robots", f"{base}/home": None}
    assert ("localhost", "/secret") not in asked
    assert {"check_id": "scan.start_moved", "evidence": f"scanned: {base}/"} in found
