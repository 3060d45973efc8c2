"""New code waits until the database has its schema."""

import psycopg
import pytest

from deploy.docker import schema
from shared.db import migrate as migrations

NEWEST = migrations.migrations()[-1].stem


def test_what_is_missing_is_named(database_url: str) -> None:
    assert schema.missing(database_url) == ""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM schema_migrations WHERE name = %s", (NEWEST,))
    assert schema.missing(database_url) == NEWEST


def test_it_goes_on_as_soon_as_nothing_is_missing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert schema.main() == 0
    with psycopg.connect(database_url, autocommit=True) as conn:
        kept = conn.execute("DELETE FROM schema_migrations WHERE name = %s RETURNING hash", (NEWEST,)).fetchone()

        def arrives(_seconds: float) -> None:
            conn.execute("INSERT INTO schema_migrations (name, hash) VALUES (%s, %s)", (NEWEST, kept and kept[0]))

        monkeypatch.setattr(schema.time, "sleep", arrives)
        assert schema.main() == 0
    assert capsys.readouterr().err == f"waiting for the schema: {NEWEST}\n"


def test_it_gives_up_after_its_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nobody")
    monkeypatch.setattr(schema, "WAIT_SECONDS", 0.0)
    assert schema.main() == 1
    assert "can't be asked" in capsys.readouterr().err
    monkeypatch.delenv("DATABASE_URL")
    assert schema.main() == 2
