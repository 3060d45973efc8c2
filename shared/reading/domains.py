"""Which hosts belong together: the registrable domain, by the Public Suffix List (https://publicsuffix.org)."""

from functools import lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Reads the list when it is needed first (50-100 ms)."""
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """`example.co.uk` for `www.shop.example.co.uk`; the host itself for addresses and public suffixes."""
    if host.startswith("[") or host.rpartition(".")[2].isdigit():
        return host
    return _suffixes().privatesuffix(host) or host


def together(a: str, b: str) -> bool:
    """Whether two hosts, both lower-case, belong to one registrable domain."""
    return a == b or registrable(a) == registrable(b)
