from hypothesis import example, given
from hypothesis import strategies as st

from shared.reading.terms import fold, is_interface_word, is_unspaced, shared_terms, terms

BODY = "Sharpening a kitchen knife needs a whetstone, water and patience. Hold the angle and feel for the burr."


def test_terms_leave_out_function_words_numbers_and_short_words() -> None:
    assert terms("The 10 best knives of 2026, and how to use them") == ("knives", "use")
    assert terms("Die Messer und der Stein") == ("messer", "stein")
    assert terms("包丁 激安") == ("包丁", "激安")


def test_inflected_forms_are_found_by_their_stem() -> None:
    share = shared_terms("Knife sharpeners' whetstones and angles", BODY, least=3)
    assert share is not None
    assert share.ratio == 1


def test_other_subjects_are_not_found() -> None:
    share = shared_terms("Cheap motor insurance quotes", BODY, least=3)
    assert share is not None
    assert (share.found, share.total) == (0, 4)


def test_silence_when_unsure() -> None:
    assert shared_terms("Insurance quotes", BODY, least=3) is None
    assert shared_terms("Как заточить кухонные ножи", BODY, least=3) is None
    assert shared_terms("Über Größen günstiger Rasierhobel", BODY, least=3) is None


def test_unspaced_scripts_are_compared_by_pairs() -> None:
    share = shared_terms("包丁の研ぎ方", "家庭で包丁の研ぎ方を学ぶ。", least=3)
    assert share is not None
    assert share.ratio == 1
    assert is_unspaced("包丁")
    assert is_unspaced("มีด")
    assert not is_unspaced("Größe нож 칼")


def test_interface_words() -> None:
    assert is_interface_word("Cart")
    assert not is_interface_word("knife")


@given(
    st.text(st.sampled_from("aB\u200e“ß\u017fÄéΣΩİ\u212a🔪\ud800"), max_size=60).map(lambda text: text + "Knife " * 60)
)
@example("")
@example("KNIFE")
@example("Ножи и Ökonomie")
def test_folding_is_python_s_own(text: str) -> None:
    assert fold(text) == text.casefold()
