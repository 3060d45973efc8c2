"""What is told when an alert is over: what holds now, with its figures, and all that had raised it. Pure."""

from typing import Any

from shared.alerts import (
    Before,
    CertificateExpires,
    Ended,
    Firing,
    NewIssue,
    NoindexAppeared,
    PagesFall,
    Rule,
    ScanFailed,
    ScoreBelow,
    ScoreDrops,
    names,
)


def ending(rule: Rule, now: Ended, subject: str, before: Before) -> Firing:
    """The news for people and programs. `before` is what was kept with the alert, the pages that joined it included."""
    message, details = _told(rule, now, subject, before)
    return Firing(subject=subject, message=message, details=details)


def _told(rule: Rule, now: Ended, subject: str, before: Before) -> tuple[str, dict[str, Any]]:
    score = "unknown" if now.score is None else f"{now.score:.1f}"
    match rule:
        case ScoreBelow():
            return f"The score is {score} again, not below {rule.score:g} any more.", {"score": now.score}
        case ScoreDrops():
            message = (
                f"The score is {score} again, less than {rule.by:g} points below the {before.score or 0:.1f} before."
            )
            return message, {"score": now.score, "score_before": before.score}
        case NewIssue():
            return _issue(rule, now, subject)
        case PagesFall():
            count = "1 page answers" if now.pages == 1 else f"{now.pages} pages answer"
            return f"{count} again, of {before.pages} before.", {"pages": now.pages, "pages_before": before.pages}
        case NoindexAppeared():
            return _noindex(now, before)
        case ScanFailed():
            message = f"The scan completed again: score {score}, {now.pages} page{'' if now.pages == 1 else 's'}."
            return message, {"score": now.score, "pages": now.pages}
        case CertificateExpires():
            until = now.certificate_until
            message = f"The certificate is valid until {until.date().isoformat() if until else 'an unknown day'} now."
            return message, {"expires_at": until}


def _issue(rule: NewIssue, now: Ended, check: str) -> tuple[str, dict[str, Any]]:
    severity = now.issues.get(check)
    if severity is None:
        return f"The issue is gone: {check}.", {"check": check, "severity": None}
    message = f"The issue is {severity} now, less than {rule.severity}: {check}."
    return message, {"check": check, "severity": severity}


def _noindex(now: Ended, before: Before) -> tuple[str, dict[str, Any]]:
    gone = [page for page in before.noindex if page in now.gone]
    allowed = [page for page in before.noindex if page not in now.gone]
    told: list[str] = []
    if allowed:
        count = "1 page no longer forbids" if len(allowed) == 1 else f"{len(allowed)} pages no longer forbid"
        told.append(f"{count} to be indexed: {names(allowed)}.")
    if gone:
        count = "1 page that forbade it is" if len(gone) == 1 else f"{len(gone)} pages that forbade it are"
        told.append(f"{count} gone: {names(gone)}.")
    return " ".join(told), {"pages": list(before.noindex), "gone": gone}
