"""Filler text that printers and templates use until the real text is there (heuristic)."""

import re

from shared.holds import holds
from shared.page import Page
from shared.reading.quoting import shown_as_code
from shared.reading.terms import fold

_PHRASES = re.compile(
    r"lorem ipsum dolor|consectetu?e?r adipisc?ing elit|sed do eiusmod tempor|ut enim ad minim veniam|"
    r"duis aute irure dolor|excepteur sint occaecat|lorem ipsum is simply dummy text|"
    r"(?:at vero eos et accusam|stet clita kasd gubergren)"
)
_HINTS = (b"lorem", b"adipi", b"eiusmod", b"veniam", b"aute irure", b"occaecat", b"accusam", b"clita kasd")
_QUOTE_MARKS = "\"'“”„«»‘’‹›「『"
_FILLER = frozenset("lorem ipsum dolor sit amet consectetur consectetuer adipiscing elit sed do eiusmod tempor".split())
_SHOWN = 80


def _is_subject(page: Page) -> bool:
    """Whether the page is about the filler text: its title or main heading names it among other words."""
    for text in (page.title, *(h.text for h in page.headings if h.level == 1)):
        words = re.findall(r"\w+", text.casefold())
        if "lorem" in words and not _FILLER.issuperset(words):
            return True
    return False


def placeholder(page: Page) -> str | None:
    """The first stretch of filler text, None when there is none or the page quotes it or is about it.

    A heading that says only "Lorem ipsum" counts; the two words within a sentence don't.
    """
    text = fold(page.body_text)
    octets = text.encode("utf-8", "replace")
    if not any(holds(octets, hint) for hint in _HINTS) or _is_subject(page):
        return None
    for match in _PHRASES.finditer(text):
        before = text[max(0, match.start() - 1) : match.start()]
        found = page.body_text[match.start() : match.start() + _SHOWN]
        if before not in tuple(_QUOTE_MARKS) and not shown_as_code(found[: len(match[0])], page.source):
            return found
    for heading in page.headings:
        words = heading.text.casefold().replace(".", " ").replace(",", " ").split()
        if words[:2] == ["lorem", "ipsum"] and _FILLER.issuperset(words):
            return heading.text
    return None
