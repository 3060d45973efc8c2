"""python-seo-analyzer's `Page` over the list, one page after another, which is how its own crawl goes through a site.

Its own crawl of a sitemap follows links out of it, so the loop stands here. Title, description, canonical and headings are
its fields; links count without those it has met (it keeps a set for the site), images aren't kept, words are those of the
main text. It parses a page five times over and makes bigrams and trigrams, which can't be left out. A page on which it
raises counts as done: it has been read by then.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urljoin

from pyseoanalyzer.page import Page  # type: ignore[import-not-found]

from tests.bench.peers.contract import OUT, Count, cpu, task, tell


def analyse(urls: Iterable[str], out: TextIO, count: Count) -> None:
    """Every page once."""
    for url in urls:
        page: Any = Page(url=url, base_domain=urljoin(url, "/"), analyze_headings=True, analyze_extra_tags=True)
        page.analyze()
        count.add({"links": page.links, "words": page.total_word_count})
        out.write(json.dumps(page.as_dict() | {"links": page.links}, default=str) + "\n")


def main() -> None:
    """Entry point."""
    urls, _ = task()
    with Path(OUT).open("w") as out:
        count, began = Count(), cpu()
        analyse(urls, out, count)
        spent = cpu() - began
    tell("pyseoanalyzer", len(urls), count, spent)


if __name__ == "__main__":
    main()
