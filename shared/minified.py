"""Whether a script or a style sheet was minified: a guess from what a minifier would certainly have removed."""

import re
from typing import Final

SHORTEST: Final = 2_048
"""Characters below which it doesn't matter."""
READ: Final = 200_000
_WASTE: Final = 0.1
_LEAN: Final = 0.03
_LONG_LINES: Final = 500

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"/\*(?!!)[^*]*\*+(?:[^/*][^*]*\*+)*/")
_KEPT_COMMENT = re.compile(r"/\*!.*?\*/", re.DOTALL)


def minified(text: str) -> bool | None:
    """True or False where that is plain, None in between and for short texts (heuristic).

    Counted are indents, blank lines, and comments that stand alone; `/*!` comments are licences, which minifiers keep.
    """
    text = text[:READ].replace("\r\n", "\n").strip()
    if "/*!" in text:
        text = _KEPT_COMMENT.sub("", text)
    if len(text) < SHORTEST:
        return None
    whole = len(text)
    lines = text.count("\n") + 1
    rest = _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", text))
    rest = _INDENT.sub("", rest)
    left = sum(len(line) + 1 for line in rest.split("\n") if line)
    waste = (whole + 1 - left) / whole
    if whole / lines > _LONG_LINES:
        return True
    if waste > _WASTE:
        return False
    return True if waste < _LEAN and whole / lines > _LONG_LINES / 4 else None
