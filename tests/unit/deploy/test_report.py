"""The report for the terminal."""

import io

from rich import progress
from rich.console import Console

from deploy.local.api import CategoryScore, Issue, Progress, Result, Scan, TopIssue, Totals
from deploy.local.report import render_report, render_summary, score_style
from deploy.local.screen import plain_lines
from deploy.local.watching import bar_columns, figures


def text_of(scan: Scan, issues: list[Issue] | None = None) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(render_report(scan, issues or []))
    return captured.get()


def finished(*top: TopIssue, score: float | None = 71.4) -> Scan:
    categories = [CategoryScore("indexing", 88.0, 0.3), CategoryScore("hreflang", None, 0.1)]
    totals = Totals(25, {"critical": 2, "low": 7, "info": 0})
    result = Result(score, "C", 1.0, categories, totals, list(top))
    return Scan("id", "http://127.0.0.1:1/", "sitemap", "complete", result=result)


def test_score_grade_totals_and_categories_are_shown() -> None:
    text = text_of(finished())
    assert "71/100 C" in text
    assert "25 pages; issues: 2 critical, 7 low" in text
    assert "indexing" in text
    assert "88" in text
    assert "not applicable" in text


def test_an_issue_says_what_to_do_what_it_brings_and_where() -> None:
    issue = TopIssue("canonical.conflicting", "high", "Two canonicals.", 3, 4.25, "Keep one.")
    examples = Issue(
        "canonical.conflicting",
        "high",
        "",
        3,
        [{"url": "http://a/1", "evidence": "/x, /y"}, "http://a/2", "http://a/3"],
    )
    text = text_of(finished(issue), [examples])
    assert "Two canonicals  3 pages, +4.2 points" in text
    assert "Keep one." in text
    assert "http://a/1  /x, /y" in text
    assert "http://a/2" in text
    assert "http://a/3" not in text


def test_what_brings_no_points_is_not_called_first() -> None:
    less = Issue("url.spaces", "low", "Spaces.", 1, [])
    text = text_of(finished(TopIssue("url.spaces", "low", "Spaces.", 1, 0.04, "Remove them.")), [less])
    assert "What to do first" not in text
    assert "Also found" in text


def test_a_summary_is_two_lines() -> None:
    issue = TopIssue("title.missing", "high", "No title.", 3, 4.25, "Write one.")
    assert plain_lines(render_summary(finished(issue))).splitlines() == [
        "71/100 C  http://127.0.0.1:1/  (sitemap)",
        "25 pages; issues: 2 critical, 7 low",
    ]


def test_a_report_in_a_file_ends_its_lines_where_their_text_does() -> None:
    issue = TopIssue("title.missing", "high", "No title.", 3, 4.25, "Write one.")
    lines = plain_lines(render_report(finished(issue))).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\x1b" not in "".join(lines)


def test_a_failed_scan_gives_its_reason() -> None:
    text = text_of(Scan("id", "http://a/", "single", "error", reason="The host does not exist."))
    assert "ERROR: The host does not exist.  http://a/  (single)" in text


def test_text_of_strangers_can_neither_colour_nor_move_nor_mark_up() -> None:
    hostile = "\x1b[2J[bold]\u202egnp.exe\r\n[/bold]\x9b31m"
    text = text_of(
        finished(TopIssue("title.empty", "high", hostile, 1, None, hostile)),
        [Issue("title.empty", "high", hostile, 1, [hostile])],
    )
    assert not set("\x1b\x9b\u202e\r") & set(text)
    assert "[bold]" in text


def test_a_scan_without_a_score_has_no_number() -> None:
    assert "/100" not in text_of(finished(score=None))


def test_colours_follow_the_score() -> None:
    assert [score_style(score) for score in (100, 80, 79.9, 50, 49.9, 0)] == [
        "green",
        "green",
        "yellow",
        "yellow",
        "red",
        "red",
    ]


def test_progress_in_words() -> None:
    running = Scan("id", "http://a/", "sitemap", "running", progress=Progress("fetching", 30, 10, 1, 2, 12.34, 1.6))
    assert figures(running) == "1 failed, 2 skipped, 12.3 pages/s, 2 s left"
    assert figures(Scan("id", "http://a/", "single", "complete")) == "0 failed"
    many = Scan("id", "http://a/", "crawl", "running", progress=Progress("fetching", 30, 10, 0, 10_000, None, None))
    assert figures(many) == "0 failed, at least 10000 skipped"


def test_the_bar_and_its_figures_fit_into_a_line_of_80_columns() -> None:
    screen = Console(file=io.StringIO(), width=80, color_system=None)
    bar = progress.Progress(*bar_columns(), console=screen, auto_refresh=False)
    words = "12 failed, 3 skipped, 12.3 pages/s, 190 s left"
    bar.add_task("fetching", total=12_345, completed=10_000, figures=words)
    with screen.capture() as shown:
        screen.print(bar.get_renderable())
    (line,) = shown.get().splitlines()
    assert words in line
    assert "10000/12345" in line
    assert "━" in line
