"""How monitors and their runs look on a terminal."""

from typing import Any

import pytest

from api_gateway.examples import MONITOR, MONITOR_RUN
from deploy.local.cli import EXIT_NOT_STARTED, main
from deploy.local.commands.monitors import line, run_line


def test_a_monitor_in_a_line() -> None:
    assert line(MONITOR) == (
        f"{MONITOR['id']}  2026-02-26T05:34:02.000Z  30 6 * * 1-5 (Europe/Berlin)  single  87.5  Shop  https://example.com/"
    )
    bare: dict[str, Any] = {**MONITOR, "next_run_at": None, "last": None, "name": "a\x1b[31m"}
    assert "  paused  " in line(bare)
    assert "  -  " in line(bare)
    assert "\x1b" not in line(bare)


def test_a_run_in_a_line() -> None:
    assert run_line(MONITOR_RUN) == f"2026-02-25T05:34:02.000Z  caught_up  87.5  {MONITOR_RUN['scan_id']}"
    skipped: dict[str, Any] = {
        **MONITOR_RUN, "outcome": "refused", "scan_id": None, "score": None, "status": None, "reason": "no such profile",
    }  # fmt: skip
    assert run_line(skipped) == "2026-02-25T05:34:02.000Z  refused  -  no such profile"


def test_without_a_fleet_it_says_what_to_do(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitors", "list", "--data", str(tmp_path / "none")]) == EXIT_NOT_STARTED
    assert "scanfleet up" in capsys.readouterr().err
