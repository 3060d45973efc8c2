"""For every site-level check a small site with that one defect raises its id, what follows from it, and no more."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec import Struct, structs

from shared.checks import catalogue
from shared.checks.base import Level, On, Severity
from shared.checks.limits import load_profile
from shared.checks.sample import HOST
from shared.checks.site import Fault, PreviousSite, SiteInputs, TextFile
from shared.facts import SiteFacts
from shared.page import Asset, Fetched, Hop
from shared.robots import parse
from shared.scoring import Scorer
from shared.sitemaps import SitemapProblem
from shared.tally import Tally
from tests.unit.workers import host_cases
from tests.unit.workers.site_builder import (
    CLEAN,
    ROBOTS,
    Built,
    broken,
    clean,
    failed,
    judge,
    page,
    prose,
    robots_file,
    site_inputs,
    sitemap_file,
)
from workers.fetch import discovery
from workers.site import Analysis, SiteJudge, inputs


class Case(Struct, frozen=True):
    """One defect: the site, what is known besides, and the ids that follow from the defect."""

    site: list[Built]
    inputs: SiteInputs | None = None
    implies: tuple[str, ...] = ()


def canonical(path: str) -> str:
    return f'<link rel="canonical" href="{HOST}{path}">'


def changed(path: str, **options: Any) -> list[Built]:
    """The clean site with one page changed."""
    return [page(one, **options) if one == path else page(one) for one in CLEAN]


def added(*more: Built) -> list[Built]:
    """The clean site with pages added; all pages link to those that answer 200."""
    return [*clean(), *more]


def alternates(own: str, *others: tuple[str, str]) -> str:
    return "".join(
        f'<link rel="alternate" hreflang="{lang}" href="{HOST}{path}">' for lang, path in (("en", own), *others)
    )


def text_file(text: str) -> SiteInputs:
    return site_inputs(robots=robots_file(text))


def fault(kind: str, **options: Any) -> Case:
    problem = Fault(kind, 3, "what is wrong")
    return Case(clean(), site_inputs(sitemaps=(sitemap_file(problems=(problem,), **options),)))


def siblings(number: int = 12) -> list[str]:
    return [f"/shop/item-number-{n}" for n in range(number)]


def shop(odd: Mapping[str, Any], **options: Any) -> list[Built]:
    """A directory of pages of one kind, the last of them odd."""
    *usual, last = siblings()
    return added(*(page(path, **options) for path in usual), page(last, **{**options, **odd}))


def ld(kind: str) -> str:
    return f'<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "{kind}"}}</script>'


TWIN: dict[str, Any] = {"h1": "<h1>Shop</h1>", "content": f"<p>{prose('x')}</p>"}
"""What makes two pages say the same."""


def titled(path: str, end: str = " | Kitchen") -> str:
    return f"<title>{prose(('title', path), 5)}{end}</title>"


def asset(kind: str, status: int) -> Asset:
    return Asset(url=f"{HOST}/a.js", kind=kind, internal=True, status=status)  # type: ignore[arg-type]


TO_BAD = "/guides/knives"
BLOCKING = "User-agent: *\nDisallow: /\n"
AI = ("ai.bot_blocked",)
ORPHAN = ("link.orphan", "sitemap.orphan_url")
SERIES = ("/list", "/list?page=2", "/list?page=3")


def series(**changes: Any) -> list[Built]:
    """A series of three pages; `changes` replaces the head of its pages by number."""
    first, second, third = SERIES
    heads = {
        "first": f'<link rel="next" href="{second}">',
        "second": f'<link rel="prev" href="{first}"><link rel="next" href="{third}">',
        "third": f'<link rel="prev" href="{second}">',
    } | changes
    return [
        page("/", links=(*CLEAN, *SERIES)),
        *clean()[1:],
        page(first, head=str(heads["first"]), links=("/", second)),
        page(second, head=str(heads["second"]), links=("/", third)),
        page(third, head=str(heads["third"]), links=("/",)),
    ]


CASES: dict[str, Callable[[], Case]] = {
    "redirect.page_linked": lambda: Case(
        [page("/", links=(*CLEAN, "/old")), *clean()[1:], page("/old", redirect="/about", in_sitemap=False)]
    ),
    "redirect.trailing_slash_mix": lambda: Case(added(page("/shop", **TWIN), page("/shop/", **TWIN))),
    "redirect.case_variant": lambda: Case(added(page("/Shop", **TWIN), page("/shop", **TWIN))),
    "index.noindex_sitewide": lambda: Case(
        [
            page(path, robots='<meta name="robots" content="noindex">', in_sitemap=False)
            for path in (*CLEAN, *siblings())
        ]
    ),
    "index.robots_block_and_noindex": lambda: Case(
        added(page("/private/x", robots='<meta name="robots" content="noindex">', in_sitemap=False)),
        implies=("robots.blocked",),
    ),
    "robots.missing": lambda: Case(clean(), site_inputs(robots=robots_file("", status=404))),
    "robots.server_error": lambda: Case(clean(), site_inputs(robots=robots_file("", status=503))),
    "robots.redirect": lambda: Case(clean(), site_inputs(robots=robots_file("", status=301, hops=6))),
    "robots.not_text": lambda: Case(clean(), site_inputs(robots=robots_file(content_type="application/json"))),
    "robots.syntax": lambda: Case(clean(), text_file(ROBOTS + "Disalow: /x\nnonsense\n")),
    "robots.too_large": lambda: Case(clean(), text_file(ROBOTS + "# " + "x" * 600_000)),
    "robots.blocks_all": lambda: Case(clean(), text_file(BLOCKING + f"Sitemap: {HOST}/sitemap.xml"), AI),
    "robots.blocks_resources": lambda: Case(changed("/about", head='<script defer src="/private/a.js"></script>')),
    "robots.blocked": lambda: Case(
        added(failed("/private/a", "blocked_by_robots", in_sitemap=False), linking("/private/a"))
    ),
    "robots.sitemap_missing": lambda: Case(clean(), text_file("User-agent: *\nDisallow: /private\n")),
    "robots.crawl_delay": lambda: Case(
        clean(), text_file("User-agent: *\nCrawl-delay: 3\n" + f"Sitemap: {HOST}/s.xml")
    ),
    "robots.changed": lambda: Case(clean(), site_inputs(previous=PreviousSite(robots_hash="other"))),
    "sitemap.missing": lambda: Case(
        [page(path, in_sitemap=False) for path in CLEAN],
        site_inputs(sitemaps=(sitemap_file(status=404, declared=False, kind="unknown", urls=0),)),
    ),
    "sitemap.unreachable": lambda: Case(
        [page(path, in_sitemap=False) for path in CLEAN], site_inputs(sitemaps=(sitemap_file(status=404, urls=0),))
    ),
    "sitemap.syntax": lambda: fault("sitemap.syntax"),
    "sitemap.wrong_format": lambda: fault("sitemap.wrong_format"),
    "sitemap.too_many_urls": lambda: fault("sitemap.too_many_urls"),
    "sitemap.too_large": lambda: fault("sitemap.too_large"),
    "sitemap.index_too_many": lambda: fault("sitemap.index_too_many"),
    "sitemap.url_out_of_scope": lambda: fault("sitemap.url_out_of_scope"),
    "sitemap.http_urls": lambda: fault("sitemap.http_urls"),
    "sitemap.duplicate_url": lambda: fault("sitemap.duplicate_url", counts={"sitemap.duplicate_url": 12}),
    "sitemap.lastmod_invalid": lambda: fault("sitemap.lastmod_invalid"),
    "sitemap.image_news_video_invalid": lambda: fault("sitemap.image_news_video_invalid"),
    "sitemap.news_stale": lambda: fault("sitemap.news_stale"),
    "sitemap.hreflang_invalid": lambda: fault("sitemap.hreflang_invalid"),
    "sitemap.count_dropped": lambda: Case(clean(), site_inputs(previous=PreviousSite(sitemap_urls=40))),
    "sitemap.redirect_url": lambda: Case(added(page("/old", redirect="/about"))),
    "sitemap.broken_url": lambda: Case(added(broken("/gone"))),
    "sitemap.noindex_url": lambda: Case(changed("/about", robots='<meta name="robots" content="noindex">')),
    "sitemap.blocked_url": lambda: Case(added(failed("/private/a", "blocked_by_robots"))),
    "sitemap.noncanonical_url": lambda: Case(changed("/about", canonical=canonical("/guides/knives"))),
    "sitemap.in_multiple": lambda: Case(changed("/about", facts={"sitemaps": 2})),
    "sitemap.orphan_url": lambda: Case(
        [page(one, links=CLEAN) for one in CLEAN] + [page("/alone", links=("/",))], None, ORPHAN
    ),
    "sitemap.coverage": lambda: Case(changed("/about", in_sitemap=False)),
    "sitemap.lastmod_churn": lambda: Case(
        added(*(page(path, facts={"lastmod": "2026-11-17T10:00:00Z"}) for path in siblings()))
    ),
    "sitemap.lastmod_drift": lambda: Case(changed("/about", facts={"lastmod": "2026-01-02"})),
    "title.duplicate": lambda: Case(
        [page(path, title="<title>Kitchen things</title>") if path != "/" else page(path) for path in CLEAN]
    ),
    "title.pattern_outlier": lambda: Case(
        added(*(page(path, title=titled(path)) for path in siblings()), page("/shop/odd-thing"))
    ),
    "description.duplicate": lambda: Case(
        [page(path, description='<meta name="description" content="All about kitchens">') for path in CLEAN]
    ),
    "h1.duplicate": lambda: Case([page(path, h1="<h1>Welcome to our kitchen</h1>") for path in CLEAN]),
    "content.thin_vs_site": lambda: Case(shop({"content": "<p>" + prose("thin", 30) + "</p>"})),
    "schema.coverage_outlier": lambda: Case(shop({"schema": ""}, schema=ld("Product"))),
    "url.convention_drift": lambda: Case(added(*(page(path) for path in (*siblings(22), "/shop/odd_number_one")))),
    "duplicate.exact": lambda: Case(added(page("/shop-a", **TWIN), page("/shop-b", **TWIN))),
    "duplicate.near": lambda: Case(
        added(
            page("/shop-a", **TWIN),
            page("/shop-b", content="<p>" + prose("x") + " ends.</p>"),
        )
    ),
    "duplicate.url_params": lambda: Case(
        [
            page("/", links=(*CLEAN, "/shop?a=1", "/shop?a=2")),
            *clean()[1:],
            page("/shop?a=1", **TWIN),
            page("/shop?a=2", **TWIN),
        ],
        None,
        ("link.single_inlink",),
    ),
    "canonical.to_redirect": lambda: Case(
        [
            *changed("/about", canonical=canonical("/old"), in_sitemap=False),
            page("/old", redirect=TO_BAD, in_sitemap=False),
        ]
    ),
    "canonical.to_broken": lambda: Case(
        [*changed("/about", canonical=canonical("/gone"), in_sitemap=False), broken("/gone", in_sitemap=False)]
    ),
    "canonical.to_noindex": lambda: Case(
        [
            *changed("/about", canonical=canonical("/hidden"), in_sitemap=False),
            page("/hidden", robots='<meta name="robots" content="noindex">', in_sitemap=False),
        ]
    ),
    "canonical.to_blocked": lambda: Case(
        [
            *[
                page(
                    p,
                    links=CLEAN,
                    **({"canonical": canonical("/private/a"), "in_sitemap": False} if p == "/about" else {}),
                )
                for p in CLEAN
            ],
            failed("/private/a", "blocked_by_robots", in_sitemap=False),
        ]
    ),
    "canonical.to_noncanonical": lambda: Case(
        [
            *changed("/about", canonical=canonical("/b"), in_sitemap=False),
            page("/b", canonical=canonical(TO_BAD), in_sitemap=False),
        ]
    ),
    "canonical.loop": lambda: Case(
        added(
            page("/a", canonical=canonical("/b"), in_sitemap=False),
            page("/b", canonical=canonical("/a"), in_sitemap=False),
        )
    ),
    "canonical.unlinked": lambda: Case(
        [
            *[
                page(p, links=CLEAN, **({"canonical": canonical("/c"), "in_sitemap": False} if p == "/about" else {}))
                for p in CLEAN
            ],
            page("/c", links=("/",)),
        ],
        None,
        ORPHAN,
    ),
    "canonical.pagination_to_first": lambda: Case(
        [
            page("/", links=(*CLEAN, "/list", "/list?page=2")),
            *clean()[1:],
            page("/list"),
            page("/list?page=2", canonical=canonical("/list"), in_sitemap=False),
        ],
        None,
        ("link.single_inlink",),
    ),
    "canonical.form_drift": lambda: Case(
        changed("/about", canonical=canonical("/about/")), None, ("sitemap.noncanonical_url",)
    ),
    "link.broken_internal": lambda: Case(added(broken("/gone", in_sitemap=False), linking("/gone"))),
    "link.orphan": lambda: Case(
        [page(one, links=CLEAN) for one in CLEAN] + [page("/alone", links=("/",), in_sitemap=None)],
    ),
    "link.single_inlink": lambda: Case(
        [page("/", links=(*CLEAN, "/once")), *(page(p, links=CLEAN) for p in CLEAN[1:]), page("/once", links=("/",))]
    ),
    "link.depth": lambda: Case(
        [
            page("/", links=(*CLEAN, "/d1")),
            *(page(path, links=CLEAN) for path in CLEAN[1:]),
            *(page(f"/d{n}", links=("/", f"/d{n + 1}"), depth=n) for n in range(1, 5)),
            page("/d5", links=("/", "/d1", "/d2", "/d3", "/d4"), depth=5),
        ],
        None,
        ("link.single_inlink",),
    ),
    "link.mixed_follow": lambda: Case(changed("/about", nofollow=("/guides/knives",), links=("/",))),
    "link.nofollow_only_inlinks": lambda: Case(
        [*(page(p, links=CLEAN, nofollow=("/shy",)) for p in CLEAN), page("/shy", links=("/",))]
    ),
    "link.noindex_page_inlinks_only": lambda: Case(
        [
            *(page(p, links=(*CLEAN, "/hidden", "/hidden2")) for p in CLEAN),
            *(
                page(p, links=("/", "/below"), robots='<meta name="robots" content="noindex">', in_sitemap=False)
                for p in ("/hidden", "/hidden2")
            ),
            page("/below", links=("/",)),
        ]
    ),
    "link.broken_fragment": lambda: Case(changed("/about", extra='<p>See <a href="/guides/knives#grit">grit</a>.</p>')),
    "link.low_link_score": lambda: Case(weak_site()),
    "hreflang.return_missing": lambda: Case(
        [*changed("/about", head=alternates("/about", ("de", "/de"))), page("/de", html_attributes='lang="de"')]
    ),
    "hreflang.return_lang_inconsistent": lambda: Case(
        added(
            page("/en", head=alternates("/en", ("fr-ca", "/fr"))),
            page(
                "/fr", html_attributes='lang="fr"', head=alternates("/en").replace("/fr", "/en") + hreflang("fr", "/fr")
            ),
        )
    ),
    "hreflang.to_noncanonical": lambda: hreflang_to(page("/de", canonical=canonical("/about"), in_sitemap=False)),
    "hreflang.to_noindex": lambda: hreflang_to(
        page("/de", robots='<meta name="robots" content="noindex">', in_sitemap=False)
    ),
    "hreflang.to_redirect": lambda: hreflang_to(page("/de", redirect=TO_BAD, in_sitemap=False)),
    "hreflang.to_broken": lambda: hreflang_to(broken("/de", in_sitemap=False)),
    "hreflang.to_blocked": lambda: hreflang_to(
        failed("/private/de", "blocked_by_robots", in_sitemap=False), "hreflang.group_incomplete"
    ),
    "hreflang.url_multi_lang": lambda: Case(
        changed("/about", head=alternates("/about", ("de", "/about"))),
    ),
    "hreflang.multiple_methods": lambda: Case(
        changed("/about", head=alternates("/about"), headers={"Link": f'<{HOST}/x>; rel="alternate"; hreflang="fr"'}),
        None,
        ("hreflang.group_incomplete",),
    ),
    "hreflang.unlinked": lambda: Case(
        [
            *[page(p, links=CLEAN, **({"head": alternates(p, ("de", "/de"))} if p == "/about" else {})) for p in CLEAN],
            page("/de", links=("/",), html_attributes='lang="de"', head=alternates("/about", ("de", "/de"))),
        ],
        None,
        ORPHAN,
    ),
    "hreflang.group_incomplete": lambda: Case(changed("/about", head=alternates("/about", ("de", "/nowhere")))),
    "hreflang.missing_on_multilingual": lambda: Case(
        [
            *clean(),
            *(page(f"/de/{n}", html_attributes='lang="de"') for n in range(3)),
            page("/which", html_attributes=""),
        ]
    ),
    "pagination.broken": lambda: Case(
        [
            *series(third=f'<link rel="prev" href="{SERIES[1]}"><link rel="next" href="/gone">'),
            broken("/gone", in_sitemap=False),
        ]
    ),
    "pagination.loop": lambda: Case(
        series(third=f'<link rel="prev" href="{SERIES[1]}"><link rel="next" href="{SERIES[0]}">')
    ),
    "pagination.sequence_error": lambda: Case(series(third=f'<link rel="prev" href="{SERIES[0]}">')),
    "pagination.noindex": lambda: Case(
        [
            *series()[:-1],
            page(
                SERIES[2],
                head=f'<link rel="prev" href="{SERIES[1]}">',
                robots='<meta name="robots" content="noindex">',
                in_sitemap=False,
                links=("/",),
            ),
        ]
    ),
    "amp.no_return_link": lambda: Case(
        added(page("/amp/about", html_attributes='amp lang="en"', canonical=canonical("/about"), in_sitemap=False))
    ),
    "amp.non_200": lambda: Case(
        [*changed("/about", head='<link rel="amphtml" href="/amp/about">'), broken("/amp/about", in_sitemap=False)]
    ),
    "perf.broken_asset": lambda: Case(changed("/about", assets=(asset("script", 404),))),
    "ai.bot_blocked": lambda: Case(clean(), text_file(f"{ROBOTS}\nUser-agent: GPTBot\nDisallow: /\n")),
    "ai.llms_txt": lambda: Case(clean(), site_inputs(llms_txt=TextFile(f"{HOST}/llms.txt", 404))),
    "ai.content_signals": lambda: Case(
        clean(), text_file(f"User-agent: *\nContent-Signal: yes please\nSitemap: {HOST}/s.xml")
    ),
    "eeat.contact_missing": lambda: Case([page("/"), page("/guides/knives"), page("/guides/stones")]),
    "scan.incomplete": lambda: Case(clean(), site_inputs(complete=False, reason="the limit of 100 pages")),
    "scan.start_moved": lambda: Case(clean(), site_inputs(moved_to="https://www.example.net/")),
    "scan.skipped_urls": lambda: Case(clean(), site_inputs(skipped={"excluded": 7})),
    "scan.rate_limited": lambda: Case(clean(), site_inputs(rate_limited=3)),
    "scan.issue_suppressed": lambda: Case(clean(), site_inputs(suppressed=("title.too_long",))),
}


def hreflang(lang: str, path: str) -> str:
    return f'<link rel="alternate" hreflang="{lang}" href="{HOST}{path}">'


def hreflang_to(target: Built, *implies: str) -> Case:
    return Case([*changed("/about", head=alternates("/about", ("de", target.path))), target], None, implies)


def linking(path: str) -> Built:
    return page("/linking", links=("/", path))


def weak_site() -> list[Built]:
    """Sixty pages; all link to the first fifty-six, and two of these to the last four."""
    strong = ("/", *(f"/{n}" for n in range(1, 56)))
    weak = tuple(f"/{n}" for n in range(56, 60))
    return [
        *(page(path, links=(*strong, *weak) if path in {"/1", "/2"} else (*strong, "/about")) for path in strong),
        *(page(path, links=(*strong, "/about")) for path in weak),
        page("/about", links=strong),
    ]


def ids(case: Case) -> dict[str, int]:
    found, judging = judge(case.site, case.inputs)
    assert [one.raised for one in judging.outcomes.values() if one.raised] == []
    for one in found:
        assert one.severity in catalogue()[one.check].severities
        assert one.evidence
        assert "{" not in one.evidence
        assert one.url
    return {one.check: judging.outcomes[one.check].total for one in found}


def test_every_site_level_check_has_a_case() -> None:
    assert set(CASES) | set(host_cases.BAD) == {check.id for check in catalogue().values() if check.level is Level.SITE}


def test_a_clean_site_is_clean() -> None:
    assert ids(Case(clean())) == {}
    assert ids(Case(series())) == {}
    assert ids(Case(shop({}))) == {}


@pytest.mark.parametrize("check_id", sorted(CASES))
def test_the_defect_raises_its_id_and_nothing_unrelated(check_id: str) -> None:
    case = CASES[check_id]()
    found = ids(case)
    assert check_id in found
    assert set(found) - {check_id} <= {*case.implies, *catalogue()[check_id].implies}


def test_what_was_not_fetched_is_never_broken() -> None:
    """Blocked, timed out, given up, or simply not there: nothing is known of them."""
    kinds = ("blocked_by_server", "timeout", "too_large", "parser_killed", "forbidden_address", "bad_url")
    unknown = [failed(f"/u{n}", kind, in_sitemap=False) for n, kind in enumerate(kinds)]
    guarded = [broken(f"/g{status}", status, in_sitemap=False) for status in (401, 403, 429)]
    targets = tuple(one.path for one in (*unknown, *guarded))
    linked = page("/linking", links=("/", *targets, "/never-seen", "/about"))
    assert ids(Case(added(*unknown, *guarded, linked))) == {}


def test_a_link_to_a_redirect_that_arrives_is_not_broken() -> None:
    site = [page("/", links=(*CLEAN, "/old")), *clean()[1:], page("/old", redirect="/about", in_sitemap=False)]
    assert set(ids(Case(site))) == {"redirect.page_linked"}


def test_a_page_reached_only_through_a_redirect_is_no_orphan() -> None:
    links = tuple(path for path in CLEAN if path != TO_BAD)
    site = [page(path, links=(*links, "/old")) for path in links]
    site += [page(TO_BAD, links=links), page("/old", redirect=TO_BAD, in_sitemap=False)]
    assert set(ids(Case(site))) == {"redirect.page_linked"}


def test_the_same_text_in_versions_for_two_countries_is_no_duplicate() -> None:
    both = hreflang("en-us", "/us") + hreflang("en-gb", "/gb")
    pages = [
        page(path, content=f"<p>{prose('x')}</p>", title="<title>Our knives</title>", head=both)
        for path in ("/us", "/gb")
    ]
    assert ids(Case(added(*pages))) == {}


def test_the_same_title_in_another_language_is_no_duplicate() -> None:
    german = page("/de", html_attributes='lang="de"', title="<title>Restaurant</title>")
    assert ids(Case(added(german, page("/en", title="<title>Restaurant</title>")))) == {}


def test_pages_of_one_series_may_share_a_title() -> None:
    site = [structs.replace(one, options={**one.options, "title": "<title>All knives</title>"}) for one in series()[4:]]
    assert ids(Case([*series()[:4], *site])) == {}


@pytest.mark.parametrize("check_id", sorted(check.id for check in catalogue().values() if check.complete_only))
def test_an_incomplete_crawl_withholds(check_id: str) -> None:
    case = CASES[check_id]()
    inputs = structs.replace(case.inputs or site_inputs(), complete=False)
    found, judging = judge(case.site, inputs)
    assert check_id not in {one.check for one in found}
    assert not judging.outcomes[check_id].decided


def test_what_is_not_known_is_not_decided() -> None:
    _, judging = judge(clean(), site_inputs(robots=None, sitemaps=None))
    undecided = {name for name, outcome in judging.outcomes.items() if not outcome.decided}
    assert {"robots.missing", "sitemap.missing", "robots.changed", "sitemap.coverage"} <= undecided
    assert "title.duplicate" not in undecided


def test_counts_are_exact_where_findings_are_capped() -> None:
    gone = [broken(f"/gone{n}", in_sitemap=False) for n in range(12)]
    linked = page("/linking", links=("/", *(one.path for one in gone)))
    found, judging = judge(added(*gone, linked))
    assert len([one for one in found if one.check == "link.broken_internal"]) == 5
    outcome = judging.outcomes["link.broken_internal"]
    assert (outcome.total, outcome.affected, outcome.denominator) == (12, {Severity.HIGH: 1}, 5)
    assert sum(one.count for one in found if one.check == "link.broken_internal") == 12


def test_outcomes_reach_the_score() -> None:
    _, judging = judge(CASES["title.duplicate"]().site)
    tally = judging.tally(Tally(pages={"html": 4, "indexable": 4, "any": 4, "response": 4}))
    outcome = Scorer(load_profile(), catalogue()).score(tally)
    (issue,) = outcome.issues
    assert (issue.check, issue.pages, issue.share) == ("title.duplicate", 3, 0.75)
    assert outcome.score is not None
    assert outcome.score < 100


def test_a_check_that_raises_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Analysis, "near", lambda *_: 1 / 0)
    found, judging = judge(clean())
    assert found == []
    assert judging.outcomes["duplicate.near"].raised.startswith("ZeroDivisionError")
    assert not judging.outcomes["duplicate.near"].decided


def test_a_site_without_pages() -> None:
    site = Analysis(iter(list[SiteFacts]()), site_inputs())
    judging = SiteJudge(site, load_profile().limits(), lambda _: {})
    assert [one.check for one in judging.findings()] == []
    assert site.count(On.ANY) == 0
    assert not [one for one in judging.outcomes.values() if one.raised]


def test_order_of_arrival_does_not_matter() -> None:
    case = CASES["duplicate.exact"]()
    assert ids(case) == ids(Case(case.site[::-1]))


def test_inputs_from_discovery() -> None:
    fetched = Fetched(
        url=f"{HOST}/robots.txt",
        final_url=f"{HOST}/r.txt",
        status=200,
        headers=(("content-TYPE", "text/plain"),),
        body=ROBOTS.encode(),
        redirects=(Hop(f"{HOST}/robots.txt", 301, f"{HOST}/r.txt"),),
    )
    file = inputs.robots_file(parse(ROBOTS.encode()), fetched)
    assert (file.status, file.hops, file.error, file.content_type) == (200, 1, None, "text/plain")
    found = discovery.SitemapFile(
        url=f"{HOST}/s.xml",
        final_url=f"{HOST}/s.xml",
        parent=None,
        status=200,
        kind="urlset",
        urls=3,
        bytes=100,
        problems=(SitemapProblem("sitemap.syntax", 2, 1, "broken"),),
        problem_counts={"sitemap.syntax": 7},
        error=None,
    )
    assert not inputs.sitemap_file(found, "usual").declared
    given = inputs.sitemap_file(found, "robots")
    assert given.declared
    judged, judging = judge(clean(), site_inputs(robots=file, sitemaps=(given,)))
    assert [(one.check, one.url, one.position) for one in judged] == [("sitemap.syntax", f"{HOST}/s.xml", "line 2")]
    assert judging.outcomes["sitemap.syntax"].total == 7


def test_more_was_left_out_than_was_counted() -> None:
    found, _ = judge(clean(), site_inputs(skipped={"budget": 9_999, "more": 1}))
    assert [one.evidence for one in found if one.check == "scan.skipped_urls"] == ["at least 9999 skipped: budget"]
