import pytest

from shared.reading import link_text
from shared.reading.link_text import empty_phrases, empty_somewhere, normalised


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Click here"),
        ("en-GB", "Read more…"),
        ("de_AT", "» Weiterlesen"),
        ("fr", "En savoir plus →"),
        ("es", "Haz clic aquí"),
        ("pt-BR", "Saiba mais"),
        ("it", "LEGGI TUTTO"),
        ("nl", "lees meer"),
        ("pl", "Czytaj więcej"),
        ("ru", "Подробнее"),
        ("tr", "devamını oku"),
        ("ja", "こちら"),
        ("zh-TW", "更多"),
        ("ko", "더보기"),
        ("sv", "läs mer"),
        ("nb", "Les mer"),
        ("ar", "المزيد"),
        ("", "[more]"),
        ("xx", "click here"),
    ],
)
def test_empty_in_its_language(language: str, text: str) -> None:
    assert normalised(text) in empty_phrases(language)
    assert empty_somewhere([text]) == empty_somewhere([text, "Grit sizes"]) == {text}


@pytest.mark.parametrize(
    ("language", "text"),
    [("hr", "more"), ("de", "Start"), ("fr", "hier"), ("en", "Read more about grit"), ("sv", "info")],
)
def test_meaning_something(language: str, text: str) -> None:
    assert normalised(text) not in empty_phrases(language)


def test_what_speaks_everywhere_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[str] = set()
    monkeypatch.setattr(link_text, "_SPEAKING", known)
    monkeypatch.setattr(link_text, "_MAX_KNOWN", 3)
    assert empty_somewhere(["Grit", "more", ""]) == {"more"}
    assert known == {"Grit", ""}
    assert empty_somewhere(["A", "B"]) == set()
    assert known == {"A", "B"}
    assert empty_somewhere(["C", "D", "E", "mehr"]) == {"mehr"}
    assert known == set()


def test_ends_and_case_do_not_matter() -> None:
    assert [normalised(text) for text in ("A", "", "Mehr »", "l\u2019Info")] == ["a", "", "mehr", "l'info"]
