"""The probes of one page: claimed, asked politely, shared with the scan's other workers, all within one budget."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.db.pool import connection
from shared.logs import get_logger
from shared.metrics import PROBES
from shared.page import Asset, Context, ExternalLink, Fetched
from shared.robots import Robots
from shared.scans import Work
from workers.fetch.options import Caps, FetchOptions
from workers.fetch.politeness import NotBefore
from workers.frontier import exclusion, url_hash
from workers.lease import Lease
from workers.probes import store
from workers.probes.asking import ask_asset, ask_link
from workers.probes.candidates import AssetKind, Look, Wanted
from workers.probes.manner import Budget, asked_for, cut_short, turn
from workers.workshop import Workshop

PAGE_SECONDS: Final = 20.0
MAX_LINKS: Final = 2_000
"""External link targets that one scan asks."""
AT_ONCE: Final = 8
_FIRST_LOOK: Final = 0.1
_LAST_LOOK: Final = 1.0

Ask = Callable[[str, Caps], Awaitable[tuple[Asset | ExternalLink, Fetched]]]


def wishes(scan: Work) -> frozenset[str]:
    """Which probes of pages the scan is to make."""
    return asked_for(scan) & {"assets", "external"}


class Prober(Struct, frozen=True):
    """What the probes of a chunk's pages have in common."""

    shop: Workshop
    scan: Work
    lease: Lease
    robots: Robots
    options: FetchOptions

    @property
    def ended(self) -> bool:
        """Whether to begin nothing new."""
        return self.lease.ended or self.shop.drain.is_set()

    async def context(self, context: Context, look: Look) -> Context:
        """`context` with what the probes came to; what there was no time for is left out, or None when that is all.

        Raises `NotBefore` when the work has to end before everything was asked.
        """
        wanted = wishes(self.scan)
        left_out = exclusion(self.scan.options.get("exclude") or ())
        look = replace(look, assets=tuple(one for one in look.assets if not (one.internal and left_out(one.key))))
        budget = Budget(PAGE_SECONDS)
        assets, links = await asyncio.gather(
            self._assets(look.assets if "assets" in wanted else (), budget),
            self._links(look.external if "external" in wanted else (), budget),
        )
        if self.ended and (_short(assets, look.assets, wanted) or _short_of_links(links, look.external, wanted)):
            raise NotBefore(0.0)
        return replace(
            context,
            assets=_known(look.assets, assets) if "assets" in wanted else None,
            external=_links_known(look.external, links) if "external" in wanted else None,
        )

    async def _assets(self, wanted: tuple[Wanted, ...], budget: Budget) -> Mapping[str, Any]:
        kinds: dict[str, AssetKind] = {one.key: one.kind for one in reversed(wanted)}
        user_agent, polite = self.options.user_agent, self.scan.options.get("respect_robots", True)
        refused = {
            one.key for one in wanted if one.internal and polite and not self.robots.allowed(one.key, user_agent)
        }

        async def ask(url: str, caps: Caps) -> tuple[Asset, Fetched]:
            return await ask_asset(self.shop.fetcher, url, kinds[url], self.options, caps)

        found = await self._shared("asset", tuple(key for key in kinds if key not in refused), ask, None, budget)
        for key in refused:
            found[key] = msgspec.to_builtins(
                Asset(key, kinds[key], internal=True, status=None, error="blocked_by_robots")
            )
        return found

    async def _links(self, urls: tuple[str, ...], budget: Budget) -> Mapping[str, Any]:
        async def ask(url: str, caps: Caps) -> tuple[ExternalLink, Fetched]:
            return await ask_link(self.shop.fetcher, url, self.options, caps)

        return await self._shared("link", urls, ask, MAX_LINKS, budget)

    async def _shared(
        self, kind: store.Kind, urls: tuple[str, ...], ask: Ask, most: int | None, budget: Budget
    ) -> dict[str, Any]:
        """By URL, what it answered to us or to another worker of the scan."""
        if not urls:
            return {}
        by_hash = {url_hash(url): url for url in urls}
        found: dict[int, Any] = {}
        left = set(by_hash)
        pause = _FIRST_LOOK
        while True:
            async with connection(self.shop.pool) as conn:
                # Also what another worker gave back, or died with, in the meantime.
                mine = await store.claim(conn, self.scan.id, kind, {digest: by_hash[digest] for digest in left}, most)
                known = await store.results(conn, self.scan.id, kind, left)
            found |= {digest: result for digest, result in known.items() if result is not None}
            found |= await self._answers(kind, {digest: by_hash[digest] for digest in mine}, ask, budget)
            left = known.keys() - mine - found.keys()
            if not left or self.ended or not budget.left:
                break
            await asyncio.sleep(min(pause, budget.left))
            pause = min(pause * 2, _LAST_LOOK)
        if left:
            get_logger().info("probe.not_in_time", kind=kind, count=len(left))
        return {by_hash[digest]: result for digest, result in found.items()}

    async def _answers(self, kind: store.Kind, claimed: Mapping[int, str], ask: Ask, budget: Budget) -> dict[int, Any]:
        """What those answer that are ours to ask, kept for other workers; given back where there was no time."""
        found: dict[int, Any] = {}
        free = asyncio.Semaphore(AT_ONCE)

        async def one(digest: int, url: str) -> None:
            async with free:
                result = await self._asked(url, ask, budget)
            if result is not None:
                found[digest] = msgspec.to_builtins(result)
                async with connection(self.shop.pool) as conn:
                    await store.save(conn, self.scan.id, kind, digest, found[digest])

        await asyncio.gather(*(one(digest, url) for digest, url in claimed.items()))
        if given_up := claimed.keys() - found.keys():
            async with connection(self.shop.pool) as conn:
                await store.give_back(conn, self.scan.id, kind, given_up)
        return found

    async def _asked(self, url: str, ask: Ask, budget: Budget) -> Asset | ExternalLink | None:
        """The answer, None when there was no time for it."""
        if self.ended or not budget.left:
            return None
        try:
            async with turn(self.shop, self.scan, self.robots, url, budget) as slot:
                caps = budget.caps()
                if caps is None:
                    return None
                result, fetched = await ask(url, caps)
                slot.answered(fetched)
        except (NotBefore, ValueError):  # ValueError: a host that can't be spelt
            return None
        if result.error == "timeout" and cut_short(caps):
            return None
        PROBES.labels(type(result).__name__.lower(), "answered" if result.error is None else result.error).inc()
        return result


def _short(found: Mapping[str, Any], looked: tuple[Wanted, ...], wanted: frozenset[str]) -> bool:
    return "assets" in wanted and any(one.key not in found for one in looked)


def _short_of_links(found: Mapping[str, Any], looked: tuple[str, ...], wanted: frozenset[str]) -> bool:
    return "external" in wanted and any(url not in found for url in looked)


def _known(wanted: tuple[Wanted, ...], found: Mapping[str, Any]) -> tuple[Asset, ...] | None:
    """The page's assets as its checks see them; None when there are some and nothing is known of any."""
    assets: list[Asset] = []
    for one in wanted:
        if one.key not in found:
            continue
        asset = replace(msgspec.convert(found[one.key], Asset), url=one.url, kind=one.kind, internal=one.internal)
        if not one.shown:  # not loaded with the page, so it weighs nothing there
            asset = replace(asset, bytes=None, wire_bytes=None)
        if one.named or asset.status == 200:  # noqa: PLR2004 - nobody asked for what isn't there
            assets.append(asset)
    return tuple(assets) if assets or not any(one.key not in found for one in wanted) else None


def _links_known(wanted: tuple[str, ...], found: Mapping[str, Any]) -> tuple[ExternalLink, ...] | None:
    links = tuple(msgspec.convert(found[url], ExternalLink) for url in wanted if url in found)
    return links if links or not wanted else None
