"""Duties towards visitors that a page can show."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page

_TRACKERS = (
    *("googletagmanager.com/gtag/", "google-analytics.com/", "connect.facebook.net/", "static.hotjar.com/"),
    *("clarity.ms/tag/", "snap.licdn.com/", "analytics.tiktok.com/", "mc.yandex.ru/", "doubleclick.net/"),
    *("static.ads-twitter.com/", "bat.bing.com/", "s.pinimg.com/ct/", "sc-static.net/", "cdn.segment.com/"),
    *(
        "fullstory.com/s/",
        "googleadservices.com/",
        "cdn.mxpnl.com/",
        "js.hs-analytics.net/",
        "pagead2.googlesyndication.com/",
    ),
)
"""Scripts that set cookies to follow visitors. Not here: Google Tag Manager, which may itself ask for consent first,
and services that work without cookies, such as Plausible, Fathom, and Simple Analytics."""

_CONSENT = re.compile(
    r"consent|cookie[-_ ]?(?:bot|banner|notice|law|bar|yes|hub|first|script|popup|settings|preferences|control|info"
    r"|hint|message|modal|dialog)|onetrust|usercentrics|didomi|iubenda|termly|osano|trustarc|truste\.com|klaro"
    r"|tarteaucitron|cmplz|complianz|borlabs|axeptio|quantcast|__tcfapi|fundingchoices|sirdata|sourcepoint"
    r"|(?:accept|allow|reject|decline)[^<>]{0,20}cookies"
)
"""Names of consent tools and of what they put into pages."""

_GTAG = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-AB12CD34EF"></script>'


@check(
    "legal.cookie_consent",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(head=_GTAG),
        sample(head='<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>'),
    ),
    good=(
        sample(),
        sample(head=f"{_GTAG}<script>gtag('consent', 'default', {{'ad_storage': 'denied'}})</script>"),
        sample(head=f'{_GTAG}<script async src="https://consent.cookiebot.com/uc.js"></script>'),
        sample(head=_GTAG, body='<div id="cookie-banner"><p>We count visits. <button>Fine</button></p></div>'),
        sample(head=_GTAG.replace("async", 'async type="text/plain"')),
        sample(head='<script defer src="https://plausible.io/js/script.js"></script>'),
        sample(head='<script async src="https://www.googletagmanager.com/gtm.js?id=GTM-AB12CD"></script>'),
    ),
    source="heuristic",
    implies=("perf.preconnect",),
)
def cookie_consent(page: Page, limits: Limits) -> Iterator[Finding]:
    """Trackers are loaded, and nothing on the page asks for consent.

    In the EU, the UK and elsewhere cookies for tracking need the visitor's consent beforehand. Whether that concerns
    this site is for its owner to judge.

    Fix: load trackers only after consent, with a consent tool, or use statistics without cookies.
    """
    for script in page.scripts:
        url = script.url
        if url and script.type != "text/plain" and any(tracker in url for tracker in _TRACKERS):
            if not _CONSENT.search(page.source.lower()):
                yield Finding(url, script.at)
            return
