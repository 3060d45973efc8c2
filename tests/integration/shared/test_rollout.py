"""Old and new side by side: a migration only adds, so that the code before it still runs on the schema after it.

What the code of the release before asked of the schema is known by its queries; what a migration may not do is known by
what would break them: dropping, renaming, or asking for a value that old code doesn't give.
"""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from shared.db import migrate as migrations
from shared.db.queries import _NAME, queries, tables

pytestmark = pytest.mark.timeout(90)

ROOT = Path(__file__).resolve().parents[3]
PLACEHOLDER = re.compile(rb"%\((\w+)\)s")
CONTRACTING = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|FUNCTION|TYPE|VIEW|TRIGGER)|\bRENAME\b|\bALTER\s+COLUMN\s+\w+\s+(SET\s+NOT\s+NULL|TYPE)"
    r"|\bADD\s+(COLUMN\s+)?\w+\s+[^,;]*\bNOT\s+NULL(?![^,;]*\bDEFAULT\b)",
    re.IGNORECASE,
)
MARK = "-- contract:"
"""First line of a migration that takes something away; it says which release stopped using it."""


def prepares(conn: psycopg.Connection[tuple[object, ...]], query: bytes) -> str | None:
    """What Postgres says against a query, None when it takes it."""
    names: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        return names.setdefault(found.group(1), b"$%d" % (len(names) + 1))

    statement = PLACEHOLDER.sub(number, query).replace(b"%%", b"%")
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(b"PREPARE one AS " + statement.rstrip(b"; \n"))
    except psycopg.Error as error:
        return str(error)
    finally:
        conn.execute(b"DEALLOCATE ALL")
    return None


def test_old_queries_run_on_the_new_schema(database_url: str) -> None:
    """Those of the newest commit that knew one migration less, where the history is at hand."""
    old = _queries_before_the_last_migration()
    if not old:
        pytest.skip("no history to take the release before from")
    with psycopg.connect(database_url, autocommit=True) as conn:
        faults = {name: fault for name, query in old.items() if (fault := prepares(conn, query))}
    assert faults == {}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout if done.returncode == 0 else ""


def _queries_before_the_last_migration() -> dict[str, bytes]:
    last = migrations.migrations()[-1].relative_to(ROOT)
    added = _git("log", "--diff-filter=A", "--format=%H", "--", str(last)).split()
    if not added:
        return {}
    found: dict[str, bytes] = {}
    for path in _git("ls-tree", "-r", "--name-only", f"{added[-1]}~1", "shared/db/sql").split():
        parts = _NAME.split(_git("show", f"{added[-1]}~1:{path}"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            found[f"{Path(path).stem}.{name}"] = body.strip().encode()
    return found


def test_the_new_migration_runs_beside_old_rows(services: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema of the release before, with rows in it, becomes the present one."""
    every = migrations.migrations()
    url = psycopg.conninfo.make_conninfo(services[0], dbname="rollout")
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute(b"DROP DATABASE IF EXISTS rollout WITH (FORCE)")
        conn.execute(b"CREATE DATABASE rollout")
    try:
        monkeypatch.setattr(migrations, "migrations", lambda: every[:-1])
        migrations.migrate(url)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(
                b"INSERT INTO scans (id, owner, tier, url, host, mode, profile, score_version, request_id, max_pages,"
                b" ends_at, kept_until) VALUES (gen_random_uuid(), 'guest:1', 'free', 'http://x/', 'x', 'single', 'p',"
                b" '1', 'r', 1, now(), now())"
            )
            conn.execute(b"INSERT INTO pages (scan_id, seq, url) SELECT id, 0, url FROM scans")
        monkeypatch.setattr(migrations, "migrations", lambda: every)
        assert migrations.migrate(url) == [every[-1].stem]
        with psycopg.connect(url, autocommit=True) as conn:
            assert conn.execute(b"SELECT count(*) FROM scans JOIN pages ON id = scan_id").fetchone() == (1,)
            faults = {
                f"{table}.{name}": fault
                for table in tables()
                for name, query in queries(table).items()
                if (fault := prepares(conn, query))
            }
        assert faults == {}
    finally:
        with psycopg.connect(services[0], autocommit=True) as conn:
            conn.execute(b"DROP DATABASE IF EXISTS rollout WITH (FORCE)")


def test_a_migration_that_waits_for_a_table_lets_others_pass(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A backup reads every table for as long as it takes; what queues behind an ALTER that waits for it is every request."""
    added = tmp_path / "9999_added.sql"
    added.write_text("ALTER TABLE scans ADD COLUMN added int;")
    monkeypatch.setattr(migrations, "migrations", lambda: [added])
    monkeypatch.setattr(migrations, "PAUSE_SECONDS", 0.1)
    asking = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE scans%'"
    with psycopg.connect(database_url) as backup, psycopg.connect(database_url, autocommit=True) as conn:
        backup.execute("SELECT 1 FROM scans")
        with ThreadPoolExecutor(1) as threads:
            migrating = threads.submit(migrations.migrate, database_url)
            while not conn.execute(asking).fetchall():
                assert not migrating.done()
            conn.execute("SET lock_timeout = '4s'")
            conn.execute("SELECT 1 FROM scans")
            backup.rollback()
            assert migrating.result(30) == ["9999_added"]
        assert conn.execute("SELECT added FROM scans").fetchall() == []


def test_a_migration_that_never_gets_its_table_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    added = tmp_path / "9999_added.sql"
    added.write_text("ALTER TABLE scans ADD COLUMN added int;")
    monkeypatch.setattr(migrations, "migrations", lambda: [added])
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.05)
    with psycopg.connect(database_url) as backup:
        backup.execute("SELECT 1 FROM scans")
        with pytest.raises(migrations.MigrationError, match=r"9999_added\.sql waits for a table"):
            migrations.migrate(database_url, wait_seconds=0)


@pytest.mark.parametrize("path", migrations.migrations(), ids=lambda path: path.stem)
def test_a_migration_takes_nothing_away_unannounced(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    without_tables = re.sub(r"CREATE TABLE.*?\n\);", "", re.sub(r"--[^\n]*", "", text), flags=re.DOTALL)
    assert text.startswith(MARK) or CONTRACTING.search(without_tables) is None


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE scans DROP COLUMN found",
        "ALTER TABLE scans RENAME COLUMN found TO seen",
        "ALTER TABLE pages ADD COLUMN hash bytea NOT NULL",
        "ALTER TABLE pages ALTER COLUMN title SET NOT NULL",
        "DROP FUNCTION accept_scan",
    ],
)
def test_what_would_break_old_code_is_recognised(statement: str) -> None:
    assert CONTRACTING.search(statement)
    assert not CONTRACTING.search("ALTER TABLE pages ADD COLUMN hash bytea NOT NULL DEFAULT ''")
