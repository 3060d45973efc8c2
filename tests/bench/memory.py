"""Whether the parser's child grows: `python -m tests.bench.memory [PAGES]` judges ever new pages and tells its memory.

Every page has an address, links, a title and text of its own, spread over 500 directories: the worst case for whatever
remembers. Half of the links are the site's menu, as on real sites.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from shared.page import Context, Fetched
from tests.bench.figures import Plan, Row, row
from tests.bench.processes import resident
from workers.scan_page import PageJob, Terms, judge_page

FIRST = 1_000
MARKS = (FIRST, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
COLLECT_EVERY = 256
_LINKS = 40
_DIRECTORIES = 500


def page(number: int) -> tuple[str, bytes]:
    """Address and document of a page that shares nothing but the menu with the others."""
    menu = "".join(f'<li><a href="/section-{n}/">Section {n} of the guide</a></li>' for n in range(_LINKS))
    links = "".join(f'<li><a href="item-{number}-{n}.html">Item {number} of {n}</a></li>' for n in range(_LINKS))
    words = " ".join(f"word{number}x{n} stone the edge of a knife" for n in range(40))
    document = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {number} of the guide</title></head>'
        f"<body><nav><ul>{menu}</ul></nav><main><h1>Page {number}</h1><p>{words}</p><ul>{links}</ul></main></body></html>"
    )
    return f"https://example.com/part-{number % _DIRECTORIES}/page-{number}.html", document.encode()


def measure(pages: int) -> list[tuple[int, float]]:
    """(pages judged, megabytes), with the collector as in the child."""
    context = Context(now=1_795_000_000.0, in_sitemap=True, robots={"*": True}, site_host="example.com")
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    terms = Terms("default-2026.11")
    found: list[tuple[int, float]] = []
    gc.disable()
    for number in range(1, pages + 1):
        url, body = page(number)
        job = PageJob(number, Fetched(url, url, 200, headers, body), context, terms, robots=(200, b""))
        judge_page(msgspec.msgpack.encode(job))
        if number % COLLECT_EVERY == 0:
            gc.collect()
        if number in MARKS or number == pages:
            found.append((number, resident(os.getpid())))
            sys.stdout.write(f"{number:>8} pages {found[-1][1]:8.1f} MB\n")
            sys.stdout.flush()
    return found


def rows(plan: Plan) -> list[Row]:
    """The table's lines, from a process of its own."""
    pages = 50_000 if plan.long else 3_000
    command = [sys.executable, "-m", "tests.bench.memory", str(pages)]
    out = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=7_200).stdout
    marks = {int(line.split()[0]): float(line.split()[2]) for line in out.splitlines()}
    return [
        row("memory", "judging pages of 10 kB: after 1,000", marks[FIRST], "MB"),
        # 20 MB were promised of 50,000: a short run says nothing of them.
        row(
            "memory",
            f"the same: {pages:,} above 1,000",
            marks[pages] - marks[FIRST],
            "MB",
            most=20.0 if plan.long else None,
        ),
    ]


def main(arguments: Sequence[str]) -> int:
    """Entry point; 1 when the last figure is more than 20 MB above that of 1,000 pages."""
    found = measure(int(arguments[0]) if arguments else 50_000)
    return int(found[-1][1] > found[0][1] + 20.0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
