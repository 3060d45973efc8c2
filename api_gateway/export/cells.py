"""Cells of a CSV file that a spreadsheet opens without running anything."""

import re
import unicodedata
from typing import Final

FORMULA: Final = frozenset("=+-@")
"""What a formula begins with; signs that NFKC turns into these (full-width ones, say) count too.

https://owasp.org/www-community/attacks/CSV_Injection
"""

_HARMLESS: Final = re.compile(r"[A-Za-z0-9(\"/#][^\x00-\x1f\x7f-\x9f\u2028\u2029;]*")
"""What most cells are: asked first, it halves the time of an export."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANKS: Final = r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0e\ufe0f]*"
_LEADING: Final = re.compile(_BLANKS)
_AFTER_SEMICOLON: Final = re.compile(f";(?={_BLANKS}(.))")


def _begins_formula(sign: str) -> bool:
    return unicodedata.normalize("NFKC", sign)[:1] in FORMULA


def cell(value: object) -> object:
    """The value as it may stand in a cell: numbers as they are, text on one line and defused by an apostrophe.

    An apostrophe also goes behind a semicolon that a formula's sign follows: where semicolons separate cells (as in
    most of Europe), the rest of the text would become a cell of its own.
    """
    if not isinstance(value, str):
        return "" if value is None else value
    if _HARMLESS.fullmatch(value):
        return value
    text = _CONTROL.sub(" ", value)
    if ";" in text:
        text = _AFTER_SEMICOLON.sub(lambda found: ";'" if _begins_formula(found[1]) else ";", text)
    leading = _LEADING.match(text)
    start = leading.end() if leading else 0
    return "'" + text if start < len(text) and _begins_formula(text[start]) else text
