"""From the octets of a robots.txt to groups, sitemap lines and the list of what is wrong."""

import math
import re
from typing import Literal, final

import msgspec

from shared.robots.matching import agent_names, escape_pattern

MAX_BYTES = 500 * 1024
"""What Google reads of a file; RFC 9309, section 2.5, asks for at least as much."""
MAX_LINE = 2083 * 8 - 1
"""Octets kept of one line, as in Google's published parser."""
MAX_PROBLEMS = 200
MAX_TEXT = 200
_INERT = 1000
MAX_CRAWL_DELAY = 300.0
"""Seconds. A larger value is read as this one (heuristic): it asks for a pace at which nobody could ever be scanned."""

ProblemKind = Literal[
    "no_colon",
    "unknown_directive",
    "misspelt_directive",
    "rule_before_user_agent",
    "empty_user_agent",
    "pattern_start",
    "dollar_not_last",
    "bad_sitemap_url",
    "bad_crawl_delay",
    "content_signal_malformed",
    "line_too_long",
    "too_large",
    "looks_like_html",
]

_MISSPELT = {
    b"useragent": b"user-agent",
    b"user agent": b"user-agent",
    b"dissallow": b"disallow",
    b"dissalow": b"disallow",
    b"disalow": b"disallow",
    b"diasllow": b"disallow",
    b"disallaw": b"disallow",
    b"site-map": b"sitemap",
}
# As in Google's published parser a key counts when it starts with one of these.
_READ = (b"user-agent", b"allow", b"disallow", b"sitemap", *_MISSPELT)
_STARTS = re.compile(b"|".join(sorted(_READ, reverse=True)))
# Means something to some crawler, so "unknown" would be wrong.
_KNOWN_ELSEWHERE = frozenset((
    b"cache-delay", b"clean-param", b"comment", b"content-usage", b"crawl-delay", b"domain", b"host", b"license",
    b"noarchive", b"nofollow", b"noindex", b"request-rate", b"revisit-after", b"robot-version", b"visit-time",
))  # fmt: skip
_SIGNALS = frozenset(("search", "ai-input", "ai-train"))
_SITEMAP_URL = re.compile(r"(?:https?|ftp)://[^\s/?#]+\S*", re.IGNORECASE)
_HTML = re.compile(rb"\s*<(?:!doctype|!--|html|head|body|\?xml|script|meta|title)\b|\s*<!--", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One Allow or Disallow line; `pattern` is percent-encoded as it is compared."""

    line: int
    allow: bool
    pattern: str


class CrawlDelay(msgspec.Struct, frozen=True, gc=False):
    """One Crawl-delay line, in seconds, for the first `agents` agents of its group: those that stand above it."""

    line: int
    seconds: float
    agents: int


class Group(msgspec.Struct, frozen=True, gc=False):
    """Consecutive user-agent lines and the rules under them. Agents in lower case, "*" for everybody."""

    line: int
    agents: tuple[str, ...]
    rules: tuple[Rule, ...]
    delays: tuple[CrawlDelay, ...]


class SitemapLine(msgspec.Struct, frozen=True, gc=False):
    """A Sitemap line's value as written."""

    line: int
    value: str


class ContentSignal(msgspec.Struct, frozen=True, gc=False):
    """A Content-Signal line (https://contentsignals.org): `path` when it names one, signals as (name, value) pairs.

    `group` is the line of the group that it stands in, as in `Group.line`; None above all groups.
    """

    line: int
    group: int | None
    path: str | None
    signals: tuple[tuple[str, str], ...]


class RobotsProblem(msgspec.Struct, frozen=True, gc=False):
    """A fault: the 1-based line (0: the whole file), what kind, and the line's text, at most 200 characters."""

    line: int
    kind: ProblemKind
    text: str


@final
class _OpenGroup:
    __slots__ = ("agents", "delays", "line", "rules")

    def __init__(self, line: int) -> None:
        self.line = line
        self.agents: dict[str, None] = {}
        self.rules: list[Rule] = []
        self.delays: list[CrawlDelay] = []

    def freeze(self) -> Group:
        return Group(self.line, tuple(self.agents), tuple(self.rules), tuple(self.delays))


@final
class LineReader:
    """Reads a whole file; afterwards the attributes hold what it said.

    Cost is linear: 500 KiB take 25 ms as ordinary rules and 0.1 s as 57,000 rules of one octet.
    """

    def __init__(self, body: bytes) -> None:
        self.sitemaps: list[SitemapLine] = []
        self.signals: list[ContentSignal] = []
        self.problems: list[RobotsProblem] = []
        self.problem_count = 0
        self._groups: list[_OpenGroup] = []
        self._has_nul = b"\0" in body
        self._naming = False  # the last rule or agent line was a user-agent line
        self._html = _HTML.match(_without_bom(body[:4096])) is not None
        if self._html:
            self.problem(1, "looks_like_html", body[:MAX_TEXT])
        inert: set[bytes] = set()  # lines that said nothing but a fault: 170,000 of them ("a:") cost 0.3 s without this
        for number, line in enumerate(self._lines(body), 1):
            if line in inert:
                self.problem_count += 1
            elif line:
                only_fault = not self._read(number, line)
                if only_fault and self.problem_count > MAX_PROBLEMS and len(inert) < _INERT:
                    inert.add(line)

    def groups(self) -> tuple[Group, ...]:
        """The groups in the order of the file."""
        return tuple(group.freeze() for group in self._groups)

    def problem(self, line: int, kind: ProblemKind, text: bytes) -> None:
        """Counts a problem and keeps it unless there are too many. Of a file that is HTML only that is said."""
        if self._html and kind not in {"looks_like_html", "too_large"}:
            return
        self.problem_count += 1
        if self.problem_count <= MAX_PROBLEMS:
            shown = text[: MAX_TEXT * 4].replace(b"\0", b"").decode("utf-8", "replace")[:MAX_TEXT]
            self.problems.append(RobotsProblem(line, kind, shown))

    def _lines(self, body: bytes) -> list[bytes]:
        if len(body) <= MAX_BYTES:
            return _without_bom(body).splitlines()
        self.problem(0, "too_large", b"%d bytes" % len(body))
        lines = _without_bom(body[:MAX_BYTES]).splitlines(keepends=True)
        # A rule cut in two ("/private" read as "/") would say something else than its author wrote: leave it out.
        if not lines[-1].endswith((b"\n", b"\r")) and body[MAX_BYTES] not in b"\r\n":
            del lines[-1]
        return [line.rstrip(b"\r\n") for line in lines]

    def _read(self, number: int, line: bytes) -> bool:
        """Takes in one line; false when it was only a fault."""
        if len(line) > MAX_LINE:
            self.problem(number, "line_too_long", line)
            line = line[:MAX_LINE]
        if self._has_nul:
            line = line.partition(b"\0")[0]  # where a C string ends, as in Google's parser
        text = line.partition(b"#")[0].strip()
        if not text:
            return True
        key, colon, value = text.partition(b":")
        if not colon:
            self.problem(number, "no_colon", text)
            words = text.split(None, 2)
            if len(words) != 2:  # noqa: PLR2004
                return False
            key, value = words
        key = key.strip().lower()
        if key:
            return self._directive(number, key, value.strip(), text, clean=bool(colon))
        self.problem(number, "unknown_directive", text)
        return False

    def _directive(self, number: int, key: bytes, value: bytes, text: bytes, *, clean: bool) -> bool:
        start = _STARTS.match(key)
        if start is None:
            return self._other(number, key, value, text, clean=clean)
        name = start.group()
        if name in _MISSPELT or name != key:
            self.problem(number, "misspelt_directive", text)
            name = _MISSPELT.get(name, name)
        if name == b"user-agent":
            self._user_agent(number, value, text)
        elif name == b"sitemap":
            self._sitemap(number, value, text)
        else:
            self._rule(number, value, text, allow=name == b"allow")
        return True

    def _user_agent(self, number: int, value: bytes, text: bytes) -> None:
        if not self._naming or not self._groups:
            self._groups.append(_OpenGroup(number))
            self._naming = True
        if not value:
            self.problem(number, "empty_user_agent", text)
        self._groups[-1].agents.update(dict.fromkeys(agent_names(value.decode("latin-1"))))

    def _rule(self, number: int, value: bytes, text: bytes, *, allow: bool) -> None:
        pattern = escape_pattern(value)
        if pattern and pattern[0] not in "/*":
            self.problem(number, "pattern_start", text)
        if "$" in pattern[:-1]:
            self.problem(number, "dollar_not_last", text)
        if not self._groups:
            self.problem(number, "rule_before_user_agent", text)
            return
        self._naming = False
        self._groups[-1].rules.append(Rule(number, allow, pattern))

    def _sitemap(self, number: int, value: bytes, text: bytes) -> None:
        url = value.decode("utf-8", "replace")
        if _SITEMAP_URL.fullmatch(url) is None:
            self.problem(number, "bad_sitemap_url", text)
        self.sitemaps.append(SitemapLine(number, url))

    def _other(self, number: int, key: bytes, value: bytes, text: bytes, *, clean: bool) -> bool:
        """Directives that Google ignores: they neither end a group's list of agents nor start one."""
        if key == b"crawl-delay":
            self._crawl_delay(number, value, text)
        elif key == b"content-signal":
            self._content_signal(number, value, text)
        elif key not in _KNOWN_ELSEWHERE:
            if clean:
                self.problem(number, "unknown_directive", text)
            return False
        return True

    def _crawl_delay(self, number: int, value: bytes, text: bytes) -> None:
        try:
            seconds = float(value.replace(b"_", b"x"))
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= MAX_CRAWL_DELAY:
            self.problem(number, "bad_crawl_delay", text)
        if not self._groups:
            self.problem(number, "rule_before_user_agent", text)
        elif seconds >= 0:
            group = self._groups[-1]
            group.delays.append(CrawlDelay(number, min(seconds, MAX_CRAWL_DELAY), len(group.agents)))

    def _content_signal(self, number: int, value: bytes, text: bytes) -> None:
        written = value.decode("utf-8", "replace")
        path = None
        if written.startswith("/"):
            path, _, written = written.partition(" ")
        pairs = tuple(_pair(part) for part in written.split(","))
        if not all(name in _SIGNALS and answer in {"yes", "no"} for name, answer in pairs):
            self.problem(number, "content_signal_malformed", text)
        group = self._groups[-1].line if self._groups else None
        good = tuple((name, answer) for name, answer in pairs if name and answer)
        self.signals.append(ContentSignal(number, group, path, good))


def _pair(part: str) -> tuple[str, str]:
    name, _, answer = part.partition("=")
    return name.strip().lower(), answer.strip().lower()


def _without_bom(body: bytes) -> bytes:
    """Google skips a byte order mark even when its end is missing."""
    for size in (3, 2, 1):
        if body.startswith(_BOM[:size]):
            return body[size:]
    return body
