"""``audit``: judges saved pages, one, a directory of them, or a stream, without a fleet."""

import argparse
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local import options
from deploy.local.cli import EXIT_FAILED
from deploy.local.errors import UsageError
from deploy.local.printing import print_json
from deploy.local.screen import Screen
from shared.checks.base import Severity
from shared.checks.limits import DEFAULT_PROFILE
from shared.clock import SYSTEM

if TYPE_CHECKING:
    from deploy.local.audit.folder import Folder
    from deploy.local.audit.outcome import Bar
    from deploy.local.audit.site import SiteReport
    from deploy.local.audit.terms import Terms

MAX_JOBS = 8
"""Processes unless told otherwise: one reader keeps no more of them busy."""
EPILOG = """\
What isn't given is not known, and checks that need it are listed as not decided: headers without --header, timings,
TLS, redirects, links from other pages. In a directory, index.html stands for its folder, robots.txt, sitemap*.xml and
llms.txt at the places where a site has them are read as such, and an address without a file counts as missing (404).

--jsonl reads {"id", "url", "status", "headers": [[name, value], ...], "html"} a line, and optionally body_base64,
final_url, redirects, error, timings_ms, http_version, wire_bytes, tls, in_sitemap, is_home, depth, robots, assets,
external, previous. It writes {"id", "findings", "not_decided", "score"} a line, in order, as soon as it can; for a line
that is no page {"id", "error"}.

exit:   0 done, 1 under --fail-under or a finding of --fail-on, 2 wrong usage or input that could not be read
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``audit``."""
    parser.description = "Judge saved pages: no network, no database, no fleet."
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default="-", help="a page, a directory, or - for standard input"
    )
    parser.add_argument("--url", type=options.web_address, help="the page's address, or the directory's")
    parser.add_argument("--jsonl", action="store_true", help="read a page a line from PATH (default: standard input)")
    parser.add_argument(
        "--header", metavar="'K: V'", type=_header, action="append", help="a header of the response; repeatable"
    )
    parser.add_argument("--status", type=_status, help="status of the response (default: 200)")
    parser.add_argument("--clean-urls", action="store_true", help="in a directory: addresses leave .html out")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--profile", default=DEFAULT_PROFILE, help="thresholds to judge by (default: %(default)s)")
    parser.add_argument("--threshold", metavar="ID=VALUE", action="append", default=[], help="replace one; repeatable")
    parser.add_argument("--disable", metavar="ID", action="append", default=[], help="leave a check out; repeatable")
    parser.add_argument(
        "--fail-under", metavar="N", type=options.percentage, help="exit with 1 if a score is below N, or there is none"
    )
    parser.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=[severity.value for severity in Severity],
        help="exit with 1 for a finding this bad or worse: critical, high, medium, low or info",
    )
    parser.add_argument(
        "--jobs", metavar="N", type=options.worker_count, help="processes for a stream or directory (default: CPUs)"
    )
    parser.set_defaults(run=run)


def _header(raw: str) -> tuple[str, str]:
    name, colon, value = raw.partition(":")
    if not colon or not name.strip() or any(character.isspace() for character in name.strip()):
        message = f"{raw!r} is not a header; it looks like 'Content-Type: text/html'"
        raise argparse.ArgumentTypeError(message)
    return name.strip(), value.strip()


def _status(raw: str) -> int:
    if not raw.isdecimal() or not 100 <= int(raw) <= 599:  # noqa: PLR2004 - RFC 9110 section 15
        message = f"{raw!r} is not a status from 100 to 599"
        raise argparse.ArgumentTypeError(message)
    return int(raw)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Judge, show; the exit status."""
    # Imported where it is used: the help needs nothing of it, one page no event loop, and a stream no extractor.
    from deploy.local.audit.outcome import Bar  # noqa: PLC0415
    from deploy.local.audit.terms import read_terms  # noqa: PLC0415

    terms = read_terms(arguments.profile, arguments.threshold, arguments.disable)
    bar = Bar(arguments.fail_under, Severity(arguments.fail_on) if arguments.fail_on else None)
    try:
        sound = _audit(arguments, terms, bar, screen)
    except BrokenPipeError:
        # Whoever read the answers has gone: what is still in the buffer must not be complained about at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        message = f"{error.filename or arguments.path} could not be read: {error.strerror or error}"
        raise UsageError(message) from error
    return bar.status(sound=sound) if isinstance(sound, bool) else sound  # a status: a signal ended it


def _audit(arguments: argparse.Namespace, terms: "Terms", bar: "Bar", screen: Screen) -> bool | int:
    """Whether all input could be read; or the status of an interruption."""
    if arguments.jsonl:
        return _lines(arguments, terms, bar)
    if arguments.url is None:
        raise UsageError("audit needs --url, the address that the page was saved from.")
    if Path(arguments.path).is_dir():
        return _directory(arguments, terms, bar, screen)
    return _page(arguments, terms, bar, screen)


def _page(arguments: argparse.Namespace, terms: "Terms", bar: "Bar", screen: Screen) -> bool:
    """One page, in this process: it is the caller's own, and Ctrl-C is at hand."""
    from deploy.local.audit.given import MAX_BODY, NotAPageError, material, saved_page  # noqa: PLC0415
    from deploy.local.audit.judging import Auditor, worst_of  # noqa: PLC0415
    from deploy.local.audit.show import show_page  # noqa: PLC0415

    if arguments.path == "-":
        body = sys.stdin.buffer.read(MAX_BODY + 1)
    else:
        with Path(arguments.path).open("rb") as file:
            body = file.read(MAX_BODY + 1)
    given = saved_page(arguments.url, body, arguments.status, arguments.header)
    try:
        judged = Auditor(terms).judge_material(material(given, SYSTEM.now())._replace(as_html=True, is_file=True))
    except NotAPageError as error:
        raise UsageError(str(error)) from error
    for check_id, text in judged.verdict.raised:
        screen.warn(f"{check_id} could not be decided: {text}")
    if arguments.json:
        print_json(judged.report)
    else:
        screen.out.print(show_page(judged.report))
    sys.stdout.flush()
    bar.see(judged.report.score, worst_of(judged.report.findings))
    return True


def _jobs(arguments: argparse.Namespace) -> int:
    return arguments.jobs or min(len(os.sched_getaffinity(0)), MAX_JOBS)


def _lines(arguments: argparse.Namespace, terms: "Terms", bar: "Bar") -> bool | int:
    from deploy.local.audit.lines import audit_lines  # noqa: PLC0415

    descriptor = 0 if arguments.path == "-" else os.open(arguments.path, os.O_RDONLY | os.O_CLOEXEC)
    return _unless_interrupted(lambda: audit_lines(descriptor, terms, SYSTEM.now(), _jobs(arguments), bar))


def _directory(arguments: argparse.Namespace, terms: "Terms", bar: "Bar", screen: Screen) -> bool | int:
    from deploy.local.audit.directory import judge_pages  # noqa: PLC0415
    from deploy.local.audit.folder import Folder  # noqa: PLC0415
    from deploy.local.audit.inputs import read_surroundings  # noqa: PLC0415

    if arguments.header or arguments.status:
        raise UsageError("--header and --status belong to one page, not to a directory.")
    folder = Folder(Path(arguments.path), arguments.url, clean=arguments.clean_urls)
    if not folder.pages:
        message = f"There is no page (*.html, *.htm, *.xhtml) in {arguments.path}."
        raise UsageError(message)
    now = SYSTEM.now()
    around = read_surroundings(folder, now, terms.disabled)
    unread: list[str] = []

    async def judge() -> bool:
        collector = await judge_pages(folder, around, terms, now, _jobs(arguments), unread.append)
        _show_site(arguments, collector.report(), folder, bar, screen)
        return not unread

    outcome = _unless_interrupted(judge)
    for line in unread:
        screen.warn(f"could not be read: {line}")
    return outcome


def _show_site(
    arguments: argparse.Namespace, report: "SiteReport", folder: "Folder", bar: "Bar", screen: Screen
) -> None:
    from deploy.local.audit.answers import site_answer  # noqa: PLC0415
    from deploy.local.audit.judging import worst_of  # noqa: PLC0415
    from deploy.local.audit.show_site import show_site  # noqa: PLC0415

    if arguments.json:
        print_json(site_answer(report))
    else:
        screen.out.print(show_site(report, folder.base))
    sys.stdout.flush()
    bar.see(report.score.score, worst_of(one for page in report.pages for one in page.findings))
    bar.see(report.score.score, worst_of(report.findings))


def _unless_interrupted(main: Callable[[], Coroutine[Any, Any, bool]]) -> bool | int:
    """What `main` returns, or the status of the signal that ended it."""
    from deploy.local.signals import Interrupts  # noqa: PLC0415 - asyncio takes 0.1 s that one page can do without

    outcome = False

    async def run_it() -> int:
        nonlocal outcome
        outcome = await main()
        return 0

    status = Interrupts().run(run_it())
    return status or outcome
