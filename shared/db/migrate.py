"""Forward-only migrations: `NNNN_<what>.sql`, applied once each, in order, by one runner while others wait.

`python -m shared.db.migrate` applies what is missing. A file's content hash is kept: an edited migration is an error. A
file whose first line is `-- no transaction` runs statement by statement (for CREATE INDEX CONCURRENTLY).
"""

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

FOLDER = Path(__file__).parent / "migrations"
LOCK_KEY = 0x5CA7F1EE7
OLDEST = 15
"""Major version of Postgres."""
WAIT_SECONDS = 120
LOCK_SECONDS = 1.0
"""Behind a statement that waits for a table's lock everybody else waits too, while a backup reads for instance: so it
waits briefly, and again after a pause."""
PAUSE_SECONDS = 1.0
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)"""


class MigrationError(RuntimeError):
    """The database can't hold the schema, an applied migration was edited, or another runner holds the lock long."""


def migrations() -> list[Path]:
    """All migration files in order."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def migrate(database_url: str, *, wait_seconds: float = WAIT_SECONDS) -> list[str]:
    """Apply what is missing and return its names. Safe to run from many places at once.

    The lock is polled: a blocking advisory lock would hold a snapshot that CREATE INDEX CONCURRENTLY waits for.
    """
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as conn:
        _check(conn)
        conn.execute("SET lock_timeout = '10s'")
        deadline = time.monotonic() + wait_seconds
        while not _scalar(conn, "SELECT pg_try_advisory_lock(%s)", LOCK_KEY):
            if time.monotonic() > deadline:
                message = f"another migration has been running for more than {wait_seconds:.0f} s"
                raise MigrationError(message)
            time.sleep(0.2)
        conn.execute(_LEDGER)
        rows: list[tuple[str, str]] = conn.execute("SELECT name, hash FROM schema_migrations").fetchall()
        applied = dict(rows)
        return [path.stem for path in migrations() if _apply(conn, path, applied, time.monotonic() + wait_seconds)]


def _check(conn: psycopg.Connection[Any]) -> None:
    """Raises `MigrationError` for a server or database that scans can't be kept in."""
    if conn.info.server_version < OLDEST * 10_000:
        message = f"Postgres {OLDEST} or newer is needed, this is {conn.info.server_version // 10_000}"
        raise MigrationError(message)
    encoding = conn.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = (
            f"the database {conn.info.dbname} is encoded in {encoding}, but pages are in any script: make one with "
            "createdb --template=template0 --encoding=UTF8"
        )
        raise MigrationError(message)


def pending(conn: psycopg.Connection[Any]) -> list[str]:
    """Names of migrations that aren't applied yet."""
    if _scalar(conn, "SELECT to_regclass('schema_migrations')::text") is None:
        return [path.stem for path in migrations()]
    applied = {row[0] for row in conn.execute("SELECT name FROM schema_migrations").fetchall()}
    return [path.stem for path in migrations() if path.stem not in applied]


def _scalar(conn: psycopg.Connection[Any], query: str, *parameters: object) -> object:
    row = conn.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None


def _apply(conn: psycopg.Connection[Any], path: Path, applied: dict[str, str], deadline: float) -> bool:
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if path.stem in applied:
        if applied[path.stem] != digest:
            message = f"{path.name} was edited after it had been applied; write a new migration instead"
            raise MigrationError(message)
        return False
    record = (b"INSERT INTO schema_migrations (name, hash) VALUES (%s, %s)", (path.stem, digest))
    if text.startswith("-- no transaction"):
        for statement in text.split(";\n"):
            if statement.strip():
                conn.execute(statement.encode())
        conn.execute(*record)
        return True
    while not _at_once(conn, text, record):
        if time.monotonic() > deadline:
            message = f"{path.name} waits for a table that others use; let a backup or a long query end, then try again"
            raise MigrationError(message)
        time.sleep(PAUSE_SECONDS)
    return True


def _at_once(conn: psycopg.Connection[Any], text: str, record: tuple[bytes, tuple[str, str]]) -> bool:
    """Apply a migration in one transaction. False when it didn't get its locks in time: then nothing has happened."""
    try:
        with conn.transaction():
            conn.execute(f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}".encode())
            conn.execute(text.encode())
            conn.execute(*record)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def main() -> int:
    """Entry point of `python -m shared.db.migrate`."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        sys.stderr.write("DATABASE_URL is not set\n")
        return 2
    try:
        done = migrate(url)
    except (MigrationError, psycopg.Error) as error:
        sys.stderr.write(f"migration failed: {error}\n")
        return 1
    sys.stdout.write("".join(f"applied {name}\n" for name in done) or "schema is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
