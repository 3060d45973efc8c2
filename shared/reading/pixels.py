"""Widths of text in pixels, as a search result shows a title: Arial at 20 px, from the font's public metrics."""

import unicodedata

FONT_SIZE = 20
_UNITS_PER_EM = 2048

_ADVANCES = {
    342: "⁄",
    384: "′",
    391: "'",
    455: "ijlłιіј‘’‚‛",
    532: "|¦",
    569: " !,./:;I[\\]ft\u00a0·ıŧΙІ",
    682: "()-`r¡\u2010“”„‹›",
    684: "{}",
    717: "•",
    727: '"',
    747: "г",
    797: "*",
    809: "τ",
    819: "°",
    842: "ґ",
    896: "к",
    903: "ζ",
    913: "ε",
    917: "ξ",
    938: "т",
    939: "з",
    961: "^",
    987: "ς",
    1001: "Ґ",
    1024: "JcksvxyzĸγκλνЈсухѕ",
    1045: "эє",
    1067: "чь",
    1075: "χ",
    1088: "в",
    1100: "¶",
    1109: "Гпя",
    1120: "υ",
    1124: "±÷",
    1128: "Γ",
    1131: "нџ",
    1139: "#$0123456789?L_abdeghnopqu¢£¤¥§«»ðþđħŁŋηθοаеорђћѳ–†‡₣₤€",
    1140: "δ",
    1144: "и",
    1165: "ρ",
    1173: "бц",
    1178: "β",
    1180: "μ",
    1184: "α",
    1193: "К",
    1195: "дл",
    1196: "+<=>~¬×",
    1237: "З",
    1251: "FTZ¿ßøŦΖΤТ",
    1264: "σ",
    1266: "Σ",
    1280: "ъ",
    1301: "У",
    1328: "φ",
    1331: "Ξ",
    1344: "БЛЬ",
    1365: "Ч",
    1366: "&ABEKPSVXYÞΑΒΕΚΡΥΧЅАВЕРХ",
    1368: "ΔΛ",
    1370: "ж",
    1387: "Д",
    1408: "м",
    1413: "π",
    1460: "ψ",
    1472: "ЄЏИПЭы",
    1479: "CDHNRUwÐĐĦΗΝΠНСЯ",
    1481: "Ŋ",
    1509: "©®",
    1515: "Ц",
    1531: "Ω",
    1536: "ю",
    1557: "Ф",
    1593: "GOQØΘΟОѲ",
    1599: "ω",
    1621: "Ъ",
    1634: "Φ",
    1643: "ш",
    1664: "њ",
    1685: "фщ",
    1706: "MmΜМ",
    1711: "Ψ",
    1749: "Ћ",
    1771: "Ђ",
    1813: "Ы",
    1821: "%æ",
    1856: "љ",
    1877: "Ш",
    1891: "Ж",
    1920: "Щ",
    1933: "Wœ",
    2027: "►",
    2048: "ÆŒ—―…‰™←→",
    2069: "ЊЮ",
    2079: "@",
    2165: "Љ",
    2240: "₧",
}
"""Advance width in font units → the characters that have it (Arial and its metric twins; 2048 units to the em)."""

_WIDTHS = {character: width for width, characters in _ADVANCES.items() for character in characters}
_WIDE = _UNITS_PER_EM
_UNKNOWN = 1139
"""A character outside the table is taken to be as wide as a digit, the mean of the alphabets in it."""


def _advance(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return _WIDE
    base = unicodedata.normalize("NFKD", character)
    return _WIDTHS.get(base[0], _UNKNOWN) if base[0] != character else _UNKNOWN


def pixel_width(text: str) -> int:
    """Width of `text` in CSS pixels, rounded. East Asian and emoji characters fill the em; marks add nothing."""
    return round(sum(map(_advance, text)) * FONT_SIZE / _UNITS_PER_EM)


def columns(text: str) -> int:
    """Length of `text` where an East Asian wide character counts twice, since it says about as much as two letters."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
        for c in text
        if not unicodedata.combining(c) and unicodedata.category(c) not in {"Mn", "Me", "Cf"}
    )
