"""The C library's search agrees with Python's."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.holds import holds, places, spans

_SMALL = st.binary(max_size=40).map(lambda text: bytes(97 + octet % 3 for octet in text))


@given(_SMALL, _SMALL)
def test_finds_what_python_finds(text: bytes, word: bytes) -> None:
    assert holds(text, word) == (word in text)


@given(_SMALL, _SMALL.filter(bool))
def test_every_place_is_found_overlaps_too(text: bytes, word: bytes) -> None:
    assert list(places(text, word)) == [found.start() for found in re.finditer(b"(?=" + word + b")", text)]


@given(_SMALL, _SMALL.filter(bool), _SMALL.filter(bool))
def test_spans_are_those_that_python_finds(text: bytes, opening: bytes, closing: bytes) -> None:
    expected: list[tuple[int, int]] = []
    at = text.find(opening)
    while at >= 0:
        end = text.find(closing, at + len(opening))
        expected.append((at, end))
        at = text.find(opening, end) if end >= 0 else -1
    assert list(spans(text, opening, closing)) == expected


def test_reads_as_far_as_the_first_nul() -> None:
    assert holds(b"one\0two", b"one")
    assert not holds(b"one\0two", b"two")
    assert holds(b"", b"")
    assert list(places(b"two\0two", b"two")) == [0]
    assert list(spans(b"one\0two", b"one", b"two")) == [(0, -1)]
