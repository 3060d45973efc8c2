"""Hosts with one defect each, for the site-level checks of what was asked of a host."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from shared.checks.sample import HOST
from shared.checks.site import SiteInputs
from shared.host_probes import AgentAnswer, HostProbes, HostTls, Seen
from shared.minhash import signature
from tests.unit.workers.site_builder import prose, site_inputs

OPTIONS = ("assets", "external", "tls", "host_variants", "random_404", "ai_agents")
TEXT, OTHER = prose("host"), prose("other")
WWW = "https://www.example.com"


def seen(url: str, final: str | None = None, text: str = TEXT, **more: Any) -> Seen:
    """A page that was served."""
    answer = Seen(
        url, final or url, 200, is_html=True, title="Knives", words=240, content_hash=text[:16], sketch=signature(text)
    )
    return replace(answer, **more)


def variants(http: str = f"{HOST}/", www: str = f"{HOST}/", **more: Any) -> tuple[Seen, ...]:
    """Everything leads to https without www., unless told otherwise."""
    return (
        seen("http://example.com/", http, **more),
        seen("http://www.example.com/", f"{HOST}/"),
        seen(f"{HOST}/"),
        seen(f"{WWW}/", www),
    )


def agents(*refused: str) -> tuple[AgentAnswer, ...]:
    """Some are turned away."""
    return tuple(
        AgentAnswer(name, "training", 403 if name in refused else 200, "forbidden (403)" if name in refused else None)
        for name in ("GPTBot", "ClaudeBot", "CCBot")
    )


TLS = HostTls("example.com", 0.0, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 1e9, ("example.com",), "Example CA")
MISSING = seen(f"{HOST}/0123456789ab", status=404)
CLEAN = HostProbes(
    home=(seen(f"{HOST}/"), seen(f"{HOST}/")),
    variants=variants(),
    random=MISSING,
    agents=agents(),
    search=(seen(f"{HOST}/"), seen(f"{HOST}/")),
    tls=TLS,
)


def host(**changes: Any) -> SiteInputs:
    """The inputs of a host that is clean but for these probes."""
    return site_inputs(network=OPTIONS, probes=replace(CLEAN, **changes))


BAD: dict[str, Callable[[], SiteInputs]] = {
    "redirect.http_to_https_missing": lambda: host(variants=variants("http://example.com/", text=OTHER)),
    "duplicate.http_https": lambda: host(variants=variants("http://example.com/")),
    "redirect.www_inconsistent": lambda: host(variants=variants(www=f"{WWW}/")),
    "http.error_page_200": lambda: host(random=seen(MISSING.url)),
    "ai.bot_blocked_by_server": lambda: host(agents=agents("GPTBot")),
    "integrity.cloaking": lambda: host(search=(seen(f"{HOST}/", text=OTHER),) * 2),
    "security.cert_untrusted": lambda: host(tls=replace(TLS, fault="certificate has expired")),
}
MORE_BAD = {
    "an error page behind a slash": host(random=seen(MISSING.url, MISSING.url + "/")),
    "every error leads home": host(random=seen(MISSING.url, f"{HOST}/")),
}
GOOD = {
    "clean": host(),
    "http names https as canonical": host(variants=variants("http://example.com/", canonical=f"{HOST}/")),
    "http is not served": host(variants=variants(error="connection", status=None)),
    "http leads to www": host(variants=tuple(seen(one.url, f"{WWW}/") for one in variants())),
    "no https at all": host(
        variants=(
            seen("http://example.com/"),
            seen("http://www.example.com/", "http://example.com/"),
            seen(f"{HOST}/", status=None, error="connection"),
            seen(f"{WWW}/", status=None, error="connection"),
        )
    ),
    "www names the other as canonical": host(variants=(*variants()[:3], seen(f"{WWW}/", canonical=f"{HOST}/"))),
    "www is not there": host(variants=(*variants()[:3], seen(f"{WWW}/", status=None, error="dns"))),
    "one host only": host(variants=(variants()[0], variants()[2])),
    "errors lead to a sign-in page": host(random=seen(MISSING.url, f"{HOST}/login")),
    "errors lead to another site": host(random=seen(MISSING.url, "https://parking.example/")),
    "a page that differs each time": host(
        home=(seen(f"{HOST}/"), seen(f"{HOST}/", text=prose("a"))), search=(seen(f"{HOST}/", text=OTHER),) * 2
    ),
    "an empty shell for everybody, a whole page for Googlebot": host(
        home=(seen(f"{HOST}/", words=3, sketch=b""),) * 2, search=(seen(f"{HOST}/", text=OTHER),) * 2
    ),
    "Googlebot is asked to prove itself": host(search=(seen(f"{HOST}/", status=403, refused="forbidden (403)"),) * 2),
}
