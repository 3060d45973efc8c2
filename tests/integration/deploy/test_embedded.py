"""Embedded Postgres and Valkey, for real: as whom they run, what they survive, what they leave."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from deploy.local.embedded import EmbeddedServices, embedded_services, is_in_use
from deploy.local.errors import DataDirInUseError, LaunchError
from deploy.local.identity import Identity, Kind, namespace_identity, unprivileged_identity
from tests.integration.deploy.processes import (
    LAUNCHER,
    Launcher,
    as_nobody,
    nobody_environment,
    nothing_left,
    survivors,
)

IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")


def fetch(url: str, query: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(statement.encode())


def client(url: str, seconds: float = 5) -> Any:
    # The stubs of redis-py leave half of its calls without types.
    factory: Any = redis.Redis
    return factory.from_url(url, socket_timeout=seconds, retry=None)


def cache(services: EmbeddedServices) -> Any:
    return client(services.redis_url)


def test_both_answer_and_nothing_is_left(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data") as services:
        assert fetch(services.database_url, "SHOW server_encoding") == "UTF8"
        assert fetch(services.database_url, "SHOW listen_addresses") == ""
        assert fetch(services.database_url, "SHOW fsync") == "on"
        assert fetch(services.database_url, "SELECT current_user::text") == "scanfleet"
        server = cache(services)
        assert server.ping() is True
        assert server.config_get("port", "appendonly", "appendfsync", "maxmemory-policy") == {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        assert is_in_use(tmp_path / "data")
    assert not is_in_use(tmp_path / "data")
    assert nothing_left(str(tmp_path))


def test_fast_servers_give_up_what_a_crash_of_the_machine_costs_but_not_what_was_committed(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data", fast=True) as services:
        assert fetch(services.database_url, "SHOW fsync") == "off"
        execute(services.database_url, "CREATE TABLE kept (a int)")
        with psycopg.connect(services.database_url, autocommit=True) as connection:
            for number in range(20):
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
            services.postgres.kill()
        services.postgres.start()
        assert fetch(services.database_url, "SELECT count(*) FROM kept") == 20


def test_sockets_are_private(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data", fast=True) as services:
        status = services.postgres.sockets.stat()
        assert status.st_mode & 0o777 == 0o700
        assert services.valkey.socket_path.is_socket()


def test_a_long_path_gets_a_short_socket_directory_that_is_removed(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30) / "data"
    with embedded_services(data, fast=True) as services:
        sockets = services.postgres.sockets
        assert len(str(services.valkey.socket_path)) < 107
        assert (data / "run").readlink() == sockets
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert fetch(services.database_url, "SELECT 1") == 1
    assert not sockets.exists()
    assert not (data / "run").is_symlink()


def test_data_survive_a_restart_and_a_kill_of_each_server(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data") as services:
        execute(services.database_url, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (41)")
        cache(services).set("kept", "yes")
        cache(services).execute_command("WAITAOF", 1, 0, 5000)
        services.postgres.kill_main()
        services.postgres.start()
        services.valkey.kill()
        services.valkey.start()
        assert fetch(services.database_url, "SELECT a FROM kept") == 41
        assert cache(services).get("kept") == b"yes"
    with embedded_services(tmp_path / "data") as services:
        assert fetch(services.database_url, "SELECT a FROM kept") == 41
        assert cache(services).get("kept") == b"yes"


def test_a_paused_server_does_not_answer_until_it_is_resumed(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data", fast=True) as services:
        services.postgres.pause()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(services.database_url, connect_timeout=2)
        services.postgres.resume()
        assert fetch(services.database_url, "SELECT 1") == 1
        services.valkey.pause()
        with pytest.raises(redis.TimeoutError):
            client(services.redis_url, 0.2).ping()
        services.valkey.resume()
        assert cache(services).ping() is True


def test_a_second_start_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        embedded_services(tmp_path / "data", fast=True),
        pytest.raises(DataDirInUseError, match=rf"in use by process {os.getpid()}"),
        embedded_services(tmp_path / "data", fast=True),
    ):
        pytest.fail("two launchers on one directory")


def test_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(LaunchError, match="holds no scanfleet data"), embedded_services(tmp_path, fast=True):
        pytest.fail("a database among somebody's files")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "data", fast=True):
        pass
    pid_file = tmp_path / "data" / "postgres" / "postmaster.pid"
    if not pid_file.parent.exists():
        pytest.skip("the data were relocated, and removed with the run")
    pid_file.write_text(f"{os.getppid()}\n{pid_file.parent}\n0\n5432\n\n\n\n", encoding="ascii")
    with embedded_services(tmp_path / "data", fast=True) as services:
        assert fetch(services.database_url, "SELECT 1") == 1


def test_an_interrupted_initdb_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "data" / "postgres.partial"
    half.mkdir(parents=True)
    (tmp_path / "data" / "lock").touch()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    with embedded_services(tmp_path / "data", fast=True) as services:
        assert fetch(services.database_url, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_major_version_are_not_touched(tmp_path: Path) -> None:
    data = tmp_path / "data" / "postgres"
    data.mkdir(parents=True)
    (tmp_path / "data" / "lock").touch()
    (data / "PG_VERSION").write_text("11\n", encoding="ascii")
    with pytest.raises(LaunchError, match="made by Postgres 11"), embedded_services(tmp_path / "data"):
        pytest.fail("started on data of another version")
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


@needs_root
@pytest.mark.parametrize("choose", [namespace_identity, unprivileged_identity])
def test_postgres_under_both_identities_on_the_same_data(open_dir: Path, choose: Callable[[], Identity]) -> None:
    wanted = choose()
    if wanted.kind is Kind.NAMESPACE and not wanted.can_use((), (open_dir,)):
        pytest.skip("this system forbids user namespaces")
    for identity in (wanted, unprivileged_identity(), wanted):
        with embedded_services(open_dir / "data", identity=identity) as services:
            owner = services.postgres.place.data_dir.stat().st_uid
            assert owner == identity.owner[0]
            execute(services.database_url, "CREATE TABLE IF NOT EXISTS seen (a int); INSERT INTO seen VALUES (1)")
            count = fetch(services.database_url, "SELECT count(*) FROM seen")
    assert count == 3


@needs_root
def test_what_nobody_cannot_reach_is_moved_where_it_can(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with embedded_services(tmp_path / "data", fast=True, identity=unprivileged_identity()) as services:
        place = services.postgres.place
        assert not place.data_dir.is_relative_to(tmp_path)
        assert place.programs.bin_dir.is_relative_to(place.data_dir.parent)
        assert (tmp_path / "data" / "postgres").readlink() == place.data_dir
        assert fetch(services.database_url, "SELECT 1") == 1
    assert not place.data_dir.parent.exists()


@needs_root
def test_root_falls_back_to_nobody_where_namespaces_are_forbidden(open_dir: Path) -> None:
    helper = [sys.executable, str(LAUNCHER.with_name("without_namespaces.py")), sys.executable]
    launcher = Launcher("services", str(open_dir / "data"), prefix=helper)
    facts = launcher.facts()
    assert Path(facts["data"]).stat().st_uid == unprivileged_identity().uid
    assert fetch(facts["database_url"], "SELECT 1") == 1
    launcher.end(signal.SIGKILL)
    assert nothing_left(str(open_dir)), survivors(str(open_dir))


@pytest.mark.parametrize("identity", ["auto", pytest.param("user", marks=needs_root)])
def test_kill_9_of_the_launcher_leaves_no_process_and_all_data(open_dir: Path, identity: str) -> None:
    data = open_dir / "data"
    launcher = Launcher("services", str(data), identity)
    facts = launcher.facts()
    execute(facts["database_url"], "CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)")
    busy = psycopg.connect(facts["database_url"])
    queue = client(facts["redis_url"])
    queue.set("kept", "yes")
    queue.execute_command("WAITAOF", 1, 0, 5000)
    launcher.end(signal.SIGKILL)
    # At once: the next start has to wait for the old servers by itself.
    again = Launcher("services", str(data), identity)
    facts = again.facts()
    assert fetch(facts["database_url"], "SELECT a FROM kept") == 7
    assert client(facts["redis_url"]).get("kept") == b"yes"
    again.end(signal.SIGKILL)
    assert nothing_left(str(open_dir)), survivors(str(open_dir))
    busy.close()


@needs_root
def test_a_plain_user_with_no_home(open_dir: Path) -> None:
    prefix = as_nobody()
    if prefix is None:
        pytest.skip("no Python here that nobody may run")
    home = open_dir / "theirs"
    home.mkdir()
    shutil.chown(home, "nobody")
    launcher = Launcher("services", str(home / "data"), prefix=prefix, env=nobody_environment())
    facts = launcher.facts()
    assert (home / "data" / "postgres").stat().st_uid == unprivileged_identity().uid
    assert fetch(facts["database_url"], "SELECT 1") == 1
    launcher.end(signal.SIGKILL)
    assert nothing_left(str(open_dir)), survivors(str(open_dir))
