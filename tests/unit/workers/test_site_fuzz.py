"""No records of pages, however odd together, make the site-level analysis, a check or the score fail."""

from array import array
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.checks import catalogue
from shared.checks.limits import load_profile
from shared.checks.site import SiteInputs
from shared.facts import Flag, SiteFacts, decode, encode, hash64
from shared.minhash import signature
from shared.scoring import Scorer
from shared.tally import Tally
from tests.unit.workers.site_builder import robots_file, sitemap_file
from workers.site import Analysis, SiteJudge

PROFILE = load_profile()
LIMITS = PROFILE.limits()
SCORER = Scorer(PROFILE, catalogue())
URLS = ["https://example.com/", "https://example.com", "http://example.com/", "https://www.example.com/a", "https://example.com/A",
        "https://example.com/a/", "https://example.com/a?page=2", "https://example.com/é", "", "x", "https://[", "\x00"]  # fmt: skip
_hash = st.one_of(st.sampled_from([0, 1, (1 << 64) - 1, *(hash64(url) for url in URLS)]), st.integers(0, (1 << 64) - 1))
_small = st.one_of(st.integers(0, 4), st.sampled_from([0, (1 << 32) - 1]))


def _packed(code: str, values: Sequence[int]) -> bytes:
    return array(code, values).tobytes()


_u64s = st.lists(_hash, max_size=4).map(lambda values: _packed("Q", values))
_links = st.lists(st.tuples(_hash, st.integers(0, 3)), max_size=6).map(
    lambda pairs: _packed("Q", [one for one, _ in pairs]) + bytes(kind for _, kind in pairs)
)
_ids = st.lists(_small, max_size=3).map(lambda values: _packed("I", values))
_fragments = st.lists(st.tuples(_hash, _small), max_size=3).map(
    lambda pairs: b"".join(_packed("Q", [target]) + _packed("I", [place]) for target, place in pairs)
)
_sketch = st.sampled_from([b"", signature(""), signature("one text " * 90), signature("another text entirely " * 50)])
_lang = st.sampled_from(["", "en", "de", "de-at", "x-default", "zz", "\x00"])
_time = st.sampled_from([0.0, -1.0, 1.7e9, 1.8e9, 4e12])
_url = st.sampled_from(URLS)

_facts = st.builds(
    SiteFacts,
    seq=st.just(0),
    url=_url,
    flags=st.one_of(st.integers(0, (1 << 23) - 1), st.sampled_from([int(Flag.FETCHED | Flag.HTML | Flag.INDEXABLE)])),
    status=st.sampled_from([0, 200, 204, 301, 304, 404, 500, 999]),
    classes=st.integers(0, 63),
    depth=st.integers(-1, 9),
    here=_hash, final=_hash, hops=_u64s, canonical=_hash, links=_links, fragments=_fragments, ids=_ids,
    alternates=st.lists(st.tuples(_lang, _hash, st.booleans()), max_size=4).map(tuple),
    next=_hash, prev=_hash, amphtml=_hash, assets=_u64s,
    broken_assets=st.lists(st.tuples(_url, st.sampled_from(["script", "style", "image"]), st.sampled_from([0, 404])), max_size=2).map(tuple),
    disallowed_assets=st.one_of(st.none(), st.lists(_url, max_size=2).map(tuple)),
    title=_hash, description=_hash, h1=_hash, title_end=_hash, content=_hash, sketch=_sketch,
    words=st.sampled_from([0, 1, 300, 10**9]),
    language=_lang,
    types=st.lists(st.sampled_from(["Article", "", "Product"]), max_size=2).map(tuple),
    bare=_hash, loose=_hash, looser=_hash, slashless=_hash, folded=_hash, directory=_hash, style=st.integers(0, 8),
    lastmod=_time, lastmod_day=st.booleans(), modified=_time, sitemaps=st.integers(0, 3),
)  # fmt: skip

_inputs = st.builds(
    SiteInputs,
    start_url=_url,
    complete=st.booleans(),
    reason=st.sampled_from(["", "the limit of pages was reached"]),
    robots=st.one_of(st.none(), st.builds(robots_file, st.sampled_from(["", "User-agent: *\nDisallow: /", "x\n"]),
                                          status=st.sampled_from([None, 200, 404, 503]))),
    sitemaps=st.one_of(st.none(), st.lists(st.builds(sitemap_file, url=_url, urls=st.integers(0, 60_000)), max_size=2).map(tuple)),
    skipped=st.dictionaries(st.sampled_from(["budget", "trap"]), st.integers(0, 9)),
    moved_to=st.sampled_from(["", "https://example.org/"]),
    network=st.lists(st.sampled_from(["assets", "external", "tls", "host"]), max_size=4).map(tuple),
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_facts, max_size=12), _inputs)
def test_no_site_makes_the_analysis_fail(made: list[SiteFacts], inputs: SiteInputs) -> None:
    records = [decode(encode(replace(one, seq=seq))) for seq, one in enumerate(made)]
    urls = {one.seq: one.url for one in records}
    judge = SiteJudge(Analysis(iter(records), inputs), LIMITS, lambda seqs: {seq: urls[seq] for seq in seqs})
    for found in judge.findings():
        assert found.severity in catalogue()[found.check].severities
        assert found.seq is None or found.seq in urls
        assert found.evidence
    assert [(one.check, one.raised) for one in judge.outcomes.values() if one.raised] == []
    outcome = SCORER.score(judge.tally(Tally()))
    assert outcome.score is None
    assert 0 <= outcome.coverage <= 100
