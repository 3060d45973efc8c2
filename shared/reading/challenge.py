"""Telling a bot challenge from a page: an answer that was made for our robot and says nothing about the site."""

from shared.page import Page

REFUSALS = frozenset({403, 429, 999})
"""Statuses with which servers turn robots away (RFC 9110 section 15.5.4, RFC 6585 section 4; 999 is LinkedIn's)."""

_MAX_WORDS = 120
_TITLES = frozenset(
    {"just a moment...", "attention required! | cloudflare", "ddos-guard", "vercel security checkpoint"}
)
_MARKS = (
    ("_Incapsula_Resource", "an Imperva challenge"),
    ("/cdn-cgi/challenge-platform/h/", "a Cloudflare challenge"),
    ("geo.captcha-delivery.com", "a DataDome challenge"),
    ("window.awsWafCookieDomainList", "an AWS WAF challenge"),
    ("px-captcha", "a HUMAN challenge"),
)


def challenge(page: Page) -> str | None:
    """What shows that the answer is a challenge, None when nothing does (heuristic, from the vendors' documentation).

    Looks into the text only of answers with few words, since real pages load the same vendors' scripts.
    """
    if page.headers:
        if "challenge" in (page.header("cf-mitigated") or ""):
            return "cf-mitigated: challenge"
        action = page.header("x-amzn-waf-action")
        if action:
            return f"x-amzn-waf-action: {action}"
    if not page.is_html or page.words > _MAX_WORDS:
        return None
    if page.title.casefold() in _TITLES:
        return f"a challenge page titled {page.title!r}"
    if page.words > _MAX_WORDS // 4 or page.headings:
        return None
    return next((name for mark, name in _MARKS if mark in page.source), None)


def refused(page: Page) -> bool:
    """Whether the server turned our robot away, so that the page itself was not seen."""
    if page.error is not None and page.error.kind == "blocked_by_server":
        return True
    return page.status is not None and (page.status in REFUSALS or challenge(page) is not None)
