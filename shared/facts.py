"""From a judged page to its `SiteFacts`."""

from msgspec.structs import replace

from shared import facts_parts as parts
from shared.checks.base import On
from shared.facts_dates import modified_at, moment
from shared.facts_parts import MAX_IDS, MAX_LINKS
from shared.facts_record import NONE, Flag, SiteFacts, decode, encode, hash64, url_hash
from shared.minhash import signature
from shared.page import Page
from shared.robots import Robots
from shared.url_forms import forms_of

__all__ = [
    "MAX_IDS",
    "MAX_LINKS",
    "NONE",
    "Flag",
    "SiteFacts",
    "decode",
    "encode",
    "facts_of",
    "hash64",
    "listed",
    "url_hash",
]


def facts_of(
    page: Page,
    *,
    seq: int,
    classes: On,
    robots: Robots | None = None,
    lastmod: str | None = None,
    sitemaps: int = 0,
) -> SiteFacts:
    """The record of a judged page.

    `robots` is the site's file (without it nobody knows which assets are disallowed), `lastmod` the sitemap's word on
    the page, `sitemaps` how many sitemap files list it.
    """
    flags = parts.state_of(page, classes)
    here, final = url_hash(page.url), url_hash(page.final_url)
    forms = forms_of(page.final_url)
    listed = moment(lastmod)
    if On.HTML not in classes:
        return SiteFacts(
            seq=seq, url=page.url, flags=flags, status=page.status or 0, classes=int(classes),
            depth=-1 if page.context.depth is None else page.context.depth, here=here, final=final,
            hops=parts.hops_of(page), canonical=parts.resolved(page.canonical_url),
            bare=hash64(forms.bare), loose=hash64(forms.loose),
            looser=hash64(forms.looser), slashless=hash64(forms.slashless), folded=hash64(forms.folded),
            directory=hash64(forms.directory), lastmod=listed,
            lastmod_day=parts.is_day(lastmod), sitemaps=sitemaps,
        )  # fmt: skip
    links, cut = parts.links_of(page)
    alternates, differ = parts.alternates_of(page)
    assets, refused = parts.assets_of(page, robots)
    ids = [parts.place(one) for one in sorted(page.ids)[: parts.MAX_IDS]]
    flags |= (cut | differ | parts.series_of(page)).value
    if len(page.ids) > parts.MAX_IDS:
        flags |= Flag.IDS_CUT.value
    if parts.names_contact(page):
        flags |= Flag.CONTACT.value
    broken = [asset for asset in page.context.assets or () if asset.internal and parts.is_broken(asset)]
    return SiteFacts(
        seq=seq,
        url=page.url,
        flags=flags,
        status=page.status or 0,
        classes=int(classes),
        depth=-1 if page.context.depth is None else page.context.depth,
        here=here,
        final=final,
        hops=parts.hops_of(page),
        canonical=parts.resolved(page.canonical_url),
        links=links,
        fragments=parts.fragments_of(page, final),
        ids=parts.pack("I", ids),
        alternates=alternates,
        next=parts.rel_of(page, "next"),
        prev=parts.rel_of(page, "prev"),
        amphtml=parts.rel_of(page, "amphtml"),
        assets=assets,
        broken_assets=tuple(
            (one.url[: parts.MAX_NAME], one.kind, one.status or 0) for one in broken[: parts.MAX_NAMED]
        ),
        disallowed_assets=refused,
        title=parts.text_hash(page.title),
        description=parts.text_hash(page.meta("description") or ""),
        h1=parts.text_hash(next((heading.text for heading in page.headings if heading.level == 1), "")),
        title_end=parts.title_end(page.title),
        content=hash64(page.content_hash) if page.content_hash else 0,
        sketch=signature(page.main_text),
        words=page.words,
        language=parts.language_of(page),
        types=tuple(dict.fromkeys(name[:40] for item in page.items if item.schema_org for name in item.types))[
            : parts.MAX_TYPES
        ],
        bare=hash64(forms.bare),
        loose=hash64(forms.loose),
        looser=hash64(forms.looser),
        slashless=hash64(forms.slashless),
        folded=hash64(forms.folded),
        directory=hash64(forms.directory),
        style=forms.style,
        lastmod=listed,
        lastmod_day=parts.is_day(lastmod),
        modified=modified_at(page),
        sitemaps=sitemaps,
    )


def listed(facts: SiteFacts, lastmod: str | None) -> SiteFacts:
    """The record of a page that a sitemap lists, whether or not that was known when the page was judged."""
    if facts.flags & Flag.LISTED.value:
        return facts
    known = (Flag.LISTED | Flag.LISTED_KNOWN).value
    return replace(facts, flags=facts.flags | known, lastmod=moment(lastmod), lastmod_day=parts.is_day(lastmod))
