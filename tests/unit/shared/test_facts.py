"""The compact record of a page."""

import struct
from typing import Any

import pytest

from shared.checks.base import classes_of
from shared.checks.sample import HOST, NOW, URL, Sample, sample
from shared.facts import MAX_IDS, MAX_LINKS, Flag, SiteFacts, decode, encode, facts_of, hash64, url_hash
from shared.minhash import SIZE, signature, similarity
from shared.page import Asset, FetchError, Hop
from shared.robots import parse
from shared.url_forms import STYLE_CAMEL, STYLE_HYPHEN, STYLE_NONE, STYLE_UNDERSCORE, forms_of
from workers.extract import extract


def facts(example: Sample, **known: Any) -> SiteFacts:
    page = extract(example.fetched, example.context)
    return facts_of(page, seq=7, classes=classes_of(page), **known)


def flags(example: Sample) -> Flag:
    return Flag(facts(example).flags)


def links(one: SiteFacts) -> dict[int, int]:
    number = len(one.links) // 9
    return dict(zip(struct.unpack(f"<{number}Q", one.links[: 8 * number]), one.links[8 * number :], strict=True))


def test_the_stored_form_is_small_and_read_back_the_same() -> None:
    one = facts(sample())
    stored = encode(one)
    assert decode(stored) == one
    assert len(stored) - len(one.links) <= 600


def test_a_later_version_may_append_fields() -> None:
    stored = encode(facts(sample()))
    count = struct.unpack(">H", stored[1:3])[0]
    assert decode(stored[:1] + struct.pack(">H", count + 1) + stored[3:] + b"\x07") == facts(sample())


def test_an_ordinary_page() -> None:
    one = facts(sample())
    have = (
        Flag.FETCHED
        | Flag.HTML
        | Flag.INDEXABLE
        | Flag.HTTPS
        | Flag.LISTED
        | Flag.ALLOWED
        | Flag.HAS_LANG
        | Flag.CONTACT
    )
    assert have & ~Flag(one.flags) == Flag(0)
    lack = Flag.FAILED | Flag.NOINDEX | Flag.DISALLOWED | Flag.PAGINATED | Flag.OTHER_FORM | Flag.AMP
    assert not Flag(one.flags) & lack
    assert (one.seq, one.url, one.status, one.depth, one.language) == (7, URL, 200, 2, "en")
    assert one.here == one.final == one.canonical == url_hash(URL)
    assert one.words > 300
    assert len(one.sketch) == SIZE
    assert one.types == ("BreadcrumbList",)
    assert one.modified == pytest.approx(NOW, abs=86_400 * 30)


def test_links_are_internal_and_not_repeated() -> None:
    body = (
        '<a href="/a">One</a><a href="/a" rel="nofollow">Two</a><a href="/b" rel="ugc">Three</a>'
        f'<a href="https://other.example/">Other</a><a href="{HOST}/c#x">Four</a><a href="mailto:a@b.example">Five</a>'
    )
    found = links(facts(sample(nav="", byline="", footer="", body=body)))
    assert found == {url_hash(f"{HOST}/a"): 3, url_hash(f"{HOST}/b"): 2, url_hash(f"{HOST}/c"): 1}


def test_a_nofollow_page_follows_nothing() -> None:
    found = links(facts(sample(robots='<meta name="robots" content="nofollow">')))
    assert set(found.values()) == {2}


def test_lists_are_bounded() -> None:
    body = "".join(f'<a href="/{n}">Page {n}</a>' for n in range(MAX_LINKS + 10))
    body += "".join(f'<i id="n{n}"></i>' for n in range(MAX_IDS + 10))
    one = facts(sample(body=body))
    assert len(one.links) == 9 * MAX_LINKS
    assert len(one.ids) == 4 * MAX_IDS
    assert Flag.LINKS_CUT | Flag.IDS_CUT in Flag(one.flags)


def test_places() -> None:
    body = (
        '<h2 id="grit">Grit</h2><a href="#grit">Here</a><a href="/x#a%20b">There</a><a href="/x#/route">App</a>'
        '<a href="#top">Up</a><a href="/x#:~:text=knife">Text</a><a href="#">Nothing</a>'
    )
    one = facts(sample(body=body))
    pairs = list(struct.iter_unpack("<QI", one.fragments))
    here, there = hash64("grit") & 0xFFFFFFFF, hash64("a b") & 0xFFFFFFFF
    assert pairs == [(url_hash(URL), here), (url_hash(f"{HOST}/x"), there)]
    assert here in {number for (number,) in struct.iter_unpack("<I", one.ids)}


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("connection", Flag.FAILED),
        ("dns", Flag.FAILED),
        ("redirect_loop", Flag.FAILED),
        ("timeout", Flag(0)),
        ("blocked_by_server", Flag(0)),
        ("parser_killed", Flag(0)),
    ],
)
def test_only_the_sites_own_failures_count(kind: str, flag: Flag) -> None:
    found = flags(sample(status=None, html="", error=FetchError(kind, "no")))  # type: ignore[arg-type]
    assert found & (Flag.FAILED | Flag.FETCHED) == flag


@pytest.mark.parametrize(
    ("status", "fetched"), [(200, True), (404, True), (503, True), (401, False), (403, False), (429, False)]
)
def test_a_refusal_is_no_answer(status: int, fetched: bool) -> None:
    assert (Flag.FETCHED in flags(sample(status=status))) is fetched


def test_a_redirect() -> None:
    one = facts(sample(url=f"{HOST}/old", final_url=URL, redirects=(Hop(f"{HOST}/old", 301, URL),)))
    assert (one.here, one.final) == (url_hash(f"{HOST}/old"), url_hash(URL))


def test_robots_and_assets() -> None:
    robots = parse(b"User-agent: *\nDisallow: /private\n")
    example = sample(
        head='<script defer src="/private/a.js"></script><link rel="stylesheet" href="/a.css">',
        assets=(
            Asset(f"{HOST}/a.css", "style", internal=True, status=404),
            Asset(f"{HOST}/b.css", "style", internal=True, status=403),
            Asset(f"{HOST}/c.css", "style", internal=True, status=None, error="timeout"),
        ),
        robots_allows={"*": True, "Googlebot": False},
    )
    one = facts(example, robots=robots)
    assert one.disallowed_assets == (f"{HOST}/private/a.js",)
    assert one.broken_assets == ((f"{HOST}/a.css", "style", 404),)
    assert Flag.DISALLOWED in Flag(one.flags)
    assert facts(example).disallowed_assets is None


def test_alternates_by_every_method() -> None:
    html = f'<link rel="alternate" hreflang="de-AT" href="{HOST}/at">'
    one = facts(sample(head=html, headers={"Link": f'<{HOST}/fr>; rel="alternate"; hreflang="fr"'}))
    assert {(lang, internal) for lang, _, internal in one.alternates} == {("de-at", True), ("fr", True)}
    assert Flag.METHODS_DIFFER in Flag(one.flags)
    same = f'<{HOST}/at>; rel="alternate"; hreflang="de-at"'
    assert Flag.METHODS_DIFFER not in flags(sample(head=html, headers={"Link": same}))


def test_a_later_page_of_a_series() -> None:
    second = f"{HOST}/list?page=2"
    assert Flag.PAGINATED in flags(sample(url=second))
    assert Flag.FIRST_CANONICAL not in flags(sample(url=second))
    assert Flag.FIRST_CANONICAL in flags(sample(url=second, canonical=f'<link rel="canonical" href="{HOST}/list">'))
    assert Flag.PAGINATED not in flags(sample(url=f"{HOST}/list?page=1"))


def test_another_form_of_the_same_address() -> None:
    def form(canonical: str) -> bool:
        return Flag.OTHER_FORM in flags(sample(canonical=f'<link rel="canonical" href="{canonical}">'))

    assert form(f"{URL}/")
    assert form(URL.replace("https://", "http://www."))
    assert not form(URL)
    assert not form(f"{HOST}/guides/other")


def test_sitemap_facts() -> None:
    one = facts(sample(), lastmod="2026-11-02", sitemaps=2)
    assert (one.lastmod_day, one.sitemaps, one.lastmod) == (True, 2, 1_793_577_600)


def test_address_styles() -> None:
    styles = {
        name: forms_of(f"{HOST}/x/{name}").style for name in ("two-words", "two_words", "twoWords", "word", "a-b_c")
    }
    assert list(styles.values()) == [STYLE_HYPHEN, STYLE_UNDERSCORE, STYLE_CAMEL, STYLE_NONE, STYLE_NONE]


def test_number_in_a_series() -> None:
    assert forms_of(f"{HOST}/list/page/3/").page == 3
    assert forms_of(f"{HOST}/list/page/3/").first == forms_of(f"{HOST}/list").loose
    assert forms_of(f"{HOST}/list?sort=a&page=3").first == forms_of(f"{HOST}/list?sort=a").loose
    assert forms_of(f"{HOST}/list?p=123").page == 0
    assert forms_of(f"{HOST}/pages/3").page == 0


def text(words: int, changed: int = 0) -> str:
    return " ".join(f"changed{n}" if n < changed else f"word{n * n % 9973}" for n in range(words))


def test_the_sketch_estimates_what_texts_share() -> None:
    whole = text(600)
    for changed in (0, 6, 30, 120):
        other = text(600, changed)
        runs = [{one[n : n + 24] for n in range(len(one) - 23)} for one in (whole, other)]
        exact = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
        assert similarity(signature(whole), signature(other)) == pytest.approx(exact, abs=0.12)
    assert similarity(signature(whole), signature(whole.upper())) == 1
    assert similarity(signature(whole), signature(" ".join(f"else{n}" for n in range(600)))) < 0.1


def test_a_short_text_has_no_sketch() -> None:
    assert signature("A few words.") == b""
    assert similarity(b"", signature(text(600))) == 0


def test_the_sketch_depends_on_nothing_but_the_text() -> None:
    assert hash64(signature(text(100)).hex()) == 10_175_957_204_650_015_592
