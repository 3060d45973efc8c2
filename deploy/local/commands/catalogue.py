"""``checks``: the catalogue."""

import argparse

from rich.text import Text

from deploy.local.cli import EXIT_OK
from deploy.local.errors import UsageError
from deploy.local.printing import print_json
from deploy.local.screen import Screen
from shared.checks import catalogue
from shared.checks.base import Check
from shared.checks.limits import load_profile
from shared.checks.not_offered import NOT_OFFERED

_WIDTH = 34


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``checks``."""
    parser.description = "List the checks: what they look for, how much they matter, and what they need to know."
    parser.add_argument("group", metavar="GROUP", nargs="?", help="only one group, e.g. title; or one check")
    parser.add_argument("--json", action="store_true", help="print JSON, with reasons, fixes, sources and thresholds")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """List them. Raises `UsageError` for a group that doesn't exist."""
    group: str | None = arguments.group
    chosen = [check for check in catalogue().values() if group in {None, check.group, check.id}]
    left_out = {name: why for name, why in NOT_OFFERED.items() if group in {None, name.partition(".")[0], name}}
    if not chosen and not left_out:
        groups = dict.fromkeys(check.group for check in catalogue().values())
        message = f"There is no group {group!r}; there is: {', '.join(groups)}"
        raise UsageError(message)
    if arguments.json:
        answer = {
            "items": [record_of(check) for check in chosen],
            "total": len(chosen),
            "not_offered": [{"id": name, "why": why} for name, why in left_out.items()],
        }
        print_json(answer)
        return EXIT_OK
    # One line each, whatever the terminal's width: this is searched as often as it is read.
    for check in chosen:
        screen.out.print(_line(check), soft_wrap=True)
    if left_out:
        screen.out.print(Text("\nNot offered" if chosen else "Not offered", style="bold"))
        for name, why in left_out.items():
            screen.out.print(Text.assemble((f"{name:<{_WIDTH}}", "bold"), f"  {why}"), soft_wrap=True)
    return EXIT_OK


def needs_of(check: Check) -> list[str]:
    """What must be known for the check to be decided, besides the page itself."""
    needs = [fact.value for fact in check.needs]
    return [*needs, "complete_crawl"] if check.complete_only else needs


def record_of(check: Check) -> dict[str, object]:
    """The check as JSON. The first members are those of the API's catalogue."""
    prefix = f"{check.id}."
    thresholds = load_profile().thresholds
    return {
        "id": check.id,
        "category": check.category.value,
        "severity": check.severity.value,
        "severities": list(dict.fromkeys(one.value for one in check.severities)),
        "level": check.level.value,
        "title": check.title,
        "why": check.why,
        "fix": check.fix,
        "source": check.source,
        "network": check.network,
        "on": (check.on.name or str(check.on.value)).lower(),
        "needs": needs_of(check),
        "implies": list(check.implies),
        "thresholds": {
            name: value for name, value in thresholds.items() if name == check.id or name.startswith(prefix)
        },
    }


def _line(check: Check) -> Text:
    needs = needs_of(check)
    notes = [f"needs {', '.join(needs)}"] if needs else []
    notes += [f"with {check.network}"] if check.network else []
    return Text.assemble(
        (f"{check.id:<{_WIDTH}}", "bold"),
        f"  {check.severity.value:<8}  {check.level.value}  {check.category.value:<13}  {check.title.rstrip('.')}",
        (f"  ({'; '.join(notes)})" if notes else "", "dim"),
    )
