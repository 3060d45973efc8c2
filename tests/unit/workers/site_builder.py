"""Small made-up sites: pages through the real extraction, then the analysis and the site-level checks."""

import random
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from shared.checks.base import classes_of
from shared.checks.limits import load_profile
from shared.checks.sample import HOST, sample
from shared.checks.site import RobotsFile, SiteInputs, SitemapFile
from shared.facts import SiteFacts, decode, encode, facts_of
from shared.page import FetchError, Hop
from shared.robots import parse
from workers.extract import extract
from workers.site import Analysis, SiteFound, SiteJudge

_WORDS = [
    first + second + third
    for first in ("bra", "co", "del", "fen", "gor", "lim", "mos", "pra", "ril", "sta", "tun", "ver")
    for second in ("ba", "di", "go", "lu", "me", "no", "pi", "ra", "su", "te")
    for third in ("ck", "ld", "m", "nd", "rn", "s", "t", "x")
]
ROBOTS = f"User-agent: *\nDisallow: /private\n\nSitemap: {HOST}/sitemap.xml\n"


def prose(seed: object, words: int = 240) -> str:
    """Text that no other seed shares."""
    source = random.Random(repr(seed))
    return " ".join(source.choice(_WORDS) for _ in range(words))


class Built(Struct, frozen=True):
    """One page of a made-up site; `options` go to `sample`."""

    path: str
    links: tuple[str, ...] | None = None
    """Paths, None: to all pages of the site."""
    nofollow: tuple[str, ...] = ()
    extra: str = ""
    options: Mapping[str, Any] = {}
    redirect: str | None = None
    """The path that it redirects to; the answer is that page's."""
    facts: Mapping[str, Any] = {}
    """Passed to `facts_of`."""


def page(path: str, *, links: tuple[str, ...] | None = None, **options: Any) -> Built:
    """A clean page with other texts than every other page."""
    own = {name: options.pop(name) for name in ("nofollow", "extra", "redirect", "facts") if name in options}
    return Built(path, links, options=options, **own)


CLEAN = ("/", "/about", "/guides/knives", "/guides/stones")


def clean() -> list[Built]:
    """A site without defects."""
    return [page(path) for path in CLEAN]


def _html(built: Built, paths: tuple[str, ...]) -> dict[str, Any]:
    links = paths if built.links is None else built.links
    anchors = [f'<a href="{path}">To {prose(path, 3)}</a>' for path in links if path != built.path]
    anchors += [f'<a rel="nofollow" href="{path}">To {prose(path, 3)}</a>' for path in built.nofollow]
    name = prose(("title", built.path), 5)
    defaults: dict[str, Any] = {
        "url": f"{HOST}{built.path}",
        "title": f"<title>{name}</title>",
        "description": f'<meta name="description" content="{prose(("description", built.path), 14)}">',
        "h1": f"<h1>{prose(('h1', built.path), 5)}</h1>",
        "content": f"<p>{prose(built.path)}</p>",
        "nav": f"<nav>{' '.join(anchors)}</nav>",
        "byline": "",
        "footer": "<footer>Kitchen</footer>",
        "schema": "",
        "body": built.extra,
        "is_home": built.path == "/",
        "depth": 0 if built.path == "/" else 1,
        "timings": None,
    }
    return {**defaults, **built.options}


def facts(site: list[Built], inputs: SiteInputs) -> list[SiteFacts]:
    """The facts of a site, numbered in order, through their stored form."""
    answering = [built for built in site if built.options.get("status", 200) == 200 and not built.redirect]
    paths = tuple(dict.fromkeys(built.path.partition("?")[0] for built in answering))
    by_path = {built.path: built for built in site}
    found: list[SiteFacts] = []
    for seq, built in enumerate(site):
        source = by_path[built.redirect] if built.redirect else built
        made = _html(source, paths)
        if built.redirect:
            url = f"{HOST}{built.path}"
            made |= {"url": url, "final_url": made["url"], "redirects": (Hop(url, 301, made["url"]),), "is_home": False}
            made |= {name: value for name, value in built.options.items() if name in {"in_sitemap", "error", "status"}}
        if made.get("error") is not None and "status" not in made:
            made |= {"status": None, "html": ""}
        robots = inputs.robots.robots if inputs.robots else None
        if robots is not None and "robots_allows" not in made:
            agents = ("*", "Googlebot", "Bingbot")
            made["robots_allows"] = {agent: robots.allowed(made["url"], agent) for agent in agents}
        example = sample(**made)
        judged = extract(example.fetched, example.context)
        one = facts_of(judged, seq=seq, classes=classes_of(judged), robots=robots, **built.facts)
        found.append(decode(encode(one)))
    return found


def robots_file(text: str = ROBOTS, **changes: Any) -> RobotsFile:
    """A robots.txt that was fetched."""
    file = RobotsFile(url=f"{HOST}/robots.txt", robots=parse(text.encode()), content_type="text/plain", hash=text)
    return structs.replace(file, **changes)


def sitemap_file(**changes: Any) -> SitemapFile:
    """A sitemap that was read."""
    return structs.replace(SitemapFile(url=f"{HOST}/sitemap.xml", urls=4), **changes)


def site_inputs(**changes: Any) -> SiteInputs:
    """What is known of a clean site besides its pages."""
    inputs = SiteInputs(
        start_url=f"{HOST}/", complete=True, robots=robots_file(), sitemaps=(sitemap_file(),), network=("assets",)
    )
    return structs.replace(inputs, **changes)


def judge(site: list[Built], inputs: SiteInputs | None = None) -> tuple[list[SiteFound], SiteJudge]:
    """The findings of all site-level checks."""
    known = site_inputs() if inputs is None else inputs
    records = facts(site, known)
    urls = {one.seq: one.url for one in records}
    judging = SiteJudge(
        Analysis(iter(records), known), load_profile().limits(), lambda seqs: {s: urls[s] for s in seqs}
    )
    return list(judging.findings()), judging


def broken(path: str, status: int = 404, **options: Any) -> Built:
    """A page that answers with an error."""
    return page(path, links=(), status=status, html="<title>Not found</title>", **options)


def failed(path: str, kind: Any, **options: Any) -> Built:
    """A page that couldn't be fetched."""
    return page(path, links=(), error=FetchError(kind, "no"), status=None, html="", **options)
