"""Reading ease by published formulas."""

import pytest

from shared.language import vocabulary
from shared.readability import FORMULAS, reading_ease, syllables

EASY = "The cat sat on the mat. The dog ran to the cat. It was a good day for a run. We all like to play in the sun. "
HARD = (
    "Institutional harmonisation necessitates comprehensive interdisciplinary consideration of administrative "
    "responsibilities, notwithstanding considerable organisational heterogeneity characterising international "
    "telecommunications infrastructure. "
)


def ease(text: str, language: str | None) -> float | None:
    return reading_ease([text], vocabulary(text).counts, language)


def test_easy_is_higher_than_hard() -> None:
    easy, hard = ease(EASY * 5, "en"), ease(HARD * 6, "en")
    assert easy is not None
    assert hard is not None
    assert easy > 90
    assert hard < 10


def test_no_formula_or_too_little_prose_is_none() -> None:
    assert ease(EASY * 5, None) is None
    assert ease(EASY * 5, "ja") is None
    assert ease(EASY, "en") is None
    assert reading_ease(["Menu", "Contact us"] * 100, {"menu": 100}, "en") is None


@pytest.mark.parametrize(
    ("language", "word", "count"),
    [
        ("en", "make", 1),
        ("en", "table", 2),
        ("en", "walked", 1),
        ("en", "created", 2),
        ("en", "before", 2),
        ("de", "häuser", 2),
        ("de", "liebe", 2),
        ("es", "ciudad", 2),
        ("es", "país", 2),
        ("fr", "table", 1),
        ("it", "buono", 2),
        ("nl", "mooie", 2),
        ("pt", "coração", 3),
        ("ru", "молоко", 3),
        ("tr", "okunabilirlik", 6),
    ],
)
def test_syllables(language: str, word: str, count: int) -> None:
    assert syllables(word, language) == count


def test_every_formula_names_its_source() -> None:
    assert all(formula.source for formula in FORMULAS.values())
