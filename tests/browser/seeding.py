"""A large report, put straight into Postgres: fetching its pages is not what is tested here."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from shared.checks import catalogue
from shared.clock import uuid7

SITE = "https://large.example"
ATTACK = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script> & \'quotes\' "as well"'

_SCAN = """
INSERT INTO scans (id, owner, user_id, tier, test, url, host, mode, profile, score_version, request_id, max_pages, status,
  phase, admitted_at, created_at, started_at, finished_at, ends_at, kept_until, score, result, found, done)
SELECT %(id)s, 'user:' || id, id, 'pro', false, %(url)s, 'large.example', 'crawl', 'default-2026.11', '2026.11', 'seed',
  50000, 'complete', 'ended', %(at)s, %(at)s, %(at)s, %(at)s, %(at)s + interval '1 day', %(at)s + interval '30 days', 71.5,
  %(result)s, %(pages)s, %(pages)s
FROM users WHERE email = %(email)s RETURNING id
"""
_PAGES = """
INSERT INTO pages (scan_id, seq, url, final_url, status, score, title, depth, bytes, duration_ms, checks, findings, facts)
SELECT %(id)s, n, %(site)s || '/section-' || n %% 500 || '/page-' || n, %(site)s || '/page-' || n,
  CASE WHEN n %% 100 = 7 THEN 404 ELSE 200 END, 40 + n %% 60,
  CASE WHEN n %% 1000 = 3 THEN %(attack)s ELSE 'Page number ' || n || ' of a large site' END,
  n %% 9, 20000 + n, 80 + n %% 900, %(checks)s, %(findings)s, %(facts)s
FROM generate_series(0, %(pages)s - 1) n
"""
_ISSUE = """
INSERT INTO issues (scan_id, check_id, severity, category, pages, share, points_lost, points_back, examples)
VALUES (%(id)s, %(check)s, %(severity)s, %(category)s, %(pages)s, 0.5, %(points)s, %(points)s, '[]')
"""


def seed_large(database_url: str, email: str, pages: int) -> str:
    """Insert a complete crawl of `pages` pages, each with six findings, some named by an attack. Returns its id."""
    scan_id, at = uuid7(), datetime.now(UTC) - timedelta(hours=1)
    chosen = [one for one in catalogue().values() if one.level.value == "page"]
    found: list[dict[str, Any]] = [
        {"check": one.id, "severity": one.severity.value, "evidence": ATTACK, "position": f"(//a)[{n}]", "count": 1}
        for n, one in enumerate(chosen[:6])
    ]
    result = {
        "score": 71.5,
        "grade": "C",
        "score_version": "2026.11",
        "profile": "default-2026.11",
        "coverage": 98.0,
        "categories": [{"id": name, "score": 70.0, "weight": 50.0} for name in ("indexing", "on_page")],
        "totals": {"pages": pages, "issues": {"critical": 0, "high": 40, "medium": 80, "low": 60, "info": 20}},
        "top_issues": [
            {"check": one.id, "severity": one.severity.value, "pages": pages // 2, "share": 0.5, "points_back": 4.5}
            | {"title": one.title, "fix": one.fix}
            for one in chosen[:8]
        ],
        "gates": [],
        "incomplete": None,
        "suppressed": [],
    }
    values = {
        "id": scan_id,
        "site": SITE,
        "url": SITE + "/",
        "at": at,
        "email": email,
        "pages": pages,
        "attack": ATTACK,
    }
    with psycopg.connect(database_url) as conn:
        assert conn.execute(_SCAN.encode(), values | {"result": Jsonb(result)}).fetchone()
        told = {"checks": [one["check"] for one in found], "findings": json.dumps(found)}
        conn.execute(
            _PAGES.encode(), values | told | {"facts": json.dumps({"redirects": [], "h1": ATTACK, "words": 300})}
        )
        for number, one in enumerate(chosen[:200]):
            issue = {"id": scan_id, "check": one.id, "severity": one.severity.value, "category": one.category.value}
            conn.execute(_ISSUE.encode(), issue | {"pages": pages // (number + 1), "points": 5 / (number + 1)})
        conn.execute(b"ANALYZE pages")
    return str(scan_id)
