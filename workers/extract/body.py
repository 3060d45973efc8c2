"""Links, images, headings, scripts, forms and whatever else the body holds."""

from collections.abc import Iterable

from selectolax.lexbor import LexborNode

from shared.page import Context, Embed, Form, Heading, Image, Link, Script
from shared.urls import Resolver, host_of, same_host
from workers.extract.clean import bounded_text, clean, seen_text, squash, tokens, value
from workers.extract.raw import RawHeading, RawImage, RawLink, RawTag

MAX_TEXT = 2_000
"""Characters of a link's or heading's text that are kept."""
MAX_SCRIPT_TEXT = 2_000_000
"""Characters of inline scripts and styles kept per page."""


_NO_TOKENS = frozenset[str]()


class Ours:
    """Tells internal from external addresses, remembering hosts."""

    def __init__(self, context: Context, final_url: str) -> None:
        """The site is the context's host, or else the page's own."""
        self._site = (context.site_host or host_of(final_url) or "").lower()
        self._subdomains = context.include_subdomains
        self._known: dict[str, bool] = {}
        self._prefix = f"https://{self._site}/"

    def __call__(self, url: str) -> bool:
        """Whether an absolute, normalised address belongs to the site."""
        if url.startswith(self._prefix):
            return True
        start = url.find("://") + 3
        end = url.find("/", start)
        netloc = url[start:end]
        known = self._known.get(netloc)
        if known is None:
            host = netloc.rpartition("@")[2]
            host = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
            known = self._known[netloc] = same_host(host, self._site, self._subdomains)
        return known


def text_of(raw: RawLink | RawHeading) -> str:
    """What a reader sees of a link or heading, in one line."""
    blank = " " if raw.blocks else ""
    text = raw.node.text(separator=blank) if raw.clean else seen_text(raw.node, MAX_TEXT)
    return " ".join(text[:MAX_TEXT].split())


class Namer:
    """Gives links their accessible names; the rare look-ups by id are made once per page."""

    def __init__(self, elements: list[LexborNode]) -> None:
        """`elements` are those of the document, in order."""
        self._elements = elements
        self._by_id: dict[str, LexborNode] | None = None

    def name(self, link: RawLink) -> None:
        """Text, aria-label, alt of an image or title of an icon inside, aria-labelledby, title: whichever comes first.

        What is hidden from assistive technology needs no name, so a nameless link is asked for `aria-hidden` around.
        """
        attributes = link.attributes
        if attributes.get("aria-hidden") == "true":
            link.hidden = True
        if link.tag == "a":
            link.text = text_of(link)
            if link.text:
                link.name = link.text
                return
        candidates = (
            attributes.get("aria-label"),
            *link.alts,
            *link.labels,
            self._labelled(link),
            attributes.get("title"),
        )
        link.name = next((clean(squash(one[:MAX_TEXT])) for one in candidates if one and one.strip()), "")
        if not link.name and not link.hidden:
            link.hidden = _is_silent(link.node)

    def _labelled(self, link: RawLink) -> str:
        ids = (link.attributes.get("aria-labelledby") or "").split()[:10]
        if not ids:
            return ""
        if self._by_id is None:
            self._by_id = {node.id: node for node in reversed(self._elements) if node.id}
        nodes = [self._by_id[one] for one in ids if one in self._by_id]
        return " ".join(node.attributes.get("aria-label") or bounded_text(node, MAX_TEXT) for node in nodes)


def _is_silent(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.attributes.get("aria-hidden") == "true":
            return True
        above = above.parent
    return False


def links(raw: Iterable[RawLink], resolver: Resolver, ours: Ours) -> tuple[Link, ...]:
    """All links."""
    found: list[Link] = []
    for link in raw:
        attributes = link.attributes
        href = value(attributes, "href")
        url = fragment = None
        if href is not None:
            url = resolver(href)
            if url is not None and "#" in href:
                fragment = href.partition("#")[2]
        rel = attributes.get("rel")
        found.append(
            Link(
                href,
                url,
                fragment,
                url is not None and ours(url),
                link.text,
                link.name,
                tokens(rel) if rel else _NO_TOKENS,
                value(attributes, "target"),
                "onclick" in attributes,
                link.hidden,
                tuple(link.alts),
                link.area,
                link.n,
            )
        )
    return tuple(found)


def headings(raw: Iterable[RawHeading]) -> tuple[Heading, ...]:
    """All headings."""
    found: list[Heading] = []
    for one in raw:
        text = text_of(one)
        full = squash(" ".join((text, *one.alts)))[:MAX_TEXT] if one.alts else text
        found.append(Heading(level=one.level, text=full, only_image=not text and any(one.alts), n=one.n))
    return tuple(found)


def images(raw: Iterable[RawImage], resolver: Resolver) -> tuple[Image, ...]:
    """All images."""
    found: list[Image] = []
    for image in raw:
        get = {name: clean(content or "") for name, content in image.attributes.items()}.get
        src = get("src")
        role = (get("role") or "").lower().split()
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
                in_picture=image.in_picture,
                in_link=image.link is not None,
                link_name=image.link.name if image.link else None,
                presentational=role[:1] in (["presentation"], ["none"]) or get("aria-hidden") == "true",
                n=image.n,
            )
        )
    return tuple(found)


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


def embeds(raw: Iterable[tuple[str, RawTag]], resolver: Resolver) -> tuple[Embed, ...]:
    """Everything else that loads something."""
    found: list[Embed] = []
    for name, tag in raw:
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
            )
        )
    return tuple(found)


def passwords(raw: Iterable[RawTag]) -> int:
    """Number of password fields."""
    return sum(1 for tag in raw if (tag.attributes.get("type") or "").strip().lower() == "password")
