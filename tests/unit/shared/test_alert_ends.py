"""What is told of an alert that is over holds now, and has its figure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.alert_ends import ending
from shared.alerts import (
    Before,
    CertificateExpires,
    Ended,
    NewIssue,
    NoindexAppeared,
    PagesFall,
    Rule,
    ScanFailed,
    ScoreBelow,
    ScoreDrops,
)

NOW = Ended(
    status="complete",
    finished_at=datetime(2026, 11, 22, tzinfo=UTC),
    score=72.0,
    pages=3,
    issues={"b.y": "low"},
    gone=frozenset({"/c"}),
    certificate_until=datetime(2027, 2, 20, tzinfo=UTC),
)
BEFORE = Before(score=75.0, pages=4, noindex=("/a", "/b", "/c"))


@pytest.mark.parametrize(
    ("rule", "subject", "message", "details"),
    [
        (ScoreBelow(score=60), "", "The score is 72.0 again, not below 60 any more.", {"score": 72.0}),
        (
            ScoreDrops(by=5),
            "",
            "The score is 72.0 again, less than 5 points below the 75.0 before.",
            {"score": 72.0, "score_before": 75.0},
        ),
        (NewIssue(), "a.x", "The issue is gone: a.x.", {"check": "a.x", "severity": None}),
        (
            NewIssue(),
            "b.y",
            "The issue is low now, less than critical: b.y.",
            {"check": "b.y", "severity": "low"},
        ),
        (PagesFall(percent=30), "", "3 pages answer again, of 4 before.", {"pages": 3, "pages_before": 4}),
        (
            NoindexAppeared(),
            "",
            "2 pages no longer forbid to be indexed: /a, /b. 1 page that forbade it is gone: /c.",
            {"pages": ["/a", "/b", "/c"], "gone": ["/c"]},
        ),
        (ScanFailed(), "", "The scan completed again: score 72.0, 3 pages.", {"score": 72.0, "pages": 3}),
        (
            CertificateExpires(days=14),
            "",
            "The certificate is valid until 2027-02-20 now.",
            {"expires_at": NOW.certificate_until},
        ),
    ],
)
def test_what_holds_now(rule: Rule, subject: str, message: str, details: dict[str, Any]) -> None:
    told = ending(rule, NOW, subject, BEFORE)
    assert (told.subject, told.message, told.details) == (subject, message, details)
