"""Which log lines are shown at once, and how."""

import pytest

from deploy.local.loglines import MAX_LENGTH, loud_line


def test_a_warning_is_shown_with_its_fields() -> None:
    line = b'{"level": "warning", "event": "fetch.refused", "host": "a", "timestamp": "2026", "service": "worker"}\n'
    assert loud_line(line) == "fetch.refused host=a"


def test_of_an_exception_only_the_last_line_is_shown() -> None:
    line = b'{"level":"error","event":"scan.failed","exception":"Traceback\\n  File x\\nValueError: no"}'
    assert loud_line(line) == "scan.failed ValueError: no"


@pytest.mark.parametrize(
    "line",
    [
        b'{"level": "info", "event": "scan.done", "note": "an error page"}\n',
        b"Traceback (most recent call last): error\n",
        b'{"level": "error", "event": \n',
        b'["error"]\n',
        b"",
    ],
)
def test_other_lines_are_not(line: bytes) -> None:
    assert loud_line(line) is None


def test_a_long_line_is_cut() -> None:
    shown = loud_line(b'{"level":"error","event":"' + b"x" * 5000 + b'"}')
    assert shown is not None
    assert len(shown) == MAX_LENGTH
