import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.mojibake import damage

INTACT = (
    "Größe, Maße, Übermut; l'été, ça, naïf, «CAFÉ», «IRMÃ», À bientôt; São João, Ação; Ça coûte 5 €; 25 °C; "
    "“quoted”, ‘single’, it’s; naïve – really…; © 2026; Åland, Ærø, Øre; Þór; coup d’État; ÂGE; año; Ñandú; "
    "Привет; 東京; à «table»; Â: a letter; MÃE; ÃO; É…; LÀ–BAS; “À”; à “X”"
)


@pytest.mark.parametrize("text", INTACT.split("; "))
def test_intact_text_is_left_alone(text: str) -> None:
    assert damage(text, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Die Größe des Cafés",
        "it’s a knife",
        "a “sharp” knife",
        "Привет, мир",
        "東京の包丁",
        "naïve façade",
        "Příliš žluťoučký",
    ],
)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf8_read_as_latin_is_damage(text: str, encoding: str) -> None:
    data = text.encode()
    garbled = "".join(bytes((b,)).decode(encoding, "ignore") or chr(b) for b in data)
    assert damage(garbled, garbled)


def test_lost_characters() -> None:
    assert damage("Gr\ufffd\ufffde", "")
    assert damage("caf\ufffd next door", "")
    assert damage("the sign \ufffd stands alone", "") is None


def test_examples_in_code_are_not_damage() -> None:
    text = "café becomes cafÃ© when misread"
    assert damage(text, "<p>café becomes <code>cafÃ©</code> when misread</p>") is None
    assert damage(text, f"<p>{text}</p>")


@given(st.text(alphabet=st.sampled_from(" aeinorstAEIO" + "".join(map(chr, range(0xC0, 0x100)))), max_size=60))
def test_latin_letters_alone_are_never_damage(text: str) -> None:
    assert damage(text, "") is None
