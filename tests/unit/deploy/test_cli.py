"""The command line: what it takes, what it refuses, and its exit statuses."""

import argparse
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from deploy.local import options
from deploy.local.backends import external_backends
from deploy.local.cli import COMMANDS, ROOT, main, make_parser
from deploy.local.commands.checks import MARKED, NEEDS, STEP_NAMES, pytest_options, steps
from deploy.local.errors import UsageError


def parse(*words: str) -> argparse.Namespace:
    return make_parser(words).parse_args(words)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: scanfleet {name}" in capsys.readouterr().out


def test_no_command_shows_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["bogus"],
        ["up", "--port", "0"],
        ["up", "--port", "70000"],
        ["up", "--port", "²"],
        ["up", "--workers", "0"],
        ["up", "--allow-network", "10.0.0.1/8"],
        ["scan"],
        ["scan", "ftp://example.org/"],
        ["scan", "http://"],
        ["scan", "http://a/", "--fail-under", "101"],
        ["user", "create", "a@example.org"],
        ["token", "create", "a@example.org", "--scope", "root"],
        ["token", "create", "a@example.org", "--mode", "dead"],
        ["test", "--only", "nothing"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scann"], "did you mean scan?\nSee: scanfleet --help"),
        (["monitors", "lst"], "did you mean list?\nSee: scanfleet monitors --help"),
        (
            ["scan", "a.de", "--formt", "json"],
            "scanfleet scan: unrecognized arguments: --formt json; did you mean --format?",
        ),
        (["scan", "a.de", "--format", "qqq"], "'html')\nSee: scanfleet scan --help"),
        (["robots", "robots.txt", "--agnt", "x"], "unrecognized arguments: --agnt"),
    ],
)
def test_wrong_usage_is_told_in_a_line_with_where_to_read_on(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    told = capsys.readouterr().err
    assert said in told
    assert "usage:" not in told
    assert told.count("\n") == 2


def test_defaults_and_repeated_options() -> None:
    up = parse("up", "--allow-network", "127.0.0.0/8", "--allow-network", "::1")
    assert (up.port, up.workers, up.host, up.data) == (8080, 2, "127.0.0.1", ROOT / ".scanfleet")
    assert [ip_network(one) for one in up.allow_network] == [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    assert parse("demo").data == ROOT / ".scanfleet" / "demo"
    assert parse("up", "--data", "x").data == Path.cwd() / "x"
    assert parse("token", "create", "a@b.org", "--scope", "read", "--scope", "scan").scope == ["read", "scan"]


def test_an_address_without_a_scheme_is_https() -> None:
    assert parse("scan", "example.org/a").url == "https://example.org/a"
    assert parse("scan", "http://example.org").url == "http://example.org"


@pytest.mark.parametrize("convert", [options.port, options.worker_count, options.percentage])
@pytest.mark.parametrize("raw", ["", "-1", "1.5", "one", "99999999999999999999"])
def test_numbers_that_are_none(convert: Callable[[str], int], raw: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        convert(raw)


def test_servers_of_ones_own_come_in_pairs() -> None:
    assert external_backends({}) is None
    both = external_backends({"DATABASE_URL": "postgresql://a", "REDIS_URL": "redis://b"})
    assert both is not None
    assert (both.database_url, both.redis_url, both.embedded) == ("postgresql://a", "redis://b", None)
    assert "postgresql" not in repr(both)
    for name, other in (("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")):
        with pytest.raises(UsageError, match=f"{name} is set, but {other} is not"):
            external_backends({name: "x"})


def test_marked_tests_run_only_when_asked_for() -> None:
    assert pytest_options(parse("test")) == ["-m", " and ".join(f"not {mark}" for mark in MARKED)]
    assert pytest_options(parse("test", *(f"--{mark}" for mark in MARKED))) == ["--long"]
    every = [f"--{mark}" for mark in MARKED]
    storm = parse("test", *every, "--seed", "7", "--write-table")
    assert pytest_options(storm) == ["--long", "--write-table", "--seed=7"]
    given = parse("test", "--chaos", "--", "-x", "-k", "word")
    words = next(one.argv for one in steps(pytest_options(given), given.pytest_arguments, long=False) if one.live)
    assert list(words[3:]) == ["-m", "not long and not browser and not sdk and not manifests", "-x", "-k", "word"]


def test_the_steps_of_test_are_in_order() -> None:
    assert STEP_NAMES == ("ruff", "format", "mypy", "basedpyright", "imports", "unit", "pytest")


def test_suites_that_need_packages_are_added_when_asked_for() -> None:
    def folders(*words: str) -> tuple[str, ...]:
        given = parse("test", *words)
        also = [f"tests/{mark}" for mark in NEEDS if getattr(given, mark)]
        return steps(pytest_options(given), (), long=False, also=also)[-1].argv

    assert "tests/browser" in folders("--browser")
    assert "tests/sdk" not in folders("--browser")
    assert not {"tests/browser", "tests/sdk", "tests/manifests"} & set(folders())
