"""Everything that a report file tells of a scan, gathered over the API and bounded in memory."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deploy.local.api import Client

SEVERITIES = ("critical", "high", "medium", "low", "info")
MAX_FINDINGS = 200_000
"""Findings held at once (88 MB, measured with short texts); a report of a larger scan says that it is cut."""


class Finding(NamedTuple):
    """One finding. ``url`` is empty where it speaks of the site as a whole."""

    check: str
    severity: str
    url: str
    evidence: str
    position: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """A scan as the API returns it, its issues with their texts, and its findings page by page."""

    scan: Mapping[str, Any]
    issues: Sequence[Mapping[str, Any]]
    findings: Sequence[Finding]
    truncated: bool = False
    """Whether findings were left out."""
    new: frozenset[tuple[str, str]] | None = None
    """(check, place) of the findings that the baseline doesn't know; None without a baseline."""
    failures: Sequence[str] = ()
    """Why the run fails, in words; empty when it passes."""
    failing: frozenset[str] = frozenset()
    """The checks whose findings make it fail."""

    @property
    def score(self) -> float | None:
        """From 0 to 100."""
        result: Mapping[str, Any] = self.scan.get("result") or {}
        return result.get("score")

    def is_new(self, finding: Finding) -> bool:
        """Whether the baseline doesn't know it; everything is new without one."""
        return self.new is None or (finding.check, place_of(finding.url)) in self.new


def place_of(url: str) -> str:
    """A page as a baseline names it: path and query, so that a preview on another host compares with the live site."""
    if not url:
        return ""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def rank(severity: str) -> int:
    """0 for critical."""
    return SEVERITIES.index(severity)


async def gather(client: Client, scan_id: str) -> Gathered:
    """Read the scan, its issues and its findings. Raises ApiError or UnreachableError."""
    scan = await client.raw_scan(scan_id)
    if scan.get("status") != "complete":
        return Gathered(scan, (), ())
    issues = [issue async for issue in client.every(f"/scans/{scan_id}/issues")]
    findings: list[Finding] = []
    truncated = False
    async for finding in _findings(client, scan_id):
        if len(findings) >= MAX_FINDINGS:
            truncated = True
            break
        findings.append(finding)
    findings += _of_the_site(issues, {finding.check for finding in findings})
    return Gathered(scan, issues, findings, truncated)


async def _findings(client: Client, scan_id: str) -> AsyncIterator[Finding]:
    async for page in client.every(f"/scans/{scan_id}/pages"):
        for one in page["findings"]:
            yield Finding(one["check"], one["severity"], page["url"], one["evidence"], one["position"])


def _of_the_site(issues: Iterable[Mapping[str, Any]], told: set[str]) -> list[Finding]:
    """Issues that no page bears: those of robots.txt, sitemaps, the host."""
    found: list[Finding] = []
    for issue in issues:
        if issue["check"] in told:
            continue
        examples: Sequence[Mapping[str, Any]] = issue["examples"] or ({},)
        found += [
            Finding(
                issue["check"],
                issue["severity"],
                str(example.get("url") or ""),
                str(example.get("evidence") or ""),
                str(example.get("position") or ""),
            )
            for example in examples
        ]
    return found
