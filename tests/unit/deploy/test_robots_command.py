"""`robots`: what is allowed, and by which line."""

import io
import json
from pathlib import Path

import pytest

from deploy.local.cli import main

ROBOTS = b"User-agent: *\nDisallow: /a\nAllow: /a/b\nnonsense\n\nUser-agent: Googlebot\nDisallow: /only-google\n"


@pytest.fixture
def robots(tmp_path: Path) -> str:
    path = tmp_path / "robots.txt"
    path.write_bytes(ROBOTS)
    return str(path)


def test_the_answer_names_line_and_rule(robots: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["robots", robots, "--user-agent", "ExampleBot", "https://e.com/a/x", "/a/b", "https://e.com/", "--json"]
    assert main(words) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["user_agent"] == "ExampleBot"
    assert answer["verdicts"] == [
        {"url": "https://e.com/a/x", "allowed": False, "line": 2, "rule": "Disallow: /a"},
        {"url": "/a/b", "allowed": True, "line": 3, "rule": "Allow: /a/b"},
        {"url": "https://e.com/", "allowed": True, "line": None, "rule": None},
    ]
    assert "problems" not in answer


@pytest.mark.parametrize(
    "words",
    [
        ["FILE", "--user-agent", "Googlebot", "/a", "/only-google"],
        ["--user-agent", "Googlebot", "FILE", "/a", "/only-google"],
        ["FILE", "/a", "--user-agent=Googlebot", "/only-google", "--problems"],
        ["FILE", "/a", "/only-google", "--user-agent", "Googlebot"],
    ],
)
def test_options_may_stand_anywhere(words: list[str], robots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robots", *(robots if word == "FILE" else word for word in words)]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["allowed", "/a", "no", "rule", "says", "otherwise"]
    assert shown[1] == "disallowed  /only-google  line 7: Disallow: /only-google"


def test_all_allowed_is_0(robots: str) -> None:
    assert main(["robots", robots, "/a/b", "/c"]) == 0


def test_problems_are_listed(robots: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robots", robots, "--problems"]) == 0
    assert "line 4: no colon: nonsense" in capsys.readouterr().out
    assert main(["robots", robots, "--problems", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == [{"line": 4, "kind": "no_colon", "text": "nonsense"}]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ROBOTS)))
    assert main(["robots", "-", "/a"]) == 1
    assert "line 2" in capsys.readouterr().out


def test_what_makes_no_sense_ends_with_2(robots: str, tmp_path: Path) -> None:
    assert main(["robots", robots]) == 2
    assert main(["robots", str(tmp_path / "none.txt"), "/a"]) == 2
    with pytest.raises(SystemExit) as ended:
        main(["robots"])
    assert ended.value.code == 2
