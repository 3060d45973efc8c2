"""Answers that keep us out, and pages that only talk about such answers."""

import pytest

from shared.page import Fetched
from workers.fetch.challenge import challenge

URL = "https://example.com/"


def fetched(status: int | None, body: bytes = b"", **headers: str) -> Fetched:
    """An answer."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fetched(URL, URL, status=status, body=body, headers=pairs)


@pytest.mark.parametrize(
    ("answer", "who"),
    [
        (fetched(403), "forbidden"),
        (fetched(429), "too many requests"),
        (fetched(403, cf_mitigated="challenge"), "Cloudflare"),
        (fetched(200, Cf_Mitigated="Challenge"), "Cloudflare"),
        (fetched(503, b"<title>Just a moment...</title>"), "Cloudflare"),
        (fetched(403, b'<div id="cf-error-details">', Server="cloudflare"), "Cloudflare"),
        (fetched(403, b"<H1>Access Denied</H1>", Server="AkamaiGHost"), "Akamai"),
        (fetched(403, b"https://errors.edgesuite.net/18.x"), "Akamai"),
        (fetched(200, b'<iframe src="/_Incapsula_Resource?SWUDNSAI=31">'), "Imperva"),
        (fetched(202, x_amzn_waf_action="challenge"), "AWS WAF"),
        (fetched(405, x_amzn_waf_action="captcha"), "AWS WAF"),
        (fetched(403, x_datadome="protected"), "DataDome"),
        (fetched(403, b"<script src=https://ct.captcha-delivery.com/c.js>"), "DataDome"),
        (fetched(403, b'<div id="px-captcha">'), "HUMAN"),
        (fetched(429, x_vercel_mitigated="challenge"), "Vercel"),
        (fetched(202, sg_captcha="challenge"), "SiteGround"),
        (fetched(200, b'<script id="anubis_challenge" type="application/json">'), "Anubis"),
    ],
)
def test_challenges(answer: Fetched, who: str) -> None:
    found = challenge(answer)
    assert found is not None
    assert found.startswith(who)


@pytest.mark.parametrize(
    "answer",
    [
        fetched(None),
        fetched(200),
        fetched(404),
        fetched(500),
        fetched(503, b"down for maintenance"),
        fetched(503, b"upstream is down", Server="cloudflare"),
        fetched(404, Server="cloudflare"),
        fetched(200, x_datadome="protected"),
        fetched(503, x_datadome="protected"),
        fetched(401),
        fetched(
            200,
            b"<title>Just a moment...</title> how Cloudflare's waiting page works, px-captcha, captcha-delivery.com",
        ),
        fetched(200, b"Access Denied", Server="AkamaiGHost"),
    ],
)
def test_no_challenges(answer: Fetched) -> None:
    assert challenge(answer) is None
