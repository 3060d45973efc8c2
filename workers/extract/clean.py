"""Small readings of strings that came from a page."""

import re
from collections.abc import Iterable, Iterator, Mapping

from selectolax.lexbor import LexborCSSSelector, LexborNode

from workers.extract.tags import MUTED_IDS

_SURROGATES = re.compile("[\ud800-\udfff]")

Attributes = Mapping[str, str | None]
"""Attributes as the parser gives them: None where a value is missing (`<img alt>`)."""


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which Postgres refuses."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\ufffd")


def squash(text: str) -> str:
    """Runs of white space as one blank, none at the ends."""
    return " ".join(text.split())


def value(attributes: Attributes, name: str) -> str | None:
    """An attribute's value; "" when it stands without one, None when it is absent."""
    found = attributes.get(name)
    return found if found is not None else ("" if name in attributes else None)


def tokens(text: str | None) -> frozenset[str]:
    """A set of space-separated tokens in lower case."""
    return frozenset(text.lower().split()) if text else frozenset()


def bounded_text(node: LexborNode, limit: int) -> str:
    """The first `limit` characters of a subtree's text: elements nest, and each would read its inner ones again."""
    pieces: list[str] = []
    left = limit
    for one in node.traverse(include_text=True):
        text = one.text_content
        if text:
            pieces.append(text)
            left -= len(text)
            if left <= 0:
                break
    return "".join(pieces)[:limit]


_selector = LexborCSSSelector()  # type: ignore[no-untyped-call]


def select(root: LexborNode, query: str) -> list[LexborNode]:
    """The elements of a tree that a CSS selector matches, by a selector engine that all documents share.

    A parser's own `css` makes an engine for each document, which costs a fifth of parsing it. Not for several threads
    where there is no global interpreter lock.
    """
    return _selector.find(query, root)


def unique(nodes: Iterable[LexborNode]) -> Iterator[LexborNode]:
    """Each node once: the parser's query gives a node as often as alternatives match it."""
    seen: set[int] = set()
    for node in nodes:
        mem_id = node.mem_id
        if mem_id not in seen:
            seen.add(mem_id)
            yield node


def seen_text(node: LexborNode, limit: int) -> str:
    """The first `limit` characters of a subtree's text less that of elements whose text no reader sees."""
    pieces: list[str] = []
    left = limit
    skipping: set[int] = set()
    for one in node.traverse(include_text=True):
        parent = one.parent
        if (parent is not None and parent.mem_id in skipping) or one.tag_id in MUTED_IDS:
            skipping.add(one.mem_id)
        else:
            text = one.text_content
            pieces.append(text or " ")
            left -= len(text or " ")
            if left <= 0:
                break
    return "".join(pieces)[:limit]
