"""Words, keywords and the language of a text. Pure; all heuristics unless a source is named."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice

from msgspec import Struct

from shared.stop_words import CYRILLIC, LATIN, STOP_WORDS

SAMPLE = 4_000
"""Characters looked at to recognise the script."""
MAX_DISTINCT = 400
"""Different words, in their order, that are enough to tell a language."""
MIN_WORDS = 12
"""Fewer words don't tell a language."""
MIN_SHARE = 0.06
"""Least weighted share of function words in a text of a known language; real prose has 0.2 to 0.5."""
MARGIN = 1.15
"""How far the best language must be ahead of the next."""
MAX_KEYWORDS = 20
MIN_KEYWORD = 3

# Scripts written without spaces between words: kana, Han, Thai, Lao, Myanmar, Khmer.
_DENSE = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003134f]"
)
_ASCII_STRIP = "".join(map(chr, range(0x21, 0x30))) + ":;<=>?@[\\]^_`{|}~"
_STRIP = _ASCII_STRIP + "«»“”„‟‘’‚‹›…–—·•¿¡§©®™°´¨→←↑↓、。！？：；（）「」『』"

_SCRIPTS = (
    ("kana", re.compile("[\u3041-\u30ff\uff66-\uff9f]")),
    ("han", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("arabic", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("lo", re.compile("[\u0e81-\u0eff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
)
_LATIN_LETTERS = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_PERSIAN = re.compile("[پچژگکی]")
_URDU = re.compile("[ٹڈڑےں]")
_LETTERS = {"uk": re.compile("[іїєґ]"), "ru": re.compile("[ыэё]"), "sr": re.compile("[ђјљњћџ]")}


class Vocabulary(Struct, frozen=True, gc=False):
    """The distinct words of a text in lower case with their numbers; `dense` counts characters of dense scripts."""

    counts: Mapping[str, int]
    dense: int

    @property
    def words(self) -> int:
        """Number of words; dense scripts have about two characters to a word."""
        return sum(self.counts.values()) + (self.dense + 1) // 2


def vocabulary(text: str) -> Vocabulary:
    """Count the words of a whitespace-normalised text: what stands between blanks and holds a letter or digit.

    Words of ASCII letters come first, in their order; then the others.
    """
    return vocabulary_of(text.lower())


def vocabulary_of(lowered: str) -> Vocabulary:
    """The same for a text that is in lower case already."""
    if not lowered.isascii():
        lowered = lowered.replace("’", "'").replace("—", " ")
    tokens = Counter(lowered.split())
    counts = {token: count for token, count in tokens.items() if token.isalpha() and token.isascii()}
    dense = 0
    for token, count in [(token, count) for token, count in tokens.items() if token not in counts]:
        if not token.isascii():
            dense += _count_other(token, count, counts)
        elif plain := token.strip(_ASCII_STRIP):
            counts[plain] = counts.get(plain, 0) + count
    return Vocabulary(counts, dense)


def _count_other(token: str, count: int, counts: dict[str, int]) -> int:
    """Enter a token that isn't ASCII; the result is its number of characters of dense scripts."""
    token, dense = _DENSE.subn(" ", token)
    for word in token.split():
        plain = word if word.isalpha() else word.strip(_STRIP)
        if plain:
            counts[plain] = counts.get(plain, 0) + count
    return dense * count


_Weights = Mapping[str, tuple[tuple[str, float], ...]]


def _weights(script: frozenset[str]) -> _Weights:
    """Function word → languages of the script that use it, each with its weight: less where many share it."""
    users: dict[str, list[str]] = {}
    for language in sorted(LATIN | CYRILLIC):
        for word in STOP_WORDS[language]:
            users.setdefault(word, []).append(language)
    shares = {word: tuple((one, 1 / len(found)) for one in found if one in script) for word, found in users.items()}
    return {word: pairs for word, pairs in shares.items() if pairs}


_WEIGHTS = {LATIN: _weights(LATIN), CYRILLIC: _weights(CYRILLIC)}


def detect(text: str, words: Vocabulary) -> str | None:
    """The language of a text as ISO 639-1, None when unsure. Norwegian in either form is "no"."""
    script = "latin" if text.isascii() else _script(text[:SAMPLE])
    if script in {"latin", "cyrillic"}:
        return _by_words(words, LATIN if script == "latin" else CYRILLIC, text)
    return _SETTLE[script](text[:SAMPLE]) if script in _SETTLE else script


def _script(sample: str) -> str | None:
    """The script that most letters belong to, or the language if only one uses it; None when none has half of them."""
    if len(sample.encode("ascii", "ignore")) * 4 >= len(sample) * 3:
        return "latin"
    counts = {name: len(pattern.findall(sample)) for name, pattern in _SCRIPTS}
    counts["latin"] = len(_LATIN_LETTERS.findall(sample))
    total = sum(counts.values())
    # A character of Han or kana says as much as two or three letters: foreign names weigh less beside them.
    east = counts["kana"] + counts["han"]
    if east * 2 >= total - east and east >= MIN_WORDS:
        return "han"
    name = max(counts, key=counts.__getitem__)
    return name if counts[name] * 2 > total and counts[name] >= MIN_WORDS else None


def _chinese_or_japanese(sample: str) -> str | None:
    kana, han = (len(pattern.findall(sample)) for _, pattern in _SCRIPTS[:2])
    if kana * 20 >= kana + han:
        return "ja"
    return "zh" if kana * 50 < han else None


def _persian_or_arabic(sample: str) -> str | None:
    letters = max(1, len(sample))
    if len(_URDU.findall(sample)) * 50 >= letters:
        return "ur"
    return "fa" if len(_PERSIAN.findall(sample)) * 40 >= letters else "ar"


def _hindi_or_none(sample: str) -> str | None:
    found = sum(word in STOP_WORDS["hi"] for word in sample.split())
    return "hi" if found * 10 >= sample.count(" ") else None


_SETTLE = {
    "han": _chinese_or_japanese,
    "kana": _chinese_or_japanese,
    "arabic": _persian_or_arabic,
    "devanagari": _hindi_or_none,
}


def _by_words(words: Vocabulary, languages: frozenset[str], text: str) -> str | None:
    total = sum(words.counts.values())
    if total < MIN_WORDS:
        return None
    scores = dict.fromkeys(languages, 0.0)
    total = min(total, sum(islice(words.counts.values(), MAX_DISTINCT)))
    weights = _WEIGHTS[languages]
    for word in filter(weights.__contains__, islice(words.counts, MAX_DISTINCT)):
        count = words.counts[word]
        for language, weight in weights[word]:
            scores[language] += count * weight
    if languages is CYRILLIC:
        for language, pattern in _LETTERS.items():
            scores[language] += len(pattern.findall(text[:SAMPLE].lower())) / 8
    (best, score), (_, second) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    return best if score >= MIN_SHARE * total and score >= MARGIN * second else None


def keywords(words: Vocabulary, language: str | None) -> tuple[tuple[str, int], ...]:
    """The most frequent terms that occur twice or more, without function words and numbers, at most `MAX_KEYWORDS`."""
    stop = STOP_WORDS.get(language or "", _ANY_STOP_WORD)
    found = [
        (word, count)
        for word, count in words.counts.items()
        if count > 1 and len(word) >= MIN_KEYWORD and word not in stop and not word[0].isdigit()
    ]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(found[:MAX_KEYWORDS])


_ANY_STOP_WORD = frozenset[str]().union(*STOP_WORDS.values())
