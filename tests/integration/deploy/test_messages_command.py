"""What other programs sent that nobody could read, listed for the operator."""

import json
from pathlib import Path

import psycopg
import pytest

from deploy.local.cli import main


@pytest.fixture
def data(tmp_path: Path, services: tuple[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", services[1])
    return tmp_path / "data"


def test_the_newest_first_with_reason_and_message(
    data: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        for number in range(3):
            conn.execute(
                "INSERT INTO set_aside (id, at, name, code, reason, message) VALUES "
                "(gen_random_uuid(), now() - make_interval(mins => %s), 'n', 'INVALID_REQUEST', %s, '{}')",
                (number, f"reason {number}"),
            )
    assert main(["messages", "--limit", "2", "--json", "--data", str(data)]) == 0
    shown = [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["reason 0", "reason 1"]
    assert main(["messages", "--data", str(data)]) == 0
    assert "INVALID_REQUEST  reason 2" in capsys.readouterr().out


def test_permissions_are_given_and_taken_from_the_command_line(
    data: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert main(["user", "create", "ann@example.com", "--password-stdin", "--data", str(data)]) == 0

    def held() -> list[str]:
        with psycopg.connect(database_url) as conn:
            row = conn.execute("SELECT permissions FROM users WHERE email = 'ann@example.com'").fetchone()
            assert row is not None
            return list(row[0])

    words = ["user", "set", "ann@example.com", "--data", str(data)]
    assert main([*words, "--permission", "ignore_robots", "--permission", "user_agent"]) == 0
    assert held() == ["ignore_robots", "user_agent"]
    assert main([*words, "--permission", "fly"]) == 2
    assert "--permission fly" in capsys.readouterr().err
    assert held() == ["ignore_robots", "user_agent"]
    assert main([*words, "--permission", "none"]) == 0
    assert held() == []
