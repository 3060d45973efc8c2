"""The estate that all storms of a run share, seeds, and the table."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import figures
from tests.chaos.estate import Estate
from tests.chaos.estate import estate as running_estate

_rows: list[figures.Row | figures.Other] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A run of hours tells of a failure when it happens."""
    if report.failed and "tests/chaos" in report.nodeid:
        print(f"\n{report.nodeid} failed:\n{report.longreprtext[-6_000:]}", flush=True)  # noqa: T201


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with running_estate(tmp_path_factory.mktemp("estate")) as made:
        yield made


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of this storm: the run's, or a new one."""
    given = request.config.getoption("--seed")
    return int(given) if given is not None else random.SystemRandom().randrange(1_000_000)


@pytest.fixture
def scans_count(request: pytest.FixtureRequest) -> int:
    return 1_000 if request.config.getoption("--long") else 60


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Iterator[list[figures.Row | figures.Other]]:
    """Rows for docs/chaos.md; written after each storm when `--write-table` asks for it."""
    rows: list[figures.Row | figures.Other] = []
    yield rows
    for row in rows:
        print(row.line())  # noqa: T201 - seen with -s, and beside a failure
    _rows.extend(rows)
    path: Path = figures.PATH
    if request.config.getoption("--write-table") and rows:
        path.write_text(figures.write(_rows, path.read_text(encoding="utf-8")), encoding="utf-8")
