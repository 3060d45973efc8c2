"""Whether somebody else has written into the page."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page
from shared.reading.spam import hidden_spam, obfuscated_scripts

_PILLS = '<a href="https://pills.example.net/">buy cialis online</a>'
_PAYLOAD = "dmFyIHMgPSBkb2N1bWVudC5jcmVhdGVFbGVtZW50KCdzY3JpcHQnKTs="


@check(
    "integrity.injected_spam",
    Category.SECURITY,
    Severity.CRITICAL,
    bad=(
        sample(body=f'<div style="display:none">{_PILLS}</div>'),
        sample(body='<div style="position:absolute;left:-9999px">Best online casino with free spins today</div>'),
        sample(head=f'<script>eval(atob("{_PAYLOAD}"))</script>'),
        sample(head="<script>eval(String.fromCharCode(" + "118,97,114,32," * 8 + "120))</script>"),
    ),
    good=(
        sample(),
        sample(body='<div style="display:none"><a href="https://example.net/">Ask an oncology specialist</a></div>'),
        sample(
            body=f'<p>Mails that offer cialis are spam.</p><div style="display:none">{_PILLS}</div>',
        ),
        sample(body=f"<p>{_PILLS}</p>"),
        sample(
            head="<script>document.write(unescape(\"%3Cscript src='\" + host + \"ga.js' type='text/javascript'%3E"
            '%3C/script%3E"));</script>'
        ),
        sample(head=r'<script>var words = "\x63\x6f\x6d\x7c\x68\x74\x74\x70\x7c\x6f\x6b".split("|");</script>'),
        sample(head='<script>var data = JSON.parse(atob("eyJrbmlmZSI6InNoYXJwIn0="));</script>'),
    ),
    source="https://developers.google.com/search/docs/essentials/spam-policies#hacked-content",
    severities=(Severity.MEDIUM,),
    implies=("content.hidden_text",),
)
def injected_spam(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page holds hidden spam or a script that hides what it does.

    Both are typical of a break-in. Search engines mark or remove hacked pages, and visitors may be sent elsewhere. A
    script alone weighs less: some advertising and anti-ad-blocking code is packed in the same way.

    Fix: find how it came in, remove it, update the software, change all passwords, then ask for a review.
    """
    for evidence, at in hidden_spam(page):
        yield Finding(evidence, at)
    for evidence, at in obfuscated_scripts(page):
        yield Finding(evidence, at, Severity.MEDIUM)
