"""Judging entries one by one, and the bounded list of what is wrong with them."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import final

from shared.sitemaps.dates import parse_rfc822_datetime, parse_w3c_datetime
from shared.sitemaps.facts import (
    MAX_ENTRIES,
    MAX_LOC,
    EntryKind,
    NewsFacts,
    ProblemKind,
    SitemapCounts,
    SitemapEntry,
    SitemapProblem,
)
from shared.sitemaps.scope import in_scope, split
from shared.sitemaps.target import Draft

MAX_EXAMPLES = 20
"""Problems kept of each kind; all are counted."""
MAX_TEXT = 200
_MAX_SEEN = MAX_ENTRIES + 10_000  # hashes kept to find duplicates: at most 8 MB
_MAX_NEWS = 1000
_MAX_KNOWN = 1000  # languages, and origins, of alternates that were found good
_MAX_ORIGIN = 300
_NEWS_AGE = timedelta(days=2)
_SLACK = timedelta(days=1)  # a clock or a zone that is off is no date in the future
_HREFLANG = re.compile(r"x-default|[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+\s*")  # browsers leave line ends and tabs out of an address
_VIDEO = frozenset(("thumbnail_loc", "title", "description"))


@final
class Ledger:
    """Counts and judges the entries of one file."""

    def __init__(self, url: str, *, submitted_by: str | None, now: datetime | None) -> None:
        """`url` is the sitemap's own address; `now`, with a zone, decides what is in the future and what is stale."""
        self.counts = SitemapCounts()
        self.tally: Counter[ProblemKind] = Counter()
        self.problems: list[SitemapProblem] = []
        self._url = url
        self._submitted_by = submitted_by
        self._now = now
        self._today: str = now.isoformat()[:10] if now else "9999"
        self._seen: set[int] = set()
        self._languages: dict[str, str] = {}
        self._origins: set[str] = set()
        self._last_date: str | None = None
        parts = split(url)
        self._https: bool = parts is not None and parts.scheme == "https"
        # A host in upper case or a port written out is sorted out by in_scope; this only spares it the common case.
        self._inside: str = (
            url[: url.rfind("/") + 1] if parts and parts.path and not (parts.query or parts.fragment) else "\n"
        )

    def problem(self, kind: ProblemKind, line: int | None, text: str, *, ordinal: int | None = None) -> None:
        """Counts a problem and keeps the first 20 of its kind."""
        self.tally[kind] += 1
        if self.tally[kind] <= MAX_EXAMPLES:
            place = self.counts.entries if ordinal is None else ordinal
            self.problems.append(SitemapProblem(kind, line, place, _CONTROL.sub("\ufffd", text[:MAX_TEXT])))

    def plain(self, loc: str, lastmod: str | None, kind: EntryKind, line: int | None) -> SitemapEntry | None:
        """An entry that has nothing but an address and a date; None when the address is of no use."""
        if not loc.isprintable():
            loc = _UNSEEN.sub("", loc)
        self._count(kind, line)
        if not self._address(loc, line):
            return None
        if lastmod is not None:
            self._date(lastmod, line)
        return SitemapEntry(loc, lastmod, kind, line)

    def draft(self, draft: Draft, line: int | None) -> SitemapEntry | None:
        """An entry as the XML parser saw it; None when it has no usable address."""
        kind: EntryKind = "sitemap" if draft.name == "sitemap" else "url"
        self._count(kind, line)
        loc = _UNSEEN.sub("", draft.address())
        if not loc:
            self.counts.unusable += 1
            self.problem("sitemap.syntax", line, f"<{draft.name}> without an address")
            return None
        if not self._address(loc, line):
            return None
        if len(draft.fields.get("loc", ())) > 1:
            self.problem("sitemap.syntax", line, "more than one <loc>")
        news = self._extensions(draft, line)
        self._alternates(draft, loc, line)
        return SitemapEntry(
            loc, self._lastmod(draft, line), kind, line, tuple(draft.alternates), draft.images, len(draft.videos), news
        )

    def _count(self, kind: EntryKind, line: int | None) -> None:
        self.counts.entries += 1
        if kind == "sitemap":
            self.counts.sitemaps += 1
        if self.counts.entries == MAX_ENTRIES + 1:
            self.problem(
                "sitemap.index_too_many" if kind == "sitemap" else "sitemap.too_many_urls",
                line,
                f"more than {MAX_ENTRIES}",
            )

    def _address(self, loc: str, line: int | None) -> bool:
        if not loc.startswith(self._inside) and not self._acceptable(loc, line):
            self.counts.unusable += 1
            return False
        if len(loc) >= MAX_LOC:
            self.problem("sitemap.syntax", line, f"address of {len(loc)} characters: {loc}")
        key = hash(loc)
        if key in self._seen:
            self.counts.duplicates += 1
            self.problem("sitemap.duplicate_url", line, loc)
        elif len(self._seen) < _MAX_SEEN:
            self._seen.add(key)
        return True

    def _acceptable(self, loc: str, line: int | None) -> bool:
        if split(loc) is None:
            self.problem("sitemap.syntax", line, f"not an absolute address: {loc}")
            return False
        if not in_scope(self._url, loc, self._submitted_by):
            if self._https and loc.startswith("http:") and in_scope(self._url, "https" + loc[4:], self._submitted_by):
                self.problem("sitemap.http_urls", line, loc)
            else:
                self.problem("sitemap.url_out_of_scope", line, loc)
        return True

    def _date(self, text: str, line: int | None) -> None:
        if text == self._last_date:
            return
        moment = parse_w3c_datetime(text)
        if moment is None:
            self.problem("sitemap.lastmod_invalid", line, text)
        elif self._now is not None and text >= self._today and moment > self._now + _SLACK:
            self.problem("sitemap.lastmod_invalid", line, f"in the future: {text}")
        else:
            self._last_date = text

    def _lastmod(self, draft: Draft, line: int | None) -> str | None:
        text = draft.date()
        if not text:
            return None
        if draft.name == "item":
            moment = parse_rfc822_datetime(text) or parse_w3c_datetime(text)
            text = moment.isoformat() if moment is not None else text
        self._date(text, line)
        return text

    def _extensions(self, draft: Draft, line: int | None) -> NewsFacts | None:
        counts = self.counts
        counts.images += draft.images
        counts.videos += len(draft.videos)
        wrong: ProblemKind = "sitemap.image_news_video_invalid"
        if draft.images > draft.image_locs:
            self.problem(wrong, line, "image:image without image:loc")
        for video in draft.videos:
            missing: list[str] = sorted(_VIDEO - video)
            if not video & {"content_loc", "player_loc"}:
                missing.append("content_loc or player_loc")
            if missing:
                self.problem(wrong, line, "video:video without " + ", ".join(missing))
        return None if draft.news is None else self._news(draft.news, line)

    def _news(self, found: dict[str, str], line: int | None) -> NewsFacts:
        self.counts.news += 1
        if self.counts.news == _MAX_NEWS + 1:
            self.problem("sitemap.news_stale", line, f"more than {_MAX_NEWS} news entries")
        missing = [name for name in ("name", "language", "publication_date", "title") if not found.get(name)]
        if missing:
            self.problem("sitemap.image_news_video_invalid", line, "news:news without " + ", ".join(missing))
        date = found.get("publication_date") or None
        moment = parse_w3c_datetime(date) if date else None
        if date and moment is None:
            self.problem("sitemap.image_news_video_invalid", line, f"publication_date: {date}")
        if moment is not None and self._now is not None and moment < self._now - _NEWS_AGE:
            self.problem("sitemap.news_stale", line, f"published {date}")
        return NewsFacts(found.get("name") or None, found.get("language") or None, date, found.get("title") or None)

    def _alternates(self, draft: Draft, loc: str, line: int | None) -> None:
        if draft.bad_alternates:
            self.problem("sitemap.hreflang_invalid", line, "xhtml:link without hreflang or href")
        if not draft.alternates:
            return
        self.counts.alternates += len(draft.alternates)
        targets: dict[str, str] = {}
        languages, origins = self._languages, self._origins
        for language, href in draft.alternates:
            code = languages.get(language) or self._language(language, line)
            # What urlsplit can object to stands before the path, so an origin that passed once passes again.
            if href[: href.find("/", 8) + 1] not in origins:
                self._origin(href, line)
            if targets.setdefault(code, href) != href:
                self.problem("sitemap.hreflang_invalid", line, f"two addresses for {language}")
        if loc not in targets.values():
            self.problem("sitemap.hreflang_invalid", line, f"no alternate is the page itself: {loc}")

    def _language(self, language: str, line: int | None) -> str:
        """Judges a language; in lower case."""
        code = language.lower()
        if _HREFLANG.fullmatch(language) is None:
            self.problem("sitemap.hreflang_invalid", line, f"no language: {language}")
        elif len(self._languages) < _MAX_KNOWN:
            self._languages[language] = code
        return code

    def _origin(self, href: str, line: int | None) -> None:
        """Judges an alternate's address."""
        if split(href) is None:
            self.problem("sitemap.hreflang_invalid", line, f"not an absolute address: {href}")
            return
        origin = href[: href.find("/", 8) + 1]
        if len(origin) <= _MAX_ORIGIN and len(self._origins) < _MAX_KNOWN and split(origin) is not None:
            self._origins.add(origin)
