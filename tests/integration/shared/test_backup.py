"""Backup and restore as docs/operations.md describes them, drilled with the programs that come along."""

import subprocess
from pathlib import Path

import psycopg
import pytest

from deploy.local.binaries import bundled_postgres
from shared.db.migrate import migrate, pending

pytestmark = pytest.mark.timeout(90)

SCAN = """
INSERT INTO scans (id, owner, tier, url, host, mode, profile, score_version, request_id, max_pages, status, ends_at,
  kept_until, sealed, result)
VALUES ('0193a1c0-0000-7000-8000-000000000001', 'guest:1', 'free', 'http://example.com/', 'example.com', 'sitemap',
  'default-2026.11', '1', 'r', 10, 'running', now() + interval '1 hour', now() + interval '1 day', '\\x00ff',
  '{"score": 1.5}')
"""
CHUNK = "INSERT INTO chunks (scan_id, no, kind, tally) SELECT id, 0, 'discover', '\\x0102' FROM scans"
PAGES = """
INSERT INTO pages (scan_id, seq, url, title, checks)
SELECT id, n, 'http://example.com/' || n, 'Größe 漢字 ' || n, ARRAY['title.too_long'] FROM scans, generate_series(0, 99) n
"""
FINGERPRINT = """
SELECT (SELECT md5(string_agg(s::text, '|' ORDER BY id)) FROM scans s),
  (SELECT md5(string_agg(c::text, '|' ORDER BY scan_id, no)) FROM chunks c),
  (SELECT md5(string_agg(p::text, '|' ORDER BY scan_id, seq)) FROM pages p),
  (SELECT md5(string_agg(m::text, '|' ORDER BY name)) FROM schema_migrations m),
  (SELECT count(*) FROM pg_proc WHERE proname = 'accept_scan'),
  (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal),
  (SELECT md5(string_agg(indexdef, '|' ORDER BY indexdef)) FROM pg_indexes WHERE schemaname = 'public')
"""


def run(program: str, *arguments: str) -> None:
    command = [str(bundled_postgres().bin_dir / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_dump_brings_everything_back(database_url: str, services: tuple[str, str], tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        for statement in (SCAN, CHUNK, PAGES):
            conn.execute(statement.encode())
        before = conn.execute(FINGERPRINT.encode()).fetchone()
    file = tmp_path / "scanfleet.dump"
    run("pg_dump", "--format=custom", "--no-owner", f"--file={file}", f"--dbname={database_url}")
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute(b"DROP DATABASE IF EXISTS restored WITH (FORCE)")
        conn.execute(b"CREATE DATABASE restored TEMPLATE template0")
    restored = psycopg.conninfo.make_conninfo(services[0], dbname="restored")
    try:
        run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={restored}", str(file))
        with psycopg.connect(restored, autocommit=True) as conn:
            assert conn.execute(FINGERPRINT.encode()).fetchone() == before
            assert pending(conn) == []
        assert migrate(restored) == []
        with psycopg.connect(restored, autocommit=True) as conn:
            # What was running goes on: its chunks are there to be sent.
            ready = conn.execute(b"SELECT kind, status, dispatched_at FROM chunks").fetchall()
            assert ready == [("discover", "pending", None)]
    finally:
        with psycopg.connect(services[0], autocommit=True) as conn:
            conn.execute(b"DROP DATABASE IF EXISTS restored WITH (FORCE)")
