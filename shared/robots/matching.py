"""Comparing a URL with the rules of a group, and a user agent with the name of a group."""

import re
from collections.abc import Iterable
from typing import NamedTuple, final

_PATH_START = re.compile(r"[/?;]")
_LOWER_ESCAPE = re.compile(r"%(?:[0-9A-F][a-f]|[a-f][0-9A-Fa-f])")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_HIGH_OCTET = re.compile(r"[\x80-\xff]")
_TOKEN = re.compile(r"[A-Za-z_-]*")
_WORD = re.compile(r"[A-Za-z0-9_.-]*")
_WHOLE_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_LEADING_PRODUCT = re.compile(r"([A-Za-z0-9_.-]+)(?:/| \()")
_COMPATIBLE = re.compile(r"\bcompatible;\s*([A-Za-z0-9_.-]+)", re.IGNORECASE)


class Match(NamedTuple):
    """The rule that decides: `priority` is its pattern's length in octets."""

    priority: int
    allow: bool
    line: int
    pattern: str


class _Glob(NamedTuple):
    match: Match
    head: str
    middle: tuple[str, ...]
    tail: str
    anchored: bool

    def fits(self, path: str) -> bool:
        """Whether a path that starts with `head` matches: leftmost finds of the pieces in turn, so no backtracking."""
        at = len(self.head)
        for piece in self.middle:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if self.anchored:
            return len(path) - len(self.tail) >= at and path.endswith(self.tail)
        return path.find(self.tail, at) >= 0


def path_of(url: str) -> str:
    """Path, parameters and query of a URL, always starting with "/"; scheme, authority and fragment are dropped.

    Takes what Google's parser takes: absolute URLs, "//host/x", "host/x", bare paths. A URL without a path gives "/".
    """
    start = 2 if url.startswith("//") else 0
    early = _PATH_START.search(url, start)
    scheme_end = url.find("://", start)
    if scheme_end >= 0 and (early is None or early.start() > scheme_end):
        start = scheme_end + 3
        early = _PATH_START.search(url, start)
    if early is None:
        return "/"
    end = url.find("#", 2 if url.startswith("//") else 0)
    if 0 <= end < early.start():
        return "/"
    path = url[early.start() :] if end < 0 else url[early.start() : end]
    return path if path[0] == "/" else "/" + path


def upper_escapes(text: str) -> str:
    """The text with the hexadecimal digits of percent-escapes in upper case (RFC 3986, section 6.2.2.1)."""
    if _LOWER_ESCAPE.search(text) is None:
        return text
    return _ESCAPE.sub(lambda found: found.group().upper(), text)


def escape_pattern(octets: bytes) -> str:
    """A rule's value as it is compared: octets above 0x7F percent-encoded, escapes in upper case, nothing decoded."""
    text = octets.decode("latin-1")
    if not text.isascii():
        text = _HIGH_OCTET.sub(lambda found: f"%{ord(found.group()):02X}", text)
    return upper_escapes(text)


def agent_names(value: str) -> tuple[str, ...]:
    """The names, in lower case, by which a crawler recognises a user-agent line; "*" for the group of everybody.

    RFC 9309 has only letters, "-" and "_" in a product token, and Google reads a line up to the first other character.
    Real agents have digits in their names (MJ12bot), so the whole first word counts as well (heuristic).
    """
    if value.startswith("*") and (len(value) == 1 or value[1].isspace()):
        return ("*",)
    names = {_match(_TOKEN, value).lower(), _match(_WORD, value).lower()}
    return tuple(sorted(names - {""}))


def _match(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found.group() if found else ""


def product_token(user_agent: str) -> str:
    """The product token, in lower case, of a User-Agent header or of a bare token; "" when there is none.

    "ExampleBot", "ExampleBot/1.2 (+https://e.example)" and "Mozilla/5.0 (compatible; ExampleBot/1.2)" all give
    "examplebot". Two plain words are no token (RFC 9309, section 2.2.1), so "Example Bot" gives "".
    """
    text = user_agent.strip()
    if _WHOLE_WORD.fullmatch(text):
        return text.lower()
    found = _COMPATIBLE.search(text) or _LEADING_PRODUCT.match(text)
    return found.group(1).lower() if found else ""


@final
class Ruleset:
    """The rules of one agent, compiled once for many URLs.

    All is looked up by literal prefix: 30,000 rules cost a URL about as much as ten, unless they all start with "/*".
    """

    __slots__ = ("_exact", "_globs", "_head_lengths", "_lengths", "_prefixes")

    def __init__(self, rules: Iterable[tuple[int, bool, str]]) -> None:
        """Rules as (line, allow, escaped pattern), in the order of the file."""
        self._prefixes: dict[str, Match] = {}
        self._exact: dict[str, Match] = {}
        self._globs: dict[str, dict[tuple[str, bool], _Glob]] = {}
        for line, allow, pattern in rules:
            self._add(line, allow=allow, pattern=pattern)
            directory = _index_directory(pattern) if allow else None
            if directory is not None:
                self._add(line, allow=True, pattern=directory)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._prefixes}))
        self._head_lengths = tuple(sorted({len(head) for head in self._globs}))

    def _add(self, line: int, *, allow: bool, pattern: str) -> None:
        match = Match(len(pattern), allow, line, pattern)
        anchored = pattern.endswith("$")
        body = pattern[:-1] if anchored else pattern.rstrip("*")
        if "*" in body:
            head, *middle, tail = body.split("*")
            glob = _Glob(match, head, tuple(piece for piece in middle if piece), tail, anchored)
            _ = self._globs.setdefault(head, {}).setdefault((pattern, allow), glob)
        elif pattern:
            table = self._exact if anchored else self._prefixes
            table[body] = _stronger(table.get(body), match)

    def decide(self, path: str) -> Match | None:
        """The longest rule that fits the path, Allow before Disallow when two are as long; None when no rule fits."""
        best = self._exact.get(path)
        size = len(path)
        for length in self._lengths:
            if length > size:
                break
            match = self._prefixes.get(path[:length])
            if match is not None:
                best = _stronger(best, match)
        for length in self._head_lengths:
            if length > size:
                break
            for glob in self._globs.get(path[:length], {}).values():
                if _stronger(best, glob.match) is not best and glob.fits(path):
                    best = glob.match
        return best

    def blocks_everything(self) -> bool:
        """Whether no path but /robots.txt is allowed: a rule forbids "/" and no Allow rule makes an exception."""
        root = self._prefixes.get("/", self._prefixes.get(""))
        plain = (match.allow for table in (self._prefixes, self._exact) for match in table.values())
        with_stars = (glob.match.allow for globs in self._globs.values() for glob in globs.values())
        return root is not None and not any(plain) and not any(with_stars)


def _stronger(first: Match | None, second: Match) -> Match:
    if first is None or second.priority > first.priority:
        return second
    return second if second.priority == first.priority and second.allow and not first.allow else first


def _index_directory(pattern: str) -> str | None:
    """Allowing ".../index.html" allows the directory itself: so Google's published parser."""
    slash = pattern.rfind("/")
    return pattern[: slash + 1] + "$" if slash >= 0 and pattern.startswith("/index.htm", slash) else None
