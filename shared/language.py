"""Words, keywords, the language of a text and how easy it reads. Pure."""

import re

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")  # noqa: RUF001


def count_words(text: str) -> int:
    """Number of words."""
    return len(WORD.findall(text))
