"""``sitemap``: what a sitemap holds, and what is wrong with it."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import aclosing
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from rich.text import Text

from deploy.local import options
from deploy.local.cli import EXIT_FAILED, EXIT_OK
from deploy.local.errors import UsageError
from deploy.local.printing import print_json
from deploy.local.screen import Screen, clean
from shared.clock import SYSTEM, utc
from shared.sitemaps import ProblemKind, SitemapCounts, SitemapEntry, SitemapProblem, SitemapReader

if TYPE_CHECKING:
    from workers.fetch.client import Fetcher

SHOWN = 10
MAX_SHOWN = 100_000
_CHUNK = 1 << 16
_OK = 200
_NO_SITEMAP = frozenset({"html", "unknown"})
_NEEDS_ADDRESS: frozenset[ProblemKind] = frozenset({"sitemap.url_out_of_scope", "sitemap.http_urls"})


class FileReport(Struct, frozen=True):
    """One sitemap. `status` and `error` are of the fetch, None for a file; `counts` None where not all is known."""

    url: str
    kind: str
    entries: int
    bytes: int
    problems: tuple[SitemapProblem, ...]
    problem_counts: dict[str, int]
    status: int | None = None
    error: str | None = None
    parent: str | None = None
    counts: SitemapCounts | None = None

    @property
    def sound(self) -> bool:
        """Whether it could be read and nothing is wrong with it."""
        return self.error is None and self.status in {None, _OK} and not self.problem_counts


class Report(Struct, frozen=True):
    """All sitemaps that were read, and the first entries."""

    sitemaps: list[FileReport]
    entries: list[SitemapEntry]
    skipped: int = 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``sitemap``."""
    parser.description = "Read a sitemap of any format, from a file or from the web, and say what is wrong with it."
    parser.epilog = (
        "Exit status: 0 nothing is wrong, 1 something is or it could not be fetched, 2 wrong usage or a file that "
        "could not be read."
    )
    parser.add_argument("source", metavar="FILE-or-URL", help="a file, - for standard input, or an http or https URL")
    parser.add_argument("--url", type=options.web_address, help="where the file lies on the web, to check its scope")
    parser.add_argument("--follow", action="store_true", help="also fetch the sitemaps that an index at a URL lists")
    parser.add_argument(
        "--entries", metavar="N", type=_shown, default=SHOWN, help="entries to show (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-network",
        metavar="CIDR",
        type=options.network,
        action="append",
        default=[],
        help="private network that may be asked, e.g. 127.0.0.0/8; may be given several times (default: none)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _shown(raw: str) -> int:
    if not raw.isdecimal() or int(raw) > MAX_SHOWN:
        message = f"{raw!r} is not a number of entries from 0 to {MAX_SHOWN}"
        raise argparse.ArgumentTypeError(message)
    return int(raw)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Read, show; 1 if something is wrong."""
    source: str = arguments.source
    if source.lower().startswith(("http://", "https://")):
        report = asyncio.run(_from_web(arguments, options.web_address(source)))
    elif arguments.follow:
        raise UsageError("--follow needs a URL: a file's index lists addresses, and files are not fetched.")
    else:
        try:
            report = _from_file(source, arguments.url, arguments.entries)
        except OSError as error:
            message = f"{source} could not be read: {error.strerror or error}"
            raise UsageError(message) from error
    if arguments.json:
        print_json(report)
    else:
        _show(report, screen)
    return EXIT_OK if all(one.sound for one in report.sitemaps) else EXIT_FAILED


def _from_file(source: str, url: str | None, shown: int) -> Report:
    """Without an address nobody knows what the file may list, so nothing is said about that."""
    reader = SitemapReader(url or "", now=utc(SYSTEM.now()))
    entries: list[SitemapEntry] = []
    for chunk in _chunks(source):
        entries += reader.feed(chunk)[: max(0, shown - len(entries))]
        if reader.finished:
            break
    entries += reader.close()[: max(0, shown - len(entries))]
    hidden = frozenset[ProblemKind]() if url else _NEEDS_ADDRESS
    return Report([_file_report(reader, url or source, hidden)], entries)


def _chunks(source: str) -> Iterator[bytes]:
    if source == "-":
        yield from iter(lambda: sys.stdin.buffer.read(_CHUNK), b"")
        return
    with Path(source).open("rb") as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def _file_report(
    reader: SitemapReader, url: str, hidden: frozenset[ProblemKind], status: int | None = None, error: str | None = None
) -> FileReport:
    return FileReport(
        url=url,
        kind=reader.kind,
        entries=reader.counts.entries,
        bytes=reader.counts.octets,
        problems=tuple(one for one in reader.problems if one.kind not in hidden),
        problem_counts={kind: count for kind, count in reader.problem_counts.items() if kind not in hidden},
        status=status,
        error=error,
        counts=reader.counts,
    )


async def _from_web(arguments: argparse.Namespace, url: str) -> Report:
    """Fetched under the same rules as a scan's pages: no private networks unless allowed, bounded in time and size."""
    from workers.fetch.client import Fetcher  # noqa: PLC0415 - a file needs none of it, and it takes 0.3 s
    from workers.fetch.guard import Guard  # noqa: PLC0415

    guard = Guard([ip_network(one) for one in arguments.allow_network])
    async with Fetcher(guard) as fetcher:
        return await (_followed if arguments.follow else _one)(fetcher, url, arguments.entries)


async def _one(fetcher: "Fetcher", url: str, shown: int) -> Report:
    from shared.settings import USER_AGENT  # noqa: PLC0415
    from workers.fetch.options import FetchOptions  # noqa: PLC0415

    entries: list[SitemapEntry] = []
    async with fetcher.stream(url, FetchOptions(user_agent=USER_AGENT)) as answer:
        head = answer.head
        reader = SitemapReader(head.final_url, now=utc(SYSTEM.now()))
        if head.status == _OK:
            async with aclosing(answer.chunks()) as chunks:
                async for chunk in chunks:
                    entries += reader.feed(chunk)[: max(0, shown - len(entries))]
                    if reader.finished:
                        break
            entries += reader.close()[: max(0, shown - len(entries))]
        error = answer.error.message if answer.error else None
    return Report([_file_report(reader, url, frozenset(), head.status, error)], entries)


async def _followed(fetcher: "Fetcher", url: str, shown: int) -> Report:
    from shared.robots import Robots  # noqa: PLC0415
    from shared.settings import USER_AGENT  # noqa: PLC0415
    from shared.urls import origin  # noqa: PLC0415
    from workers.fetch.discovery import Discovery, SitemapBatch  # noqa: PLC0415
    from workers.fetch.options import FetchOptions  # noqa: PLC0415

    discovery = Discovery(fetcher, origin(url) or url, FetchOptions(user_agent=USER_AGENT), Robots(), given=[url])
    report = Report([], [])
    async with aclosing(discovery.items()) as items:
        async for item in items:
            if isinstance(item, SitemapBatch):
                report.entries.extend(item.entries[: max(0, shown - len(report.entries))])
                continue
            report.sitemaps.append(
                FileReport(
                    url=item.url,
                    kind=item.kind,
                    entries=item.urls,
                    bytes=item.bytes,
                    problems=item.problems,
                    problem_counts={str(kind): count for kind, count in item.problem_counts.items()},
                    status=item.status,
                    error=item.error.message if item.error else None,
                    parent=item.parent,
                )
            )
    return Report(report.sitemaps, report.entries, discovery.skipped)


def _show(report: Report, screen: Screen) -> None:
    out = screen.out
    for one in report.sitemaps:
        what = "no sitemap" if one.kind in _NO_SITEMAP else one.kind
        out.print(
            Text.assemble((clean(one.url), "bold"), f"  {what}, {one.entries} entries, {one.bytes} bytes"),
            soft_wrap=True,
        )
        if one.error is not None or one.status not in {None, _OK}:
            out.print(Text(f"  {clean(one.error or f'answers {one.status}')}", style="bold red"), soft_wrap=True)
        if one.counts is not None:
            figures = {name: count for name, count in msgspec.structs.asdict(one.counts).items() if count}
            extra = [f"{count} {name}" for name, count in figures.items() if name not in {"octets", "entries"}]
            if extra:
                out.print(Text(f"  {', '.join(extra)}", style="dim"), soft_wrap=True)
        for problem in one.problems:
            where = f"line {problem.line}: " if problem.line else ""
            out.print(Text.assemble(("  " + problem.kind, "yellow"), f"  {where}{clean(problem.text)}"), soft_wrap=True)
        more = sum(one.problem_counts.values()) - len(one.problems)
        if more > 0:
            out.print(Text(f"  and {more} more problems", style="dim"), soft_wrap=True)
    for entry in report.entries:
        out.print(Text(f"{clean(entry.loc)}  {clean(entry.lastmod or '', 40)}".rstrip()), soft_wrap=True)
    if report.skipped:
        out.print(Text(f"{report.skipped} sitemaps were not read", style="dim"), soft_wrap=True)
