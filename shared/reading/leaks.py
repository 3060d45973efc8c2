"""Secrets that must never be published, recognised by the marks that their issuers put on them.

Only forms with a fixed prefix and length are looked for. Keys that are meant to be public are not among them: Google
API keys for Maps and Firebase ("AIza…"), Stripe's publishable keys ("pk_live_…"), Sentry and Mapbox public tokens.
"""

import re
from collections.abc import Iterator
from itertools import islice

from shared.holds import spans
from shared.page import Page

_ANYWHERE: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("k_live_", "a Stripe secret key", re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,247}")),
    (
        "PRIVATE KEY",
        "a private key",
        # The mark alone stands in many a manual; a key goes on in Base64, after headers such as Proc-Type.
        re.compile(
            r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])*"
            r"(?:[A-Za-z-]{4,20}: [^\n\\]{1,80}(?:\s|\\[nr])+){0,4}[A-Za-z0-9+/=]{32}"
        ),
    ),
)
"""(what must be there, what it is, its form): searched for in the whole source."""

_IN_SCRIPTS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("AKIA", "an AWS access key id", re.compile(r"(?<![A-Za-z0-9+/=%])AKIA[0-9A-Z]{16}(?![A-Za-z0-9+/=])")),
    ("ASIA", "an AWS temporary key id", re.compile(r"(?<![A-Za-z0-9+/=%])ASIA[0-9A-Z]{16}(?![A-Za-z0-9+/=])")),
    ("github_pat_", "a GitHub token", re.compile(r"\bgithub_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}\b")),
    ("ghp_", "a GitHub token", re.compile(r"\bghp_[0-9A-Za-z]{36}\b")),
    ("gho_", "a GitHub token", re.compile(r"\bgho_[0-9A-Za-z]{36}\b")),
    ("ghs_", "a GitHub token", re.compile(r"\bghs_[0-9A-Za-z]{36}\b")),
    ("glpat-", "a GitLab token", re.compile(r"\bglpat-[0-9A-Za-z_-]{20}(?![0-9A-Za-z_])")),
    ("xox", "a Slack token", re.compile(r"\bxox[abprs]-[0-9]{8,14}-[0-9A-Za-z-]{20,}")),
    (
        "hooks.slack.com/services/T",
        "a Slack webhook",
        re.compile(r"hooks\.slack\.com/services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{20,}"),
    ),
    ("T3BlbkFJ", "an OpenAI key", re.compile(r"\bsk-[0-9A-Za-z_-]{20,80}T3BlbkFJ[0-9A-Za-z_-]{20,80}")),
    ("sk-ant-", "an Anthropic key", re.compile(r"\bsk-ant-[a-z]{3,6}[0-9]{2}-[0-9A-Za-z_-]{80,120}")),
    ("GOCSPX-", "a Google OAuth client secret", re.compile(r"\bGOCSPX-[0-9A-Za-z_-]{28}(?![0-9A-Za-z_])")),
    ("SG.", "a SendGrid key", re.compile(r"\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}(?![0-9A-Za-z_])")),
    ("shp", "a Shopify token", re.compile(r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b")),
    ("dop_v1_", "a DigitalOcean token", re.compile(r"\bdop_v1_[0-9a-f]{64}\b")),
    ("npm_", "an npm token", re.compile(r"\bnpm_[0-9A-Za-z]{36}\b")),
    (
        "_SECRET",
        "an AWS secret key",
        re.compile(r"AWS_SECRET(?:_ACCESS)?_KEY[\"']?\s*[:=]\s*[\"'][0-9A-Za-z/+]{40}[\"']"),
    ),
    ("secretAccessKey", "an AWS secret key", re.compile(r"secretAccessKey[\"']?\s*[:=]\s*[\"'][0-9A-Za-z/+]{40}[\"']")),
)
"""Searched for in inline scripts, comments and metas only: a search through the whole source costs 15-30 µs each."""

_PRESIGNED = ("AWSAccessKeyId=", "X-Amz-Credential=", "Credential=", "Credential%3D")
"""Before a key id in a signed link, which is public by design."""
_SHOWN = 8
_MAX = 5


def leaked(page: Page) -> Iterator[tuple[str, str]]:
    """(what it is, its masked text) of each secret; never the whole secret."""
    found: set[str] = set()
    code = _hidden_code(page)
    anywhere = [kind for kind in _ANYWHERE if page.mentions(kind[0].lower().encode())]
    for text, kinds in ((page.source, anywhere), (code, _IN_SCRIPTS if code else ())):
        for mark, name, form in kinds:
            if mark in text:
                for match in form.finditer(text):
                    secret = match[0]
                    if secret not in found and not _harmless(text, match):
                        found.add(secret)
                        yield name, f"{secret[:_SHOWN]}… ({len(secret)} characters)"
                        if len(found) >= _MAX:
                            return


def _harmless(text: str, match: re.Match[str]) -> bool:
    """Whether it is a key out of documentation, one repeated character, or part of a signed link."""
    secret = match[0]
    if secret.endswith("EXAMPLE") or len(set(secret[-12:].lower())) <= 2:  # noqa: PLR2004 - such as "xxxx" and "1212"
        return True
    before = text[max(0, match.start() - 20) : match.start()]
    return before.endswith(_PRESIGNED)


def _hidden_code(page: Page) -> str:
    """Inline scripts, comments and metas, where keys are left behind; without those that hold no mark of a key."""
    parts = [script.text.encode("utf-8", "replace") for script in page.scripts if script.text]
    parts.extend(meta.content.encode("utf-8", "replace") for meta in page.metas if meta.content)
    octets, room = page.octets, max(0, _MAX_PARTS - len(parts))
    parts.extend(octets[at : end if end >= 0 else None] for at, end in islice(spans(octets, b"<!--", b"-->"), room))
    kept = [part for part in parts if part not in _unmarked and _may_hold_key(part)]
    return b"\n".join(kept).decode("utf-8", "replace")


_MAX_PARTS = 1_000
_MARKS = tuple(mark.encode() for mark, _, _ in _IN_SCRIPTS)
_REMEMBERED = 10_000
"""Octets of a script whose answer is remembered: most scripts of a page stand on all pages of the site."""


_MAX_UNMARKED = 2_000
_unmarked: set[bytes] = set()


def _may_hold_key(part: bytes) -> bool:
    if len(part) > _REMEMBERED or any(mark in part for mark in _MARKS):
        return True
    if len(_unmarked) >= _MAX_UNMARKED:
        _unmarked.clear()
    _unmarked.add(part)
    return False
