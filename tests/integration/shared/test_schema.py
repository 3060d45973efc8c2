"""Every named query PREPAREs on the migrated schema; migrations are safe to run from several places."""

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shared.db import migrate as runner
from shared.db.queries import queries, tables

ALL = [(table, name) for table in tables() for name in queries(table)]


@pytest.mark.parametrize(("table", "name"), ALL)
def test_prepares(database_url: str, table: str, name: str) -> None:
    text = queries(table)[name].decode().rstrip(";")
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match.group(1) not in names:
            names.append(match.group(1))
        return f"${names.index(match.group(1)) + 1}"

    statement = re.sub(r"%\((\w+)\)s", number, text)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"PREPARE q AS {statement}".encode())


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert runner.migrate(database_url) == []


def test_many_runners_apply_each_migration_once(services: tuple[str, str]) -> None:
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS many_runners WITH (FORCE)")
        conn.execute("CREATE DATABASE many_runners")
    url = psycopg.conninfo.make_conninfo(services[0], dbname="many_runners")
    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(runner.migrate, [url] * 4) for name in names]
    assert sorted(applied) == [path.stem for path in runner.migrations()]


def test_an_edited_migration_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("UPDATE schema_migrations SET hash = 'edited'")
    with pytest.raises(runner.MigrationError, match="edited"):
        runner.migrate(database_url)


def test_a_database_that_cannot_hold_every_script_is_refused(services: tuple[str, str]) -> None:
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS no_encoding WITH (FORCE)")
        conn.execute("CREATE DATABASE no_encoding TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    url = psycopg.conninfo.make_conninfo(services[0], dbname="no_encoding")
    with pytest.raises(runner.MigrationError, match=r"no_encoding is encoded in SQL_ASCII.*--encoding=UTF8"):
        runner.migrate(url)


def test_an_old_server_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "OLDEST", 99)
    with pytest.raises(runner.MigrationError, match="Postgres 99 or newer is needed"):
        runner.migrate(database_url)
