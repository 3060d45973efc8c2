"""What an address looks like: variants that servers often treat alike, its place in a series, its style."""

import re
from functools import lru_cache

from msgspec import Struct

from shared.urls import parse

_NAMED_PAGE = re.compile(r"/(?:page|seite|pagina)[/-]?(\d{1,5})/?$", re.IGNORECASE)
_PAGE_PARAMETERS = frozenset({"page", "paged", "pg", "pagenum", "page_num", "pagenumber", "seite"})

STYLE_NONE, STYLE_HYPHEN, STYLE_UNDERSCORE, STYLE_CAMEL = range(4)
_CAMEL = re.compile(r"[a-z][A-Z]")
_MAX_PAIRS = 100


class Forms(Struct, frozen=True, gc=False):
    """One address seen in several ways. Each text is a key: equal keys, same thing."""

    bare: str
    """Without query."""
    loose: str
    """Without scheme and "www.", in lower case, without a slash at the end; with its query."""
    looser: str
    """`loose` without query."""
    slashless: str
    """Without a slash at the end of the path."""
    folded: str
    """In lower case."""
    directory: str
    """Host and path up to the last slash."""
    page: int
    """Number in a series when the address names one (`?page=2`, `/page/2`), otherwise 0."""
    first: str
    """The address of the series without that number, as `loose`; "" when there is none."""
    style: int
    """How the last segment joins words."""


def _page_number(path: str, query: str | None) -> tuple[int, str, str | None]:
    """(number, path without it, query without it)."""
    named = _NAMED_PAGE.search(path)
    if named:
        return int(named[1]), path[: named.start()] or "/", query
    if not query or not any(name in query.lower() for name in ("pag", "pg", "seite")):
        return 0, path, query
    kept: list[str] = []
    number = 0
    for pair in query.split("&")[:_MAX_PAIRS]:
        name, _, value = pair.partition("=")
        if name.lower() in _PAGE_PARAMETERS and value.isdigit() and value.isascii() and len(value) < 6:  # noqa: PLR2004
            number = int(value)
        else:
            kept.append(pair)
    return (number, path, "&".join(kept) or None) if number else (0, path, query)


def _style(path: str) -> int:
    segment = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    if "-" in segment.strip("-"):
        return STYLE_HYPHEN if "_" not in segment else STYLE_NONE
    if "_" in segment.strip("_"):
        return STYLE_UNDERSCORE
    return STYLE_CAMEL if _CAMEL.search(segment) and segment.isalpha() else STYLE_NONE


@lru_cache(maxsize=4096)
def forms_of(url: str) -> Forms:
    """The forms of an http(s) address; for anything else every form is the text itself."""
    parts = parse(url)
    if parts is None:
        return Forms(url, url, url, url, url, url, 0, "", STYLE_NONE)
    host = f"{parts.host}:{parts.port}" if parts.port else parts.host
    short = host.removeprefix("www.")
    number, rest, query = _page_number(parts.path, parts.query)
    looser = (short + parts.path).lower().rstrip("/")
    tail = "" if parts.query is None else f"?{parts.query}"
    first = (short + rest).lower().rstrip("/") + ("" if query is None else f"?{query}") if number else ""
    return Forms(
        bare=url.partition("?")[0],
        loose=looser + tail,
        looser=looser,
        slashless=f"{parts.scheme}://{host}{parts.path.rstrip('/')}{tail}",
        folded=url.lower(),
        directory=short + parts.path[: parts.path.rindex("/") + 1],
        page=number,
        first=first,
        style=_style(parts.path),
    )
