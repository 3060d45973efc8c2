"""How many clicks from the start a page is: told by links, once all pages are known."""

from tests.unit.workers.site_builder import HOST, Built, facts, page, site_inputs
from workers.site import Analysis


def moved(*pages: Built, complete: bool = True, start: str = "/") -> dict[str, int | None]:
    """What the analysis knows better than the crawl did, by path."""
    inputs = site_inputs(complete=complete, start_url=f"{HOST}{start}")
    site = Analysis(iter(facts(list(pages), inputs)), inputs)
    return {pages[seq].path: clicks for seq, clicks in site.moved()}


def chain(*depths: int | None, in_sitemap: bool = True) -> list[Built]:
    """The start page and a page behind the other, each with the depth that the crawl counted."""
    paths = ["/", *(f"/p{n}" for n in range(1, len(depths)))]
    following = [*paths[1:], ""]
    return [
        page(path, links=(after,) if after else (), depth=depth, in_sitemap=in_sitemap)
        for path, after, depth in zip(paths, following, depths, strict=True)
    ]


def test_a_page_that_the_sitemap_lists_and_links_lead_to() -> None:
    assert moved(*chain(0, None, None, 2)) == {"/p1": 1, "/p2": 2, "/p3": 3}
    assert moved(*chain(0, 1, 2)) == {}


def test_a_page_that_no_links_lead_to() -> None:
    alone = page("/alone", links=("/below",), depth=None)
    assert moved(*chain(0, 1), alone, page("/below", links=(), depth=2)) == {"/below": None}


def test_without_a_sitemap_the_crawls_count_helps_out() -> None:
    alone = page("/alone", links=(), depth=3, in_sitemap=False)
    assert moved(*chain(0, 1, 4, in_sitemap=False), alone) == {"/p2": 2}


def test_a_redirect_is_no_click_of_its_own() -> None:
    start, old = page("/", links=("/old",), depth=0), page("/old", redirect="/new", depth=1)
    assert moved(start, old, page("/new", links=(), depth=None)) == {"/old": 1, "/new": 1}


def test_what_is_not_known_is_left_as_it_was() -> None:
    """Who reads a sitemap alone doesn't know what lies between its pages; nor does anybody without the start page."""
    assert moved(*chain(None, None, None), complete=False) == {}
    assert moved(*chain(0, 1, None), start="/elsewhere") == {}
    assert moved(*chain(0, None, None), complete=False) == {"/p1": 1, "/p2": 2}
