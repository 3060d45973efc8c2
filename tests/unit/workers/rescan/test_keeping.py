"""What is kept for the next scan is what that scan would find."""

import pytest
from msgspec.structs import replace

from shared.checks import catalogue
from shared.checks.base import Fact, On
from shared.checks.limits import load_profile
from shared.checks.sample import NOW, Sample, sample
from shared.page import Context, Page, Previous, Timings
from workers.extract import extract
from workers.judge import Judge, Verdict
from workers.rescan import keeping

PROFILE = "default-2026.11"
TERMS = keeping.judges(PROFILE)
DAY = 86_400.0
MOST = 40_000


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(load_profile().limits())


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    """One bad example of each check, and all of those that matter here; no huge ones."""
    samples: list[Sample] = []
    for check in catalogue().values():
        all_of_it = Fact.PREVIOUS in check.needs or check.id in keeping.BY_TIME
        samples += (*check.bad, *check.good) if all_of_it else check.bad[:1]
    small = [one for one in samples if len(one.fetched.body) < MOST]
    return [extract(replace(one.fetched, tls=None), one.context) for one in small]


def at(one: Sample, now: float) -> Sample:
    return Sample(replace(one.fetched, fetched_at=now), replace(one.context, now=now))


def judged(judge: Judge, page: Page, now: float, previous: Previous | None) -> Verdict:
    page.context = replace(page.context, now=now, previous=previous)
    return judge(page)


def test_no_other_check_depends_on_the_day(judge: Judge, pages: list[Page]) -> None:
    """But those of certificates, whose pages aren't kept."""
    differing: set[str] = set()
    for page in pages:
        today = {(found.check, found.evidence) for found in judged(judge, page, NOW, None).findings}
        later = {(found.check, found.evidence) for found in judged(judge, page, NOW + 30 * 365 * DAY, None).findings}
        differing |= {check for check, _ in today ^ later}
    assert differing == keeping.BY_TIME


def test_what_is_kept_is_what_the_next_scan_finds(judge: Judge, pages: list[Page]) -> None:
    """On every example of the catalogue, from the first scan and from a later one, judged three days on."""
    kept = 0
    later = NOW + 3 * DAY
    for page in pages:
        for previous in (None, Previous(title="Something else", content_hash="0" * 16, words=3)):
            again = keeping.verdict_again(page, judged(judge, page, NOW, previous), TERMS)
            if again is None:
                continue
            kept += 1
            fresh = judged(judge, page, later, keeping.previous_of(page))
            aged = [
                (f.check, f.severity, keeping.aged(f"{f.check} {f.evidence}".encode(), later)) for f in again.findings
            ]
            assert aged == [(f.check, f.severity, f"{f.check} {f.evidence}".encode()) for f in fresh.findings]
            assert (sorted(again.undecided), again.classes) == (sorted(fresh.undecided), fresh.classes)
    assert kept > 300


def test_slow_answers_aren_t_kept(judge: Judge) -> None:
    one = sample(timings=Timings(ttfb=5_000.0, total=6_000.0))
    page = extract(one.fetched, one.context)
    assert keeping.verdict_again(page, judge(page), TERMS) is None


def test_pages_that_come_of_age_aren_t_kept(judge: Judge) -> None:
    limit = load_profile().limits()["content.outdated"]
    fresh = sample(headers={"Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"})
    soon = at(fresh, NOW + (limit - 17) * DAY)
    page = extract(soon.fetched, soon.context)
    verdict = judge(page)
    assert "content.outdated" not in {found.check for found in verdict.findings}
    assert On.INDEXABLE in verdict.classes
    assert keeping.verdict_again(page, verdict, TERMS) is None
    old = at(fresh, NOW + (limit + 50) * DAY)
    page = extract(old.fetched, old.context)
    assert keeping.verdict_again(page, judge(page), TERMS) is not None


def test_only_whole_answers_of_the_very_url_have_validators() -> None:
    tagged = sample(headers={"ETag": '"abc"'}).fetched
    assert keeping.validators(tagged) == ('"abc"', "Mon, 02 Nov 2026 08:00:00 GMT")
    for change in ({"status": 404}, {"truncated": True}):
        assert keeping.validators(replace(tagged, **change)) == (None, None)
    assert keeping.validators(sample(headers={"ETag": '"a\r\nX: y"', "Last-Modified": None}).fetched) == (None, None)


def test_the_key_depends_on_terms_and_context_but_not_on_time_or_probes() -> None:
    context = Context(now=1.0, depth=2)
    key = keeping.verdict_key(context, PROFILE, "agent")
    assert key == keeping.verdict_key(replace(context, now=9.0, previous=Previous()), PROFILE, "agent")
    assert key != keeping.verdict_key(replace(context, depth=3), PROFILE, "agent")
    assert key != keeping.verdict_key(context, (PROFILE, ("title.missing",)), "agent")
    assert key != keeping.verdict_key(context, PROFILE, "other")


def test_links_come_back() -> None:
    links = [f"https://example.com/p/{n}?q=ü" for n in range(300)]
    packed = keeping.pack_links(links)
    assert keeping.unpack_links(packed) == links
    assert len(packed) < 2_000
    assert keeping.unpack_links(keeping.pack_links([])) == []


def test_headers_that_a_304_repeats_must_be_the_same() -> None:
    stored = {"x-robots-tag": "nofollow", "server": "nginx"}
    assert not keeping.differs(stored, {})
    assert not keeping.differs(stored, {"server": "nginx"})
    assert keeping.differs(stored, {"x-robots-tag": "noindex"})
    assert keeping.differs(stored, {"referrer-policy": "no-referrer"})
