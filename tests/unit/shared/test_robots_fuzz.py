"""robots.txt from strangers: nothing raises or takes long, and verdicts agree with a model that is evidently right."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.robots import MAX_CRAWL_DELAY, parse, path_of


@pytest.mark.parametrize(
    "line",
    [
        b"a\n",
        b"a:\n",
        b"\n",
        b"#\n",
        b"allow:/\n",
        b"user-agent:a\n",
        b"user-agent:a\ncrawl-delay:1\n",
        b"\xff: %aa\n",
        b"x",
    ],
)
def test_two_megabytes_are_read_in_time(line: bytes) -> None:
    body = b"user-agent: *\n" + line * (2_000_000 // len(line))
    started = time.process_time()
    robots = parse(body)
    assert time.process_time() - started < 1.0  # 0.03 to 0.15 s here; the bound is for slow machines
    assert robots.problems[0].kind == "too_large"


def test_stars_do_not_backtrack() -> None:
    pattern = "/" + "*a" * 8000 + "*b$"
    robots = parse(f"user-agent: *\ndisallow: {pattern}\n".encode() + b"disallow: /*a*a*a*a*a*b\n" * 10_000)
    started = time.process_time()
    assert robots.allowed("/" + "a" * 20_000, "crawly")
    assert time.process_time() - started < 1.0


def test_twenty_thousand_rules_cost_a_url_no_more_than_a_few() -> None:
    rules = b"".join(b"disallow: /p/%d/\ndisallow: /q/%d/*.php\n" % (n, n) for n in range(9000))
    robots = parse(b"user-agent: *\n" + rules)
    assert not robots.allowed("/p/1/x", "a")
    started = time.process_time()
    blocked = sum(not robots.allowed(f"https://e.example/q/{n}/x.php", "a") for n in range(10_000))
    assert time.process_time() - started < 2.0  # 0.06 s here
    assert blocked == 9000


_WORDS = st.sampled_from(
    ["user-agent", "allow", "disallow", "sitemap", "crawl-delay",
     "content-signal", ":", " ", "\t", "#", "*", "$", "/", "a", "b",
     "%", "%e4", "ä", "\n", "\r", "\0", "\ufeff", "=", ",", "index.html", "1", "-", "?"],
)  # fmt: skip


_FILES = st.lists(_WORDS, max_size=80).map(lambda words: "".join(words).encode())


@settings(max_examples=300, deadline=2000)
@given(
    st.one_of(st.binary(max_size=400), st.lists(_WORDS, max_size=80).map(lambda words: "".join(words).encode())),
    st.text(),
    st.text(),
)
def test_nothing_makes_it_raise(body: bytes, url: str, agent: str) -> None:
    robots = parse(body)
    verdict = robots.verdict(url, agent)
    assert (verdict.line is None) == (verdict.rule is None)
    assert verdict.allowed or verdict.line is not None
    delay = robots.crawl_delay(agent)
    assert delay is None or 0 <= delay <= MAX_CRAWL_DELAY
    assert robots.problem_count >= len(robots.problems)
    assert not (
        robots.blocks_everything(agent) and robots.allowed("/" + url, agent) and path_of("/" + url) != "/robots.txt"
    )


def _matches(path: str, pattern: str) -> bool:
    """Glob matching by sets of positions: slow, and evidently right."""
    places = {0}
    for index, letter in enumerate(pattern):
        if letter == "$" and index == len(pattern) - 1:
            return len(path) in places
        if letter == "*":
            places = set(range(min(places), len(path) + 1))
        else:
            places = {place + 1 for place in places if path[place : place + 1] == letter}
        if not places:
            return False
    return True


_PATTERNS = st.text("/ab*$", max_size=7)


@settings(max_examples=500)
@given(st.lists(st.tuples(st.booleans(), _PATTERNS), max_size=6), st.text("/ab$", max_size=8))
def test_it_decides_as_a_plain_model_does(rules: list[tuple[bool, str]], rest: str) -> None:
    path = path_of("/" + rest)
    fitting = [(len(pattern), allow) for allow, pattern in rules if pattern and _matches(path, pattern)]
    body = "user-agent: *\n" + "".join(f"{'allow' if allow else 'disallow'}: {pattern}\n" for allow, pattern in rules)
    # As a whole address: a path that begins with // would be read as the address of another host.
    assert parse(body.encode()).allowed(f"https://example.com{path}", "crawly") == max(fitting, default=(0, True))[1]
