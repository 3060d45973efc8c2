"""Report files of a scan: one module per format, each a function of what was gathered."""

from collections.abc import Callable, Mapping

from deploy.local.formats import html, junit, markdown, sarif
from deploy.local.formats.gathered import Gathered

RENDER: Mapping[str, Callable[[Gathered], str]] = {
    "sarif": sarif.render,
    "junit": junit.render,
    "markdown": markdown.render,
    "html": html.render,
}
"""Format → its renderer; `json` and `csv` come from the API as they are."""
