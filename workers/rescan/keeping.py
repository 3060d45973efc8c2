"""What a judged page keeps for the next scan of its site, should the server say then that it hasn't changed.

Kept is the verdict as that scan would reach it from the same answer: with this page as the one before, so without
"has changed" findings. A page whose verdict depends on more than the answer and the terms (how long it took, dates that
come due) isn't kept, so that a verdict taken over is the one a fresh fetch would have come to.
"""

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.checks import catalogue
from shared.checks.base import Fact, Level
from shared.checks.limits import load_profile
from shared.facts_dates import modified_at
from shared.page import Context, Fetched, Page, Previous
from shared.tally import Tally
from workers.judge import Found, Judge, Verdict

HORIZON: Final = 7 * 86_400.0
"""Seconds after which a page is fetched anew in any case: a 304 doesn't tell of headers that have changed."""
BY_TIME: Final = frozenset({"content.outdated", "content.stale_copyright", "index.unavailable_after_past"})
"""Checks whose outcome depends on the day; a test keeps this complete."""
TOLD_AGAIN: Final = (
    "strict-transport-security", "content-security-policy", "content-security-policy-report-only", "x-frame-options",
    "x-content-type-options", "referrer-policy", "permissions-policy", "cross-origin-opener-policy",
    "cross-origin-embedder-policy", "cross-origin-resource-policy", "x-robots-tag", "link", "content-language",
    "cache-control", "server", "x-powered-by", "set-cookie",
)  # fmt: skip
"""Headers that checks read: where a 304 carries one that differs, the page is fetched anew."""
MAX_LINKS: Final = 5_000
MAX_VALIDATOR: Final = 500

_OK: Final = 200
_ROOT: Final = Path(__file__).resolve().parents[2]


class Again(Struct, frozen=True, omit_defaults=True):
    """What no column of a page's row holds. `findings` and `checks` None: the row's own. `links` is compressed."""

    fetched_at: float
    score: float | None
    tally: Tally
    links: bytes = b""
    headers: dict[str, str] = {}
    http_version: str | None = None
    findings: bytes | None = None
    checks: list[str] | None = None


@lru_cache(maxsize=1)
def version() -> bytes:
    """A hash of all code and data that verdicts come from: another release never takes a verdict over."""
    digest = hashlib.blake2b(digest_size=16)
    folders = (_ROOT / "shared", _ROOT / "workers" / "extract", _ROOT / "workers" / "rescan")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".toml"}]
    for path in sorted([*files, _ROOT / "workers" / "judge.py", _ROOT / "workers" / "scan_page.py"]):
        digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.digest()


def verdict_key(context: Context, *more: object) -> bytes:
    """A hash of all that a page's verdict depends on besides its answer. `more` as msgspec encodes it."""
    fixed = replace(context, now=0.0, previous=None, assets=None, external=None)
    encoded = msgspec.msgpack.encode((version(), fixed, more))
    return hashlib.blake2b(encoded, digest_size=16).digest()


class Judges(Struct, frozen=True):
    """Small parts of a scan's judge: of checks that compare with the scan before, of those that depend on the day."""

    compare: Judge
    by_time: Judge


@lru_cache(maxsize=32)
def judges(profile: str, thresholds: tuple[tuple[str, float], ...] = (), disabled: tuple[str, ...] = ()) -> Judges:
    """Of these terms."""
    limits = load_profile(profile).limits(dict(thresholds))
    pages = {check.id for check in catalogue().values() if check.level is Level.PAGE}
    comparing, _ = _needing()
    return Judges(
        Judge(limits, disabled=pages - comparing | set(disabled)),
        Judge(limits, disabled=pages - BY_TIME | set(disabled)),
    )


@lru_cache(maxsize=1)
def _needing() -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the checks that compare with the scan before, and of those that look at timings."""
    of = {fact: {c.id for c in catalogue().values() if fact in c.needs} for fact in (Fact.PREVIOUS, Fact.TIMINGS)}
    return frozenset(of[Fact.PREVIOUS]), frozenset(of[Fact.TIMINGS])


def validators(fetched: Fetched) -> tuple[str | None, str | None]:
    """(ETag, Last-Modified) of a whole answer of 200 to the very URL, as RFC 9110 section 13.1 has them sent back."""
    if fetched.status != _OK or fetched.redirects or fetched.error is not None or fetched.truncated:
        return None, None
    headers = dict(told(fetched, ("etag", "last-modified")))
    fit = {name: value for name, value in headers.items() if value.isprintable() and len(value) <= MAX_VALIDATOR}
    return fit.get("etag") or None, fit.get("last-modified") or None


def told(fetched: Fetched, names: Sequence[str] = TOLD_AGAIN) -> dict[str, str]:
    """The headers among `names`, lower-cased, repeated ones joined."""
    found: dict[str, str] = {}
    for name, value in fetched.headers or ():
        key = name.lower()
        if key in names:
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def previous_of(page: Page) -> Previous:
    """The page as the next scan will remember it."""
    hops = page.redirects
    return Previous(
        title=page.title if page.titles else None,
        canonical=page.canonical_url,
        noindex=page.noindex,
        redirect_target=hops[-1].location if hops else None,
        content_hash=page.content_hash,
        words=page.words,
    )


def verdict_again(page: Page, verdict: Verdict, parts: Judges) -> Verdict | None:
    """The verdict of the next scan on the same answer, None when it can't be foreseen."""
    comparing, timed = _needing()
    if verdict.raised or not page.is_html or any(found.check in timed for found in verdict.findings):
        return None
    context = page.context
    try:
        now = [found for found in verdict.findings if found.check in BY_TIME]
        page.context = replace(context, now=context.now + HORIZON)
        if _timeless(now) != _timeless(parts.by_time(page).findings):
            return None
        page.context = replace(context, previous=previous_of(page))
        compared = parts.compare(page)
    finally:
        page.context = context
    if compared.findings or compared.raised:
        return None
    undecided = [one for one in verdict.undecided if one not in comparing] + list(compared.undecided)
    findings = tuple(found for found in verdict.findings if found.check not in comparing)
    return Verdict(findings, tuple(sorted(undecided)), (), verdict.classes)


def stays_dated(page: Page) -> bool:
    """Whether the site's record of the page's date doesn't depend on when it was fetched."""
    fetched = page.fetched
    try:
        before = modified_at(page)
        page.fetched = replace(fetched, fetched_at=(fetched.fetched_at or page.context.now) + HORIZON)
        return modified_at(page) == before
    finally:
        page.fetched = fetched


_AGE = re.compile(r"last changed (\d{4})-(\d\d)-(\d\d), \d+ days ago")


def _timeless(findings: Sequence[Found]) -> list[tuple[str, str]]:
    return [(one.check, _AGE.sub("", one.evidence)) for one in findings]


def aged(findings: bytes, now: float) -> bytes:
    """Stored findings with the page's age in days as of `now`."""
    if b"content.outdated" not in findings:
        return findings
    today = datetime.fromtimestamp(now, UTC).date()

    def renewed(match: re.Match[str]) -> str:
        day = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC).date()
        return f"last changed {day}, {(today - day).days} days ago"

    return _AGE.sub(renewed, findings.decode()).encode()


def pack_links(links: Sequence[str]) -> bytes:
    """A page's links, which share much: 6 KB become 1."""
    return zlib.compress("\n".join(links).encode(), 6) if links else b""


def unpack_links(packed: bytes) -> list[str]:
    """Links from their stored form."""
    return zlib.decompress(packed).decode().split("\n") if packed else []


def differs(stored: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a 304 tells of a header that isn't what it was."""
    return any(stored.get(name) != value for name, value in now.items())
