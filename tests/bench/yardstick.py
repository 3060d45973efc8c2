"""The yardstick: the least that any crawler extracts from a page, as fast as we could write it with the same parser.

Title, description, canonical, robots, h1, resolved links, images and the number of words. No checks, no score.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.urls import Resolver, resolver_for

_WANTED = "a[href],img[src],h1,script,style,noscript,template"


def reference(body: bytes, url: str) -> dict[str, object]:
    """Extract the fields from one document."""
    parser = LexborHTMLParser(body)
    found: dict[str, object] = {}
    if parser.head is not None:
        _read_head(parser.head, resolver_for(url), found)
    if parser.body is not None:
        _read_body(parser.body, resolver_for(url), found)
    return found


def _read_head(head: LexborNode, resolve: Resolver, found: dict[str, object]) -> None:
    for node in head.iter():
        tag = node.tag
        if tag == "title":
            found.setdefault("title", " ".join(node.text().split()))
        elif tag == "meta":
            attributes = node.attributes
            name = (attributes.get("name") or "").lower()
            if name in {"description", "robots"}:
                found.setdefault(name, attributes.get("content"))
        elif tag == "link":
            attributes = node.attributes
            if (attributes.get("rel") or "").lower() == "canonical":
                found.setdefault("canonical", resolve(attributes.get("href") or ""))


def _read_body(body: LexborNode, resolve: Resolver, found: dict[str, object]) -> None:
    links: list[str] = []
    images: list[tuple[str | None, str | None]] = []
    headings: list[str] = []
    silent: list[LexborNode] = []
    known = resolve.known
    for node in body.css(_WANTED):
        tag = node.tag
        if tag == "a":
            href = node.attrs["href"] or ""
            url = known.get(href, "")
            if url == "":
                url = resolve(href)
            if url is not None:
                links.append(url)
        elif tag == "img":
            attributes = node.attributes
            images.append((resolve(attributes["src"] or ""), attributes.get("alt")))
        elif tag == "h1":
            headings.append(" ".join(node.text().split()))
        else:
            silent.append(node)
    for node in reversed(silent):  # what is inside another goes first
        node.decompose()
    found.update(links=links, images=images, h1=headings, words=len(body.text().split()))
