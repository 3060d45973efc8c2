from shared.reading import iso


def test_tables_have_the_size_of_their_standards() -> None:
    assert len(iso.COUNTRIES) == 249
    assert len(iso.LANGUAGES) == 184
    assert len(iso.GRANDFATHERED) == 26
    assert {"en", "uk", "zh"} <= iso.LANGUAGES
    assert "UK" not in iso.COUNTRIES
    assert {"GB", "UA", "XK"} & iso.COUNTRIES == {"GB", "UA"}


def test_three_letter_languages() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    codes = [a + b + c for a in letters for b in letters for c in letters]
    assert sum(map(iso.is_three_letter_language, codes)) == 8_077 + 20 * 26
    assert all(map(iso.is_three_letter_language, ("fil", "haw", "yue", "gsw", "ast", "qaa", "zxx", "und")))
    assert not any(map(iso.is_three_letter_language, ("eng", "deu", "ger", "fra", "zzz")))


def test_regions_and_scripts() -> None:
    assert all(map(iso.is_region, ("DE", "419", "001", "EU", "XK", "QM")))
    assert not any(map(iso.is_region, ("UK", "999", "QA1", "")))
    assert all(map(iso.is_script, ("Latn", "Hant", "Cyrl", "Qaaa")))
    assert not any(map(iso.is_script, ("Abcd", "latn", "Qzzz")))
