"""Whether a script or a style sheet was minified: a guess from what a minifier would certainly have removed."""

import re
from typing import Final

SHORTEST: Final = 2_048
"""Characters below which it doesn't matter."""
READ: Final = 100_000
"""Characters that are looked at: 5 ms."""
_WASTE: Final = 0.1
_LEAN: Final = 0.03
_LONG_LINES: Final = 500

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)


def minified(text: str) -> bool | None:
    """True or False where that is plain, None in between and for short texts (heuristic).

    Counted are indents, blank lines, and comments that stand alone; `/*!` comments are licences, which minifiers keep.
    """
    text = text[:READ].replace("\r\n", "\n").strip()
    licensed, rest = _without_comments(text)
    whole = len(text) - len(licensed)
    if whole < SHORTEST:
        return None
    lines = text.count("\n") - licensed.count("\n") + 1
    rest = _INDENT.sub("", _LINE_COMMENT.sub("", rest))
    left = sum(len(line) + 1 for line in rest.split("\n") if line)
    waste = (whole + 1 - left) / whole
    if whole / lines > _LONG_LINES:
        return True
    if waste > _WASTE:
        return False
    return True if waste < _LEAN and whole / lines > _LONG_LINES / 4 else None


def _without_comments(text: str) -> tuple[str, str]:
    """(the comments that minifiers keep, the text without any comment between `/*` and `*/`), in linear time."""
    licences: list[str] = []
    pieces: list[str] = []
    at = 0
    while (start := text.find("/*", at)) >= 0:
        end = text.find("*/", start + 2)
        if end < 0:
            break
        pieces.append(text[at:start])
        if text.startswith("!", start + 2):
            licences.append(text[start : end + 2])
        at = end + 2
    pieces.append(text[at:])
    return "".join(licences), "".join(pieces)
