"""Adding pages: what is left out is counted once each, as far as it is remembered."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.db.pool import connection
from shared.scans import MORE_SKIPS, Work
from workers import frontier
from workers.frontier import Candidate, Sieve, add
from workers.workshop import Workshop

MakeWork = Callable[..., Awaitable[Work]]


async def left_out(shop: Workshop, work: Work, *candidates: Candidate) -> tuple[dict[str, int], int, str | None]:
    """Why and how many, in all, and what makes the scan incomplete, after these were added."""
    async with connection(shop.pool) as conn, conn.transaction():
        await add(conn, work.id, Sieve(work), candidates)
        row: Any = await (
            await conn.execute("SELECT skips, skipped, incomplete FROM scans WHERE id = %s", (work.id,))
        ).fetchone()
    return row["skips"], row["skipped"], row["incomplete"]


async def test_more_is_left_out_than_is_remembered(
    shop: Workshop, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "MAX_SKIPS_RECORDED", 4)
    work = await make_work("https://example.com/", "crawl", exclude=["/no"], max_depth=2)
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE scans SET status = 'running' WHERE id = %s", (work.id,))
    no = [Candidate(f"https://example.com/no/{n}", 1) for n in range(3)]
    far = [Candidate(f"https://example.com/far/{n}", 3) for n in range(3)]
    assert await left_out(shop, work, *no) == ({"excluded": 3}, 3, None)
    assert await left_out(shop, work, *no, far[0]) == ({"excluded": 3, "depth": 1}, 4, "depth")
    # From here on nobody can tell which were met before, so they aren't counted again.
    counted = {"excluded": 3, "depth": 1, MORE_SKIPS: 1}
    assert await left_out(shop, work, *no, *far) == (counted, 4, "depth")
    assert await left_out(shop, work, *far) == (counted, 4, "depth")
    # A shorter way to one of them makes room, and doesn't make the scan whole: others are forgotten.
    near = Candidate("https://example.com/far/0", 1)
    assert await left_out(shop, work, near) == ({"excluded": 3, MORE_SKIPS: 1}, 3, "depth")
