"""Scripts and styles of this site that don't load."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding


@site_check("perf.broken_asset", Category.PERFORMANCE, Severity.HIGH, source="heuristic", on=On.HTML, network="assets")
def perf_broken_asset(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A script, style or font of the page doesn't load.

    The page may look or work otherwise than it should, for readers and for search engines that render it.

    Fix: correct its address, or restore the file.
    """
    for seq, url, kind, status in site.broken_assets():
        if kind not in {"image", "icon"}:
            yield SiteFinding(f"{url} answers {status}" if status else f"{url} doesn't answer", seq)
