"""``monitors``: recurring scans of the fleet that runs on the data directory."""

import argparse
import shlex
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from deploy.local import options
from deploy.local.accounts import open_accounts
from deploy.local.api import ApiError, Client, UnreachableError
from deploy.local.asking_monitors import add_monitor_options, monitor_body
from deploy.local.cli import EXIT_FAILED, EXIT_NOT_STARTED, EXIT_OK, add_data_option
from deploy.local.errors import LaunchError, UsageError
from deploy.local.printing import print_json
from deploy.local.record import running_fleet
from deploy.local.screen import Screen, clean
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts

SHOWN_RUNS = 20
WHICH = "its id or its name"
_Monitor = dict[str, Any]


class Monitors(Client):
    """The API's monitors. Every call raises ApiError or UnreachableError."""

    async def all(self) -> list[_Monitor]:
        """All of the caller's monitors, newest first."""
        return [dict(item) async for item in self.every("/monitors")]

    async def named(self, name: str) -> _Monitor:
        """The monitor with that id or name. Raises UsageError unless there is just one."""
        found = [one for one in await self.all() if name in {one["id"], one["name"]}]
        if len(found) == 1:
            return found[0]
        few = f"{len(found)} monitors are" if found else "No monitor is"
        raise UsageError(f"{few} called {name!r}; see: scanfleet monitors list")

    async def create(self, wanted: dict[str, Any]) -> _Monitor:
        """Add one."""
        return await self._call("POST", "/monitors", wanted)

    async def change(self, monitor: _Monitor, wanted: dict[str, Any]) -> _Monitor:
        """Change it; what is left out stays."""
        return await self._call("PATCH", f"/monitors/{monitor['id']}", wanted)

    async def run(self, monitor: _Monitor) -> str:
        """Run it now; the scan's id."""
        return str((await self._call("POST", f"/monitors/{monitor['id']}/run"))["scan_id"])

    async def delete(self, monitor: _Monitor) -> None:
        """Delete it with the record of its runs."""
        await self._call("DELETE", f"/monitors/{monitor['id']}")

    async def runs(self, monitor: _Monitor) -> list[dict[str, Any]]:
        """Its latest runs."""
        return await self._latest(monitor, "runs")

    async def alerts(self, monitor: _Monitor) -> list[dict[str, Any]]:
        """Its latest alerts."""
        return await self._latest(monitor, "alerts")

    async def history(self, monitor: _Monitor, page: str | None) -> list[dict[str, Any]]:
        """How a page did in its latest complete runs; without one the page at its own address."""
        return await self._latest(monitor, "history", f"&url={quote(page, safe='')}" if page else "")

    async def _latest(self, monitor: _Monitor, what: str, more: str = "") -> list[dict[str, Any]]:
        data = await self._call("GET", f"/monitors/{monitor['id']}/{what}?limit={SHOWN_RUNS}{more}")
        return list(data["items"])


Work = Callable[[Monitors, argparse.Namespace, Screen], Awaitable[None]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``monitors``."""
    parser.description = "Scan sites again and again. A fleet has to run on the data directory (scanfleet up)."
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = _does(actions.add_parser("list", help="list the monitors"), _list)
    listing.add_argument("--json", action="store_true", help="as the API returns them")
    create = _does(actions.add_parser("create", help="add a monitor"), _create)
    create.add_argument("url", metavar="URL", type=options.web_address, help="https:// is added if it has no scheme")
    add_monitor_options(create)
    change = _does(actions.add_parser("change", help="change a monitor"), _change)
    change.description = (
        "What isn't given stays as it is. Options of the scan that are given replace all that it had, its credentials "
        "included; so do alerts and mails."
    )
    add_monitor_options(change, change=True)
    change.add_argument("monitor", metavar="MONITOR", help=WHICH)
    for name, about, work in (
        ("show", "show a monitor and its latest runs", _show),
        ("pause", "run it no more until it is resumed", _pause),
        ("resume", "run it again on its schedule", _resume),
        ("run", "run it now", _run),
        ("delete", "delete it; its scans stay", _delete),
        ("alerts", f"its latest {SHOWN_RUNS} alerts", _alerts),
        ("history", f"a page's scores in its latest {SHOWN_RUNS} complete runs", _history),
    ):
        action = _does(actions.add_parser(name, help=about), work)
        action.add_argument("monitor", metavar="MONITOR", help=WHICH)
        if name in {"show", "alerts", "history"}:
            action.add_argument("--json", action="store_true", help="as the API returns them")
        if name == "history":
            action.add_argument("--page", metavar="URL", type=options.web_address, help="(default: the monitor's own)")


def _does(parser: argparse.ArgumentParser, work: Work) -> argparse.ArgumentParser:
    add_data_option(parser)

    def run(arguments: argparse.Namespace, screen: Screen) -> int:
        return Interrupts().run(_with_api(arguments, screen, work))

    parser.set_defaults(run=run)
    return parser


async def _with_api(arguments: argparse.Namespace, screen: Screen, work: Work) -> int:
    record = running_fleet(arguments.data)
    if record is None:
        raise LaunchError(f"No fleet runs on {arguments.data}. Start one with: scanfleet up")
    async with open_accounts(record.database_url, secret_key(arguments.data)) as accounts:
        key = await accounts.local_key(arguments.data)
    try:
        async with Monitors(record.address, key) as api:
            await work(api, arguments, screen)
    except ApiError as error:
        screen.warn(f"{error.message} ({error.code})")
        return EXIT_FAILED
    except UnreachableError as error:
        screen.warn(str(error))
        return EXIT_NOT_STARTED
    return EXIT_OK


def line(monitor: _Monitor) -> str:
    """A monitor in one line: id, state, schedule, latest score, name, address."""
    state = monitor["next_run_at"] or "paused"
    last = monitor["last"]
    score = f"{last['score']:.1f}" if last and last["score"] is not None else "-"
    when = f"{monitor['schedule']} ({monitor['timezone']})"
    name, url = clean(monitor["name"], 100), clean(monitor["url"])
    return f"{monitor['id']}  {state}  {when}  {monitor['mode']}  {score}  {name}  {url}"


def run_line(run: dict[str, Any]) -> str:
    """A run in one line: when it was due, what was decided, what came of it."""
    score = f"{run['score']:.1f}" if run["score"] is not None else (run["status"] or "-")
    parts = (run["due_at"], run["outcome"], score, run["scan_id"] or "", clean(run["reason"] or ""))
    return "  ".join(part for part in parts if part)


def alert_line(alert: dict[str, Any]) -> str:
    """An alert in one line: when it began, when it was over, its rule, what it says."""
    over = f"over {alert['recovered_at']}" if alert["recovered_at"] else "open"
    return f"{alert['triggered_at']}  {over}  {alert['rule']}  {clean(alert['message'])}"


def point_line(point: dict[str, Any]) -> str:
    """How a page did in a run, in one line: when, score, status or error, the scan."""
    score = f"{point['score']:.1f}" if point["score"] is not None else "-"
    answer = point["status"] or clean(point["error"] or "not in this run")
    return f"{point['due_at']}  {score}  {answer}  {point['scan_id']}"


async def _list(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    none = "there are no monitors; add one with: scanfleet monitors create URL"
    _print(await api.all(), line, arguments, screen, none)


async def _create(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.create(monitor_body(arguments))
    sys.stdout.write(f"{monitor['id']}\n")
    screen.note(f"first run of {clean(monitor['name'], 100)}: {monitor['next_run_at']}")


async def _change(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    wanted = monitor_body(arguments)
    if not wanted:
        raise UsageError("Nothing to change was given; see: scanfleet monitors change --help")
    monitor = await api.change(await api.named(arguments.monitor), wanted)
    screen.note(f"changed {clean(monitor['name'], 100)}; next run: {monitor['next_run_at'] or 'none, it is paused'}")


async def _show(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.named(arguments.monitor)
    runs = await api.runs(monitor)
    if arguments.json:
        print_json({**monitor, "runs": runs})
        return
    sys.stdout.write(line(monitor) + "\n")
    for run in runs:
        sys.stdout.write(f"  {run_line(run)}\n")
    if not runs:
        screen.note("it has not run yet")


async def _pause(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.change(await api.named(arguments.monitor), {"enabled": False})
    screen.note(f"paused {clean(monitor['name'])}")


async def _resume(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.change(await api.named(arguments.monitor), {"enabled": True})
    screen.note(f"next run of {clean(monitor['name'], 100)}: {monitor['next_run_at']}")


async def _run(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.named(arguments.monitor)
    sys.stdout.write(await api.run(monitor) + "\n")
    name = clean(monitor["name"], 100)
    screen.note(f"the scan of {name} is under way; see: scanfleet monitors show {shlex.quote(name)}")


async def _delete(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.named(arguments.monitor)
    await api.delete(monitor)
    screen.note(f"deleted {clean(monitor['name'])}")


async def _alerts(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    found = await api.alerts(await api.named(arguments.monitor))
    _print(found, alert_line, arguments, screen, "it has had no alerts")


async def _history(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    found = await api.history(await api.named(arguments.monitor), arguments.page)
    _print(found, point_line, arguments, screen, "no complete run has this page; see: scanfleet monitors show")


def _print(
    found: list[dict[str, Any]],
    show: Callable[[dict[str, Any]], str],
    arguments: argparse.Namespace,
    screen: Screen,
    none: str,
) -> None:
    if arguments.json:
        print_json(found)
        return
    for one in found:
        sys.stdout.write(show(one) + "\n")
    if not found:
        screen.note(none)
