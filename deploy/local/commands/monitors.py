"""``monitors``: recurring scans of the fleet that runs on the data directory."""

import argparse
import shlex
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from deploy.local import options
from deploy.local.accounts import open_accounts
from deploy.local.api import ApiError, Client, UnreachableError
from deploy.local.cli import EXIT_FAILED, EXIT_NOT_STARTED, EXIT_OK, add_data_option
from deploy.local.errors import LaunchError, UsageError
from deploy.local.printing import print_json
from deploy.local.record import running_fleet
from deploy.local.screen import Screen, clean
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts

SHOWN_RUNS = 20
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

    async def enable(self, monitor: _Monitor, *, enabled: bool) -> _Monitor:
        """Pause or resume it."""
        return await self._call("PATCH", f"/monitors/{monitor['id']}", {"enabled": enabled})

    async def run(self, monitor: _Monitor) -> str:
        """Run it now; the scan's id."""
        return str((await self._call("POST", f"/monitors/{monitor['id']}/run"))["scan_id"])

    async def delete(self, monitor: _Monitor) -> None:
        """Delete it with the record of its runs."""
        await self._call("DELETE", f"/monitors/{monitor['id']}")

    async def runs(self, monitor: _Monitor) -> list[dict[str, Any]]:
        """Its latest runs."""
        data = await self._call("GET", f"/monitors/{monitor['id']}/runs?limit={SHOWN_RUNS}")
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
    create.add_argument(
        "--schedule",
        default="daily",
        help="hourly, daily, weekly, or a cron expression of five fields (default: %(default)s)",
    )
    create.add_argument("--timezone", default="UTC", metavar="ZONE", help="e.g. Europe/Berlin (default: %(default)s)")
    modes = ("single", "sitemap", "crawl")
    create.add_argument("--mode", choices=modes, default="single", help="(default: %(default)s)")
    create.add_argument("--name", help="what it is called (default: the site's host)")
    for name, about, work in (
        ("show", "show a monitor and its latest runs", _show),
        ("pause", "run it no more until it is resumed", _pause),
        ("resume", "run it again on its schedule", _resume),
        ("run", "run it now", _run),
        ("delete", "delete it; its scans stay", _delete),
    ):
        action = _does(actions.add_parser(name, help=about), work)
        action.add_argument("monitor", metavar="MONITOR", help="its id or its name")
        if name == "show":
            action.add_argument("--json", action="store_true", help="as the API returns them")


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


async def _list(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    found = await api.all()
    if arguments.json:
        print_json(found)
        return
    for monitor in found:
        sys.stdout.write(line(monitor) + "\n")
    if not found:
        screen.note("there are no monitors; add one with: scanfleet monitors create URL")


async def _create(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    wanted = {name: getattr(arguments, name) for name in ("url", "schedule", "timezone", "mode")}
    monitor = await api.create(wanted | ({"name": arguments.name} if arguments.name else {}))
    sys.stdout.write(f"{monitor['id']}\n")
    screen.note(f"first run of {clean(monitor['name'], 100)}: {monitor['next_run_at']}")


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
    monitor = await api.enable(await api.named(arguments.monitor), enabled=False)
    screen.note(f"paused {clean(monitor['name'])}")


async def _resume(api: Monitors, arguments: argparse.Namespace, screen: Screen) -> None:
    monitor = await api.enable(await api.named(arguments.monitor), enabled=True)
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
