"""``test``: every check of the code, on embedded servers started for the run."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.cli import EXIT_FAILED, EXIT_OK, ROOT, add_data_option
from deploy.local.embedded import embedded_services
from deploy.local.errors import UsageError
from deploy.local.fleet import base_environment
from deploy.local.process import spawn_command
from deploy.local.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

TOOL_SECONDS = 900.0
PYTEST_SECONDS = 3600.0
LONG_SECONDS = 6 * 3600.0
END_SECONDS = 10.0
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One program that must succeed. ``live`` ones write to the terminal as they go."""

    name: str
    argv: tuple[str, ...]
    seconds: float = TOOL_SECONDS
    live: bool = False


class _Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP came."""


UNIT_PROCESSES = 2
UNIT = ("tests/unit",)
"""Tests without servers: they run in several processes at once."""
WITH_SERVERS = ("tests/contract", "tests/integration", "tests/e2e", "tests/chaos")


def steps(options: Sequence[str], given: Sequence[str], *, long: bool, also: Sequence[str] = ()) -> list[Step]:
    """All steps in the order of their price. ``given`` are the caller's own arguments for pytest: one run then.

    ``also`` are folders of tests besides those that need nothing but Python.
    """
    python = sys.executable
    tools = Path(sys.executable).parent
    pytest = (python, "-m", "pytest", *options)
    seconds = LONG_SECONDS if long else PYTEST_SECONDS
    return [
        Step("ruff", (str(tools / "ruff"), "check", "--output-format", "concise", ".")),
        Step("format", (str(tools / "ruff"), "format", "--check", ".")),
        Step("mypy", (str(tools / "mypy"),)),
        Step("basedpyright", (str(tools / "basedpyright"),)),
        Step("imports", (str(tools / "lint-imports"),)),
        *([] if given else [Step("unit", (*pytest, "-n", str(UNIT_PROCESSES), *UNIT), seconds, live=True)]),
        Step("pytest", (*pytest, *(given or (*WITH_SERVERS, *also))), seconds, live=True),
    ]


STEP_NAMES = tuple(step.name for step in steps((), (), long=False))
MARKED = ("long", "chaos", "browser", "sdk", "manifests")
NEEDS = {"browser": "Chromium", "sdk": "Node.js and Go", "manifests": "kubectl and Prometheus"}
"""Marks whose tests stand in a folder of their own and need system packages."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``test``."""
    parser.description = (
        "Run the linter, the formatter's check, both type checkers, the import contracts and the tests, on "
        "embedded servers started for the run. What stands after -- goes to pytest."
    )
    for mark in MARKED:
        needs = f" (they need {NEEDS[mark]})" if mark in NEEDS else ""
        parser.add_argument(f"--{mark}", action="store_true", help=f"also run the tests marked {mark}{needs}")
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the storms of the chaos suite with this seed")
    parser.add_argument("--write-table", action="store_true", help="write the chaos suite's figures into docs/chaos.md")
    parser.add_argument(
        "--only", action="append", choices=STEP_NAMES, help="run only this step; may be given several times"
    )
    parser.add_argument("pytest_arguments", nargs="*", metavar="-- PYTEST ARGUMENTS", help="passed on to pytest")
    # The tests' own state is thrown away; the option is there because every command takes it.
    add_data_option(parser)
    parser.set_defaults(run=run)


def pytest_options(arguments: argparse.Namespace) -> list[str]:
    """What pytest is told: unmarked tests always, marked ones only when asked for."""
    left_out = [mark for mark in MARKED if not getattr(arguments, mark)]
    expression = " and ".join(f"not {mark}" for mark in left_out)
    flags = [f"--{name.replace('_', '-')}" for name in ("long", "write_table") if getattr(arguments, name)]
    seed = [] if arguments.seed is None else [f"--seed={arguments.seed}"]
    return [*(["-m", expression] if expression else []), *flags, *seed]


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Run the steps; 1 if any of them failed."""
    wanted = arguments.only or STEP_NAMES
    also = [f"tests/{mark}" for mark in NEEDS if getattr(arguments, mark)]
    every = steps(pytest_options(arguments), arguments.pytest_arguments, long=arguments.long, also=also)
    chosen = [step for step in every if step.name in wanted]
    for step in chosen:
        if not Path(step.argv[0]).exists():
            message = f"{step.argv[0]} is not installed; start the tests with ./scanfleet test."
            raise UsageError(message)
    failed: list[str] = []
    with _stopping_on_signals():
        failed += [step.name for step in chosen if not _run_step(step, screen)]
    _summary(screen, chosen, failed)
    return EXIT_FAILED if failed else EXIT_OK


def _summary(screen: Screen, chosen: Sequence[Step], failed: Sequence[str]) -> None:
    if failed:
        screen.warn(f"failed: {', '.join(failed)}")
    else:
        screen.note(f"all {len(chosen)} steps passed")


def _run_step(step: Step, screen: Screen) -> bool:
    began = time.monotonic()
    if step.live:
        with _servers() as env:
            status, output = _run_program(step, env)
    else:
        status, output = _run_program(step, {})
    seconds = time.monotonic() - began
    verdict = "ok" if status == 0 else "FAILED"
    screen.err.print(f"{step.name:<14} {verdict:<6} {seconds:7.1f} s", style="green" if status == 0 else "bold red")
    if status != 0 and output:
        sys.stderr.write(last_lines(output))
        sys.stderr.flush()
    return status == 0


def last_lines(output: str) -> str:
    """The end of what a failed step wrote, which has its summary; says how much is left out."""
    lines = output.splitlines(keepends=True)
    left_out = len(lines) - MAX_LINES
    head = f"... {left_out} lines before these ...\n" if left_out > 0 else ""
    return head + "".join(lines[-MAX_LINES:])


@contextmanager
def _servers() -> "Generator[Mapping[str, str]]":
    """Servers for one run, and how the tests find them."""
    directory = Path(tempfile.mkdtemp(prefix="scanfleet-test-"))
    try:
        with embedded_services(directory / "data", fast=True) as services:
            yield {"TEST_DATABASE_URL": services.database_url, "TEST_REDIS_URL": services.redis_url}
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run_program(step: Step, env: Mapping[str, str]) -> tuple[int, str]:
    """Its exit status and, unless it is live, what it wrote. It ends with us, however we end."""
    sys.stdout.flush()
    sys.stderr.flush()
    with subprocess.Popen(
        spawn_command(step.argv),
        stdin=subprocess.DEVNULL,
        stdout=None if step.live else subprocess.PIPE,
        stderr=None if step.live else subprocess.STDOUT,
        env=base_environment() | dict(env),
        cwd=ROOT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=step.seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return 1, f"{step.name} did not finish within {step.seconds:.0f} s\n"
        except BaseException:
            _end(process)
            raise
        finally:
            # What it started and left behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, output or ""


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
        return
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_SECONDS)


@contextmanager
def _stopping_on_signals() -> "Generator[None]":
    """SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that everything that was started is ended."""

    def stop(_number: int, _frame: "FrameType | None") -> None:
        raise _Stopped

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
