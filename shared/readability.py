"""Flesch reading ease and its published adaptations; higher is easier. Pure.

A formula is only valid for the language it was fitted to, so there is none for the others.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

MIN_WORDS = 100
"""Flesch's samples had 100 words; a shorter text says too little."""
MIN_BLOCK = 40
"""Characters of a paragraph that counts as prose; menus, headings and table cells are shorter (heuristic)."""
MAX_CACHED = 50_000

_SENTENCE_ENDS = (". ", "! ", "? ", '." ', ".) ")
_OTHER_ENDS = ("… ", ".” ", "!” ", "?” ", ".« ", ".» ")


class Formula(Struct, frozen=True):
    """`base - per_sentence * (words per sentence) - per_word * (syllables per word)`."""

    base: float
    per_sentence: float
    per_word: float
    source: str


FORMULAS: Mapping[str, Formula] = {
    "en": Formula(206.835, 1.015, 84.6, "Flesch, A new readability yardstick, J. Appl. Psychology 32 (1948)"),
    "de": Formula(180.0, 1.0, 58.5, "Amstad, Wie verständlich sind unsere Zeitungen? (1978)"),
    "es": Formula(206.84, 1.02, 60.0, "Fernández Huerta, Medidas sencillas de lecturabilidad, Consigna 214 (1959)"),
    "fr": Formula(
        207.0, 1.015, 73.6, "Kandel and Moles, Application de l'indice de Flesch à la langue française (1958)"
    ),
    "it": Formula(206.0, 1.0, 65.0, "Franchina and Vacca, Adaptation of Flesch readability index (1986)"),
    "nl": Formula(206.84, 0.93, 77.0, "Douma, De leesbaarheid van landbouwbladen (1960)"),
    "pt": Formula(
        248.835, 1.015, 84.6, "Martins et al., Readability formulas applied to textbooks in Brazilian Portuguese (1996)"
    ),
    "ru": Formula(206.835, 1.3, 60.1, "Oborneva, Avtomatizirovannaya otsenka slozhnosti uchebnykh tekstov (2006)"),
    "tr": Formula(198.825, 2.610, 40.175, "Ateşman, Türkçede okunabilirliğin ölçülmesi (1997)"),
}

_GROUPS = {
    "en": re.compile("[aeiouy]+"),
    "de": re.compile("[aäe]u|[ae]i|ie|aa|ee|oo|[aeiouyäöü]"),
    "es": re.compile("[iuü]?[aeoáéó][iuy]?|[iuü]+|[íú]|y$"),
    "fr": re.compile("[aeiouyàâäéèêëîïôöùûüœæ]+"),
    "it": re.compile("[iu]?[aeoàèéòó][iu]?|[iuìù]+"),
    "nl": re.compile("[aeo]{2}[iu]?|[eoaui]{2}|ij|[aeiouyëïöüé]"),
    "pt": re.compile("[aeiou]?[ãõ][eo]?|[iu]?[aeoáâéêóô][iu]?|[iuíúü]+"),
    "ru": re.compile("[аеёиоуыэюя]"),
    "tr": re.compile("[aeıioöuüâîû]"),
}
_SILENT = {
    "en": re.compile("(?:[^aeiouylr]e|(?<=[^aeiouydtsxczglr])es|(?<=[^aeiouydt])ed|[aeiouy][lr]es?)$"),
    "fr": re.compile("(?:[^aeiouyàâäéèêëîïôöùûü]|[^gq]u)(?:e|es|ent)$"),
}


def syllables(word: str, language: str) -> int:
    """Syllables of a lower-case word, at least one. An estimate from vowel groups: within 5 % on running text."""
    count = len(_GROUPS[language].findall(word))
    silent = _SILENT.get(language)
    if count > 1 and silent and silent.search(word):
        count -= 1
    return max(1, count)


class _Counter:
    """Remembers words: the same few thousand make up most of every page of a language."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = {language: {} for language in FORMULAS}

    def mean(self, counts: Mapping[str, int], language: str) -> float:
        known = self._known[language]
        if len(known) > MAX_CACHED:
            known.clear()
        words = total = 0
        for word, count in counts.items():
            found = known.get(word)
            if found is None:
                found = known[word] = syllables(word, language) if word.isalpha() else 0
            if found:
                words += count
                total += found * count
        return total / words if words else 0.0


_mean: Callable[[Mapping[str, int], str], float] = _Counter().mean


def reading_ease(paragraphs: list[str], counts: Mapping[str, int], language: str | None) -> float | None:
    """Reading ease of the prose in `paragraphs`, one decimal; None without a formula or with too little prose.

    `counts` are the distinct words of the whole text in lower case; sentences and their length are taken from the
    paragraphs of `MIN_BLOCK` characters or more, because a menu has no sentences.
    """
    formula = FORMULAS.get(language or "")
    if formula is None or language is None:
        return None
    prose = [one for one in paragraphs if len(one) >= MIN_BLOCK]
    text = ". ".join(prose) + ". "
    words = text.count(" ")
    if words < MIN_WORDS:
        return None
    sentences = sum(map(text.count, _SENTENCE_ENDS))
    if not text.isascii():
        sentences += sum(map(text.count, _OTHER_ENDS))
    return round(
        formula.base - formula.per_sentence * words / sentences - formula.per_word * _mean(counts, language), 1
    )
