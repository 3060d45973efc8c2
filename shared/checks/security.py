"""What protects visitors: headers, forms, cookies, certificates, and what should not be in a page."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, NOW, URL, sample
from shared.page import Page, Tls
from shared.reading.domains import together
from shared.reading.leaks import leaked
from shared.reading.security_headers import cookie, csp_directives, hsts_age, referrer_policy
from shared.urls import host_of

MIXED_CONTENT = "https://www.w3.org/TR/mixed-content/"
HTML_STANDARD = "https://html.spec.whatwg.org/multipage/"
OWASP_HEADERS = "https://owasp.org/www-project-secure-headers/"
RFC_6265 = "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2"
RFC_9325 = "https://www.rfc-editor.org/rfc/rfc9325"

_HTTP_URL = URL.replace("https:", "http:")
_LOOPBACK = ("http://localhost", "http://127.", "http://[::1]")
_DAY = 86_400


def _insecure(url: str | None) -> bool:
    """Whether a browser would load it unprotected; loopback addresses count as safe (Secure Contexts section 3.1)."""
    return url is not None and url.startswith("http://") and not url.startswith(_LOOPBACK)


_ACTIVE_RELS = frozenset({"stylesheet", "modulepreload", "manifest"})
_PASSIVE_RELS = frozenset({"icon", "apple-touch-icon", "preload", "prefetch"})
_PASSIVE_TAGS = frozenset({"video", "audio", "source", "track"})
_STYLE_URL = re.compile(r"(?:url\(|@import)\s*(?:&quot;|&#39;|[\"'])?(http://[^\s\"')]{1,200})", re.IGNORECASE)
_SRCSET_URL = re.compile(r"(?:^|[\s,])(http://[^\s,]{1,200})", re.IGNORECASE)


def _active(page: Page) -> Iterator[tuple[str, str]]:
    """(address, position) of what may change the page: scripts, style sheets, frames, plug-ins."""
    for script in page.scripts:
        if _insecure(script.url) and (not script.type or script.type == "module" or "script" in script.type):
            yield script.url or "", script.at
    for link in page.link_tags:
        if _insecure(link.url) and not _ACTIVE_RELS.isdisjoint(link.rel):
            yield link.url or "", link.at
    for embed in page.embeds:
        if embed.tag not in _PASSIVE_TAGS and _insecure(embed.url):
            yield embed.url or "", embed.at


def _passive(page: Page) -> Iterator[tuple[str, str]]:  # noqa: PLR0912 - one branch a kind of element
    """(address, position) of images and media."""
    for image in page.images:
        url = image.url
        if url is not None and url.startswith("http://"):
            if _insecure(url):
                yield url, image.at
        elif image.srcset and "http:" in image.srcset:
            yield from ((url, image.at) for url in _SRCSET_URL.findall(image.srcset) if _insecure(url))
    for link in page.link_tags:
        if _insecure(link.url) and not _PASSIVE_RELS.isdisjoint(link.rel):
            yield link.url or "", link.at
    for embed in page.embeds:
        if embed.tag in _PASSIVE_TAGS:
            if _insecure(embed.url):
                yield embed.url or "", embed.at
            for name in ("poster", "srcset"):
                text = embed.attributes.get(name)
                if text and "http:" in text.lower():
                    yield from ((url, embed.at) for url in _SRCSET_URL.findall(text) if _insecure(url))
    if any("http://" in text for text in page.style_texts):
        for text in page.style_texts:
            yield from ((url, "(//style)[1]") for url in _STYLE_URL.findall(text) if _insecure(url))


def _policies(page: Page) -> list[str]:
    """Content security policies of the header and the metas."""
    found = list((page.headers or {}).get("content-security-policy", ()))
    found.extend(m.content for m in page.metas if m.http_equiv == "content-security-policy" and m.content and m.in_head)
    return found


_UPGRADE = '<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests">'


@check(
    "security.mixed_content",
    Category.SECURITY,
    Severity.HIGH,
    bad=(
        sample(head='<script src="http://example.com/app.js" defer></script>'),
        sample(head='<LINK REL=StyleSheet HREF="http://example.com/app.css" media="print">'),
        sample(body='<iframe src="http://example.com/map" title="Map of our workshop"></iframe>'),
        sample(head="<style>main { background: url('http://example.com/stone.png') }</style>"),
        sample(body='<p><img src="http://example.com/a.jpg" alt="A wet stone" width="64" height="48"></p>'),
        sample(body='<video src="http://example.com/a.mp4" poster="/a.jpg" controls><track src="/a.vtt"></video>'),
    ),
    good=(
        sample(),
        sample(body='<p><a href="http://example.net/whetstones">Whetstones at another shop</a></p>'),
        sample(head='<script src="//example.com/app.js" defer></script>'),
        sample(head='<script src="http://example.com/app.js" defer></script>' + _UPGRADE),
        sample(head='<script src="http://127.0.0.1:3000/live.js" defer></script>'),
        sample(url=_HTTP_URL, head='<script src="http://example.com/app.js" defer></script>'),
        sample(head='<link rel="alternate" href="http://example.com/feed.xml" type="application/rss+xml">'),
        sample(body='<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" aria-hidden="true"></svg>'),
    ),
    source=MIXED_CONTENT,
    severities=(Severity.MEDIUM,),
    implies=("image.http_on_https", "link.https_to_http"),
)
def mixed_content(page: Page, limits: Limits) -> Iterator[Finding]:
    """The secure page loads parts over http.

    Browsers block insecure scripts, styles and frames, so the page breaks; images and media are upgraded or shown with
    a warning.

    Fix: load everything over https.
    """
    if not page.is_https:
        return
    for url, at in _active(page):
        if not _upgraded(page):
            yield Finding(url, at)
    for url, at in _passive(page):
        if not _upgraded(page):
            yield Finding(url, at, Severity.MEDIUM)


def _upgraded(page: Page) -> bool:
    """Whether the page tells browsers to load http addresses over https (W3C Upgrade Insecure Requests)."""
    return any("upgrade-insecure-requests" in policy for policy in csp_directives(_policies(page)))


def _named_host(page: Page) -> bool:
    """Browsers ignore HSTS for addresses (RFC 6797 section 8.1.1)."""
    host = host_of(page.final_url) or ""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host != "localhost"
    return False


@check(
    "security.hsts_missing",
    Category.SECURITY,
    Severity.LOW,
    bad=(
        sample(headers={"Strict-Transport-Security": None}),
        sample(headers={"Strict-Transport-Security": "max-age=86400"}),
        sample(headers={"Strict-Transport-Security": "includeSubDomains"}),
        sample(headers={"Strict-Transport-Security": "max-age=a-year; includeSubDomains"}),
        sample(headers={"Strict-Transport-Security": "max-age=31536000; Max-Age=31536000"}),
    ),
    good=(
        sample(),
        sample(headers={"Strict-Transport-Security": 'includeSubDomains; MAX-AGE="63072000"; preload'}),
        sample(headers={"Strict-Transport-Security": None, "strict-transport-security": "max-age=15552000"}),
        sample(url=_HTTP_URL, headers={"Strict-Transport-Security": None}),
        sample(url="https://93.184.215.14/", headers={"Strict-Transport-Security": None}),
    ),
    source="https://www.rfc-editor.org/rfc/rfc6797",
    on=On.SECURE,
    needs=(Fact.HEADERS,),
)
def hsts_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The site doesn't tell browsers to come back over https only.

    Without Strict-Transport-Security the first request of each visit may go over http, where it can be hijacked. A
    header that names a directive twice is ignored as a whole.

    Fix: send `Strict-Transport-Security: max-age=31536000` once all of the host works over https.
    """
    values = (page.headers or {}).get("strict-transport-security", ())
    if not values:
        if _named_host(page):
            yield Finding("no Strict-Transport-Security header", "header: Strict-Transport-Security")
        return
    age = hsts_age(values[0])
    if age is None or age < limits["security.hsts_missing"] * _DAY:
        yield Finding(values[0] or "the header is empty", "header: Strict-Transport-Security")


@check(
    "security.csp_missing",
    Category.SECURITY,
    Severity.INFO,
    bad=(
        sample(headers={"Content-Security-Policy": None}),
        sample(headers={"Content-Security-Policy": None, "Content-Security-Policy-Report-Only": "default-src 'self'"}),
    ),
    good=(
        sample(),
        sample(
            headers={"Content-Security-Policy": None},
            head='<meta http-equiv="content-security-policy" content="default-src \'self\'">',
        ),
    ),
    source="https://www.w3.org/TR/CSP3/",
    needs=(Fact.HEADERS,),
)
def csp_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no content security policy.

    A policy limits where scripts may come from, and so what an injected script can do.

    Fix: write a policy, try it with Content-Security-Policy-Report-Only, then send it as Content-Security-Policy.
    """
    if not any(csp_directives(_policies(page))):
        yield Finding("no Content-Security-Policy in header or meta", "header: Content-Security-Policy")


@check(
    "security.nosniff_missing",
    Category.SECURITY,
    Severity.LOW,
    bad=(
        sample(headers={"X-Content-Type-Options": None}),
        sample(headers={"X-Content-Type-Options": "sniff"}),
    ),
    good=(sample(), sample(headers={"X-Content-Type-Options": "NoSniff"})),
    source="https://fetch.spec.whatwg.org/#x-content-type-options-header",
    on=On.OK,
    needs=(Fact.HEADERS,),
)
def nosniff_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """Browsers may guess the type of the response.

    An uploaded file that looks like a script could then be run as one.

    Fix: send `X-Content-Type-Options: nosniff`.
    """
    value = page.header("x-content-type-options")
    if (value or "").partition(",")[0].strip().lower() != "nosniff":
        yield Finding(value or "no X-Content-Type-Options header", "header: X-Content-Type-Options")


@check(
    "security.xfo_missing",
    Category.SECURITY,
    Severity.LOW,
    bad=(
        sample(headers={"X-Frame-Options": None, "Content-Security-Policy": "default-src 'self'"}),
        sample(headers={"X-Frame-Options": "ALLOWALL", "Content-Security-Policy": "default-src 'self'"}),
        sample(
            headers={"X-Frame-Options": None, "Content-Security-Policy": "default-src 'self'"},
            head='<meta http-equiv="Content-Security-Policy" content="frame-ancestors \'self\'">',
        ),
    ),
    good=(
        sample(),
        sample(headers={"X-Frame-Options": None}),
        sample(headers={"X-Frame-Options": "deny", "Content-Security-Policy": "default-src 'self'"}),
    ),
    source="https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header",
    needs=(Fact.HEADERS,),
)
def xfo_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """Any site may show the page in a frame.

    A foreign site can lay the page under its own buttons and catch the clicks (clickjacking).

    Fix: send `Content-Security-Policy: frame-ancestors 'self'`, or `X-Frame-Options: SAMEORIGIN`.
    """
    value = page.header("x-frame-options") or ""
    if not {"deny", "sameorigin"}.isdisjoint(one.strip().lower() for one in value.split(",")):
        return
    sent = csp_directives((page.headers or {}).get("content-security-policy", ()))
    if not any("frame-ancestors" in policy for policy in sent):
        yield Finding(value or "neither X-Frame-Options nor frame-ancestors", "header: X-Frame-Options")


_LEAKY = frozenset({"unsafe-url", "no-referrer-when-downgrade"})


@check(
    "security.referrer_policy",
    Category.SECURITY,
    Severity.INFO,
    bad=(
        sample(headers={"Referrer-Policy": None}),
        sample(headers={"Referrer-Policy": "unsafe-url"}),
        sample(headers={"Referrer-Policy": "no-referrer, no-referrer-when-downgrade"}),
    ),
    good=(
        sample(),
        sample(headers={"Referrer-Policy": "no-referrer-when-downgrade, STRICT-ORIGIN"}),
        sample(headers={"Referrer-Policy": None}, head='<meta name="referrer" content="same-origin">'),
    ),
    source="https://www.w3.org/TR/referrer-policy/",
    needs=(Fact.HEADERS,),
)
def referrer_policies(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page leaves open, or too open, how much of its address other sites learn.

    Whole addresses may hold names, searches and tokens. Browsers have a fair default today; older ones don't.

    Fix: send `Referrer-Policy: strict-origin-when-cross-origin`.
    """
    value = page.header("referrer-policy") or page.meta("referrer")
    policy = referrer_policy(value or "")
    if policy is None or policy in _LEAKY:
        yield Finding(value or "no Referrer-Policy", "header: Referrer-Policy")


@check(
    "security.permissions_policy",
    Category.SECURITY,
    Severity.INFO,
    bad=sample(headers={"Permissions-Policy": None}),
    good=(sample(), sample(headers={"Permissions-Policy": None, "permissions-policy": "camera=()"})),
    source="https://www.w3.org/TR/permissions-policy/",
    needs=(Fact.HEADERS,),
)
def permissions_policy(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page doesn't say which browser features it uses.

    A policy keeps embedded or injected scripts from asking for camera, microphone or location.

    Fix: send a Permissions-Policy that switches off what you don't use, such as `camera=(), microphone=()`.
    """
    if not (page.header("permissions-policy") or "").strip():
        yield Finding("no Permissions-Policy header", "header: Permissions-Policy")


_ISOLATION = ("cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy")


@check(
    "security.coop_corp",
    Category.SECURITY,
    Severity.INFO,
    bad=(
        sample(headers={"Cross-Origin-Opener-Policy": None}),
        sample(headers={"Cross-Origin-Resource-Policy": None, "Cross-Origin-Embedder-Policy": None}),
    ),
    good=(sample(), sample(headers={"Cross-Origin-Embedder-Policy": "credentialless"})),
    source=OWASP_HEADERS,
    on=On.SECURE,
    needs=(Fact.HEADERS,),
)
def coop_corp(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page isn't isolated from other origins.

    Without these headers other sites may hold on to the page's window or load its parts, which some attacks use.

    Fix: start with `Cross-Origin-Opener-Policy: same-origin`; add the others where nothing foreign is embedded.
    """
    if page.is_html and page.headers is not None:
        absent = [name for name in _ISOLATION if name not in page.headers]
        if absent:
            yield Finding("no " + ", ".join(absent), "header: Cross-Origin-Opener-Policy")


_FOR_SCRIPTS = ("csrf", "xsrf", "_ga", "_gid", "_gcl", "_fbp", "_fbc", "consent", "cookie", "lang", "locale", "theme")
"""Parts of cookie names that scripts have to read, so that HttpOnly would break them."""


@check(
    "security.cookie_flags",
    Category.SECURITY,
    Severity.LOW,
    bad=(
        sample(headers={"Set-Cookie": "session=abc; Path=/; HttpOnly; SameSite=Lax"}),
        sample(headers={"Set-Cookie": "session=abc; Path=/; Secure; SameSite=Lax"}),
        sample(headers={"Set-Cookie": "session=abc; Path=/; Secure; HttpOnly"}),
        sample(headers={"set-cookie": ("a=1; Secure; HttpOnly; SameSite=Lax", "b=2; secure; httponly")}),
    ),
    good=(
        sample(),
        sample(headers={"Set-Cookie": "session=abc; path=/; SECURE; httponly; samesite=strict"}),
        sample(headers={"Set-Cookie": "XSRF-TOKEN=abc; Secure; SameSite=Strict"}),
        sample(headers={"Set-Cookie": "session=; Max-Age=0; Path=/"}),
        sample(headers={"Set-Cookie": "id=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Secure; HttpOnly; SameSite=None"}),
    ),
    source=RFC_6265,
    on=On.RESPONSE,
    needs=(Fact.HEADERS,),
)
def cookie_flags(page: Page, limits: Limits) -> Iterator[Finding]:
    """A cookie is set without its protections.

    Secure keeps it off unencrypted connections, HttpOnly away from scripts, SameSite off requests from other sites.

    Fix: set Secure, HttpOnly and SameSite=Lax on every cookie that scripts needn't read.
    """
    for line in (page.headers or {}).get("set-cookie", ()):
        one = cookie(line)
        if one is None or one.removed:
            continue
        lower = one.name.lower()
        lacks = ["Secure"] if page.is_https and not one.secure else []
        if not one.http_only and not any(part in lower for part in _FOR_SCRIPTS):
            lacks.append("HttpOnly")
        if not one.same_site:
            lacks.append("SameSite")
        if lacks:
            yield Finding(f"{one.name} lacks {', '.join(lacks)}", "header: Set-Cookie")


_FORM = '<form action="/subscribe" method="post"><label>Mail <input name="mail" type="email"></label></form>'


@check(
    "security.form_on_http",
    Category.SECURITY,
    Severity.MEDIUM,
    bad=sample(url=_HTTP_URL, body=_FORM),
    good=(sample(), sample(body=_FORM), sample(url=_HTTP_URL)),
    source=MIXED_CONTENT,
    implies=("https.page_http", "security.password_on_http"),
)
def form_on_http(page: Page, limits: Limits) -> Iterator[Finding]:
    """A form stands on an unencrypted page.

    Whoever is on the way can read what is entered, or change where the form sends it.

    Fix: serve the page over https.
    """
    if not page.is_https:
        for form in page.forms:
            if form.method != "dialog":
                yield Finding(f"form to {form.url or form.action or 'this page'}", form.at)


@check(
    "security.form_insecure_action",
    Category.SECURITY,
    Severity.HIGH,
    bad=(
        sample(body=_FORM.replace("/subscribe", "http://example.com/subscribe")),
        sample(body=_FORM.replace("/subscribe", "HTTP://example.net/subscribe")),
        sample(body=_FORM.replace("</form>", '<button formaction="http://example.com/pay">Pay now</button></form>')),
    ),
    good=(
        sample(),
        sample(body=_FORM),
        sample(body=_FORM.replace("/subscribe", "//example.com/subscribe")),
        sample(body=_FORM.replace("/subscribe", "http://localhost:8080/subscribe")),
        sample(body=_FORM.replace(' action="/subscribe"', "")),
        sample(
            body=_FORM.replace("</form>", '<button type="reset" formaction="http://example.com/">Again</button></form>')
        ),
        sample(url=_HTTP_URL, body=_FORM),
    ),
    source=MIXED_CONTENT,
)
def form_insecure_action(page: Page, limits: Limits) -> Iterator[Finding]:
    """A form on a secure page sends its data unencrypted.

    Whoever is on the way can read what was entered; browsers warn before sending.

    Fix: let the form's action, and the `formaction` of its buttons, begin with https://.
    """
    if page.is_https and not (page.forms and _upgraded(page)):
        for form in page.forms:
            targets = [form.url, *form.others] if form.method != "dialog" else form.others
            for url in targets:
                if _insecure(url):
                    yield Finding(url or "", form.at)


@check(
    "security.password_on_http",
    Category.SECURITY,
    Severity.CRITICAL,
    bad=sample(
        url=_HTTP_URL,
        body='<form action="/login" method="post"><label>Password <input type="PASSWORD" name="p"></label></form>',
    ),
    good=(
        sample(),
        sample(url=_HTTP_URL, body=_FORM),
        sample(
            body='<form action="/login" method="post"><label>Password <input type="password" name="p"></label></form>'
        ),
    ),
    source="https://www.w3.org/TR/secure-contexts/",
    implies=("https.page_http", "security.form_on_http"),
)
def password_on_http(page: Page, limits: Limits) -> Iterator[Finding]:
    """A password is asked for on an unencrypted page.

    Whoever is on the way can read it. Browsers mark the field as not secure.

    Fix: serve the page over https.
    """
    if not page.is_https and page.password_inputs:
        yield Finding(f"{page.password_inputs} password field(s)", "(//input[@type='password'])[1]")


_EVERGREEN = (
    *(".googletagmanager.com", ".google-analytics.com", ".google.com", ".maps.googleapis.com", ".gstatic.com"),
    *(".doubleclick.net", ".googlesyndication.com", ".googleadservices.com", ".facebook.net", ".stripe.com"),
    *(".paypal.com", ".twitter.com", ".hotjar.com", ".clarity.ms", ".bing.com", ".cloudflareinsights.com"),
    *(".challenges.cloudflare.com", ".hs-scripts.com", ".youtube.com", ".intercom.io", ".zdassets.com"),
    *(".licdn.com", ".tiktok.com", ".pinimg.com", ".cookiebot.com", ".cookielaw.org", ".usercentrics.eu"),
    *(".plausible.io", ".matomo.cloud", ".typekit.net", ".kit.fontawesome.com", ".vimeo.com", ".hcaptcha.com"),
    *(".amazon-adsystem.com", ".adsrvr.org", ".criteo.net", ".segment.com", ".newrelic.com", ".nr-data.net"),
    *(".sentry-cdn.com", ".disqus.com", ".recaptcha.net", ".klaviyo.com", ".yandex.ru", ".mapbox.com", ".shopify.com"),
    *(".iubenda.com",),
)
"""Services whose script changes at one address, so that a fixed hash would break it (heuristic)."""


def _script(attributes: str) -> str:
    return f"<script defer {attributes}></script>"


@check(
    "security.sri_missing",
    Category.SECURITY,
    Severity.INFO,
    bad=(
        sample(head=_script('src="https://cdn.jsdelivr.net/npm/lightbox@2/lightbox.min.js"')),
        sample(head=_script('src="https://cdnjs.cloudflare.com/ajax/libs/jquery/3.7.1/jquery.min.js"')),
    ),
    good=(
        sample(),
        sample(head=_script('src="https://static.example.com/app.js"')),
        sample(head=_script('src="https://www.googletagmanager.com/gtag/js?id=G-1"')),
        sample(
            head=_script(
                'src="https://cdn.jsdelivr.net/npm/lightbox@2/lightbox.min.js" integrity="sha384-x" crossorigin'
            )
        ),
    ),
    source="https://www.w3.org/TR/sri-2/",
    implies=("perf.preconnect",),
)
def sri_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """A script from another site is loaded without a fingerprint.

    If that site is broken into, its script runs on this page. With `integrity` browsers refuse a changed file.

    Fix: add integrity and crossorigin to scripts with a fixed version, or serve them yourself.
    """
    own = host_of(page.final_url) or ""
    for script in page.scripts:
        url = script.url
        if (
            url
            and not (script.integrity or "").strip()
            and (not script.type or "script" in script.type or script.type == "module")
        ):
            host = host_of(url) or own
            if host != own and not together(host, own) and not f".{host}".endswith(_EVERGREEN):
                yield Finding(url, script.at)


_VERSION = re.compile(r"[A-Za-z)][/ (]v?\d{1,2}(?:\.\w+)*(?!\w)")
_VERSION_HEADERS = ("x-aspnet-version", "x-aspnetmvc-version")


@check(
    "security.server_disclosure",
    Category.SECURITY,
    Severity.INFO,
    bad=(
        sample(headers={"Server": "Apache/2.4.41 (Ubuntu)"}),
        sample(headers={"X-Powered-By": "PHP/7.4.3"}),
        sample(headers={"Server": "Jetty(9.4.43.v20210629)"}),
        sample(headers={"X-AspNet-Version": "4.0.30319"}),
    ),
    good=(
        sample(),
        sample(headers={"Server": "nginx"}),
        sample(headers={"Server": "cloudflare", "X-Powered-By": "Express"}),
        sample(headers={"Server": "ECS (nyb/1D2B)"}),
        sample(headers={"Server": "ECAcc (sed/5847)"}),
    ),
    source="https://www.rfc-editor.org/rfc/rfc9110#section-10.2.4",
    on=On.RESPONSE,
    needs=(Fact.HEADERS,),
)
def server_disclosure(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server tells which version of its software it runs.

    Attackers look for versions with known holes.

    Fix: switch the version off (ServerTokens Prod, server_tokens off, expose_php off).
    """
    if page.headers is None:
        return
    for name in ("server", "x-powered-by"):
        for value in page.headers.get(name, ()):
            if _VERSION.search(value):
                yield Finding(value, f"header: {name.title()}")
    for name in _VERSION_HEADERS:
        for value in page.headers.get(name, ()):
            yield Finding(value, f"header: {name}")


def _key(mark: str, length: int) -> str:
    """A made-up secret of the right form. Put together here so that no scanner takes this file for a leak."""
    alphabet = "4Q7Z2M6XJ5WRKB3TPHVD"
    return mark + (alphabet * (length // len(alphabet) + 1))[:length]


_PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "\n".join(_key("MIIE", 60) for _ in range(6)) + "\n-----END RSA"


@check(
    "security.leaked_secret",
    Category.SECURITY,
    Severity.CRITICAL,
    bad=(
        sample(head=f"<script>const key = '{_key('sk_' + 'live_', 24)}';</script>"),
        sample(body=f"<!-- {_key('ghp' + '_', 36)} -->"),
        sample(head=f'<script>window.config = {{"key": "{_key("AK" + "IA", 16).replace("8", "2")}"}};</script>'),
        sample(body=f"<!--\n{_PEM} -->"),
    ),
    good=(
        sample(),
        sample(head=f"<script>const key = '{_key('pk_' + 'live_', 24)}', maps = '{_key('AI' + 'za', 35)}';</script>"),
        sample(body="<p>A key begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.</p>"),
        sample(
            body="<p>Such as <code>AKIAIOSFODNN7EXAMPLE</code> or <code>sk_live_xxxxxxxxxxxxxxxxxxxxxxxx</code>.</p>"
        ),
        sample(
            body=f'<p><a href="https://example-files.s3.amazonaws.com/knives.pdf?AWSAccessKeyId={_key("AK" + "IA", 16)}'
            '&amp;Expires=1">Download the whole guide</a></p>'
        ),
    ),
    source="heuristic",
)
def leaked_secret(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page publishes a secret key.

    Anybody can read it in the page's source and use it in your name; bots search for such keys all the time.

    Fix: revoke the key now, make a new one, and keep it on the server.
    """
    for name, masked in leaked(page):
        yield Finding(f"{name}: {masked}", "(//html)[1]")


def _tls(
    *,
    version: str = "TLSv1.3",
    cipher: str = "TLS_AES_128_GCM_SHA256",
    not_after: float | None = NOW + 200 * _DAY,
    names: tuple[str, ...] = ("example.com",),
    accepts: tuple[str, ...] = (),
) -> Tls:
    return Tls(version, cipher, not_after, "Example CA", names, accepts)


@check(
    "security.cert_expiring",
    Category.SECURITY,
    Severity.HIGH,
    bad=(sample(tls=_tls(not_after=NOW + 20 * _DAY)), sample(tls=_tls(not_after=NOW - _DAY))),
    good=(sample(), sample(tls=_tls(not_after=NOW + 31 * _DAY)), sample(tls=_tls(not_after=None))),
    source="heuristic",
    on=On.SECURE,
    needs=(Fact.TLS,),
    severities=(Severity.CRITICAL, Severity.MEDIUM),
    network="tls",
)
def cert_expiring(page: Page, limits: Limits) -> Iterator[Finding]:
    """The certificate expires soon or has expired.

    From that day on browsers show a full-page warning instead of the site.

    Fix: renew the certificate, and let a program do so from now on.
    """
    until = page.fetched.tls.not_after if page.fetched.tls else None
    if until is None:
        return
    days = (until - page.context.now) / _DAY
    if days < 0:
        yield Finding(f"expired {-days:.0f} days ago", "url", Severity.CRITICAL)
    elif days < limits["security.cert_expiring"]:
        soon = days < limits["security.cert_expiring.urgent"]
        yield Finding(f"expires in {days:.0f} days", "url", None if soon else Severity.MEDIUM)


def _covers(name: str, host: str) -> bool:
    """Whether a certificate's name covers the host; a star stands for one label (RFC 9525 section 6.3)."""
    name = name.lower().removesuffix(".")
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host


@check(
    "security.cert_name",
    Category.SECURITY,
    Severity.CRITICAL,
    bad=(
        sample(tls=_tls(names=("example.net", "www.example.net"))),
        sample(tls=_tls(names=("*.shop.example.com", "www.example.com"))),
    ),
    good=(
        sample(),
        sample(url="https://www.example.com/", tls=_tls(names=("*.EXAMPLE.com",))),
        sample(tls=_tls(names=())),
    ),
    source="https://www.rfc-editor.org/rfc/rfc9525#section-6.3",
    on=On.SECURE,
    needs=(Fact.TLS,),
    network="tls",
)
def cert_name(page: Page, limits: Limits) -> Iterator[Finding]:
    """The certificate is for another name.

    Browsers show a full-page warning instead of the site.

    Fix: install a certificate that names this host.
    """
    names = page.fetched.tls.names if page.fetched.tls else ()
    host = (host_of(page.final_url) or "").removesuffix(".")
    if names and host and not any(_covers(name, host) for name in names):
        yield Finding(f"{host} is not among {', '.join(names[:5])}", "url")


_OLD_TLS = frozenset({"SSLV2", "SSLV3", "TLSV1", "TLSV1.0", "TLSV1.1"})


@check(
    "security.tls_old",
    Category.SECURITY,
    Severity.HIGH,
    bad=(
        sample(tls=_tls(version="TLSv1.1")),
        sample(tls=_tls(version="TLSv1")),
        sample(tls=_tls(accepts=("TLS 1.0", "TLS 1.1"))),
    ),
    good=(sample(), sample(tls=_tls(version="TLSv1.2"))),
    source="https://www.rfc-editor.org/rfc/rfc8996",
    on=On.SECURE,
    needs=(Fact.TLS,),
    network="tls",
)
def tls_old(page: Page, limits: Limits) -> Iterator[Finding]:
    """An outdated version of TLS is used or accepted.

    TLS 1.0 and 1.1 are deprecated, and browsers refuse them. A server that accepts them can be talked into weak
    encryption; one that answers a client of today with them knows nothing better.

    Fix: switch on TLS 1.2 and 1.3, and switch off what is older.
    """
    tls = page.fetched.tls
    if tls is None:
        return
    if tls.version.upper().replace(" ", "") in _OLD_TLS:
        yield Finding(tls.version, "url")
    elif tls.accepts:
        yield Finding(f"{tls.version} is used, and {' and '.join(tls.accepts)} accepted", "url")


_WEAK = re.compile(
    r"RC4|3DES|DES-CBC|_DES_|\bDES\b|NULL|EXP(?:ORT)?[-_]|ADH|AECDH|anon|MD5|RC2|IDEA|SEED", re.IGNORECASE
)


@check(
    "security.tls_weak_cipher",
    Category.SECURITY,
    Severity.MEDIUM,
    bad=(
        sample(tls=_tls(version="TLSv1.2", cipher="DES-CBC3-SHA")),
        sample(tls=_tls(version="TLSv1.2", cipher="ECDHE-RSA-RC4-SHA")),
    ),
    good=(
        sample(),
        sample(tls=_tls(version="TLSv1.2", cipher="ECDHE-RSA-AES128-GCM-SHA256")),
        sample(tls=_tls(version="TLSv1.2", cipher="ECDHE-ECDSA-CHACHA20-POLY1305")),
    ),
    source=RFC_9325,
    on=On.SECURE,
    needs=(Fact.TLS,),
    network="tls",
)
def tls_weak_cipher(page: Page, limits: Limits) -> Iterator[Finding]:
    """The connection uses a weak cipher.

    Such ciphers can be broken with today's means, so others may read the connection.

    Fix: offer AES-GCM and ChaCha20-Poly1305 suites only.
    """
    cipher = page.fetched.tls.cipher if page.fetched.tls else ""
    if _WEAK.search(cipher):
        yield Finding(cipher, "url")


@check(
    "security.directory_listing",
    Category.SECURITY,
    Severity.MEDIUM,
    bad=(
        sample(
            url=f"{HOST}/backup/",
            title="<title>Index of /backup</title>",
            h1="<h1>Index of /backup</h1>",
            body='<p><a href="?C=N;O=D">Name of the file</a> <a href="/">Parent Directory</a></p>',
        ),
        sample(
            url=f"{HOST}/backup/",
            title="<title>Index of /backup/</title>",
            h1="<h1>Index of /backup/</h1>",
            body='<p><a href="../">../</a> <a href="/backup/old.zip">old.zip of last year</a></p>',
        ),
    ),
    good=(
        sample(),
        sample(title="<title>Index of /r/knives, the best threads of the year</title>"),
        sample(title="<title>Index of /guides: everything about kitchen knives</title>", h1="<h1>Index of guides</h1>"),
    ),
    source="https://owasp.org/www-project-web-security-testing-guide/",
    implies=("title.too_short", "title.irrelevant", "title.same_as_h1", "h1.too_short", "link.image_as_page"),
)
def directory_listing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server lists the files of a folder.

    Backups, drafts and settings that nobody links to can be found that way, by search engines too.

    Fix: switch directory listings off (Options -Indexes, autoindex off).
    """
    title = page.title
    if title.startswith(("Index of /", "Directory listing for /")):
        for link in page.links:
            href = link.href or ""
            if (
                href.startswith("?C=")
                or href in {"../", ".."}
                or link.text.strip("[] ").lower() in {"parent directory", "../"}
            ):
                yield Finding(title, "(//title)[1]")
                return
