"""Refuses documents nested so deeply that parsing them takes time quadratic in their size.

100,000 open `<div>` (0.5 MB) cost the parser 37 s; real pages have at most a few dozen open elements. The scan looks
at bytes only. Its answer is an estimate: the tree's own depth is measured again afterwards.
"""

import re
from itertools import islice

import numpy as np

MAX_DEPTH = 512
"""Open elements; the parser of Chromium stops at the same number (heuristic)."""
MAX_ATTRIBUTES = 2_000

_LONG_TAG = 8_000
"""Bytes; a shorter tag can't hold that many attributes."""
_FEW_TAGS = 4_000
"""So few tags can't do harm: at worst (4,000 / 100,000)² of 37 s, 60 ms."""
_MANY_TAGS = 20_000
"""So many are always counted one by one, because unmatched end tags can deceive the estimate."""

_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(?:(/?)([a-zA-Z][^\s/>]*)[^>]*>?)|<!\[CDATA\[.*?(?:\]\]>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]++))?+""")
_TAG_NAME = re.compile(rb"<[a-zA-Z][^\s/>]*+")
_RAW = re.compile(rb"</(?:script|style|textarea|title|xmp|iframe|noembed|noframes)", re.IGNORECASE)
_RAW_TAGS = frozenset(b"script style textarea title xmp iframe noembed noframes".split())
_VOID = frozenset(
    b"area base br col embed hr img input link meta source track wbr param basefont bgsound frame keygen".split()
)
_IMPLIED = {
    b"li": frozenset({b"li", b"p"}),
    b"dt": frozenset({b"dt", b"dd", b"p"}),
    b"dd": frozenset({b"dt", b"dd", b"p"}),
    b"p": frozenset({b"p"}),
    b"option": frozenset({b"option"}),
    b"tr": frozenset({b"tr", b"td", b"th", b"p"}),
    b"td": frozenset({b"td", b"th", b"p"}),
    b"th": frozenset({b"td", b"th", b"p"}),
    b"a": frozenset({b"a"}),
}
"""Start tag → open elements on top that it closes."""


class TooDeep(ValueError):  # noqa: N818 - the outcome's name
    """More than `MAX_DEPTH` elements are open at once, or a tag has more than `MAX_ATTRIBUTES` attributes."""


def check_depth(body: bytes) -> None:
    """Raise `TooDeep` when the document nests too deeply. O(n); 15 µs on a page of 40 KB."""
    if len(body) > _LONG_TAG and _has_gap(body):
        at = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("<"))
        if at.size and (int(np.diff(at).max(initial=0)) > _LONG_TAG or len(body) - int(at[-1]) > _LONG_TAG):
            _check_attributes(body, at)
    tags = int(np.count_nonzero(np.frombuffer(body, np.uint8) == ord("<")))  # bytes.count takes eight times as long
    if tags <= _FEW_TAGS:
        return
    if tags <= _MANY_TAGS:
        data = np.frombuffer(body, np.uint8)
        at = np.flatnonzero(data[:-1] == ord("<")) + 1
        steps = np.where(data[at] == ord("/"), -1, 1)
        if int(np.cumsum(steps).max(initial=0)) <= MAX_DEPTH:
            return
    _count(body)


def _has_gap(body: bytes) -> bool:
    """Whether some stretch of half a long tag begins no tag: a cheap test that never misses a long tag."""
    half = _LONG_TAG // 2
    return any(body.find(b"<", start, start + half) < 0 for start in range(0, len(body), half))


def _check_attributes(body: bytes, opening: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> None:
    """Refuse a tag with thousands of attributes: the parser compares each with all before it (100,000 take 49 s)."""
    ends = np.append(opening[1:], len(body))
    for start in opening[ends - opening > _LONG_TAG][:100]:
        name = _TAG_NAME.match(body, int(start))
        if name is not None and _has_too_many(body, name.end()):
            message = f"a tag has more than {MAX_ATTRIBUTES} attributes"
            raise TooDeep(message)


def _has_too_many(body: bytes, position: int) -> bool:
    """Whether a start tag has too many attributes after `position`; a long path or text in one counts as one."""
    for _ in range(MAX_ATTRIBUTES + 1):
        found = _ATTRIBUTE.match(body, position)
        if found is None:
            return False
        position = found.end()
    return True


def _count(body: bytes) -> None:  # noqa: PLR0912 - one loop over tags
    """Follow start and end tags with a stack; an end tag closes up to 8 unclosed elements above its own."""
    stack: list[bytes] = []
    position = 0
    while True:
        for match in _TAG.finditer(body, position):
            name = match[2]
            if name is None:
                continue
            name = name.lower()
            if match[1]:
                if name in stack[-8:]:
                    while stack.pop() != name:
                        pass
                continue
            if name in _VOID:
                continue
            closes = _IMPLIED.get(name)
            if closes:
                while stack and stack[-1] in closes:
                    stack.pop()
            stack.append(name)
            if len(stack) > MAX_DEPTH:
                message = f"more than {MAX_DEPTH} elements are open at once"
                raise TooDeep(message)
            if name in _RAW_TAGS:
                position = match.end()
                break
        else:
            return
        end = next(islice(_RAW.finditer(body, position), 1), None)
        if end is None:
            return
        position = end.start()
