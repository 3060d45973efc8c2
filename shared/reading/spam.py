"""Traces that break-ins leave in pages: spam out of sight, and scripts that hide what they do. All heuristics."""

import re
from collections.abc import Iterator

from shared.page import Page

_TOPICS = re.compile(
    r"\b(?:viagra|cialis|levitra|kamagra|sildenafil|tadalafil|tramadol|xanax|phentermine|modafinil|payday loans?"
    r"|online casinos?|casinos?|slot gacor|situs slot|slot online|judi|togel|sbobet|poker online|free spins|baccarat"
    r"|sports betting|replica watch(?:es)?|replica (?:rolex|handbags?)|louis vuitton outlet|cheap (?:nfl |nba )?jerseys"
    r"|essay writing service|porno?|xxx|escort service|onlyfans leaks?)\b",
    re.IGNORECASE,
)
"""What hacked sites are made to advertise."""

_CODE = (
    (
        "eval",
        "code that is unpacked and run",
        re.compile(
            r"\beval\s*\(\s*(?:window\.|self\.)?(?:"
            r"(?:atob|unescape|decodeURIComponent)\s*\(\s*[\"'][^\"']{16}|String\.fromCharCode\s*\((?:\s*\d+\s*,){10})"
        ),
    ),
    (
        "Function",
        "code that is unpacked and run",
        re.compile(r"\bFunction\s*\(\s*(?:window\.)?atob\s*\(\s*[\"'][^\"']{16}"),
    ),
    (
        "document.write",
        "encoded markup that is written into the page",
        re.compile(r"document\.write(?:ln)?\s*\(\s*(?:unescape|decodeURIComponent)\s*\(\s*[\"'](?:%[0-9a-fA-F]{2}){8}"),
    ),
    (
        "document.write",
        "encoded markup that is written into the page",
        re.compile(r"document\.write(?:ln)?\s*\(\s*atob\s*\("),
    ),
    (r"\x68\x74\x74\x70", "an address spelt in escapes", re.compile(r"\\x68\\x74\\x74\\x70(?:\\x73)?\\x3[aA]\\x2[fF]")),
)
"""(what must be there, what it is, its form); an ordinary minifier writes none of them."""

MIN_HIDDEN_TOPICS = 2


def _on_topic(page: Page) -> set[str]:
    """Topics that visitors can see the page is about."""
    return {match.lower() for match in _TOPICS.findall(f"{page.title} {page.body_text}")}


def hidden_spam(page: Page) -> Iterator[tuple[str, str]]:
    """(evidence, position) of hidden links and texts about what the page is openly not about."""
    links = [link for link in page.links if link.hidden and link.url and not link.internal]
    if not links and not page.hidden_texts:
        return
    open_topics: set[str] | None = None
    for link in links:
        words = {one.lower() for one in _TOPICS.findall(f"{link.text} {(link.url or '').replace('-', ' ')}")}
        if words:
            open_topics = _on_topic(page) if open_topics is None else open_topics
            if words - open_topics:
                yield f"hidden link “{link.text}” to {link.url}", link.at
    for text in page.hidden_texts:
        words = {one.lower() for one in _TOPICS.findall(text.text)}
        if len(words) >= MIN_HIDDEN_TOPICS:
            open_topics = _on_topic(page) if open_topics is None else open_topics
            if len(words - open_topics) >= MIN_HIDDEN_TOPICS:
                yield f"hidden text about {', '.join(sorted(words - open_topics))}", text.at


def obfuscated_scripts(page: Page) -> Iterator[tuple[str, str]]:
    """(evidence, position) of inline scripts that hide what they do."""
    for script in page.scripts:
        for mark, name, form in _CODE if script.text else ():
            if mark in script.text:
                match = form.search(script.text)
                if match:
                    yield f"{name}: {match[0][:80]}…", script.at
                    break
