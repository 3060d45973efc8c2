"""The events of an XML parser, gathered into one draft per entry."""

from collections.abc import Mapping
from typing import final

_FIELDS = frozenset(("loc", "lastmod", "link", "guid", "pubDate", "date", "updated", "modified", "published"))
MAX_DEPTH = 100
_MAX_TEXT = 65_536
_MAX_VALUES = 10  # values kept of one field
_MAX_LINKS = 1000  # alternates kept of one entry
_MAX_VIDEOS = 1000


@final
class Draft:
    """One url, sitemap, item or entry element. Names are local names: generators get the namespaces wrong too often."""

    __slots__ = (
        "alternates", "bad_alternates", "fields", "image_locs", "images",
        "name", "news", "permalink", "targets", "videos",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, list[str]] = {}
        self.alternates: list[tuple[str, str]] = []
        self.bad_alternates: int = 0
        self.targets: list[tuple[str, str]] = []
        self.images: int = 0
        self.image_locs: int = 0
        self.videos: list[set[str]] = []
        self.news: dict[str, str] | None = None
        self.permalink: bool = True

    def _first(self, *names: str) -> str:
        return next((text for name in names for text in self.fields.get(name, ()) if text), "")

    def address(self) -> str:
        """The page's address; "" when there is none."""
        if self.name == "entry":
            return next((href for rel, href in self.targets if rel == "alternate" and href), "")
        if self.name == "item":
            return self._first("link", "guid") if self.permalink else self._first("link")
        return self._first("loc")

    def date(self) -> str:
        """When the page last changed, as written; "" when that isn't said."""
        if self.name in {"entry", "item"}:
            return self._first("updated", "modified", "published", "pubDate", "date")
        return self._first("lastmod")

    def link(self, attributes: Mapping[str, str]) -> None:
        """Takes in a link element: an xhtml alternate or an Atom link."""
        # libxml2, told to leave entities alone, hands every ampersand of an attribute over as this reference.
        href = attributes.get("href", "").replace("&#38;", "&").strip()
        rel = attributes.get("rel", "alternate")
        language = attributes.get("hreflang", "").strip()
        if self.name == "entry":
            if len(self.targets) < _MAX_LINKS:
                self.targets.append((rel, href))
        elif self.name == "url" and "alternate" in rel.lower().split() and "media" not in attributes:
            if not language or not href:
                self.bad_alternates += 1
            elif len(self.alternates) < _MAX_LINKS:
                self.alternates.append((language, href))


class TooDeepError(Exception):
    """Elements nested deeper than any sitemap or feed needs; libxml2's own limit does not hold for parser targets."""


@final
class EntryTarget:
    """Parser target: call `take` after each feed. Holds one entry at a time. Raises TooDeepError."""

    def __init__(self, entries: frozenset[str]) -> None:
        """`entries` are the local names of the elements that are entries: an RSS channel's image has a url as well."""
        self._entries = entries
        self._done: list[Draft] = []
        self._draft: Draft | None = None
        self._path: list[str] = []
        self._text: list[str] = []
        self._size = 0
        self._depth = 0
        self._locals: dict[str, str] = {}

    @property
    def idle(self) -> bool:
        """Whether the parser stands between two entries."""
        return self._draft is None

    def take(self) -> list[Draft]:
        """The entries that ended since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooDeepError
        name = self._local(tag)
        draft = self._draft
        if draft is None:
            if name in self._entries:
                self._draft = Draft(name)
            return
        self._path.append(name)
        self._text.clear()
        self._size = 0
        if len(self._path) == 1:
            self._child(draft, name, attributes)

    def end(self, _tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        draft = self._draft
        if draft is None:
            return
        if not self._path:
            self._done.append(draft)
            self._draft = None
            return
        text = "".join(self._text).strip()
        self._text.clear()
        path = self._path
        name = path[-1]
        if len(path) == 1:
            if name in _FIELDS and len(values := draft.fields.setdefault(name, [])) < _MAX_VALUES:
                values.append(text)
        elif text:
            self._grandchild(draft, path[0], name, text)
        del path[-1]

    def data(self, text: str) -> None:
        """Character data, in pieces."""
        if self._path and self._size < _MAX_TEXT:
            self._text.append(text)
            self._size += len(text)

    def comment(self, _text: str) -> None:
        """Comments say nothing."""

    def close(self) -> None:
        """The document ends."""

    def _local(self, tag: str) -> str:
        name = self._locals.get(tag)
        if name is None:
            if len(self._locals) > _MAX_LINKS:
                self._locals.clear()
            name = self._locals[tag] = tag.rpartition("}")[2]
        return name

    @staticmethod
    def _child(draft: Draft, name: str, attributes: Mapping[str, str]) -> None:
        if name == "link":
            draft.link(attributes)
        elif name == "image":
            draft.images += 1
        elif name == "video" and len(draft.videos) < _MAX_VIDEOS:
            draft.videos.append(set())
        elif name == "news":
            draft.news = {}
        elif name == "guid":
            draft.permalink = attributes.get("isPermaLink", "true").strip().lower() != "false"

    @staticmethod
    def _grandchild(draft: Draft, parent: str, name: str, text: str) -> None:
        if parent == "image" and name == "loc":
            draft.image_locs += 1
        elif parent == "video" and draft.videos:
            draft.videos[-1].add(name[:40])
        elif parent == "news" and draft.news is not None and len(draft.news) < _MAX_VALUES * 2:
            draft.news[name] = text
