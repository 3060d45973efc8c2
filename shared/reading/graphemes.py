"""Lengths as a reader counts them: user-perceived characters, not bytes or code points."""

import unicodedata

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _extends(character: str) -> bool:
    """Whether `character` belongs to the one before it: a mark, joiner, skin tone, trailing Hangul jamo or tag."""
    return (
        unicodedata.category(character) in _MARKS
        or character == _JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u1160" <= character <= "\u11ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def graphemes(text: str) -> int:
    """Number of extended grapheme clusters of `text`, by the rules of UAX 29 that occur on web pages.

    Covers marks, emoji sequences, flags and decomposed Hangul; prepended marks are left out. Linear.
    https://www.unicode.org/reports/tr29/
    """
    if text.isascii():
        return len(text)
    count = 0
    joined = False
    open_flag = False
    for character in text:
        if _extends(character) and count:
            joined = character == _JOINER
            continue
        regional = _is_regional(character)
        if not joined and not (regional and open_flag):
            count += 1
            open_flag = regional
        else:
            open_flag = False
        joined = False
    return count
