"""The catalogue of checks as Markdown: a page for each group, and an index."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from deploy.docs.examples import example_of
from shared.checks import catalogue
from shared.checks.base import Check, Fact, Level, On, Severity
from shared.checks.limits import DEFAULT_PROFILE, load_profile
from shared.checks.not_offered import NOT_OFFERED

MADE: Final = "<!-- Made from the checks' own records by `python -m deploy.docs`; changes here are overwritten. -->"
_PROFILES: Final = Path(__file__).resolve().parents[2] / "shared" / "profiles"

ON: Final[Mapping[On, str]] = {
    On.ANY: "every address, answered or not",
    On.RESPONSE: "every response, whatever its status",
    On.OK: "responses of status 2xx",
    On.HTML: "HTML pages of status 2xx",
    On.INDEXABLE: "HTML pages that search engines may index",
    On.SECURE: "responses over https",
}
NEEDS: Final[Mapping[Fact, str]] = {
    Fact.STATUS: "the response's status",
    Fact.HEADERS: "the response's headers",
    Fact.REDIRECTS: "the redirects before the response",
    Fact.TIMINGS: "the fetch's timings",
    Fact.HTTP_VERSION: "the HTTP version",
    Fact.WIRE_BYTES: "the size on the wire",
    Fact.TLS: "the TLS connection",
    Fact.IN_SITEMAP: "the site's sitemaps",
    Fact.ROBOTS: "the site's robots.txt",
    Fact.DEPTH: "the number of clicks from the start page",
    Fact.ASSETS: "probes of the page's images, scripts and styles",
    Fact.EXTERNAL: "probes of the external links' targets",
    Fact.PREVIOUS: "an earlier scan",
}


def pages() -> dict[str, str]:
    """File name → Markdown, for all of docs/checks."""
    checks = list(catalogue().values())
    units = _units()
    found = {
        f"{group}.md": _group(group, list(members), units)
        for group, members in groupby(sorted(checks, key=lambda one: (one.group, one.id)), key=lambda one: one.group)
    }
    return {"README.md": _index(checks), **found}


def _index(checks: list[Check]) -> str:
    lines = [MADE, "", "# Checks", ""]
    pages_, sites = (sum(1 for one in checks if one.level is level) for level in (Level.PAGE, Level.SITE))
    about = (
        f"{len(checks)} checks: {pages_} look at one page, {sites} at the site as a whole. Thresholds are those of the "
        f"profile `{DEFAULT_PROFILE}`. A check whose facts are unknown is not decided, and never a finding."
    )
    lines += [
        about,
        "",
        *_table(["group", *(one.value for one in Severity), "page", "site", "all"], _counts(checks)),
        "",
        "| check | severity | level | category | what it finds |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| [`{one.id}`]({one.group}.md#{_anchor(one.id)}) | {one.severity.value} | {one.level.value} "
        f"| {_words(one.category.value)} | {_cell(one.title)} |"
        for one in checks
    ]
    lines += ["", "## Not offered", "", "| check | why |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(why)} |" for name, why in NOT_OFFERED.items()]
    return "\n".join(lines) + "\n"


def _counts(checks: list[Check]) -> Iterable[list[str]]:
    groups = sorted({one.group for one in checks})
    for name, members in [
        *((f"[{name}]({name}.md)", [one for one in checks if one.group == name]) for name in groups),
        ("all", checks),
    ]:
        by_severity = [sum(1 for one in members if one.severity is severity) for severity in Severity]
        by_level = [sum(1 for one in members if one.level is level) for level in Level]
        yield [name, *(str(count or "") for count in (*by_severity, *by_level, len(members)))]


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    rule = ["---", *("--:" for _ in head[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def _group(group: str, checks: list[Check], units: Mapping[str, str]) -> str:
    lines = [MADE, "", f"# Checks: {group}", "", f"[All checks](README.md); category: {_categories(checks)}.", ""]
    for check in checks:
        lines += _section(check, units)
    return "\n".join(lines)


def _categories(checks: list[Check]) -> str:
    return ", ".join(dict.fromkeys(_words(one.category.value) for one in checks))


def _section(check: Check, units: Mapping[str, str]) -> list[str]:
    lines = [f"## {check.id}", "", f"**{_prose(check.title)}**", "", _prose(check.why), ""]
    lines += [f"Fix: {_prose(check.fix)}", ""]
    lines += [f"- {name}: {text}" for name, text in _facts(check, units)]
    example = example_of(check)
    if example is not None:
        fence = "````" if "```" in example else "```"
        lines += ["", "Fires on, for example:", "", f"{fence}html", example, fence]
    return [*lines, ""]


def _facts(check: Check, units: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    others = [one.value for one in dict.fromkeys(check.severities) if one is not check.severity]
    yield "Severity", check.severity.value + (f"; in some cases {' or '.join(others)}" if others else "")
    yield "Level", check.level.value
    yield "Applies to", "the whole site" if check.level is Level.SITE and check.on is On.ANY else _applies(check.on)
    needs = [NEEDS[need] for need in check.needs] + (["a complete crawl"] if check.complete_only else [])
    if needs:
        yield "Needs to know", ", ".join(needs)
    if check.network:
        yield "Asked for with", f"`checks_network: {check.network}`"
    thresholds = {
        name: value
        for name, value in load_profile().thresholds.items()
        if name == check.id or name.startswith(f"{check.id}.")
    }
    for name, value in thresholds.items():
        unit = units.get(name, "")
        yield "Threshold", f"`{name}` = {value:g}" + (f" ({unit})" if unit else "")
    if check.implies:
        yield "Comes with", ", ".join(f"`{one}`" for one in check.implies)
    yield "Source", check.source


def _applies(on: On) -> str:
    return ", ".join(text for one, text in ON.items() if one in on)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(text: str) -> str:
    return _prose(text.rstrip(".")).replace("|", "\\|")


def _prose(text: str) -> str:
    """Element names outside of backticks would be taken for elements."""
    parts = text.split("`")
    return "`".join(part if n % 2 else part.replace("<", "&lt;") for n, part in enumerate(parts))


def _anchor(check_id: str) -> str:
    """As GitHub makes it of a heading: without dots."""
    return check_id.replace(".", "")


_UNIT: Final = re.compile(r'(?P<key>"[^"]+"|[\w.]+)\s*=\s*[\d.]+\s*#\s*(?P<unit>.+)')


def _units() -> dict[str, str]:
    """What the profile's comments say of each threshold."""
    found: dict[str, str] = {}
    table = ""
    for line in (_PROFILES / f"{DEFAULT_PROFILE}.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table = line.strip("[]").removeprefix("thresholds").lstrip(".")
        elif (match := _UNIT.match(line)) is not None and table:
            found[f"{table}.{match['key'].strip(chr(34))}"] = match["unit"].strip()
    return found
