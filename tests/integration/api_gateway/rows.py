"""Scans as rows, put straight into Postgres."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from shared import scans
from shared.clock import uuid7
from shared.users import User

Database = psycopg.AsyncConnection[Any]

RESULT: dict[str, Any] = {
    "score": 71.5,
    "grade": "C",
    "score_version": "1",
    "profile": "default-2026.11",
    "coverage": 98.0,
    "categories": [
        {"id": "indexing", "score": 80.0, "weight": 30.0},
        {"id": "on_page", "score": 55.5, "weight": 40.0},
        {"id": "security", "score": 92.0, "weight": 30.0},
    ],
    "totals": {"pages": 3, "issues": {"critical": 0, "high": 1, "medium": 2, "low": 0, "info": 1}},
    "top_issues": [],
    "gates": [],
    "incomplete": None,
    "scheme_fallback": False,
    "suppressed": [],
}


async def add_scan(
    conn: Database,
    user: User | None,
    *,
    owner: str | None = None,
    url: str = "https://example.com/",
    host: str = "example.com",
    mode: str = "sitemap",
    test: bool = False,
    status: str = "complete",
    score: float | None = 71.5,
    webhook_url: str | None = None,
    created_at: datetime | None = None,
) -> UUID:
    """A scan in any state; without `user` a guest's."""
    scan_id = uuid7()
    created = created_at or datetime.now(UTC)
    ended = status != "running"
    result = json.dumps(RESULT | {"score": score}) if status == "complete" else None
    await conn.execute(
        "INSERT INTO scans (id, owner, user_id, tier, test, url, host, mode, webhook_url, profile, score_version,"
        " request_id, max_pages, status, phase, admitted_at, created_at, started_at, finished_at, ends_at, kept_until,"
        " score, result, found, done) VALUES (%s, %s, %s, 'pro', %s, %s, %s, %s, %s, 'default-2026.11', '1', 'r-1', 100,"
        " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 3, 3)",
        (
            scan_id,
            owner or f"user:{user.id if user else ''}",
            user.id if user else None,
            test,
            url,
            host,
            mode,
            webhook_url,
            status,
            "ended" if ended else "fetching",
            created,
            created,
            created,
            created if ended else None,
            created + timedelta(days=1),
            created + timedelta(days=30),
            score if status == "complete" else None,
            result,
        ),
    )
    return scan_id


async def end(conn: Database, scan_id: UUID, status: Any = "complete") -> None:
    """End a running scan as a worker does, with its event."""
    async with conn.transaction():
        result = RESULT if status == "complete" else None
        assert await scans.finish(conn, scan_id, status=status, score=71.5 if result else None, result=result)


def finding(check: str, severity: str = "high", evidence: str = "") -> dict[str, Any]:
    """A finding as it is stored with its page."""
    return {"check": check, "severity": severity, "evidence": evidence, "position": "url", "count": 1}


async def add_page(
    conn: Database,
    scan_id: UUID,
    seq: int,
    *,
    url: str | None = None,
    status: int | None = 200,
    error: str | None = None,
    title: str | None = "A title",
    final_url: str | None = None,
    findings: list[dict[str, Any]] | None = None,
    **facts: Any,
) -> None:
    """A page of a scan."""
    address = url or f"https://example.com/{seq}"
    found = findings or []
    await conn.execute(
        "INSERT INTO pages (scan_id, seq, url, final_url, status, error, score, title, depth, bytes, duration_ms, checks,"
        " findings, facts) VALUES (%s, %s, %s, %s, %s, %s, 88.5, %s, 1, 5120, 87, %s, %s, %s)",
        (
            scan_id,
            seq,
            address,
            final_url or address,
            status,
            error,
            title,
            list(dict.fromkeys(one["check"] for one in found)),
            json.dumps(found),
            json.dumps({"redirects": [], **facts}),
        ),
    )


async def add_issue(
    conn: Database, scan_id: UUID, check: str, severity: str = "high", *, pages: int = 1, back: float = 1.0
) -> None:
    """An issue of a scan."""
    examples = [{"url": f"https://example.com/{n}", "evidence": f"evidence {n}"} for n in range(min(5, pages))]
    await conn.execute(
        "INSERT INTO issues (scan_id, check_id, severity, category, pages, share, points_lost, points_back, examples)"
        " VALUES (%s, %s, %s, 'on_page', %s, 0.5, %s, %s, %s)",
        (scan_id, check, severity, pages, back, back, json.dumps(examples)),
    )


async def add_site_finding(
    conn: Database, scan_id: UUID, n: int, check: str, *, url: str = "https://example.com/", evidence: str = ""
) -> None:
    """A finding about no page of the scan."""
    await conn.execute(
        "INSERT INTO site_findings (scan_id, n, check_id, severity, url, evidence) VALUES (%s, %s, %s, 'high', %s, %s)",
        (scan_id, n, check, url, evidence),
    )


async def add_robots(conn: Database, scan_id: UUID, body: bytes, status: int | None = 200) -> None:
    """The robots.txt of a scan."""
    await conn.execute(
        "INSERT INTO site_files (scan_id, n, kind, url, status, body) VALUES (%s, 0, 'robots', %s, %s, %s)",
        (scan_id, "https://example.com/robots.txt", status, body),
    )


async def add_sitemap(conn: Database, scan_id: UUID, n: int, url: str, status: int | None) -> None:
    """A sitemap that a scan asked for."""
    await conn.execute(
        "INSERT INTO site_files (scan_id, n, kind, url, status) VALUES (%s, %s, 'sitemap', %s, %s)",
        (scan_id, n, url, status),
    )


async def add_urls(conn: Database, scan_id: UUID, urls: list[str], *, in_sitemap: bool) -> None:
    """What a scan has found, before it was fetched."""
    for url in urls:
        await conn.execute(
            "INSERT INTO urls (scan_id, seq, hash, url, in_sitemap)"
            " SELECT %s, count(*), hashtextextended(%s, 0), %s, %s FROM urls WHERE scan_id = %s",
            (scan_id, url, url, in_sitemap, scan_id),
        )
