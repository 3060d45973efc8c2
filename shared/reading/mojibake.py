"""Text that was decoded with the wrong encoding, recognised by its traces (heuristic)."""

import re

from shared.reading.quoting import shown_as_code

_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_TAIL = rf"[\u0080-\u00bf{_CP1252}]"
_SEQUENCE = rf"(?:[\u00c2-\u00df]{_TAIL}|[\u00e0-\u00ef]{_TAIL}{{2}}|[\u00f0-\u00f4]{_TAIL}{{3}})"
_RUN = re.compile(rf"{_SEQUENCE}+")
_LEADS = "ÃÂâÐÑÄÅÎØÙ×ãæàáïð"
"""What the first byte of the common UTF-8 sequences turns into; a search for each costs a microsecond."""
_TAILS = frozenset((*map(chr, range(0x80, 0xC0)), *_CP1252))
_CONTROL = re.compile(r"[\u0080-\u009f]")
_QUOTES = re.compile(r"\u00e2\u20ac[\u0080-\u00bf\u2122\u0153\u02dc\u201c\u201d\u2018\u2019\u00a2\u00a6]")
_SYMBOL = re.compile(r"\u00c2[\u00a3\u00a9\u00ae\u00b0\u00ab\u00bb\u20ac]")
_LOST = re.compile(r"\w\ufffd|\ufffd\w|\ufffd{2}")
_CONTEXT = 20


def _repaired(run: str) -> str | None:
    """What `run` says when its bytes are read as UTF-8, None when they aren't UTF-8."""
    data = bytearray()
    for character in run:
        code = ord(character)
        data += bytes((code,)) if code <= 0xFF else character.encode("cp1252")  # noqa: PLR2004
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_damage(text: str, match: re.Match[str]) -> bool:
    """Whether a run reads better as UTF-8, and stands inside words or is long enough not to be chance.

    A capital letter before a closing quotation mark, as in «CAFÉ», happens to look like one damaged character, so a
    short run counts only beside a lower-case letter and when its repair is a Latin letter or a typographic sign.
    """
    run = match[0]
    repaired = _repaired(run)
    if repaired is None:
        return False
    if len(repaired) >= 3 or _CONTROL.search(run):  # noqa: PLR2004 - three in a row don't happen by chance
        return True
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    beside = before.isalpha() or after.isalpha()
    if _QUOTES.fullmatch(run):
        return beside
    if _SYMBOL.fullmatch(run):
        return not before.isalpha() and (after.isalnum() or before.isdigit())
    latin = all("\u00c0" <= character <= "\u017f" for character in repaired)
    return latin and ((before.isalpha() and before.islower()) or (after.isalpha() and after.islower()))


def _is_suspect(text: str) -> bool:
    """Whether some lead is followed by what a later byte turns into (`str.find` is ten times as fast as a regex)."""
    for lead in _LEADS:
        at = text.find(lead)
        while at >= 0:
            if text[at + 1 : at + 2] in _TAILS:
                return True
            at = text.find(lead, at + 1)
    return False


def damage(text: str, source: str) -> str | None:
    """A stretch of `text` that shows decoding damage, with some context; None when there is none.

    `source` is the document the text came from: what it shows in `<code>` and the like is an example, not damage. One
    pass over the text, none at all when it is ASCII.
    """
    if text.isascii() or not (_is_suspect(text) or "\ufffd" in text):
        return None
    candidates = [match for match in _RUN.finditer(text) if _is_damage(text, match)]
    if "\ufffd" in text:
        candidates += _LOST.finditer(text)
    for match in candidates[:10]:
        if not shown_as_code(match[0], source):
            return text[max(0, match.start() - _CONTEXT) : match.end() + _CONTEXT]
    return None
