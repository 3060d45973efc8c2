"""The User-Agent headers of AI crawlers, as their operators document them, and Googlebot's."""

from typing import Final

from msgspec import Struct

_CHROMIUM: Final = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {})"
_PLAIN: Final = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; {}"


class Agent(Struct, frozen=True):
    """A crawler: the token that robots.txt knows it by, what it gathers for, and how it names itself in requests."""

    token: str
    purpose: str
    user_agent: str


GOOGLEBOT: Final = Agent(
    "Googlebot", "search", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)
"""https://developers.google.com/search/docs/crawling-indexing/google-common-crawlers"""

AI_AGENTS: Final = (
    Agent("GPTBot", "training", _CHROMIUM.format("GPTBot/1.2; +https://openai.com/gptbot")),
    Agent("OAI-SearchBot", "search", _CHROMIUM.format("OAI-SearchBot/1.0; +https://openai.com/searchbot")),
    Agent("ChatGPT-User", "answers", _PLAIN.format("ChatGPT-User/1.0; +https://openai.com/bot")),
    Agent("ClaudeBot", "training", _CHROMIUM.format("ClaudeBot/1.0; +claudebot@anthropic.com")),
    Agent("Claude-SearchBot", "search", _CHROMIUM.format("Claude-SearchBot/1.0; +https://www.anthropic.com")),
    Agent("Claude-User", "answers", _CHROMIUM.format("Claude-User/1.0; +Claude-User@anthropic.com")),
    Agent("PerplexityBot", "search", _CHROMIUM.format("PerplexityBot/1.0; +https://perplexity.ai/perplexitybot")),
    Agent(
        "Perplexity-User", "answers", _CHROMIUM.format("Perplexity-User/1.0; +https://perplexity.ai/perplexity-user")
    ),
    Agent("CCBot", "training", "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    Agent("Amazonbot", "training", _CHROMIUM.format("Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot")),
    Agent(
        "meta-externalagent",
        "training",
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    ),
    Agent(
        "Bytespider",
        "training",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; "
        "Bytespider; spider-feedback@bytedance.com)",
    ),
)
"""Agents that have a User-Agent of their own (Google-Extended and Applebot-Extended are names in robots.txt only)."""
