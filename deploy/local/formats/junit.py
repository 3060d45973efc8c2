"""JUnit XML, which every CI system shows: a suite per category, a test case per issue, and one for the verdict."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from deploy.local.formats.gathered import Finding, Gathered

MAX_PLACES = 20
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(gathered: Gathered) -> str:
    """The file. An issue is a failure where it makes the run fail, else it passes and tells of itself in its output."""
    root = ET.Element("testsuites", name="scanfleet")
    verdict = ET.SubElement(root, "testsuite", name=_text(f"scan of {gathered.scan.get('url', '')}"))
    case = ET.SubElement(verdict, "testcase", classname="scanfleet", name="verdict")
    if gathered.failures:
        failure = ET.SubElement(case, "failure", message=_text(gathered.failures[0]))
        failure.text = _text("\n".join(gathered.failures))
    _count(verdict)
    by_check: dict[str, list[Finding]] = {}
    for finding in gathered.findings:
        by_check.setdefault(finding.check, []).append(finding)
    for category in sorted({str(issue["category"]) for issue in gathered.issues}):
        suite = ET.SubElement(root, "testsuite", name=_text(category))
        for issue in gathered.issues:
            if issue["category"] == category:
                _case(suite, issue, by_check.get(issue["check"], []), gathered)
        _count(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, issue: Mapping[str, Any], found: Iterable[Finding], gathered: Gathered) -> None:
    case = ET.SubElement(suite, "testcase", classname=_text(str(issue["category"])), name=_text(issue["check"]))
    mine = [one for one in found if one.severity == issue["severity"]]
    shown = [f"{one.url} {one.evidence}".strip() for one in mine[:MAX_PLACES]]
    if len(mine) > MAX_PLACES:
        shown.append(f"… and {len(mine) - MAX_PLACES} more")
    text = "\n".join([issue["title"], f"Fix: {issue['fix']}", f"Pages: {issue['pages']}", *shown])
    if any(one.check in gathered.failing and gathered.is_new(one) for one in mine):
        failure = ET.SubElement(case, "failure", message=_text(issue["title"]), type=_text(issue["severity"]))
        failure.text = _text(text)
    else:
        ET.SubElement(case, "system-out").text = _text(f"{issue['severity']}: {text}")


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))


def _text(text: str) -> str:
    """Without what XML 1.0 can't hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
