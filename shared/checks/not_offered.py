"""Checks that the field knows and that are not offered here, each with the reason. Documentation, not code."""

from collections.abc import Mapping
from typing import Final

_RENDER: Final = "only a browser that lays the page out can tell, and pages are not rendered here"
_SCRIPT: Final = "only a browser that runs the page's scripts can tell, and pages are not rendered here"
_FIELD: Final = "measured in visitors' browsers or in a laboratory, and pages are not rendered here"

NOT_OFFERED: Final[Mapping[str, str]] = {
    "content.spelling": "needs a dictionary and a grammar of every language, and misjudges names and terms",
    "js.canonical_changed": _SCRIPT,
    "js.console_errors": _SCRIPT,
    "js.content_requires_js": _SCRIPT,
    "js.links_only_rendered": _SCRIPT,
    "js.noindex_only_raw": _SCRIPT,
    "js.title_changed": _SCRIPT,
    "link.to_redirect": "the same as redirect.page_linked",
    "mobile.font_too_small": _RENDER,
    "mobile.horizontal_scroll": _RENDER,
    "mobile.interstitial": _RENDER,
    "mobile.tap_targets": _RENDER,
    "perf.cwv_cls": _FIELD,
    "perf.cwv_inp": _FIELD,
    "perf.cwv_lcp": _FIELD,
    "redirect.javascript": _SCRIPT,
    "robots.blocks_external_resources": "takes the robots.txt of every other site, which isn't asked for",
}
"""Check id → why not."""
