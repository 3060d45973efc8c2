import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.pixels import columns, pixel_width


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("MMMM", 67),  # 4 x 1706 / 2048 x 20
        ("iiii", 18),
        ("0123456789", 111),
        ("東京", 40),
        ("👍", 20),
    ],
)
def test_widths_follow_the_metrics_of_arial(text: str, width: int) -> None:
    assert pixel_width(text) == width


def test_accents_add_nothing() -> None:
    assert pixel_width("Äëñ") == pixel_width("Aen") == pixel_width("A\u0308e\u0308n\u0303")


def test_alphabets_without_a_table_count_as_digits() -> None:
    assert pixel_width("שלום") == pixel_width("0000")


@given(st.text(), st.text())
def test_width_is_additive_up_to_rounding(one: str, other: str) -> None:
    assert abs(pixel_width(one + other) - pixel_width(one) - pixel_width(other)) <= 1


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("包丁", 4), ("е\u0301", 1), ("a包", 3)])
def test_columns_count_wide_characters_twice(text: str, length: int) -> None:
    assert columns(text) == length
