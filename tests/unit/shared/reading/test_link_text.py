import pytest

from shared.reading.link_text import empty_phrases, normalised


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
    assert normalised([text])[0] in empty_phrases(language)


@pytest.mark.parametrize(
    ("language", "text"),
    [("hr", "more"), ("de", "Start"), ("fr", "hier"), ("en", "Read more about grit"), ("sv", "info")],
)
def test_meaning_something(language: str, text: str) -> None:
    assert normalised([text])[0] not in empty_phrases(language)


def test_many_at_once_keep_their_places() -> None:
    assert normalised(["A", "", "Mehr »", "ŞİRKET"])[:3] == ["a", "", "mehr"]
    assert normalised([]) == []
