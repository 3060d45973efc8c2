import signal
from collections.abc import Callable, Iterator

import pytest

from tests.bench import __main__ as bench
from tests.bench.figures import Plan, Row, row


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def good(_: Plan) -> list[Row]:
    return [row("good", "a figure", 7.0, "ms", most=8.0)]


def bad(_: Plan) -> list[Row]:
    message = "float division by zero"
    raise ZeroDivisionError(message)


def stopped(_: Plan) -> list[Row]:
    signal.raise_signal(signal.SIGTERM)
    raise AssertionError


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(**those: object) -> None:
        monkeypatch.setattr(bench, "PARTS", those)

    return put


def test_a_part_that_fails_is_named_and_costs_no_other_its_figures(
    parts: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    parts(bad=bad, good=good)
    assert bench.main([]) == 1
    out = capsys.readouterr().out
    assert "a figure" in out
    assert "failed: bad: ZeroDivisionError: float division by zero" in out


def test_where_nothing_was_measured_there_is_no_table(
    parts: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    parts(bad=bad)
    assert bench.main([]) == 1
    assert capsys.readouterr().out.strip() == "failed: bad: ZeroDivisionError: float division by zero"


def test_a_signal_ends_it_with_what_was_measured_so_far(
    parts: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    parts(good=good, stopped=stopped, never=bad)
    assert bench.main([]) == 130
    out = capsys.readouterr().out
    assert "a figure" in out
    assert "failed" not in out


@pytest.mark.parametrize("option", ["--pages", "--rounds"])
@pytest.mark.parametrize("value", ["0", "-5", "2.5", "many"])
def test_counts_are_refused_by_name(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main([f"{option}={value}"])
    assert ended.value.code == 2
    assert f"argument {option}: a whole number from 1, not '{value}'" in capsys.readouterr().err
