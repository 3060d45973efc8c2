"""How monitors and their runs look on a terminal."""

from typing import Any

import pytest

from api_gateway.examples import ALERT, MONITOR, MONITOR_RUN, SCAN_ID
from deploy.local.cli import EXIT_NOT_STARTED, main
from deploy.local.commands.monitors import alert_line, line, point_line, run_line


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


def test_an_alert_in_a_line() -> None:
    begun = ALERT["triggered_at"]
    alert: dict[str, Any] = {**ALERT, "recovered_at": None, "message": "a\x1b[31m"}
    assert alert_line(alert).startswith(f"{begun}  open  score_drops:5  a")
    assert "\x1b" not in alert_line(alert)
    assert f"  over {begun}  " in alert_line({**ALERT, "recovered_at": begun})


def test_a_page_in_a_run_in_a_line() -> None:
    point: dict[str, Any] = {"scan_id": SCAN_ID, "due_at": "then", "status": 200, "error": None, "score": 91.25}
    assert point_line(point) == f"then  91.2  200  {SCAN_ID}"
    assert point_line({**point, "status": None, "score": None}) == f"then  -  not in this run  {SCAN_ID}"
    assert point_line({**point, "status": None, "error": "timeout"}) == f"then  91.2  timeout  {SCAN_ID}"


def test_without_a_fleet_it_says_what_to_do(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitors", "list", "--data", str(tmp_path / "none")]) == EXIT_NOT_STARTED
    assert "scanfleet up" in capsys.readouterr().err
