"""Options and services that all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.embedded import embedded_services
from shared.db.migrate import migrate


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: property tests with a hundred times as many examples."""
    parser.addoption("--long", action="store_true", default=False, help="a hundred times as many generated examples")
    parser.addoption("--seed", type=int, default=None, help="repeat a storm of the chaos suite")
    parser.addoption("--write-table", action="store_true", default=False, help="write figures into docs/chaos.md")


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A real Postgres and a real Valkey, started for the run unless TEST_DATABASE_URL and TEST_REDIS_URL name some."""
    database, redis = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if database and redis:
        yield database, redis
        return
    with embedded_services(tmp_path_factory.mktemp("services"), fast=True) as embedded:
        yield embedded.database_url, embedded.redis_url


@pytest.fixture(scope="session")
def template(services: tuple[str, str]) -> str:
    """The name of a migrated database to copy from (18 ms a copy)."""
    name = "scanfleet_template"
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        conn.execute(f"CREATE DATABASE {name}".encode())
    migrate(psycopg.conninfo.make_conninfo(services[0], dbname=name))
    return name


@pytest.fixture
def database_url(services: tuple[str, str], template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own."""
    name = f"t_{abs(hash(request.node.nodeid)) % 10**12}_{Path(request.node.path).stem[-20:]}"
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    yield psycopg.conninfo.make_conninfo(services[0], dbname=name)
    with psycopg.connect(services[0], autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@pytest.fixture
def redis_url(services: tuple[str, str]) -> Iterator[str]:
    """The run's Valkey, emptied."""
    from redis import Redis

    client = Redis.from_url(services[1])
    client.flushall()
    yield services[1]
    client.close()
