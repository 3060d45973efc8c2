"""Alert rules of monitors: what they watch, when one fires, when it has recovered. Pure; the scheduler applies them.

A rule fires once and stays open until a run shows that its cause is gone; then it recovers once. Rules of change
compare with the run before the alert, which is kept with it, so that a second bad run is no recovery.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
MOST_RULES: Final = 20
MOST_NAMED: Final = 5
MOST_PAGES: Final = 1_000
"""Pages that an alert remembers by name."""
DAY_SECONDS: Final = 86_400

Points = Annotated[float, Meta(gt=0, le=100)]
Share = Annotated[float, Meta(gt=0, le=100)]


class ScoreDrops(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="score_drops"):
    """The score is `by` points or more below that of the run before."""

    by: Points = 5.0


class ScoreBelow(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="score_below"):
    """The score is below `score`."""

    score: Points


class NewIssue(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="new_issue"):
    """A check fires with this severity or a worse one that the run before didn't have; one alert a check."""

    severity: Literal["critical", "high", "medium", "low", "info"] = "critical"


class PagesFall(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pages_fall"):
    """The number of pages that answered is `percent` or more below that of the run before."""

    percent: Share = 10.0


class ScanFailed(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="scan_failed"):
    """The run ended in an error, or nothing could be judged in it."""


class NoindexAppeared(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="noindex_appeared"):
    """Pages that could be indexed forbid it now."""


class CertificateExpires(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="certificate_expires"):
    """The host's certificate is valid for fewer than `days`. Needs `tls` among `checks_network`."""

    days: Annotated[int, Meta(ge=1, le=365)] = 14


COMPARING: Final = (ScoreDrops, NewIssue, PagesFall, NoindexAppeared)
"""Rules of change: they say nothing of runs of another site, mode or options than the one before."""

Rule = ScoreDrops | ScoreBelow | NewIssue | PagesFall | ScanFailed | NoindexAppeared | CertificateExpires
Rules = Annotated[list[Rule], Meta(max_length=MOST_RULES)]


class Ended(Struct, frozen=True, kw_only=True):
    """A run that has ended, as far as rules look at it. `pages` are those that answered without an error.

    `blind` is why nothing could be judged in a run that is complete, empty where something could. `sound` runs saw as
    much as the run that they are compared with; only from these it follows that an issue is gone. `issues` is check →
    its worst severity. `noindex` are pages that forbid indexing and did not in the run before; `indexable` those of the
    open alert that allow it again, and `gone` those that are no longer there. `certificate_until` is None where it
    wasn't asked. `tls_fault` is why no page could be fetched over TLS, where that is why nothing could.
    """

    status: Literal["complete", "error", "stopped"]
    finished_at: datetime
    reason: str = ""
    blind: str = ""
    score: float | None = None
    pages: int = 0
    whole: bool = True
    sound: bool = True
    issues: Mapping[str, str] = {}
    noindex: Sequence[str] = ()
    indexable: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    certificate_until: datetime | None = None
    tls_fault: str = ""


class Before(Struct, frozen=True, kw_only=True):
    """What a rule of change compares with: the latest complete run that saw enough, or that before an open alert.

    `severities` are the worst of each of the `issues`; alerts that the release before opened don't have them.
    """

    score: float | None = None
    pages: int = 0
    issues: tuple[str, ...] = ()
    severities: dict[str, str] = {}
    noindex: tuple[str, ...] = ()


class Firing(Struct, frozen=True, kw_only=True):
    """A rule's condition holds. `subject` tells alerts of one rule apart; `message` is for people."""

    subject: str
    message: str
    details: dict[str, Any]


def names(pages: Sequence[str]) -> str:
    """The first few by name, and how many more there are."""
    more = len(pages) - MOST_NAMED
    return ", ".join(pages[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def name_of(rule: Rule) -> str:
    """What tells rules of a monitor apart, its figures included: a rule that was changed is another one."""
    fields: dict[str, str | float] = msgspec.to_builtins(rule)
    kind = str(fields.pop("kind"))
    return ":".join([kind, *(value if isinstance(value, str) else f"{value:g}" for _, value in sorted(fields.items()))])


def watched(rules: Iterable[Rule]) -> list[Rule]:
    """Each rule once."""
    return list({name_of(rule): rule for rule in rules}.values())


def holds(rule: Rule, now: Ended, before: Before | None) -> list[Firing] | None:
    """Every subject for which the rule's condition holds; None where this run can't tell.

    `before` is the run before the open alert where there is one, else the run before; None for the first run.
    """
    if isinstance(rule, ScanFailed):
        return None if now.status == "stopped" else _failed(now)
    if isinstance(rule, CertificateExpires) and now.tls_fault:
        return _untrusted(now)
    if now.status != "complete" or (now.blind and not isinstance(rule, PagesFall)):
        return None
    if isinstance(rule, ScoreBelow):
        return _below(rule, now)
    if isinstance(rule, CertificateExpires):
        return _expires(rule, now)
    if before is None:
        return []
    if isinstance(rule, ScoreDrops):
        return _drops(rule, now, before)
    if isinstance(rule, NewIssue):
        return _new(rule, now, before)
    if isinstance(rule, PagesFall):
        return _fall(rule, now, before)
    return _noindex(now, before)


def over(rule: Rule, now: Ended, subject: str, before: Before) -> bool:
    """Whether an open alert's cause is gone. An issue, or a page, that a run could not see is not."""
    if isinstance(rule, NewIssue | NoindexAppeared) and not now.sound:
        return False
    found = holds(rule, now, before)
    return found is not None and all(firing.subject != subject for firing in found)


def _failed(now: Ended) -> list[Firing]:
    if now.blind:
        return [Firing(subject="", message=f"Nothing could be judged: {now.blind}.", details={"reason": now.blind})]
    if now.status != "error":
        return []
    return [Firing(subject="", message=f"The scan failed: {now.reason}", details={"reason": now.reason})]


def _below(rule: ScoreBelow, now: Ended) -> list[Firing] | None:
    if now.score is None:
        return None
    if now.score >= rule.score:
        return []
    message = f"The score is {now.score:.1f}, below {rule.score:g}."
    return [Firing(subject="", message=message, details={"score": now.score})]


def _expires(rule: CertificateExpires, now: Ended) -> list[Firing] | None:
    if now.certificate_until is None:
        return None
    days = (now.certificate_until - now.finished_at).total_seconds() / DAY_SECONDS
    if days >= rule.days:
        return []
    until = now.certificate_until.date().isoformat()
    words = f"expires in {days:.0f} days, on {until}" if days > 0 else f"expired on {until}"
    return [Firing(subject="", message=f"The certificate {words}.", details={"expires_at": now.certificate_until})]


def _untrusted(now: Ended) -> list[Firing] | None:
    """A scan that failed for its certificate. A handshake that fails for something else says nothing of it."""
    until = now.certificate_until
    if until is not None and until <= now.finished_at:
        message = f"The certificate expired on {until.date().isoformat()}."
    elif "has expired" in now.tls_fault:
        message = "The certificate has expired."
    elif "handshake" in now.tls_fault:
        return None
    else:
        message = f"The certificate may be why nothing could be fetched: {now.tls_fault.rstrip('.')}."
    return [Firing(subject="", message=message, details={"expires_at": until, "reason": now.tls_fault})]


def _drops(rule: ScoreDrops, now: Ended, before: Before) -> list[Firing] | None:
    if now.score is None or before.score is None:
        return None
    drop = before.score - now.score
    if drop < rule.by:
        return []
    message = f"The score fell by {drop:.1f} points, from {before.score:.1f} to {now.score:.1f}."
    return [Firing(subject="", message=message, details={"score": now.score, "score_before": before.score})]


def _new(rule: NewIssue, now: Ended, before: Before) -> list[Firing]:
    worst = SEVERITIES.index(rule.severity)
    known = {check for check in before.issues if SEVERITIES.index(before.severities.get(check, SEVERITIES[0])) <= worst}
    return [
        Firing(subject=check, message=f"New {severity} issue: {check}.", details={"check": check, "severity": severity})
        for check, severity in sorted(now.issues.items())
        if SEVERITIES.index(severity) <= worst and check not in known
    ]


def _fall(rule: PagesFall, now: Ended, before: Before) -> list[Firing] | None:
    if not now.whole or not before.pages:
        return None
    fall = 100.0 * (before.pages - now.pages) / before.pages
    if fall < rule.percent:
        return []
    message = f"The number of pages fell by {fall:.0f} %, from {before.pages} to {now.pages}."
    return [Firing(subject="", message=message, details={"pages": now.pages, "pages_before": before.pages})]


def _noindex(now: Ended, before: Before) -> list[Firing]:
    still = [page for page in before.noindex if page not in now.indexable and page not in now.gone]
    pages = list(dict.fromkeys([*still, *now.noindex]))[:MOST_PAGES]
    if not pages:
        return []
    count = "1 page forbids" if len(pages) == 1 else f"{len(pages)} pages forbid"
    return [Firing(subject="", message=f"{count} to be indexed: {names(pages)}.", details={"pages": pages})]
