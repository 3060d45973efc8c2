import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.language_tags import bcp47_fault, hreflang_fault, split

VALID = (
    "en de-AT zh-Hant zh-Hant-TW sr-Latn-RS es-419 de-1996 sl-rozaj-biske en-a-myext-b-another x-whatever i-klingon "
    "en-GB-oed zh-min-nan art-lojban hy-Latn-IT-arevela de-DE-u-co-phonebk zh-yue mn-Cyrl-MN fil und iw EN-us "
    "de-CH-x-phonebk az-Arab-x-AZE-derbend qaa-Qaaa-QM-x-southern sgn-BE-FR"
)
INVALID = (
    "en_US english xx en- -en en--US en-UK eng de-419-DE a-DE ar-a-aaa-b-bbb-a-ccc de-1996-1996 en-Abcd en-US-GB e "
    "123 *"
)


@pytest.mark.parametrize("tag", VALID.split())
def test_valid_tags(tag: str) -> None:
    assert bcp47_fault(tag) is None


@pytest.mark.parametrize("tag", INVALID.split())
def test_invalid_tags(tag: str) -> None:
    assert bcp47_fault(tag)


def test_faults_name_the_reason() -> None:
    assert bcp47_fault("en_US") == 'subtags are separated by "-", not "_"'
    assert bcp47_fault("en-UK") == '"UK" is not a registered region'
    assert hreflang_fault("en-UK") == '"UK" is not an ISO 3166-1 country'
    assert hreflang_fault("pt_BR") == 'parts are separated by "-", not "_"'


@pytest.mark.parametrize("code", "en EN-us uk zh-Hans zh-Hans-CN sr-Latn x-default X-Default".split())
def test_hreflang_values_that_google_reads(code: str) -> None:
    assert hreflang_fault(code) is None


@pytest.mark.parametrize(
    "code", ["", "us", "jp", "en-UK", "es-419", "fil", "eng", "en_US", "en-EU", "de-de-de", "default"]
)
def test_hreflang_values_that_google_ignores(code: str) -> None:
    assert hreflang_fault(code)


def test_split() -> None:
    assert split("zh-Hant-TW") == ("zh", "hant", "tw")
    assert split("iw") == ("he", "", "")
    assert split("nb-NO") == split("nn-NO") == ("no", "", "no")
    assert split("en_GB") == ("en", "", "gb")
    assert split("x-default") == split("") == split("english!") == ("", "", "")


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    bcp47_fault(text)
    hreflang_fault(text)
    assert len(split(text)) == 3
