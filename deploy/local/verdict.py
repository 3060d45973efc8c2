"""Whether a scan passes, and why not."""

import argparse
import dataclasses
from pathlib import Path

from deploy.local import options
from deploy.local.formats import baseline
from deploy.local.formats.gathered import SEVERITIES, Gathered, rank

MAX_NAMED = 5


def judge(gathered: Gathered, arguments: argparse.Namespace) -> Gathered:
    """``gathered`` with what is new against ``--baseline`` and the reasons why the run fails. Raises UsageError."""
    if gathered.scan.get("status") != "complete":
        return dataclasses.replace(gathered, failures=(_ended(gathered),))
    new = (
        frozenset(baseline.known(gathered.findings) - baseline.read(arguments.baseline)) if arguments.baseline else None
    )
    gathered = dataclasses.replace(gathered, new=new)
    failures: list[str] = []
    if arguments.fail_under is not None and (gathered.score is None or gathered.score < arguments.fail_under):
        score = "none" if gathered.score is None else f"{gathered.score:.1f}"
        failures.append(f"The score is {score}, and --fail-under is {arguments.fail_under}.")
    severity = arguments.fail_on or ("low" if arguments.baseline else None)
    failing = _failing(gathered, severity) if severity is not None else frozenset[str]()
    if failing:
        kind = "new findings" if gathered.new is not None else "issues"
        named = ", ".join(sorted(failing)[:MAX_NAMED]) + (
            f" and {len(failing) - MAX_NAMED} more" if len(failing) > MAX_NAMED else ""
        )
        failures.append(f"There are {kind} of severity {severity} or worse: {named}.")
    return dataclasses.replace(gathered, failures=tuple(failures), failing=failing)


def _failing(gathered: Gathered, severity: str) -> frozenset[str]:
    worst = rank(severity)
    return frozenset(
        finding.check for finding in gathered.findings if rank(finding.severity) <= worst and gathered.is_new(finding)
    )


def _ended(gathered: Gathered) -> str:
    reason = gathered.scan.get("reason")
    return f"The scan ended as {gathered.scan.get('status')}{f': {reason}' if reason else '.'}"


def add_verdict_options(parser: argparse.ArgumentParser) -> None:
    """What makes the run fail."""
    group = parser.add_argument_group("verdict")
    group.add_argument("--fail-under", metavar="N", type=options.percentage, help="fail if the score is below N")
    group.add_argument(
        "--fail-on", choices=SEVERITIES, metavar="SEVERITY", help=f"fail on an issue as bad: {', '.join(SEVERITIES)}"
    )
    group.add_argument(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="fail only on findings that FILE doesn't know (from severity low, or --fail-on)",
    )
    group.add_argument("--write-baseline", metavar="FILE", type=Path, help="write what was found to FILE")
