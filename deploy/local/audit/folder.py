"""A directory of saved pages as a site: which file has which address."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Literal, NamedTuple, final
from urllib.parse import quote_from_bytes, unquote

from deploy.local.errors import UsageError
from shared.urls import normalise

PAGE_SUFFIXES: Final = frozenset({".html", ".htm", ".xhtml", ".xht"})
INDEX_NAMES: Final = ("index.html", "index.htm", "index.xhtml", "index.xht")
ERROR_PAGE: Final = "404.html"
"""At the top, hosts of static sites answer with it, as 404, where there is no file: it is no page of the site."""
_SAFE: Final = "/~!$&'()*+,;=:@-._"
"""What may stand in a path unescaped (RFC 3986 section 3.3)."""


class Saved(NamedTuple):
    """A page: where it lies, and its address."""

    path: Path
    url: str


Kind = Literal["page", "other", "missing", "outside"]


@final
class Folder:
    """The files below a directory, found once. `base` is the address of the directory, with a slash at the end."""

    def __init__(self, root: Path, url: str, *, clean: bool = False) -> None:
        """`clean`: the site's addresses leave `.html` out. Symbolic links to directories are not followed.

        Raises `UsageError`, and `OSError` for what can't be listed.
        """
        base = normalise(url if url.endswith("/") else f"{url}/")
        if base is None or "?" in base:
            message = f"{url!r} can't be the address of a directory"
            raise UsageError(message)
        self.base: Final = base
        self.root: Final = root
        self._clean: Final = clean
        self.pages: Final[list[Saved]] = []
        self._seq: Final[dict[str, int]] = {}
        self._others: Final[set[str]] = set()
        self._directories: Final[set[str]] = set()
        self._aliases: Final[dict[str, str]] = {}
        for relative in sorted(_files(root, self._directories), key=_order):
            self._add(relative)

    def _add(self, relative: str) -> None:
        path = PurePosixPath(relative)
        is_page = path.suffix.lower() in PAGE_SUFFIXES and relative != ERROR_PAGE
        if not is_page or not (self.root / relative).is_file():
            self._others.add(relative)
            return
        folder = relative.removesuffix(path.name)
        long, short = self.url_of(relative), self.url_of(relative.removesuffix(path.suffix))
        url = self.url_of(folder) if path.name in INDEX_NAMES else short if self._clean else long
        if url in self._seq:
            self._others.add(relative)  # index.html beside index.htm: servers give the first
            return
        self._seq[url] = len(self.pages)
        self.pages.append(Saved(self.root / relative, url))
        # Servers of static files answer these as well, by a redirect or with the page itself.
        self._aliases[long] = url
        if path.name not in INDEX_NAMES:
            self._aliases.setdefault(short, url)
        elif folder:
            self._aliases[self.url_of(folder.rstrip("/"))] = url

    def url_of(self, relative: str) -> str:
        """The address of a relative path."""
        url = self.base + quote_from_bytes(os.fsencode(relative), _SAFE)
        return normalise(url) or url

    def seq(self, url: str) -> int | None:
        """The number of the page that has this address, None when none has."""
        return self._seq.get(url)

    def page_url(self, url: str) -> str | None:
        """The address of the page that a server of these files would give for `url`; queries are passed over."""
        bare = url.partition("?")[0]
        known = bare if bare in self._seq else self._aliases.get(bare)
        return known if known in self._seq else None

    def kind(self, url: str) -> Kind:
        """What there is at an address."""
        if not url.startswith(self.base):
            return "outside"
        if self.page_url(url) is not None:
            return "page"
        relative = unquote(url.partition("?")[0][len(self.base) :], errors="surrogateescape")
        return "other" if relative in self._others or relative.rstrip("/") in self._directories else "missing"

    def file_at(self, url: str) -> Path | None:
        """The file that is no page and has this address."""
        relative = unquote(url.partition("?")[0].removeprefix(self.base), errors="surrogateescape")
        return self.root / relative if url.startswith(self.base) and relative in self._others else None

    def others(self) -> list[str]:
        """Relative paths of all files that are no pages, sorted."""
        return sorted(self._others)


def _order(relative: str) -> tuple[str, str, int, str]:
    """By folder and name; of several index files the one first that servers take first."""
    folder, _, name = relative.rpartition("/")
    rank = INDEX_NAMES.index(name) if name in INDEX_NAMES else 0
    return folder, "index.html" if rank else name, rank, name


def _files(root: Path, directories: set[str]) -> Iterator[str]:
    """Relative paths with slashes. What is hidden (a dot in front) is left out, but for .well-known."""

    def stop(error: OSError) -> None:
        raise error

    for folder, names, files in os.walk(root, onerror=stop):
        names[:] = [name for name in names if not name.startswith(".") or name == ".well-known"]
        inside = Path(folder).relative_to(root).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        directories.add(prefix.rstrip("/"))
        yield from (prefix + name for name in files if not name.startswith("."))
