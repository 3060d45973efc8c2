"""What was found before: a file that lets a run fail on new findings only."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from deploy.local.errors import UsageError
from deploy.local.formats.gathered import Finding, place_of

VERSION = 1
MAX_BYTES = 256 * 1024 * 1024


class Baseline(msgspec.Struct, frozen=True):
    """Known findings: check → places, both sorted, so that the file makes readable differences in a repository."""

    version: int
    findings: dict[str, list[str]]


def known(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """(check, place) of each finding."""
    return {(finding.check, place_of(finding.url)) for finding in findings}


def write(path: Path, findings: Iterable[Finding]) -> None:
    """Write the file. Raises UsageError where that can't be done."""
    by_check: dict[str, set[str]] = {}
    for check, place in known(findings):
        by_check.setdefault(check, set()).add(place)
    ordered = {check: sorted(places) for check, places in sorted(by_check.items())}
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(Baseline(VERSION, ordered))) + b"\n")
    except OSError as error:
        raise UsageError(f"--write-baseline {path}: {error.strerror}.") from error


def read(path: Path) -> frozenset[tuple[str, str]]:
    """The (check, place) pairs of the file. Raises UsageError that says what to do."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"--baseline {path}: larger than {MAX_BYTES >> 20} MB.")
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except FileNotFoundError as error:
        message = f"--baseline {path}: there is no such file. Make it from a scan with: --write-baseline {path}"
        raise UsageError(message) from error
    except OSError as error:
        raise UsageError(f"--baseline {path}: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"--baseline {path}: not a baseline: {error}. Make it anew with --write-baseline.") from error
    if baseline.version != VERSION:
        raise UsageError(f"--baseline {path}: version {baseline.version}; this program reads version {VERSION}.")
    return frozenset((check, place) for check, places in baseline.findings.items() for place in places)
