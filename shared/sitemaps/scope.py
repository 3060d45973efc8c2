"""Where a site's sitemaps may be, and which addresses a sitemap may list."""

from urllib.parse import SplitResult, urljoin, urlsplit

from shared.robots import Robots

USUAL_PATHS = (
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/sitemap-index.xml",
    "/sitemap.xml.gz",
    "/wp-sitemap.xml",
    "/sitemap.txt",
)
"""Where sitemaps lie that robots.txt doesn't name (heuristic: the defaults of common generators)."""
MAX_CANDIDATES = 1000
_PORTS = {"http": 80, "https": 443}


def sitemap_candidates(robots: Robots, origin: str) -> list[str]:
    """Addresses to try: those of robots.txt in its order, at most 1,000, otherwise the usual paths below `origin`.

    A relative value is against the rules of sitemaps.org but evident, so it is read from `origin` (heuristic).
    """
    named = dict.fromkeys(_absolute(entry.value, origin) for entry in robots.sitemaps)
    usable = [url for url in named if url is not None]
    return usable[:MAX_CANDIDATES] or [origin.rstrip("/") + path for path in USUAL_PATHS]


def _absolute(value: str, origin: str) -> str | None:
    try:
        url = urljoin(origin.rstrip("/") + "/", value)
    except ValueError:
        return None
    parts = split(url)
    return url if value and parts is not None else None


def split(url: str) -> SplitResult | None:
    """The parts of an absolute http or https URL with a host; None for everything else."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if known else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def in_scope(sitemap_url: str, loc: str, submitted_by: str | None = None) -> bool:
    """Whether a sitemap may list `loc`: same scheme, host and port, and not above the sitemap's directory.

    `submitted_by` is an origin whose robots.txt names the sitemap: all of that origin's addresses may be listed as well
    (https://www.sitemaps.org/protocol.html#location and #sitemaps_cross_submits).
    """
    ours, theirs = split(sitemap_url), split(loc)
    if ours is None or theirs is None:
        return False
    submitter = split(submitted_by) if submitted_by else None
    if submitter is not None and _origin(submitter) == _origin(theirs):
        return True
    directory = ours.path[: ours.path.rfind("/") + 1] or "/"
    return _origin(ours) == _origin(theirs) and (theirs.path or "/").startswith(directory)
