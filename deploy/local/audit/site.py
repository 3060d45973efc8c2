"""The site-level verdict on a directory: every file was seen, so it counts as a complete crawl."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from deploy.local.audit.child import FileAnswer
from deploy.local.audit.folder import Folder
from deploy.local.audit.inputs import Surroundings
from deploy.local.audit.judging import Auditor, PageReport
from deploy.local.audit.terms import Terms
from shared import facts as site_facts
from shared.facts import Flag, SiteFacts, hash64
from shared.scoring import Score
from shared.tally import Tally, merge
from workers.site import Analysis, SiteFound, SiteJudge

_NOT_FOUND: Final = 404
_PLACE: Final = np.dtype([("target", "<u8"), ("place", "<u4")])
"""A link to a place in a page, as `SiteFacts.fragments` packs it."""


class SiteReport(Struct, frozen=True):
    """The verdict on a directory."""

    pages: list[PageReport]
    findings: list[SiteFound]
    not_decided: tuple[str, ...]
    score: Score


@final
class Collector:
    """Takes the pages' verdicts as they come, and judges the site in the end."""

    def __init__(self, folder: Folder, around: Surroundings, terms: Terms) -> None:
        """Nothing is computed before `report`."""
        self._folder = folder
        self._around = around
        self._auditor = Auditor(terms)
        self._terms = terms
        self.pages: Final[list[PageReport]] = []
        self._facts: Final[list[bytes]] = []
        self._tally = Tally()
        self._aliases: Final[dict[int, int]] = {}
        self._missing: Final[dict[str, None]] = {}
        for url in around.listed or ():
            self._place(url)

    def add(self, answer: FileAnswer) -> None:
        """Take a page."""
        self.pages.append(answer.report)
        self._facts.append(answer.facts)
        self._tally = merge(self._tally, answer.tally)
        for url in answer.targets:
            self._place(url)

    def _place(self, url: str) -> None:
        """Note what an address leads to, if that isn't a page by this very address."""
        kind = self._folder.kind(url)
        if kind == "missing":
            self._missing[url] = None
        elif kind == "page":
            page = self._folder.page_url(url)
            if page is not None and page != url:
                self._aliases[hash64(url)] = hash64(page)

    def report(self) -> SiteReport:
        """The verdict on all of it."""
        urls = {n: page.url for n, page in enumerate(self._folder.pages)}
        urls |= {len(urls) + n: url for n, url in enumerate(self._missing)}
        analysis = Analysis(self._rows(), self._around.inputs)

        def url_of(seqs: Iterable[int]) -> Mapping[int, str]:
            return {seq: urls[seq] for seq in seqs}

        judge = SiteJudge(analysis, self._auditor.limits, url_of, disabled=self._terms.disabled)
        findings = list(judge.findings())
        score = self._auditor.scorer.score(judge.tally(self._tally))
        withheld = tuple(sorted(one.check for one in judge.outcomes.values() if not one.decided))
        return SiteReport(self.pages, findings, withheld, score)

    def _rows(self) -> Iterator[SiteFacts]:
        """The pages, and the addresses that are referred to and have no file: what a server would answer with 404."""
        for stored in self._facts:
            yield self._resolved(site_facts.decode(stored))
        listed = self._around.listed or {}
        for n, url in enumerate(self._missing, len(self._folder.pages)):
            flags = Flag.FETCHED | (Flag.LISTED | Flag.LISTED_KNOWN if url in listed else Flag(0))
            here = hash64(url)
            yield SiteFacts(seq=n, url=url, flags=int(flags), status=_NOT_FOUND, classes=0, here=here, final=here)

    def _resolved(self, facts: SiteFacts) -> SiteFacts:
        """The page with its links leading to the addresses under which we know their targets."""
        aliases = self._aliases
        if not aliases:
            return facts
        count = len(facts.links) // 9
        known: dict[int, int] = {}
        for raw, kind in zip(_numbers(facts.links[: 8 * count]), facts.links[8 * count :], strict=True):
            target = aliases.get(raw, raw)
            known[target] = known.get(target, 0) | kind
        places = np.frombuffer(facts.fragments, _PLACE).copy()
        places["target"] = [aliases.get(target, target) for target in places["target"].tolist()]
        return replace(
            facts,
            links=np.array(list(known), "<u8").tobytes() + bytes(known.values()),
            fragments=places.tobytes(),
            canonical=aliases.get(facts.canonical, facts.canonical),
            next=aliases.get(facts.next, facts.next),
            prev=aliases.get(facts.prev, facts.prev),
            amphtml=aliases.get(facts.amphtml, facts.amphtml),
            alternates=tuple((lang, aliases.get(target, target), ours) for lang, target, ours in facts.alternates),
        )


def _numbers(packed: bytes) -> list[int]:
    numbers: list[int] = np.frombuffer(packed, "<u8").tolist()
    return numbers
