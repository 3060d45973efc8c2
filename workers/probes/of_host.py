"""The probes of a scan's host: asked once a scan, in the stage that plans it, and stored under its fence."""

import asyncio
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared import chunks
from shared.db.pool import Connection, connection
from shared.host_probes import AgentAnswer, HostProbes, HostTls, Seen
from shared.page import Context, Fetched
from shared.reading.domains import registrable
from shared.robots import Robots
from shared.scans import Work
from workers.fetch.challenge import challenge
from workers.fetch.options import FetchOptions
from workers.fetch.politeness import NotBefore
from workers.lease import Lease
from workers.parser import JobFailed, ParserKilled
from workers.probes import store
from workers.probes.agents import AI_AGENTS, GOOGLEBOT, Agent
from workers.probes.candidates import Look
from workers.probes.manner import Budget, asked_for, cut_short, turn
from workers.probes.tls import ask_tls
from workers.scan_page import PageJob
from workers.workshop import Workshop, fetch_options, terms_of

HOST_SECONDS: Final = 45.0
TLS_SECONDS: Final = 20.0
HOST_OPTIONS: Final = frozenset({"host_variants", "ai_agents"})
_READ: Final = 32_768
_LOOK_SECONDS: Final = 30.0
_REFUSED: Final = 401

_ENCODE: Final = msgspec.msgpack.Encoder()
_LOOK: Final = msgspec.msgpack.Decoder(Look)


async def probe_host(shop: Workshop, scan: Work, lease: Lease, url: str, robots: Robots) -> HostProbes:
    """Ask the host what the scan's options want to know, unless it was asked before.

    `url` is the start page by the scheme that answers. Raises `NotBefore` when the work has to end, `LeaseLostError`.
    """
    wanted = asked_for(scan) & HOST_OPTIONS
    if not wanted:
        return HostProbes()
    async with connection(shop.pool) as conn:
        asked, known = await store.host(conn, scan.id, "answers")
    if asked:
        return msgspec.convert(known, HostProbes)
    prober = HostProber(shop, scan, lease, url, robots, fetch_options(scan, shop.settings))
    probes = await prober.ask(wanted)
    if prober.ended:
        raise NotBefore(0.0)
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        await store.save_host(conn, scan.id, "answers", url, msgspec.to_builtins(probes))
    return probes


async def probe_tls(shop: Workshop, scan: Work, lease: Lease) -> HostTls | None:
    """The TLS of the scan's host, unless it was asked before. Raises `LeaseLostError`."""
    parts = urlsplit(scan.url)
    if "tls" not in asked_for(scan) or (parts.scheme != "https" and parts.port is not None) or not parts.hostname:
        return None
    async with connection(shop.pool) as conn:
        asked, known = await store.host(conn, scan.id, "tls")
    if asked:
        return msgspec.convert(known, HostTls | None)
    guard, now = shop.fetcher.guard, shop.clock.now()
    tls = await ask_tls(guard, parts.hostname, parts.port or 443, TLS_SECONDS, now)
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        await store.save_host(conn, scan.id, "tls", scan.url, msgspec.to_builtins(tls))
    return tls


async def load_tls(conn: Connection, scan: Work) -> HostTls | None:
    """The TLS of the scan's host as it was found, None when it wasn't asked or told nothing."""
    if "tls" not in asked_for(scan):
        return None
    _, known = await store.host(conn, scan.id, "tls")
    return msgspec.convert(known, HostTls | None)


async def load_answers(conn: Connection, scan: Work) -> HostProbes:
    """What the host was asked beside the pages."""
    _, known = await store.host(conn, scan.id, "answers") if asked_for(scan) & HOST_OPTIONS else (False, None)
    return HostProbes() if known is None else msgspec.convert(known, HostProbes)


def variants(url: str) -> list[str]:
    """The start page of http and https, with www. and without; none where the URL names a port or an address.

    Without "www." only a registrable domain has such a twin: nobody looks for www.blog.example.com.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    if parts.port is not None or "." not in host or _is_address(host):
        return []
    apex = host.removeprefix("www.")
    hosts = [host] if registrable(apex) != apex else [apex, f"www.{apex}"]
    return [f"{scheme}://{one}/" for scheme in ("http", "https") for one in hosts]


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class HostProber(Struct, frozen=True):
    """One scan's."""

    shop: Workshop
    scan: Work
    lease: Lease
    url: str
    robots: Robots
    options: FetchOptions

    @property
    def ended(self) -> bool:
        """Whether to begin nothing new."""
        return self.lease.ended or self.shop.drain.is_set()

    async def ask(self, wanted: frozenset[str]) -> HostProbes:
        """Everything in `wanted` within one budget; what there was no time for is None."""
        budget = Budget(HOST_SECONDS)
        seen, agents = await asyncio.gather(
            self._variants("host_variants" in wanted, budget),
            self._agents("ai_agents" in wanted, budget),
        )
        return replace(agents, variants=seen)

    def allowed(self, url: str, user_agent: str | None = None) -> bool:
        """Whether robots.txt lets us ask. The options' permission to ignore it is for our own robot only."""
        if user_agent is None and not self.scan.options.get("respect_robots", True):
            return True
        return self.robots.allowed(url, user_agent or self.options.user_agent)

    async def _variants(self, wanted: bool, budget: Budget) -> tuple[Seen, ...] | None:
        urls = variants(self.scan.url) if wanted else []
        if not urls or not self.allowed(urls[0]):
            return None
        seen = await self._all(urls, self.options, budget)
        return seen if seen is not None and not any(one.refused for one in seen) else None

    async def _agents(self, wanted: bool, budget: Budget) -> HostProbes:
        """Our own robot before and after: only while it gets the page are the others' refusals about them."""
        ours = replace(self.options, credentials_for=None, basic_auth=None, cookie=None)
        if not wanted or not self.allowed(self.url):
            return HostProbes()
        before = await self.seen(self.url, ours, budget)
        if before is None or not before.ok:
            return HostProbes()
        allowed = [agent for agent in AI_AGENTS if self.allowed(self.url, agent.token)]
        answers = await asyncio.gather(*(self._answer(agent, ours, budget) for agent in allowed))
        search = None
        if self.allowed(self.url, GOOGLEBOT.token):
            google = replace(ours, user_agent=GOOGLEBOT.user_agent)
            search = await self._all([self.url, self.url], google, budget)
        after = await self.seen(self.url, ours, budget)
        if after is None or not after.ok:
            return HostProbes()
        known = tuple(one for one in answers if one is not None)
        return HostProbes(home=(before, after), agents=known if len(known) == len(answers) else None, search=search)

    async def _answer(self, agent: Agent, ours: FetchOptions, budget: Budget) -> AgentAnswer | None:
        fetched = await self._fetched(self.url, replace(ours, user_agent=agent.user_agent), budget, whole=False)
        if fetched is None:
            return None
        return AgentAnswer(agent.token, agent.purpose, fetched.status, refusal(fetched))

    async def _all(self, urls: Iterable[str], options: FetchOptions, budget: Budget) -> tuple[Seen, ...] | None:
        seen = await asyncio.gather(*(self.seen(url, options, budget) for url in urls))
        known = tuple(one for one in seen if one is not None)
        return known if len(known) == len(seen) else None

    async def seen(self, url: str, options: FetchOptions, budget: Budget) -> Seen | None:
        """The answer at a glance, None when there was no time for it, or its text couldn't be read."""
        fetched = await self._fetched(url, options, budget, whole=True)
        if fetched is None:
            return None
        refused = refusal(fetched)
        look = Look() if refused or fetched.error or not fetched.body else await self._look(fetched)
        if look is None:
            return None
        return Seen(
            url=url,
            final_url=fetched.final_url,
            status=fetched.status,
            error=fetched.error.kind if fetched.error else None,
            refused=refused,
            is_html=look.is_html,
            title=look.title,
            canonical=look.canonical,
            words=look.words,
            content_hash=look.content_hash,
            sketch=look.sketch,
        )

    async def _look(self, fetched: Fetched) -> Look | None:
        context = Context(now=self.shop.clock.now(), site_host=urlsplit(fetched.final_url).hostname)
        job = PageJob(0, fetched, context, terms_of(self.scan), look=True)
        try:
            return _LOOK.decode(await self.shop.parser.run(_ENCODE.encode(job), deadline=_LOOK_SECONDS))
        except (ParserKilled, JobFailed):
            return None

    async def _fetched(self, url: str, options: FetchOptions, budget: Budget, *, whole: bool) -> Fetched | None:
        if self.ended or not budget.left:
            return None
        try:
            async with turn(self.shop, self.scan, self.robots, url, budget) as slot:
                caps = budget.caps()
                if caps is None:
                    return None
                fetcher = self.shop.fetcher
                fetched = (
                    await fetcher.get(url, options, caps=caps)
                    if whole
                    else await fetcher.probe(url, options, limit=_READ, caps=caps)
                )
                slot.answered(fetched)
        except NotBefore:
            return None
        hurried = fetched.error is not None and fetched.error.kind == "timeout" and cut_short(caps)
        return None if hurried else fetched


def refusal(fetched: Fetched) -> str | None:
    """Who or what keeps this client from the page, None when nobody does."""
    return "sign-in asked for (401)" if fetched.status == _REFUSED else challenge(fetched)
