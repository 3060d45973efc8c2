"""The yardstick's fields by parsel's selectors, which Scrapy and crawlee share."""

from collections.abc import Callable
from typing import Any

_SHOWN = "not(self::script or self::style or self::noscript or self::template)"
_TEXT = f"//body/descendant-or-self::*[{_SHOWN}]/text()"


def fields(page: Any, join: Callable[[str], str]) -> dict[str, Any]:
    """What `tests.bench.yardstick` extracts. `page` has `css` and `xpath`; `join` makes addresses absolute."""
    links = [join(href) for href in page.css("a::attr(href)").getall()]
    return {
        "title": page.css("title::text").get(),
        "description": page.css('meta[name="description"]::attr(content)').get(),
        "canonical": page.css('link[rel="canonical"]::attr(href)').get(),
        "robots": page.css('meta[name="robots"]::attr(content)').get(),
        "h1": [" ".join(one.xpath(".//text()").getall()) for one in page.css("h1")],
        "links": [one.partition("#")[0] for one in links if one.startswith(("http:", "https:"))],
        "images": [(one.attrib.get("src"), one.attrib.get("alt")) for one in page.css("img[src]")],
        "words": len("".join(page.xpath(_TEXT).getall()).split()),
    }
