"""Reading `Refresh:` headers and `<meta http-equiv="refresh">`."""

import re

from shared.page import Page
from shared.urls import normalise, resolve

_REFRESH = re.compile(r"\s*(?:\d+(?:\.[\d.]*)?|\.\d+)\s*[;,\s]\s*(?:url\s*=\s*)?(.*)", re.IGNORECASE | re.DOTALL)
_NOSCRIPT = re.compile(r"<noscript\b.*?(?:</noscript|\Z)", re.IGNORECASE | re.DOTALL)


def refresh_target(page: Page, value: str) -> str | None:
    """Where a refresh leads, None when it only reloads the page or is malformed.

    Source: https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps.
    """
    match = _REFRESH.match(value)
    if not match:
        return None
    text = match[1].strip()
    if text[:1] in {'"', "'"}:
        text = text[1:].partition(text[0])[0]
    target = resolve(page.final_url, text) if text else None
    return target if target and normalise(target) != normalise(page.final_url) else None


def meta_refresh_of(page: Page) -> tuple[str, str] | None:
    """(content, position) of the first meta refresh that leads elsewhere for visitors with scripts, else None.

    One inside `<noscript>` is the fallback of a page that works with scripts, and isn't followed by browsers that run
    them.
    """
    for meta in page.metas:
        if meta.http_equiv == "refresh" and meta.content and refresh_target(page, meta.content):
            blocks = _NOSCRIPT.finditer(page.source)
            if not any(meta.content in block[0] for block in blocks):
                return meta.content, meta.at
    return None
