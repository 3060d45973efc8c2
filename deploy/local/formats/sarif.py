"""SARIF 2.1.0 (OASIS), which code hosts show beside the change that brought a finding."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from deploy.local.formats.gathered import Finding, Gathered, place_of, rank

MAX_RESULTS = 5_000
"""GitHub shows at most so many results of a run, and refuses files with more than 25,000."""
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
HOME = "https://github.com/scanfleet/scanfleet"


def render(gathered: Gathered) -> str:
    """The file: a rule per check, a result per finding, the most severe first."""
    rules = {issue["check"]: issue for issue in gathered.issues}
    names = sorted(rules)
    ordered = sorted((one for one in gathered.findings if one.check in rules), key=lambda one: rank(one.severity))
    results = [_result(one, names.index(one.check), rules[one.check], gathered) for one in ordered[:MAX_RESULTS]]
    left_out = len(ordered) - len(results)
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "scanfleet", "informationUri": HOME, "rules": [_rule(rules[name]) for name in names]}
        },
        "invocations": [{"executionSuccessful": gathered.scan.get("status") == "complete"}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"score": gathered.score, "url": gathered.scan.get("url"), "resultsLeftOut": left_out},
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def _artifact(url: str) -> str:
    """The page as a relative reference, `example.com/path`: code hosts refuse files with addresses of other schemes."""
    parts = urlsplit(url)
    return f"{parts.netloc}{place_of(url)}" if parts.netloc else url


def _rule(issue: Mapping[str, Any]) -> dict[str, Any]:
    source = str(issue.get("source") or "")
    rule: dict[str, Any] = {
        "id": issue["check"],
        "shortDescription": {"text": issue["title"]},
        "fullDescription": {"text": issue["why"] or issue["title"]},
        "help": {"text": f"Fix: {issue['fix']}"},
        "defaultConfiguration": {"level": _LEVELS[issue["severity"]]},
        "properties": {"tags": [issue["category"]], "severity": issue["severity"]},
    }
    if source.startswith("https://"):
        rule["helpUri"] = source
    return rule


def _result(finding: Finding, index: int, issue: Mapping[str, Any], gathered: Gathered) -> dict[str, Any]:
    url = finding.url or str(gathered.scan.get("url") or "")
    evidence = f" {finding.evidence}" if finding.evidence else ""
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _artifact(url)}}}
    if finding.position:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.position}]
    key = f"{finding.check}\n{place_of(finding.url)}\n{finding.evidence}".encode(errors="replace")
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{issue['title']}{evidence}"},
        "locations": [location],
        "properties": {"url": url},
        "partialFingerprints": {"scanfleet/v1": hashlib.sha256(key).hexdigest()[:32]},
    }
    if gathered.new is not None:
        result["baselineState"] = "new" if gathered.is_new(finding) else "unchanged"
    return result
