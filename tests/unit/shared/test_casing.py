"""The quick ways to one case agree with Python's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import casing


@given(st.text())
def test_as_python_does_it(text: str) -> None:
    assert casing.lower(text) == text.lower()
    assert casing.casefold(text) == text.casefold()


@pytest.mark.parametrize("text", ["“Knife” – EDGE", "GRÖSSE", "Maß", "ὈΔΥΣΣΕΎΣ ΣΑΣ", "İ", "\ud800A", "ǅ", "A\u0345"])
def test_letters_with_rules_of_their_own(text: str) -> None:
    assert casing.lower(text) == text.lower()
    assert casing.casefold(text) == text.casefold()
