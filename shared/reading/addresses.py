"""A page's links less those that nothing can be wrong with, so that one search tells whether any needs a closer look.

Navigation repeats on every page of a site: addresses that no check of addresses can concern are remembered, and on the
next page only the others are looked at.
"""

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from shared.page import Link, Page
from shared.reading import hrefs

SEPARATOR: Final = "\0"
"""Stands before, between and after the addresses; extraction leaves no NUL in any of them."""
MAX_KNOWN: Final = 20_000
MAX_REMEMBERED: Final = 300
"""Characters of an address that is remembered."""

_NOT_PLAIN: Final = re.compile(r"javascript:|^//|^\s|\s\Z|<", re.IGNORECASE)
_MAYBE_FILE: Final = re.compile(r"\.[a-z0-9]{2,5}(?=[?]|\Z)", re.IGNORECASE)


class Addresses(Struct, frozen=True):
    """Of the links' addresses as written (`odd`) and as resolved (`urls`) those that may be odd.

    `hrefs` and `lowered` are `odd`, joined; so are `urls`, without those whose path ends without an extension or in one
    of a page. `external` are the links to other sites.
    """

    odd: frozenset[str]
    hrefs: str
    lowered: str
    urls: str
    longest: int
    """Characters of the longest resolved address."""
    insecure: bool
    """Whether one resolves to http:."""
    unresolved: bool
    """Whether a link that looks like http(s) resolves to nothing."""
    external: tuple[Link, ...]


_plain: set[str] = set()
"""Addresses as written that no check finds anything wrong with, whatever page they are on."""
_pages: set[str] = set()
"""Resolved addresses that don't end like a file's."""
_PAGE_ENDINGS: Final = (".html", ".htm", ".php", ".asp", ".aspx", ".jsp")


def _is_plain(href: str) -> bool:
    return (
        hrefs.all_ordinary(f"{SEPARATOR}{href}{SEPARATOR}")
        and not hrefs.any_local(href.lower())
        and _NOT_PLAIN.search(href) is None
    )


def _is_page(url: str) -> bool:
    found = _MAYBE_FILE.search(url)
    return found is None or ("?" not in url and url.lower().endswith(_PAGE_ENDINGS))


def _remember(known: set[str], address: str) -> None:
    if len(address) <= MAX_REMEMBERED:
        if len(known) >= MAX_KNOWN:
            known.clear()
        known.add(address)


def _joined(parts: list[str]) -> str:
    return SEPARATOR + "".join([part + SEPARATOR for part in parts])


def _odd(addresses: list[str], known: set[str], *, pages: bool) -> list[str]:
    fine = _is_page if pages else _is_plain
    found: list[str] = []
    for one in [address for address in addresses if address not in known]:
        if fine(one):
            _remember(known, one)
        else:
            found.append(one)
    return found


@lru_cache(maxsize=1)
def addresses_of(page: Page) -> Addresses:
    """The addresses of a page. The last page's answer is kept for the next check."""
    links = page.links
    urls = [link.url for link in links if link.url]
    odd = _odd([link.href for link in links if link.href], _plain, pages=False)
    written = _joined(odd)
    return Addresses(
        odd=frozenset(odd),
        hrefs=written,
        lowered=written.lower(),
        urls=_joined(_odd(urls, _pages, pages=True)),
        longest=max(map(len, urls), default=0),
        insecure=page.is_https and any(url.startswith("http:") for url in urls),
        unresolved=any(link.url is None and link.href is not None and link.href[:1] in "hH/" for link in links),
        external=tuple([link for link in links if not link.internal and link.url]),
    )
