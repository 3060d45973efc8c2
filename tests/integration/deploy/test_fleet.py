"""The fleet under its supervisor, with stand-ins for the services: restarts, stops, and what is left."""

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.local.record import running_fleet
from tests.integration.deploy.fake_root import make_root
from tests.integration.deploy.processes import Launcher, nothing_left, survivors, until


@pytest.fixture
def root(open_dir: Path) -> Path:
    return make_root(open_dir / "root")


@pytest.fixture
def data(open_dir: Path) -> Path:
    return open_dir / "data"


def start(data: Path, root: Path, workers: int = 2) -> Launcher:
    return Launcher("fleet", str(data), str(root), str(workers))


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as response:
        return int(response.status)


def is_alive(pid: int) -> bool:
    """A zombie isn't: who inherits an orphan may take its time to reap it."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_and_down(data: Path, root: Path, number: signal.Signals) -> None:
    launcher = start(data, root)
    facts = launcher.facts()
    assert sorted(facts["pids"]) == ["gateway", "postgres", "scheduler", "valkey", "worker-1", "worker-2"]
    assert status(facts["address"] + "/readyz") == 200
    record = running_fleet(data)
    assert record is not None
    assert (record.pid, record.address, record.pids) == (facts["pid"], facts["address"], facts["pids"])
    assert (data / "fleet.json").stat().st_mode & 0o777 == 0o600
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    with psycopg.connect(record.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (0,)
    returncode, _ = launcher.end(number)
    assert returncode == 128 + number
    assert running_fleet(data) is None
    assert not (data / "fleet.json").exists()
    assert nothing_left(str(data)), survivors(str(data))


def test_kill_9_of_the_launcher_leaves_nothing_and_no_claim(data: Path, root: Path) -> None:
    launcher = start(data, root)
    facts = launcher.facts()
    secret = (data / "secret.key").read_text(encoding="ascii")
    launcher.end(signal.SIGKILL)
    assert running_fleet(data) is None
    assert nothing_left(str(data)), survivors(str(data))
    assert not any(is_alive(pid) for pid in facts["pids"].values())
    again = start(data, root)
    again.facts()
    assert (data / "secret.key").read_text(encoding="ascii") == secret
    again.end(signal.SIGTERM)
    assert nothing_left(str(data)), survivors(str(data))


@pytest.mark.parametrize("name", ["gateway", "scheduler", "worker-2", "valkey", "postgres"])
def test_what_dies_is_started_again(data: Path, root: Path, name: str) -> None:
    launcher = start(data, root)
    facts = launcher.facts()
    record = running_fleet(data)
    assert record is not None
    os.kill(facts["pids"][name], signal.SIGKILL)

    def serves() -> bool:
        try:
            with psycopg.connect(record.database_url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
            probes = [facts["address"], *(f"http://127.0.0.1:{record.metrics_ports[f'worker-{n}']}" for n in (1, 2))]
            return all(status(f"{probe}/readyz") == 200 for probe in probes)
        except (OSError, psycopg.OperationalError):
            return False

    def has_a_successor() -> bool:
        now = running_fleet(data)
        return now is not None and now.pids.get(name, facts["pids"][name]) != facts["pids"][name]

    assert until(has_a_successor, 30)
    assert until(serves, 30)
    _, errors = launcher.end(signal.SIGTERM)
    assert f"{name} ended by SIGKILL; starting it again" in errors
    assert nothing_left(str(data)), survivors(str(data))


def test_what_dies_again_and_again_ends_the_fleet_with_the_end_of_its_log(data: Path, root: Path) -> None:
    (root / "flags" / "worker-1.crash").touch()
    returncode, errors = start(data, root).finish()
    assert returncode == 1
    assert "worker-1 ended 5 times within 30 s, last with status 7" in errors
    assert "cannot open the frobnicator" in errors
    assert nothing_left(str(data)), survivors(str(data))


def test_a_failing_migration_is_shown(data: Path, root: Path) -> None:
    (root / "shared/db/migrate.py").write_text("raise SystemExit('0007_frob.sql: no such column')", encoding="utf-8")
    returncode, errors = start(data, root).finish()
    assert returncode == 1
    assert "0007_frob.sql: no such column" in errors
    assert nothing_left(str(data)), survivors(str(data))


def test_children_of_a_service_go_with_it(data: Path, root: Path) -> None:
    (root / "flags" / "worker-1.child").touch()
    launcher = start(data, root)
    facts = launcher.facts()
    os.kill(facts["pids"]["worker-1"], signal.SIGKILL)
    assert until(lambda: not is_alive(facts["pids"]["worker-1"]), 10)
    launcher.end(signal.SIGTERM)
    assert nothing_left(str(data)), survivors(str(data))


def test_a_second_signal_ends_what_ignores_the_first(data: Path, root: Path) -> None:
    (root / "flags" / "worker-1.stubborn").touch()
    launcher = start(data, root)
    facts = launcher.facts()
    launcher.process.send_signal(signal.SIGINT)
    assert until(lambda: not is_alive(facts["pids"]["scheduler"]), 20)
    assert is_alive(facts["pids"]["worker-1"])
    launcher.end(signal.SIGINT)
    assert nothing_left(str(data)), survivors(str(data))


def test_a_signal_during_the_start_leaves_nothing(data: Path, root: Path) -> None:
    (root / "flags" / "worker-1.unready").touch()
    launcher = start(data, root)
    assert until((data / "logs" / "worker-1.log").exists, 60)
    returncode, _ = launcher.end(signal.SIGTERM)
    assert returncode == 128 + signal.SIGTERM
    assert nothing_left(str(data)), survivors(str(data))


def test_a_running_fleet_keeps_others_off_its_directory(data: Path, root: Path) -> None:
    launcher = start(data, root)
    facts = launcher.facts()
    returncode, errors = start(data, root).finish()
    assert returncode == 1
    assert f"in use by process {facts['pid']}" in errors
    record: dict[str, Any] = json.loads((data / "fleet.json").read_text(encoding="utf-8"))
    assert record["pid"] == facts["pid"]
    launcher.end(signal.SIGTERM)
