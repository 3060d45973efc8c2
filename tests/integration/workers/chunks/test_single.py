"""The one transaction in which a single scan is stored and ended, on a page of the sample site."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared import chunks
from shared.checks.base import Severity
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import connection
from shared.db.queries import queries
from shared.scans import Work
from shared.tally import Tally
from workers import places, single
from workers.analyse import finding_row
from workers.lease import Lease
from workers.pages import row_values
from workers.scan_page import PageRow
from workers.site import SiteFound
from workers.workshop import Workshop

pytestmark = pytest.mark.timeout(60)

MakeWork = Callable[..., Awaitable[Work]]
SITE = "https://sample.example"


async def claimed(shop: Workshop, scan: Work) -> Claim:
    async with connection(shop.pool) as conn:
        await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'single')", (scan.id,))
        held = await chunks.claim(conn, scan.id, 0, "me")
    assert held is not None
    return held


async def rows(shop: Workshop, query: str, scan_id: UUID) -> list[dict[str, Any]]:
    async with connection(shop.pool) as conn:
        return await (await conn.execute(query.encode(), (scan_id,))).fetchall()


async def sample(make_work: MakeWork, path: str, **options: Any) -> Work:
    return msgspec.structs.replace(await make_work(SITE + path, **options), test=True)


@pytest.mark.parametrize("path", ["/", "/no-such-page"])
async def test_a_page_is_stored_and_ended_with_the_examples_that_a_question_finds(
    shop: Workshop, make_work: MakeWork, path: str
) -> None:
    scan = await sample(make_work, path)
    await single.run(shop, scan, Lease(await claimed(shop, scan)))
    (ended,) = await rows(shop, "SELECT status, done, result FROM scans WHERE id = %s", scan.id)
    assert (ended["status"], ended["done"]) == ("complete", 1)
    stored = await rows(shop, "SELECT check_id, examples FROM issues WHERE scan_id = %s", scan.id)
    assert len(stored) > 3
    async with connection(shop.pool) as conn:
        asked = await places.examples(conn, scan.id, [row["check_id"] for row in stored])
    assert {row["check_id"]: row["examples"] for row in stored} == {
        row["check_id"]: asked.get(row["check_id"], []) for row in stored
    }
    kinds = await rows(shop, "SELECT kind FROM events WHERE scan_id = %s", scan.id)
    assert [row["kind"] for row in kinds] == ["scan.complete"]
    assert [row["status"] for row in await rows(shop, "SELECT status FROM chunks WHERE scan_id = %s", scan.id)] == [
        "done"
    ]


async def test_examples_of_what_is_at_hand_are_those_that_a_question_finds(shop: Workshop, make_work: MakeWork) -> None:
    """Site-level findings of this page, of another address, of none and more than are shown; findings with two places."""
    scan = await make_work(SITE + "/")
    on_page = [
        {"check": "a.b", "evidence": "first"},
        {"check": "a.b", "evidence": "second"},
        {"check": "c.d", "evidence": "é"},
    ]
    row = PageRow(
        *(0, SITE + "/", SITE + "/x", 200, None, 90.0, "t", 0, 10, 5),
        checks=["a.b", "c.d", "both.page"],
        findings=msgspec.json.encode(on_page),
        facts=b"{}",
        site=b"",
        tally=Tally(),
        links=[],
        raised=[],
    )
    low = Severity.LOW
    found = [
        SiteFound("both.page", low, "of the page", "", 0, None),
        SiteFound("site.other", low, "elsewhere", "", None, SITE + "/other"),
        SiteFound("site.none", low, "nowhere", "", None, None),
        *(SiteFound("site.many", low, f"no {n}", "", 0, SITE + f"/{n}") for n in range(7)),
    ]
    async with connection(shop.pool) as conn, conn.cursor() as cursor:
        await conn.execute(queries("pages")["insert"], row_values(scan.id, row))
        add = queries("results")["add_site_finding"]
        await cursor.executemany(add, [finding_row(scan.id, n, one) for n, one in enumerate(found)])
        checks = ["a.b", "c.d", "both.page", "site.other", "site.none", "site.many", "never.fired"]
        asked = await places.examples(conn, scan.id, checks)
    assert places.examples_of(row, found, checks) == asked
    assert len(asked) == 6


async def test_who_has_lost_the_lease_writes_nothing(shop: Workshop, make_work: MakeWork) -> None:
    scan = await sample(make_work, "/")
    held = await claimed(shop, scan)
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE chunks SET fence = fence + 1 WHERE scan_id = %s", (scan.id,))
    with pytest.raises(LeaseLostError):
        await single.run(shop, scan, Lease(held))
    for table in ("pages", "urls", "issues", "site_files", "events"):
        assert await rows(shop, f"SELECT 1 AS n FROM {table} WHERE scan_id = %s", scan.id) == []  # noqa: S608
    (kept,) = await rows(shop, "SELECT status FROM scans WHERE id = %s", scan.id)
    assert kept["status"] == "running"


async def test_what_postgres_refuses_is_its_own_error_and_writes_nothing(shop: Workshop, make_work: MakeWork) -> None:
    """In a pipeline an error comes with a later answer, and it must still be the first one."""
    scan = await sample(make_work, "/")
    held = await claimed(shop, scan)
    async with connection(shop.pool) as conn:
        await conn.execute("ALTER TABLE urls ADD CONSTRAINT refused CHECK (seq > 0) NOT VALID")
    with pytest.raises(Exception, match="refused"):
        await single.run(shop, scan, Lease(held))
    assert await rows(shop, "SELECT 1 AS n FROM pages WHERE scan_id = %s", scan.id) == []
    async with connection(shop.pool) as conn:
        assert await (await conn.execute("SELECT 1 AS n")).fetchone() == {"n": 1}
