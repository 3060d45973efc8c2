"""robots.txt against RFC 9309 and what Google's published parser does, behaviour by behaviour."""

import pickle

import pytest

from shared.robots import (
    MAX_BYTES,
    MAX_CRAWL_DELAY,
    MAX_PROBLEMS,
    Robots,
    StatusClass,
    from_fetch,
    parse,
    path_of,
    product_token,
)
from tests.unit.shared.robots_cases import QUESTIONS, SITE, Case


def test_there_are_at_least_as_many_questions_as_googles_parser_is_asked() -> None:
    assert len(QUESTIONS) >= 200


@pytest.mark.parametrize(("case", "path", "expected"), QUESTIONS)
def test_verdict(case: Case, path: str, expected: bool) -> None:
    body = case.body if isinstance(case.body, bytes) else case.body.encode()
    robots = parse(body)
    assert robots.allowed(path, case.agent) is expected
    assert robots.allowed(SITE + path, case.agent) is expected


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/"), ("https://e.example", "/"), ("https://e.example/", "/"), ("https://e.example/a", "/a"),
        ("https://e.example/a/", "/a/"), ("https://e.example/a/b?c=http://d.e/", "/a/b?c=http://d.e/"),
        ("https://e.example/a/b?c=d&e=f#part", "/a/b?c=d&e=f"), ("e.example", "/"), ("e.example/", "/"),
        ("e.example/a", "/a"), ("e.example/a/", "/a/"), ("e.example/a/b?c=d&e=f#part", "/a/b?c=d&e=f"), ("a", "/"),
        ("a/", "/"), ("/a", "/a"), ("a/b", "/b"), ("e.example?a", "/?a"), ("e.example/a;b#c", "/a;b"), ("//a/b/c", "/b/c"),
        ("https://e.example#a/b", "/"), ("/a://b/c", "/a://b/c"), ("https://e.example?a/b", "/?a/b"), ("//", "/"),
    ],
)  # fmt: skip
def test_path_of(url: str, path: str) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Crawly", "crawly"), ("Crawly-Images", "crawly-images"), ("Craw_ly", "craw_ly"), ("", ""), ("茶", ""),
        ("Crawly*", ""), (" Crawly ", "crawly"), ("Crawly/2.1", "crawly"), ("Crawly Images", ""),
        ("Crawly (+https://c.example)", "crawly"), ("Mozilla/5.0 (compatible; Crawly/1; +u)", "crawly"),
    ],
)  # fmt: skip
def test_product_token(header: str, token: str) -> None:
    assert product_token(header) == token


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    robots = parse(end.join(["user-agent: a", "allow: /x", "user-agent: b", "", "", "disallow: /"]).encode())
    assert [(group.line, group.agents) for group in robots.groups] == [(1, ("a",)), (3, ("b",))]
    assert robots.verdict("/x", "b").line == 6
    assert robots.verdict("/x", "a").rule == "Allow: /x"
    assert robots.verdict("/y", "a").line is None


def test_the_first_of_equal_rules_is_named() -> None:
    robots = parse(b"user-agent: a\ndisallow: /x\ndisallow: /x\nuser-agent: a\ndisallow: /x\n")
    assert robots.verdict("/xy", "a").line == 2


def test_a_long_line_counts_as_far_as_it_is_read() -> None:
    kept = "/x/" + "a" * (2083 * 8 - 1 - len("disallow: /x/"))
    robots = parse(f"user-agent: crawly\ndisallow: {kept}/more\n".encode())
    assert robots.allowed("/other", "crawly")
    assert not robots.allowed(kept + "/else", "crawly")
    assert [problem.kind for problem in robots.problems] == ["line_too_long"]


def test_what_comes_after_500_kib_is_ignored() -> None:
    head = b"user-agent: *\ndisallow: /seen\n"
    filler = b"# " + b"x" * 98 + b"\n"
    body = head + filler * (MAX_BYTES // len(filler)) + b"disallow: /unseen\n"
    robots = parse(body)
    assert not robots.allowed("/seen", "a")
    assert robots.allowed("/unseen", "a")
    assert robots.problems[0].kind == "too_large"


def test_a_rule_cut_at_500_kib_is_not_read_as_a_shorter_one() -> None:
    head = b"user-agent: *\n#"
    rule = b"\ndisallow: /private/only\n"
    body = head + b"x" * (MAX_BYTES - len(head) - len(b"\ndisallow: /")) + rule
    assert parse(body).allowed("/", "a")


def test_a_rule_that_ends_exactly_at_500_kib_is_read() -> None:
    head, rule = b"user-agent: *\n#", b"\ndisallow: /a"
    body = head + b"x" * (MAX_BYTES - len(head) - len(rule)) + rule + b"\ndisallow: /b"
    assert not parse(body).allowed("/a", "a")


@pytest.mark.parametrize(
    ("status", "status_class", "allowed"),
    [
        (200, "ok", False), (206, "ok", False), (301, "missing", True), (308, "missing", True), (400, "missing", True),
        (401, "missing", True), (403, "missing", True), (404, "missing", True), (410, "missing", True), (451, "missing", True),
        (429, "server_error", False), (500, "server_error", False), (503, "server_error", False), (599, "server_error", False),
        (None, "unreachable", False), (0, "unreachable", False), (600, "unreachable", False),
    ],
)  # fmt: skip
def test_from_fetch(status: int | None, status_class: StatusClass, allowed: bool) -> None:
    robots = from_fetch(status, b"user-agent: *\ndisallow: /\n")
    assert robots.status_class == status_class
    assert robots.allowed("/page", "crawly") is allowed
    assert robots.blocks_everything("crawly") is not allowed
    assert robots.allowed("/robots.txt", "crawly")


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        ("user-agent: a\ndisallow: /\nsitemap: https://e.example/s.xml", []),
        ("user-agent: a\ncrawl-delay: 1\nhost: e.example\nclean-param: a /b\nnoindex: /c", []),
        ("user-agent: a\ndisallow /", [(2, "no_colon")]),
        ("hello there all", [(1, "no_colon")]),
        ("user-agent: a\nforbid: /", [(2, "unknown_directive")]),
        (": /", [(1, "unknown_directive")]),
        ("useragent: a\ndisalow: /", [(1, "misspelt_directive"), (2, "misspelt_directive")]),
        ("disallow: /\nuser-agent: a", [(1, "rule_before_user_agent")]),
        ("user-agent:\ndisallow: /", [(1, "empty_user_agent")]),
        ("user-agent: a\ndisallow: secret\nallow: *x", [(2, "pattern_start")]),
        ("user-agent: a\ndisallow: /a$b\nallow: /c$", [(2, "dollar_not_last")]),
        ("sitemap: /s.xml\nsitemap: https:///x\nsitemap: mailto:a", [(n, "bad_sitemap_url") for n in (1, 2, 3)]),
        ("user-agent: a\ncrawl-delay: soon\ncrawl-delay: -1\ncrawl-delay: 99999", [(n, "bad_crawl_delay") for n in (2, 3, 4)]),
        ("<!DOCTYPE html>\n<html><body>no such page", [(1, "looks_like_html")]),
        ("content-signal: search=yes, ai-train=no", []),
        ("content-signal: /a search=yes", []),
        ("content-signal: search=maybe\ncontent-signal: ai_train=no\ncontent-signal:",
         [(n, "content_signal_malformed") for n in (1, 2, 3)]),
    ],
)  # fmt: skip
def test_problems(lines: str, problems: list[tuple[int, str]]) -> None:
    robots = parse(lines.encode())
    assert [(problem.line, problem.kind) for problem in robots.problems] == problems
    assert robots.problem_count == len(problems)


def test_problems_are_bounded_and_counted() -> None:
    robots = parse(b"forbid: /" + b"x" * 300 + b"\n" + b"forbid: /\n" * 5000)
    assert len(robots.problems) == MAX_PROBLEMS
    assert robots.problem_count == 5001
    assert len(robots.problems[0].text) == 200


def test_sitemaps_stand_anywhere() -> None:
    robots = parse(
        b"sitemap: https://e.example/1\nuser-agent: a\nSite-Map: https://e.example/2#x\ndisallow: /\nSITEMAP: /3"
    )
    assert [(entry.line, entry.value) for entry in robots.sitemaps] == [
        (1, "https://e.example/1"),
        (3, "https://e.example/2"),
        (5, "/3"),
    ]


def test_content_signals() -> None:
    robots = parse(b"content-signal: search=yes\nuser-agent: a\nContent-Signal: /x AI-Train = No , ai-input=yes\n")
    first, second = robots.content_signals
    assert (first.line, first.group, first.path, first.signals) == (1, None, None, (("search", "yes"),))
    assert (second.group, second.path, second.signals) == (2, "/x", (("ai-train", "no"), ("ai-input", "yes")))


@pytest.mark.parametrize(
    ("body", "agent", "seconds"),
    [
        ("user-agent: a\ncrawl-delay: 2.5\n", "a", 2.5),
        ("user-agent: a\ncrawl-delay: 2.5\n", "b", None),
        ("user-agent: *\ncrawl-delay: 7\nuser-agent: a\ndisallow:\n", "a", None),
        ("user-agent: *\ndisallow:\ncrawl-delay: 7\n", "a", 7.0),
        ("user-agent: a\ncrawl-delay: 3\nuser-agent: *\ndisallow: /x\n", "a", 3.0),
        ("user-agent: a\ncrawl-delay: 3\nuser-agent: *\ndisallow: /x\n", "b", None),
        ("user-agent: a\ncrawl-delay: 3\ncrawl-delay: 5\n", "a", 5.0),
        ("user-agent: a\ncrawl-delay: 0\n", "a", 0.0),
        ("user-agent: a\ncrawl-delay: 1e9\n", "a", MAX_CRAWL_DELAY),
        ("user-agent: a\ncrawl-delay: inf\n", "a", MAX_CRAWL_DELAY),
        ("user-agent: a\ncrawl-delay: nan\n", "a", None),
        ("user-agent: a\ncrawl-delay: 1_0\n", "a", None),
        ("user-agent: a\ncrawl-delay: -4\n", "a", None),
        ("crawl-delay: 4\nuser-agent: a\n", "a", None),
    ],
)
def test_crawl_delay(body: str, agent: str, seconds: float | None) -> None:
    assert parse(body.encode()).crawl_delay(agent) == seconds


@pytest.mark.parametrize(
    ("rules", "whole"),
    [
        ("disallow: /", True), ("disallow: /*", True), ("disallow: *", True), ("disallow: /\nallow: /a", False),
        ("disallow: /\nallow: /*.css", False), ("disallow: /\nallow:", True), ("disallow: /a", False), ("allow: /", False),
        ("disallow: /$", False), ("", False), ("disallow: /\nallow: /$", False),
    ],
)  # fmt: skip
def test_blocks_everything(rules: str, whole: bool) -> None:
    robots = parse(f"user-agent: a\n{rules}\nuser-agent: b\ndisallow: /c\n".encode())
    assert robots.agents() == ("a", "b")
    assert robots.blocks_everything("a") is whole
    assert not robots.blocks_everything("b")


def test_it_can_be_pickled_after_use() -> None:
    robots = parse(b"user-agent: *\ndisallow: /a*b$\nsitemap: https://e.example/s\n")
    assert not robots.allowed("/a-b", "crawly")
    copy: object = pickle.loads(pickle.dumps(robots))  # noqa: S301
    assert copy == robots
    assert isinstance(copy, Robots)
    assert not copy.allowed("/a-b", "crawly")


def test_many_agents_do_not_fill_the_memory() -> None:
    robots = parse(b"user-agent: *\ndisallow: /a\n")
    assert not any(
        robots.allowed("/a", f"agent-{letter}{other}") for letter in "abcdefghijklm" for other in "abcdefghijklm"
    )
