"""Cutting path and query out of an absolute URL. Never raises, whatever stands in the text."""


def path_of(url: str) -> str:
    """The path as written, from its first slash; "/" when there is none."""
    return "/" + url.partition("://")[2].partition("?")[0].partition("#")[0].partition("/")[2]


def query_of(url: str) -> str:
    """The query as written, without its question mark; "" when there is none."""
    return url.partition("#")[0].partition("?")[2]
