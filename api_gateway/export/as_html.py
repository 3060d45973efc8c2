"""The HTML export: one file to hand on, made of the issues and of where each was found first."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from api_gateway.export.batches import PagesGoneError, Reader
from api_gateway.state import Gateway
from shared.errors import NotFoundError
from shared.html_report import MAX_PLACES, Key, Place, Report, render

LOOKED_AT: Final = 50_000
"""Pages read for places; beyond them an issue shows the examples that are stored with it."""
AT_ONCE: Final = 200
"""Pages between two looks at who else waits: a page with 20 findings takes 20 us."""


class _Finding(Struct):
    check: str
    severity: str
    evidence: str = ""
    position: str = ""


_FINDINGS: Final = msgspec.json.Decoder(list[_Finding])


class Places:
    """Where issues were found, as many places as a report shows; done as soon as each has its share."""

    def __init__(self, issues: Sequence[dict[str, Any]]) -> None:
        """Nothing is known yet."""
        self.found: dict[Key, list[Place]] = {(one["check"], one["severity"]): [] for one in issues}
        self._left = {(one["check"], one["severity"]): min(MAX_PLACES, one["pages"]) for one in issues}

    @property
    def done(self) -> bool:
        """Whether no issue wants for another page."""
        return not any(self._left.values())

    def note(self, url: str, findings: Iterable[_Finding]) -> None:
        """Add a page's findings."""
        seen: set[Key] = set()
        for one in findings:
            key = (one.check, one.severity)
            if self._left.get(key) and len(self.found[key]) < MAX_PLACES:
                self.found[key].append(Place(url, one.evidence, one.position))
                seen.add(key)
        for key in seen:
            self._left[key] -= 1 if len(self.found[key]) < MAX_PLACES else self._left[key]

    def complete(self, issues: Sequence[dict[str, Any]]) -> None:
        """Issues that no page bears (of robots.txt, sitemaps, the host) have their stored examples."""
        for issue in issues:
            listed = self.found[issue["check"], issue["severity"]]
            if not listed:
                listed += [
                    Place(one.get("url") or "", one.get("evidence") or "", one.get("position") or "")
                    for one in issue["examples"]
                ]


async def _placed(gateway: Gateway, scan_id: UUID, issues: Sequence[dict[str, Any]]) -> Places:
    """Go over the scan's pages until every issue has its places. Raises `PagesGoneError`."""
    places = Places(issues)
    reader = Reader(gateway, scan_id)
    await reader.count()
    while not places.done and reader.read < LOOKED_AT:
        rows = await reader.rows("placed")
        size = sum(len(row["findings"]) for row in rows)
        reader.passed(rows[-1]["seq"] if rows else None, len(rows), size)
        if not rows:
            break
        for start in range(0, len(rows), AT_ONCE):
            for row in rows[start : start + AT_ONCE]:
                places.note(row["url"], _FINDINGS.decode(row["findings"]))
                if row["site_findings"]:
                    places.note(row["url"], _FINDINGS.decode(row["site_findings"]))
            await asyncio.sleep(0)
    places.complete(issues)
    return places


async def html_export(
    gateway: Gateway, scan_id: UUID, scan: dict[str, Any], issues: Sequence[dict[str, Any]]
) -> AsyncGenerator[bytes]:
    """The file. Raises `NotFoundError` when the scan is deleted meanwhile."""
    try:
        places = await _placed(gateway, scan_id, issues)
    except PagesGoneError as error:
        raise NotFoundError("This scan was deleted a moment ago.") from error
    text = await asyncio.to_thread(render, Report(scan, issues, places.found))
    yield text.encode(errors="replace")
