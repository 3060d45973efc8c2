"""Text of strangers as a report can show it: no control characters, nothing without a font, nothing that can't wrap."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).parent / "fonts"
LONGEST_RUN: Final = 24
"""ASCII characters without a place to break before one is put in."""
LONGEST_WORD: Final = 60
"""Of any other script: words are longer there, and a break may tear a cluster apart."""

# Controls, lone surrogates, direction overrides (they would turn the text around them), invisible fillers and variation
# selectors; joiners stay, since scripts need them.
_DROPPED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+"
)
_BLANKS: Final = re.compile(r"[\s\u2028\u2029]+")
_RUN: Final = re.compile(rf"[!-~]{{{LONGEST_RUN}}}(?=[!-~])")
_WORD: Final = re.compile(rf"[^\s\u200b]{{{LONGEST_WORD}}}(?=[^\s\u200b])")
REPLACEMENT: Final = "\ufffd"


@lru_cache(maxsize=1)
def _uncovered() -> re.Pattern[str]:
    ranges = (FONTS / "coverage.txt").read_text(encoding="ascii").split()
    spans = (one.partition("-") for one in ranges)
    inside = "".join(f"\\U{int(a, 16):08x}-\\U{int(b or a, 16):08x}" for a, _, b in spans)
    outside = f"[^\\s\u200c\u200d{inside}]"
    return re.compile(f"{outside}(?:\u200d?{outside})*")


def readable(text: str | None, most: int = 300) -> str:
    """The text on one line, at most `most` characters; U+FFFD where no font has a sign."""
    if not text:
        return ""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    line = _BLANKS.sub(" ", _DROPPED.sub("", cut)).strip()
    return _uncovered().sub(REPLACEMENT, line)


def breakable(text: str) -> str:
    """The text with zero-width spaces in runs that are too long for a line."""
    parted = _RUN.sub(lambda found: found[0] + "\u200b", text)
    return _WORD.sub(lambda found: found[0] + ("" if _clings(parted[found.end()]) else "\u200b"), parted)


def _clings(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M") or sign in "\u200c\u200d"


def pieces(text: str, most: int = 1_500) -> list[dict[str, object]]:
    """A catalogue's text as a sentence of its own, cut at its backticks: what stands between them is code."""
    parts = readable(text, most).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    parts[0] = parts[0][:1].upper() + parts[0][1:]
    return [{"code": bool(n % 2), "text": breakable(part)} for n, part in enumerate(parts) if part]
