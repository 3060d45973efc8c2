import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("title", 5),
        ("Größe", 5),
        ("e\u0301a", 2),
        ("👩‍👩‍👧", 1),
        ("🇩🇪🇫🇷", 2),
        ("👍🏽!", 2),
        ("각", 1),
        ("Как точить ножи", 15),
        ("\u0301", 1),
    ],
)
def test_counts_what_a_reader_sees(text: str, count: int) -> None:
    assert graphemes(text) == count


@given(st.text())
def test_never_more_than_code_points(text: str) -> None:
    assert graphemes(text) <= len(text)
    assert (graphemes(text) == 0) == (text == "")
