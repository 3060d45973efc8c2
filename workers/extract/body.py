"""Links, images, headings, scripts, forms and whatever else the body holds."""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import count
from operator import itemgetter

from selectolax.lexbor import LexborNode

from shared.page import Context, Embed, Form, Heading, Image, Link, Script
from shared.urls import Resolver, host_of, same_host
from workers.extract.clean import Attributes, bounded_text, clean, seen_text, squash, tokens, value
from workers.extract.raw import RawTag
from workers.extract.tags import BLOCK_IDS, COMMENT, EMBEDS, IDS, MUTED_IDS
from workers.extract.walk import Walk, innermost, within

MAX_TEXT = 2_000
"""Characters of a link's or heading's text that are kept."""
MAX_INNER = 100
"""Elements looked at inside one link or heading."""
MAX_SCRIPT_TEXT = 2_000_000
"""Characters of inline scripts and styles kept per page."""

_A, _IMG, _TITLE = IDS["a"], IDS["img"], IDS["title"]
_NOT_PLAIN_IDS = MUTED_IDS | BLOCK_IDS
_NO_TOKENS = frozenset[str]()
_NO_ALTS: tuple[str | None, ...] = ()
_TELLING = frozenset({"rel", "target", "onclick", "name", "aria-hidden"})
"""Attributes that say something else about a link that has a text: most links have none of them."""


class Ours:
    """Tells internal from external addresses, remembering hosts."""

    def __init__(self, context: Context, final_url: str) -> None:
        """The site is the context's host, or else the page's own."""
        self.site = (context.site_host or host_of(final_url) or "").lower()
        self.subdomains = context.include_subdomains
        self._known: dict[str, bool] = {}
        self._prefixes = (f"https://{self.site}/", f"http://{self.site}/")

    def __call__(self, url: str) -> bool:
        """Whether an absolute, normalised address belongs to the site."""
        if url.startswith(self._prefixes):
            return True
        start = url.find("://") + 3
        end = url.find("/", start)
        netloc = url[start:end]
        known = self._known.get(netloc)
        if known is None:
            host = netloc.rpartition("@")[2]
            host = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
            known = self._known[netloc] = same_host(host, self.site, self.subdomains)
        return known


def _text(walk: Walk, index: int, end: int) -> str:
    """What a reader sees of a link or heading that ends at `end`, in one line."""
    node, blank = walk.nodes[index], ""
    inner = walk.tag_ids[index + 1 : end]
    if not _NOT_PLAIN_IDS.isdisjoint(inner):
        if not MUTED_IDS.isdisjoint(inner):
            return squash(seen_text(node, MAX_TEXT))
        blank = "" if BLOCK_IDS.isdisjoint(inner[:MAX_INNER]) else " "
    return " ".join(node.text(separator=blank)[:MAX_TEXT].split())


Target = tuple[str | None, str | None, bool]
"""Resolved address, fragment, whether it belongs to the site."""
_NO_TARGET: Target = (None, None, False)


MAX_TARGETS = 256
"""Addresses remembered of each of the 256 directories asked for last: a menu has fewer, and sites many directories."""


@lru_cache(maxsize=256)
def _targets(directory: str, site: str, subdomains: bool) -> dict[str | None, Target]:  # noqa: ARG001 - the key
    """What addresses mean on the pages of one directory: menus repeat, and looking them up costs a tenth."""
    return {}


class Links:
    """Reads a document's links and gives them their accessible names.

    Rare look-ups (by id, of what surrounds a nameless link) are made at most once per page.
    """

    def __init__(self, walk: Walk, resolver: Resolver, ours: Ours) -> None:
        """Nothing is read yet."""
        self._walk = walk
        self._resolver = resolver
        self._ours = ours
        self._targets = _targets(resolver.directory, ours.site, ours.subdomains)
        self._by_id: dict[str, LexborNode] | None = None
        self.found: list[Link] = []
        self.ranges: list[tuple[int, int]] = []
        """Start and end of the links that hold elements."""
        self.holders: list[int] = []
        """Their numbers in `found`."""
        self.anchor_names: list[str] = []

    def read(self) -> None:
        """Fill `found`."""
        walk, found, targets = self._walk, self.found, self._targets
        nodes, tag_ids, depths, with_images = walk.nodes, walk.tag_ids, walk.depths, "img" in walk.counts
        indices = walk.of("a", "area") if "area" in walk.counts else walk.of("a")
        for index, n, landmark, language, hidden in zip(
            indices,
            self._numbers(indices),
            innermost(walk.landmarks, indices, ""),
            innermost(walk.languages, indices, ""),
            innermost([(start, end, True) for start, end in walk.hidden], indices, outside=False),
            strict=True,
        ):
            node, is_anchor = nodes[index], tag_ids[index] == _A
            attributes = node.attributes
            href = attributes.get("href")
            if href is None and "href" in attributes:
                href = ""
            url, fragment, internal = targets.get(href) or self._target(href)
            text, alts, end = "", _NO_ALTS, index + 1
            if depths[end] <= depths[index]:
                if is_anchor:
                    text = " ".join(node.text(deep=False)[:MAX_TEXT].split())
            else:
                end = walk.end(index)
                if is_anchor:
                    text = _text(walk, index, end)
                if with_images:
                    alts = tuple([walk.alt(at) for at in range(index + 1, end) if tag_ids[at] == _IMG])
                    self.ranges.append((index, end))
                    self.holders.append(len(found))
            name, rel, target, onclick = text, _NO_TOKENS, None, False
            if not text or not _TELLING.isdisjoint(attributes):
                name, hidden = self._name_of(index, end, attributes, text, alts, hidden)  # noqa: PLW2901
                rel, target, onclick = _rel(attributes), value(attributes, "target"), "onclick" in attributes
            found.append(
                Link(
                    href,
                    url,
                    fragment,
                    internal,
                    text,
                    name,
                    rel,
                    target,
                    onclick,
                    hidden,
                    alts,
                    landmark if is_anchor else "",
                    n,
                    language,
                )
            )

    def _numbers(self, indices: Sequence[int]) -> Iterable[int]:
        """Which of its kind each link is."""
        if "area" not in self._walk.counts:
            return range(1, len(indices) + 1)
        following = {IDS["a"]: count(1), IDS["area"]: count(1)}
        return [next(following[self._walk.tag_ids[index]]) for index in indices]

    def _name_of(
        self, index: int, end: int, attributes: Attributes, text: str, alts: Sequence[str | None], hidden: bool
    ) -> tuple[str, bool]:
        """A link's accessible name, and whether it is out of sight."""
        is_anchor = self._walk.tag_ids[index] == _A
        if is_anchor and "name" in attributes:
            self.anchor_names.append(attributes["name"] or "")
        silent = attributes.get("aria-hidden") == "true"
        if text:
            return text, hidden or silent
        name = self._name(index, end, attributes, alts if is_anchor else (value(attributes, "alt") or "",))
        return name, hidden or silent or (not name and _is_silent(self._walk.nodes[index]))

    @cached_property
    def _here(self) -> str | None:
        """What an address means that is a fragment only."""
        return self._resolver("#")

    def _target(self, href: str | None) -> Target:
        """What an address means; remembered for the directory's other pages unless it depends on the whole base."""
        if href is None:
            return _NO_TARGET
        url = self._here if href[:1] == "#" and len(href) <= MAX_TEXT else self._resolver(href)
        if url is None:
            return _NO_TARGET
        target = (url, href.partition("#")[2] if "#" in href else None, self._ours(url))
        if href in self._resolver.known:
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            self._targets[href] = target
        return target

    def _name(self, index: int, end: int, attributes: Attributes, alts: Sequence[str | None]) -> str:
        """The first of aria-label, what names an image or icon inside, aria-labelledby, title.

        Source: https://www.w3.org/TR/accname-1.2/ (2F: names from content take in the names of the elements inside).
        """
        candidates = (
            attributes.get("aria-label"),
            *alts,
            *self._icon_titles(index, end),
            *self._inner_labels(index, end),
            self._labelled(attributes),
            attributes.get("title"),
        )
        return next((clean(squash(one[:MAX_TEXT])) for one in candidates if one and one.strip()), "")

    def _icon_titles(self, index: int, end: int) -> list[str]:
        walk = self._walk
        return [squash(walk.nodes[at].text()) for at in range(index + 1, end) if walk.tag_ids[at] == _TITLE]

    def _inner_labels(self, index: int, end: int) -> list[str]:
        """Labels of the elements inside, those hidden from assistive technology left out."""
        walk, found = self._walk, list[str]()
        at, last = index + 1, min(end, index + 1 + MAX_INNER)
        while at < last:
            attributes = {} if walk.tag_ids[at] == COMMENT else walk.nodes[at].attributes
            if attributes.get("aria-hidden") == "true":
                at = walk.end(at)
                continue
            if label := attributes.get("aria-label") or self._labelled(attributes):
                found.append(label)
            at += 1
        return found

    def _labelled(self, attributes: Attributes) -> str:
        ids = (attributes.get("aria-labelledby") or "").split()[:10]
        if not ids:
            return ""
        if self._by_id is None:
            self._by_id = {node.id: node for node in reversed(self._walk.nodes) if node.id}
        nodes = [self._by_id[one] for one in ids if one in self._by_id]
        return " ".join(node.attributes.get("aria-label") or bounded_text(node, MAX_TEXT) for node in nodes)


def _rel(attributes: Attributes) -> frozenset[str]:
    rel = attributes.get("rel")
    return tokens(rel.replace(",", " ")) if rel else _NO_TOKENS  # Google takes commas as well


def _is_silent(node: LexborNode) -> bool:
    """What is hidden from assistive technology needs no name, so a nameless link is asked for `aria-hidden` around."""
    above = node.parent
    while above is not None:
        if above.attributes.get("aria-hidden") == "true":
            return True
        above = above.parent
    return False


def headings(walk: Walk) -> tuple[Heading, ...]:
    """All headings."""
    found: list[Heading] = []
    numbers = [0] * 7
    for index in walk.of("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int((walk.nodes[index].tag or "h1")[1])
        numbers[level] += 1
        end = index + 1 if walk.is_leaf(index) else walk.end(index)
        text = full = _text(walk, index, end)
        alts = [alt for at in range(index + 1, end) if walk.tag_ids[at] == _IMG and (alt := walk.alt(at))]
        if alts:
            full = squash(" ".join((text, *alts)))[:MAX_TEXT]
        found.append(Heading(level, full, only_image=not text and any(alts), n=numbers[level]))
    return tuple(found)


def images(walk: Walk, links: Links, resolver: Resolver) -> tuple[Image, ...]:
    """All images."""
    found: list[Image] = []
    starts = [start for start, _ in links.ranges]
    pictures = walk.pictures
    picture_starts = [start for start, _ in pictures]
    for n, index in enumerate(walk.of("img"), 1):
        get = {name: clean(content or "") for name, content in walk.nodes[index].attributes.items()}.get
        src = get("src")
        role = (get("role") or "").lower().split()
        holder = within(links.ranges, starts, index)
        found.append(
            Image(
                src=src,
                url=resolver(src) if src and src.strip() else None,
                alt=get("alt"),
                width=get("width"),
                height=get("height"),
                srcset=get("srcset"),
                sizes=get("sizes"),
                loading=get("loading"),
                fetchpriority=get("fetchpriority"),
                in_picture=within(pictures, picture_starts, index) >= 0,
                in_link=holder >= 0,
                link_name=links.found[links.holders[holder]].name if holder >= 0 else None,
                presentational=role[:1] in (["presentation"], ["none"]) or get("aria-hidden") == "true",
                n=n,
            )
        )
    return tuple(found)


def bare_pictures(walk: Walk) -> tuple[str, ...]:
    """Positions of the `<picture>` elements without an `<img>`."""
    return tuple(
        f"(//picture)[{n}]" for n, (start, end) in enumerate(walk.pictures, 1) if _IMG not in walk.tag_ids[start:end]
    )


def scripts(raw: Iterable[RawTag], resolver: Resolver) -> tuple[Script, ...]:
    """All scripts."""
    found: list[Script] = []
    left = MAX_SCRIPT_TEXT
    for tag in raw:
        attributes = tag.attributes
        src = value(attributes, "src")
        text = "" if src is not None else clean(tag.node.text()[:left])
        left -= len(text)
        found.append(
            Script(
                src=None if src is None else clean(src),
                url=resolver(src) if src and src.strip() else None,
                type=clean((attributes.get("type") or "").strip().lower()),
                async_="async" in attributes,
                defer="defer" in attributes,
                integrity=value(attributes, "integrity"),
                crossorigin=value(attributes, "crossorigin"),
                in_head=tag.in_head,
                text=text,
                n=tag.n,
            )
        )
    return tuple(found)


def styles(raw: Iterable[RawTag]) -> tuple[str, ...]:
    """Texts of the `<style>` elements."""
    found: list[str] = []
    left = MAX_SCRIPT_TEXT
    for tag in raw:
        text = clean(tag.node.text()[:left])
        left -= len(text)
        found.append(text)
    return tuple(found)


def embeds(walk: Walk, resolver: Resolver) -> tuple[Embed, ...]:
    """Everything else that loads something."""
    raw = [(tag.index, name, tag) for name in EMBEDS & walk.counts.keys() for tag in walk.tags(name)]
    found: list[Embed] = []
    for _, name, tag in sorted(raw, key=itemgetter(0)):
        attributes = {clean(key): None if one is None else clean(one) for key, one in tag.attributes.items()}
        src = value(attributes, "data" if name == "object" else "code" if name == "applet" else "src")
        has_track = name in {"video", "audio"} and tag.node.css_first("track") is not None
        found.append(
            Embed(
                tag=name,
                src=src,
                url=resolver(src) if src and src.strip() else None,
                type=value(attributes, "type"),
                attributes=attributes,
                has_track=has_track,
                n=tag.n,
            )
        )
    return tuple(found)


def forms(raw: Iterable[RawTag], resolver: Resolver) -> tuple[Form, ...]:
    """All forms; one without action submits to the page itself."""
    found: list[Form] = []
    for tag in raw:
        action = value(tag.attributes, "action")
        method = (tag.attributes.get("method") or "get").strip().lower()
        found.append(
            Form(
                action=None if action is None else clean(action),
                url=resolver(action or ""),
                method=method if method in {"get", "post", "dialog"} else "get",
                has_password=tag.node.css_first('input[type="password" i]') is not None,
                n=tag.n,
                others=_submitted_by_buttons(tag.node, resolver),
            )
        )
    return tuple(found)


def _submitted_by_buttons(form: LexborNode, resolver: Resolver) -> tuple[str, ...]:
    """Targets of the buttons inside that name their own (https://html.spec.whatwg.org/#attr-fs-formaction)."""
    buttons = form.css("button[formaction], input[formaction]")[:MAX_INNER]
    return tuple(
        url
        for one in buttons
        if _submits(one) and (action := value(one.attributes, "formaction")) and (url := resolver(action)) is not None
    )


def _submits(button: LexborNode) -> bool:
    attributes = button.attributes
    if (attributes.get("formmethod") or "").strip().lower() == "dialog":
        return False
    kind = (attributes.get("type") or "").strip().lower()
    return kind not in {"button", "reset"} if button.tag == "button" else kind in {"submit", "image"}


def passwords(raw: Iterable[RawTag]) -> int:
    """Number of password fields."""
    return sum(1 for tag in raw if (tag.attributes.get("type") or "").strip().lower() == "password")
