"""robots.txt, sitemaps and llms.txt of a directory, read as what they are."""

import hashlib
import re
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple, final

from msgspec.structs import replace

from deploy.local.audit.folder import Folder
from shared.checks.site import Fault, RobotsFile, SiteInputs, SitemapFile, TextFile
from shared.clock import utc
from shared.robots import MAX_BYTES, parse
from shared.sitemaps import SitemapEntry, SitemapReader, sitemap_candidates
from shared.urls import normalise, origin

MAX_TEXT: Final = 1_000_000
_CHUNK: Final = 1 << 16
_SITEMAP: Final = re.compile(r"(?:.*/)?sitemap[^/]*\.(?:xml|xml\.gz|txt)", re.IGNORECASE)


class Listing(NamedTuple):
    """What the sitemaps say of an address."""

    files: int
    lastmod: str | None
    alternates: tuple[tuple[str, str], ...]


class Surroundings(NamedTuple):
    """What is known of a site besides its pages. `listed` is None when there is no sitemap."""

    inputs: SiteInputs
    robots: bytes | None
    listed: dict[str, Listing] | None


def read_surroundings(folder: Folder, now: float, disabled: tuple[str, ...]) -> Surroundings:
    """Read the files beside the pages. What isn't there is not known. Raises `OSError`."""
    body = _octets(folder, "robots.txt", MAX_BYTES + 1)
    robots = None
    if body is not None:
        digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        robots = RobotsFile(url=folder.url_of("robots.txt"), robots=parse(body), hash=digest)
    sitemaps = _Sitemaps(folder, now, robots)
    sitemaps.read()
    llms = _octets(folder, "llms.txt", MAX_TEXT)
    inputs = SiteInputs(
        start_url=folder.base,
        complete=True,
        robots=robots,
        sitemaps=tuple(sitemaps.files) or None,
        suppressed=disabled,
        llms_txt=None if llms is None else TextFile(folder.url_of("llms.txt"), 200, llms.decode("utf-8", "replace")),
    )
    return Surroundings(inputs, body, sitemaps.listed if sitemaps.files else None)


def _octets(folder: Folder, name: str, most: int) -> bytes | None:
    path = folder.file_at(folder.url_of(name))
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(most)


@final
class _Sitemaps:
    """Those that robots.txt names, those that are called so, and those that their indexes list."""

    def __init__(self, folder: Folder, now: float, robots: RobotsFile | None) -> None:
        self.files: list[SitemapFile] = []
        self.listed: dict[str, Listing] = {}
        self._folder = folder
        self._now = utc(now)
        self._origin = origin(folder.base) or folder.base
        named = sitemap_candidates(robots.robots, self._origin) if robots and robots.robots.sitemaps else []
        self._named = {normalise(url) or url for url in named}
        found = [folder.url_of(name) for name in folder.others() if _SITEMAP.fullmatch(name)]
        self._todo: deque[str] = deque(dict.fromkeys([*self._named, *found]))
        self._declared = set(self._named)
        self._seen: set[str] = set()

    def read(self) -> None:
        while self._todo:
            url = self._todo.popleft()
            if url in self._seen or self._folder.kind(url) == "outside":
                continue
            self._seen.add(url)
            path = self._folder.file_at(url)
            self.files.append(self._missing(url) if path is None else self._file(url, path))
        # An index may name a file that was found, and read, before it.
        self.files = [replace(file, declared=file.url in self._declared) for file in self.files]

    def _missing(self, url: str) -> SitemapFile:
        return SitemapFile(url=url, status=404, kind="unknown", declared=True)

    def _file(self, url: str, path: Path) -> SitemapFile:
        by = self._origin if url in self._named else None
        reader = SitemapReader(url, submitted_by=by, now=self._now)
        here: dict[str, SitemapEntry] = {}
        with path.open("rb") as file:
            while not reader.finished and (chunk := file.read(_CHUNK)):
                self._take(reader.feed(chunk), here)
        self._take(reader.close(), here)
        for known, entry in here.items():
            before = self.listed.get(known)
            self.listed[known] = Listing(
                1 + (before.files if before else 0),
                entry.lastmod if before is None else before.lastmod,
                entry.alternates if before is None else before.alternates,
            )
        return SitemapFile(
            url=url,
            kind=reader.kind,
            urls=reader.counts.entries,
            bytes=reader.counts.octets,
            problems=[Fault(one.kind, one.line, one.text) for one in reader.problems],
            counts={str(kind): count for kind, count in reader.problem_counts.items()},
        )

    def _take(self, entries: list[SitemapEntry], here: dict[str, SitemapEntry]) -> None:
        for entry in entries:
            url = normalise(entry.loc)
            if url is None or not url.startswith(self._folder.base):
                continue
            if entry.kind == "sitemap":
                self._declared.add(url)
                self._todo.append(url)
            else:
                here.setdefault(self._folder.page_url(url) or url, entry)
