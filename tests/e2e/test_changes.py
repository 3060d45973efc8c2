"""A site changed in twenty known ways: the difference of two scans of it tells of exactly those, and of nothing else."""

from itertools import pairwise
from typing import Any, cast

import pytest

from shared.checks import catalogue
from tests.e2e.changing_site import BEFORE, Little, Version, changed
from tests.e2e.conftest import Api
from tests.e2e.crawl_site import serving

WATCHED = ("description.missing", "h1.missing", "lang.missing", "description.too_short")
"""Of the checks only these are on while the ways are counted: a page that is gone, say, is an issue as well, and so one
change would be told of twice."""
EXPECTED = {
    "pages appeared: /appears 200",
    "pages vanished: /vanishes 200",
    "pages changed: /gone status 200 → 404",
    "pages changed: /moves redirect None → 301 /both",
    "pages changed: /hops redirect 302 /both → 301 /both",
    "pages changed: /titled title What this page was called before → What this page is called from now on",
    "pages changed: /canonical canonical /canonical → /both",
    "pages changed: /noindex noindex False → True, robots  → noindex",
    "pages changed: /tagged robots  → nosnippet",
    "issues new: description.missing 0 → 1",
    "issues fixed: h1.missing 1 → 0",
    "issues changed: lang.missing 1 → 2, new 1, fixed 0, changed 0",
    "issues changed: description.too_short 1 → 1, new 0, fixed 0, changed 1",
    "robots added: Disallow: /cart/",
    "robots removed: Disallow: /tmp/",
    "sitemaps urls_appeared: /in",
    "sitemaps urls_vanished: /out",
    "sitemaps appeared: /added.xml 200",
    "sitemaps vanished: /dropped.xml 200",
    "sitemaps changed: /breaks.xml status 200 → 404",
}


def shown(value: Any) -> str:
    """A status, a text, a flag or a redirect."""
    redirect = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    return f"{redirect['status']} {redirect['url']}" if redirect else str(value)


def words(item: str | dict[str, Any]) -> str:
    """An item of a section of pages, sitemaps or lines."""
    if isinstance(item, str):
        return item
    changes = {name: told for name, told in item.items() if isinstance(told, dict)}
    if not changes:
        return f"{item['url']} {item['status']}"
    told = (f"{name} {shown(one['before'])} → {shown(one['after'])}" for name, one in changes.items())
    return f"{item['url']} {', '.join(told)}"


def issue_words(one: dict[str, Any]) -> str:
    """An issue of any section."""
    line = f"{one['check']} {one['pages_before']} → {one['pages_after']}"
    figures = [f"{name} {one[f'pages_{name}']}" for name in ("new", "fixed", "changed") if f"pages_{name}" in one]
    return ", ".join([line, *figures])


def all_of(diff: dict[str, Any], here: str) -> list[str]:
    """Everything that a difference tells of, a line each, without the site's address."""
    found: list[str] = []
    for group in ("pages", "robots", "sitemaps"):
        parts: dict[str, Any] = diff[group]
        for section in parts.keys() - {"reordered", "status"}:
            assert parts[section]["total"] == len(parts[section]["items"])
            found += [f"{group} {section}: {words(item)}" for item in parts[section]["items"]]
    assert not diff["robots"]["reordered"]
    assert "status" not in diff["robots"]
    issues = diff["issues"]
    still = [one for one in issues["persisting"] if one["changed"]]
    for section, ones in {"new": issues["new"], "fixed": issues["fixed"], "changed": still}.items():
        found += [f"issues {section}: {issue_words(one)}" for one in ones]
    return [line.replace(here, "") for line in found]


async def compared(api: Api, site: Little, *versions: Version, **options: Any) -> list[Any]:
    """The difference of each version's scan from the one before it."""
    scans: list[str] = []
    for version in versions:
        site.version = version
        scan = await api.scan(site.address + "/", "crawl", **options)
        assert (scan["status"], scan["result"]["incomplete"]) == ("complete", None)
        scans.append(scan["scan_id"])
    return [await api("GET", f"/scans/{after}/diff?against={before}") for before, after in pairwise(scans)]


@pytest.mark.timeout(300)
async def test_a_site_changed_in_twenty_ways(api: Api) -> None:
    others = [check for check in catalogue() if check not in WATCHED]
    site = Little(BEFORE)
    async with serving(site):
        there, back = await compared(api, site, BEFORE, changed(BEFORE), BEFORE, disable_checks=others)
        assert sorted(all_of(there, site.address)) == sorted(EXPECTED)
        assert len(EXPECTED) == len(all_of(back, site.address)) == 20


@pytest.mark.timeout(300)
async def test_an_unchanged_site_has_no_difference(api: Api) -> None:
    """With every check, whether the scan before was the first or found everything changed, by ETag or anew."""
    site = Little(BEFORE)
    async with serving(site):
        after = changed(BEFORE)
        first, _, later = await compared(api, site, BEFORE, BEFORE, after, after)
        assert first["issues"]["persisting"]
        assert all_of(first, site.address) == all_of(later, site.address) == []
        assert first["score_change"] == 0
