from datetime import date

import pytest

from shared.reading.dates import day_at, day_of, http_day


@pytest.mark.parametrize(
    "text", ["2026-11-02", " 2026-11-02 ", "2026-11-02T23:00:00-08:00", "2026-11-02 08:00", "20261102"]
)
def test_iso_days(text: str) -> None:
    assert day_of(text) == date(2026, 11, 2)


@pytest.mark.parametrize("text", ["", "2026-02-30", "2 November 2026", "2026-11-021", "P3D", "2026", "10:30"])
def test_not_a_day(text: str) -> None:
    assert day_of(text) is None


def test_http_days() -> None:
    assert http_day("Mon, 02 Nov 2026 08:00:00 GMT") == date(2026, 11, 2)
    assert http_day("yesterday") is None
    assert http_day("") is None


def test_day_at() -> None:
    assert day_at(0) == date(1970, 1, 1)
