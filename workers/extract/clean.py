"""Small readings of strings that came from a page."""

import re
from collections.abc import Mapping

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
