"""`Fetched` is what came over the wire; `Page` is what a check sees of it.

Both are plain data. `workers.extract` turns one into the other; nothing in here parses, fetches or judges.
Positions are strings: an XPath such as `(//a)[17]`, `header: X-Robots-Tag`, `line 3`, or `url`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal

from msgspec import Struct

from shared.holds import holds

ErrorKind = Literal[
    "timeout",
    "connection",
    "dns",
    "tls",
    "redirect_loop",
    "too_many_redirects",
    "bad_redirect",
    "too_large",
    "decode",
    "protocol",
    "forbidden_address",
    "blocked_by_robots",
    "blocked_by_server",
    "parser_killed",
    "too_deep",
    "bad_url",
]


class Hop(Struct, frozen=True, gc=False):
    """One redirect that was followed: the address that answered, its status, and where it pointed (absolute)."""

    url: str
    status: int
    location: str


class FetchError(Struct, frozen=True, gc=False):
    """Why there is no complete answer. `message` is for people and holds no address of our own network."""

    kind: ErrorKind
    message: str


class Tls(Struct, frozen=True, gc=False):
    """Facts of the TLS connection that the final answer came over; `not_after` in seconds since the epoch.

    `accepts` are old versions that the host takes as well, where that was tried.
    """

    version: str
    cipher: str
    not_after: float | None
    issuer: str | None
    names: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()


class Timings(Struct, frozen=True, gc=False):
    """Milliseconds from the start of the last hop. `ttfb` runs to the first byte of the answer's head."""

    ttfb: float | None = None
    total: float | None = None
    dns: float | None = None
    connect: float | None = None


class Asset(Struct, frozen=True, gc=False):
    """A subresource that was probed (`checks_network: assets`). `width`/`height`: an image's natural size, pixels."""

    url: str
    kind: Literal["image", "script", "style", "font", "icon"]
    internal: bool
    status: int | None
    error: ErrorKind | None = None
    bytes: int | None = None
    wire_bytes: int | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    cache_control: str | None = None
    redirects: int = 0
    width: int | None = None
    height: int | None = None
    minified: bool | None = None


class ExternalLink(Struct, frozen=True, gc=False):
    """An external link target that was probed (`checks_network: external`)."""

    url: str
    status: int | None
    error: ErrorKind | None = None
    redirects: int = 0


class Previous(Struct, frozen=True, gc=False):
    """The same URL in the scan before."""

    title: str | None = None
    canonical: str | None = None
    noindex: bool = False
    redirect_target: str | None = None
    content_hash: str | None = None
    words: int | None = None


class Missing(Struct, frozen=True, gc=False):
    """The page that the host serves, as though it were one, for the address `url` that doesn't exist."""

    url: str
    title: str
    content_hash: str
    sketch: bytes


class Fetched(Struct, frozen=True):
    """One fetch, successful or not.

    `url` is the address asked for, `final_url` the one that answered; `headers` keep order and repetition, names as
    sent. `body` is decoded from its Content-Encoding. `truncated` tells that the body was cut at the cap. What is None
    was not observed (a saved page has no timings): checks that need it are then not decided.
    """

    url: str
    final_url: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] | None = ()
    body: bytes = b""
    redirects: tuple[Hop, ...] | None = ()
    error: FetchError | None = None
    timings: Timings | None = None
    http_version: str | None = None
    wire_bytes: int | None = None
    truncated: bool = False
    tls: Tls | None = None
    fetched_at: float | None = None


class Context(Struct, frozen=True):
    """What the scan knows about a page besides its bytes. None means: not known, so not decided.

    `robots` maps a crawler's product token (and "*") to whether robots.txt lets it fetch this URL.
    `now` is the time of judging, seconds since the epoch.
    """

    now: float
    is_home: bool = False
    in_sitemap: bool | None = None
    depth: int | None = None
    robots: Mapping[str, bool] | None = None
    site_host: str | None = None
    include_subdomains: bool = False
    sitemap_alternates: tuple[tuple[str, str], ...] = ()
    assets: tuple[Asset, ...] | None = None
    external: tuple[ExternalLink, ...] | None = None
    previous: Previous | None = None
    missing: Missing | None = None


class Text(Struct, frozen=True, gc=False):
    """Whitespace-normalised text of an element such as `<title>`."""

    text: str
    in_head: bool
    at: str


class Meta(Struct, frozen=True, gc=False):
    """A `<meta>`: `name`, `property_`, `http_equiv` lower-cased and trimmed, "" when absent; `content` as written."""

    name: str
    property_: str
    http_equiv: str
    charset: str | None
    content: str | None
    in_head: bool
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//meta)[{self.n}]"


class LinkTag(Struct, frozen=True, gc=False):
    """A `<link>`; `rel` holds lower-cased tokens, `url` is None when `href` can't be resolved to http(s)."""

    rel: frozenset[str]
    href: str | None
    url: str | None
    hreflang: str | None
    type: str | None
    media: str | None
    sizes: str | None
    as_: str | None
    integrity: str | None
    crossorigin: str | None
    in_head: bool
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//link)[{self.n}]"


class Canonical(Struct, frozen=True, gc=False):
    """A canonical declaration; `url` absolute and normalised, None when it can't be an http(s) URL."""

    href: str
    url: str | None
    source: Literal["html", "header"]
    in_head: bool
    at: str


class Alternate(Struct, frozen=True, gc=False):
    """An hreflang declaration; `lang` as written and trimmed."""

    lang: str
    href: str
    url: str | None
    source: Literal["html", "header", "sitemap"]
    in_head: bool
    at: str


class Directive(Struct, frozen=True, gc=False):
    """One robots directive: `noindex` for agent "robots", `max-snippet` with value "0", …, all lower-cased."""

    agent: str
    name: str
    value: str | None
    source: Literal["meta", "header"]
    in_head: bool
    at: str


class Heading(Struct, frozen=True, gc=False):
    """A heading; `text` includes the alt texts of images in it, `only_image` tells that nothing else was there."""

    level: int
    text: str
    only_image: bool
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//h{self.level})[{self.n}]"


class Link(Struct, frozen=True, gc=False):
    """An `<a>` or `<area>`. `href` as written (None: no attribute), `url` absolute without fragment when http(s).

    `internal` is decided against the site's host. `name` is the accessible name: text, else aria-label, else image alt,
    else title. `text` is visible text only. `area` is the landmark it stands in: nav, header, footer, aside, main, "".
    """

    href: str | None
    url: str | None
    fragment: str | None
    internal: bool
    text: str
    name: str
    rel: frozenset[str]
    target: str | None
    onclick: bool
    hidden: bool
    image_alts: tuple[str | None, ...]
    area: str
    n: int
    lang: str = ""
    """The nearest `lang` attribute, the document's own left out; "" when there is none or it is empty."""

    @property
    def at(self) -> str:
        """Position."""
        return f"(//a)[{self.n}]"


class Image(Struct, frozen=True, gc=False):
    """An `<img>`. `alt` None means no attribute. `link_name` is the accessible name of the link around it, if any."""

    src: str | None
    url: str | None
    alt: str | None
    width: str | None
    height: str | None
    srcset: str | None
    sizes: str | None
    loading: str | None
    fetchpriority: str | None
    in_picture: bool
    in_link: bool
    link_name: str | None
    presentational: bool
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//img)[{self.n}]"


class Script(Struct, frozen=True, gc=False):
    """A `<script>`; `text` is the inline source ("" when it has a src)."""

    src: str | None
    url: str | None
    type: str
    async_: bool
    defer: bool
    integrity: str | None
    crossorigin: str | None
    in_head: bool
    text: str
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//script)[{self.n}]"


class Embed(Struct, frozen=True, gc=False):
    """Any other element that loads something: iframe, frame, object, embed, applet, video, audio, source, track."""

    tag: str
    src: str | None
    url: str | None
    type: str | None
    attributes: Mapping[str, str | None]
    has_track: bool
    n: int

    @property
    def at(self) -> str:
        """Position."""
        return f"(//{self.tag})[{self.n}]"


class Form(Struct, frozen=True, gc=False):
    """A `<form>`; `url` is where it submits to."""

    action: str | None
    url: str | None
    method: str
    has_password: bool
    n: int
    others: tuple[str, ...] = ()
    """Where its buttons submit to instead, by `formaction`, resolved."""

    @property
    def at(self) -> str:
        """Position."""
        return f"(//form)[{self.n}]"


class Item(Struct, frozen=True, gc=False):
    """A structured-data item. `types` without the schema.org prefix; values: str, float, bool, None, Item, lists."""

    format: Literal["json-ld", "microdata", "rdfa"]
    types: tuple[str, ...]
    properties: Mapping[str, tuple[Any, ...]]
    id: str | None
    schema_org: bool
    at: str


class Problem(Struct, frozen=True, gc=False):
    """Something that could not be read, e.g. JSON-LD with a syntax error."""

    what: str
    at: str


@dataclass(eq=False, kw_only=True)
class Page:
    """Everything a page-level check may ask. Tuples keep document order."""

    fetched: Fetched
    context: Context
    url: str
    final_url: str
    status: int | None
    headers: Mapping[str, tuple[str, ...]] | None
    """Lower-cased name → values in order; None when no headers were observed."""

    media_type: str | None = None
    """From Content-Type, lower-cased, without parameters."""
    sniffed: str = "empty"
    """What the bytes look like: html, xml, json, pdf, image, text, binary, empty."""
    is_html: bool = False
    encoding: str | None = None
    """WHATWG name of the encoding the body was decoded with."""
    charset_header: str | None = None
    charset_meta: str | None = None
    charset_meta_offset: int | None = None
    has_bom: bool = False
    source: str = ""
    """The decoded document."""

    doctype: str | None = None
    html_attributes: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    titles: tuple[Text, ...] = ()
    """`<title>` elements of the HTML namespace (those of inline SVG are left out)."""
    metas: tuple[Meta, ...] = ()
    link_tags: tuple[LinkTag, ...] = ()
    canonicals: tuple[Canonical, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    directives: tuple[Directive, ...] = ()
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    scripts: tuple[Script, ...] = ()
    style_texts: tuple[str, ...] = ()
    embeds: tuple[Embed, ...] = ()
    forms: tuple[Form, ...] = ()
    password_inputs: int = 0
    pictures_without_img: tuple[str, ...] = ()
    """Positions."""
    inline_svgs: tuple[tuple[str, int], ...] = ()
    """Position and length in characters."""
    bases: tuple[tuple[str | None, str | None], ...] = ()
    """(href, target) of every `<base>`."""
    ids: frozenset[str] = frozenset()
    """Every id and every `<a name>`."""
    duplicate_ids: tuple[tuple[str, int], ...] = ()
    tag_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """Number of elements of each kind that some check asks about (see extract.COUNTED_TAGS)."""
    head_broken_by: str | None = None
    """Name of the element that closed `<head>` early, None when nothing did."""
    head_tags: int = 0
    body_tags: int = 0
    """How many `<head>` and `<body>` start tags the source holds."""
    dom_nodes: int = 0
    dom_depth: int = 0
    dom_max_children: int = 0
    dom_max_children_at: str = ""

    body_text: str = ""
    """Visible text of the body, whitespace-normalised."""
    main_text: str = ""
    """Body text without navigation, header, footer, aside; what the page is about."""
    words: int = 0
    """Words in `main_text` (characters for scripts written without spaces, halved)."""
    language: str | None = None
    """Detected from the text: ISO 639-1, None when unsure."""
    readability: float | None = None
    """Flesch reading ease or its language's variant; None where no formula is valid."""
    keywords: tuple[tuple[str, int], ...] = ()
    """Most frequent terms of `main_text` without stop words, at most 20."""
    hidden_texts: tuple[Text, ...] = ()
    bylines: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    """Dates visible in `<time>` elements and date metas, as written."""
    items: tuple[Item, ...] = ()
    item_problems: tuple[Problem, ...] = ()
    content_hash: str = ""
    """Hex BLAKE2b-64 of the normalised main text; "" when there is none."""

    is_https: bool = False
    is_home: bool = False
    noindex: bool = False
    """A noindex or none directive that holds for search engines in general or for Googlebot."""
    nofollow: bool = False

    @property
    def error(self) -> FetchError | None:
        """Why there is no complete answer, None when there is one."""
        return self.fetched.error

    @property
    def redirects(self) -> tuple[Hop, ...] | None:
        """The hops before the final answer."""
        return self.fetched.redirects

    @property
    def title(self) -> str:
        """The first title's text, "" when there is none."""
        return self.titles[0].text if self.titles else ""

    @property
    def canonical_url(self) -> str | None:
        """The first canonical that a search engine would read (in the head or the header)."""
        return next((c.url for c in self.canonicals if c.in_head and c.url), None)

    @property
    def indexable(self) -> bool:
        """A 200 HTML page without noindex whose canonical, if any, is itself."""
        if self.status != HTTPStatus.OK or not self.is_html or self.noindex:
            return False
        return self.canonical_url in {None, self.final_url}

    @cached_property
    def octets(self) -> bytes:
        """The source as UTF-8, in which searches take a fraction of what they take in `source`; it has no NUL."""
        return self.source.encode("utf-8", "replace")

    @cached_property
    def lowered(self) -> bytes:
        """The same with ASCII letters in lower case, for searches (`holds`)."""
        return self.octets.lower()

    def mentions(self, *words: bytes) -> bool:
        """Whether one of `words`, in lower case, stands anywhere in the source. About 5 us a word for 40 kB."""
        return any(holds(self.lowered, word) for word in words)

    def header(self, name: str) -> str | None:
        """The values of a header joined with ", " as RFC 9110 section 5.3 allows, None when absent."""
        values = (self.headers or {}).get(name.lower())
        return ", ".join(values) if values else None

    def meta(self, name: str) -> str | None:
        """Content of the first `<meta name=…>` or `<meta property=…>` with that (lower-case) name."""
        return self._meta_by_name.get(name)

    @cached_property
    def _meta_by_name(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for meta in self.metas:
            for key in (meta.name, meta.property_):
                if key and meta.content is not None:
                    found.setdefault(key, meta.content)
        return found

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The distinct case-folded words of the visible text."""
        return frozenset(word.strip(".,;:!?\"'()[]«»“”‘’") for word in self.body_text.casefold().split())
