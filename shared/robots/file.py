"""A robots.txt that has been read, ready to be asked about URLs."""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from shared.robots.lines import ContentSignal, Group, RobotsProblem, Rule, SitemapLine
from shared.robots.matching import Ruleset, path_of, product_token, upper_escapes

StatusClass = Literal["ok", "missing", "server_error", "unreachable"]

_CACHED_AGENTS = 64
_MAX_RULE_TEXT = 200
# Whose rules are followed when an agent's own name is absent: Google's list of crawlers
# (https://developers.google.com/search/docs/crawling-indexing/google-common-crawlers) and Apple's
# (https://support.apple.com/119829).
_STAND_INS = {
    "googlebot-image": "googlebot",
    "googlebot-news": "googlebot",
    "googlebot-video": "googlebot",
    "applebot": "googlebot",
}
# Obey only rules that name them
# (https://developers.google.com/search/docs/crawling-indexing/google-special-case-crawlers).
_DEAF_TO_EVERYBODY = frozenset(("adsbot-google", "adsbot-google-mobile", "mediapartners-google"))


class Verdict(msgspec.Struct, frozen=True):
    """Whether a URL may be fetched, and the line and rule that say so; both None when no rule says anything."""

    allowed: bool
    line: int | None
    rule: str | None


_FREE = Verdict(allowed=True, line=None, rule=None)
_BLOCKED = Verdict(allowed=False, line=None, rule=None)


@dataclass(frozen=True)
class Robots:
    """What a site's robots.txt says, or what follows from the way it could not be had (`status_class`).

    `problems` holds the first 200; `problem_count` is how many there were.
    """

    groups: tuple[Group, ...] = ()
    sitemaps: tuple[SitemapLine, ...] = ()
    problems: tuple[RobotsProblem, ...] = ()
    problem_count: int = 0
    content_signals: tuple[ContentSignal, ...] = ()
    status_class: StatusClass = "ok"
    _compiled: dict[str, Ruleset] = field(default_factory=dict[str, Ruleset], init=False, repr=False, compare=False)
    """By user agent, at most 64."""
    _delays: dict[str, float | None] = field(
        default_factory=dict[str, float | None], init=False, repr=False, compare=False
    )
    """By user agent, at most 64: asked for with every page."""

    def __getstate__(self) -> dict[str, object]:
        """Without the compiled rules: they are cheaper to make again than to carry."""
        return {**self.__dict__, "_compiled": {}, "_delays": {}}

    def verdict(self, url_or_path: str, user_agent: str) -> Verdict:
        """Whether the agent may fetch the URL, by the longest rule of its group (RFC 9309, section 2.2.2).

        `user_agent` is a product token or a whole User-Agent header. The URL must be percent-encoded as it goes over
        the wire: like Google's parser this one does not encode its non-ASCII characters, so they match no rule.
        """
        path = upper_escapes(path_of(url_or_path))
        if path == "/robots.txt":
            return _FREE
        if self.status_class in {"server_error", "unreachable"}:
            return _BLOCKED
        match = self._ruleset(user_agent).decide(path)
        if match is None:
            return _FREE
        word = "Allow" if match.allow else "Disallow"
        return Verdict(match.allow, match.line, f"{word}: {match.pattern[:_MAX_RULE_TEXT]}")

    def allowed(self, url: str, user_agent: str) -> bool:
        """Whether the agent may fetch the URL."""
        return self.verdict(url, user_agent).allowed

    def blocks_everything(self, user_agent: str) -> bool:
        """Whether the agent may fetch nothing but /robots.txt."""
        if self.status_class in {"server_error", "unreachable"}:
            return True
        return self._ruleset(user_agent).blocks_everything()

    def agents(self) -> tuple[str, ...]:
        """Every agent that a group names, in lower case, in the order of the file."""
        return tuple(dict.fromkeys(agent for group in self.groups for agent in group.agents))

    def crawl_delay(self, user_agent: str) -> float | None:
        """Seconds between two requests that the agent's group asks for, at most 300; None when it asks for nothing.

        Crawl-delay is in no standard. It holds for the agents named above it; the longest one counts (heuristic).
        """
        if user_agent not in self._delays:
            if len(self._delays) >= _CACHED_AGENTS:
                self._delays.clear()
            self._delays[user_agent] = self._delay(user_agent)
        return self._delays[user_agent]

    def _delay(self, user_agent: str) -> float | None:
        name = self._name(user_agent)
        if name is None:
            return None
        ours = [(group, group.agents.index(name)) for group in self.groups if name in group.agents]
        return max((delay.seconds for group, at in ours for delay in group.delays if at < delay.agents), default=None)

    def _name(self, user_agent: str) -> str | None:
        """The name under which the agent's rules stand; None when there are none for it."""
        named = {agent for group in self.groups for agent in group.agents}
        token = product_token(user_agent)
        for name in (token, _STAND_INS.get(token)):
            if name and name in named:
                return name
        return None if token in _DEAF_TO_EVERYBODY or "*" not in named else "*"

    def _ruleset(self, user_agent: str) -> Ruleset:
        ready = self._compiled.get(user_agent)
        if ready is None:
            if len(self._compiled) >= _CACHED_AGENTS:
                self._compiled.clear()
            ready = self._compiled[user_agent] = Ruleset(_plain(rule) for rule in self._rules(user_agent))
        return ready

    def _rules(self, user_agent: str) -> list[Rule]:
        name = self._name(user_agent)
        return [rule for group in self.groups if name in group.agents for rule in group.rules]


def _plain(rule: Rule) -> tuple[int, bool, str]:
    return rule.line, rule.allow, rule.pattern
