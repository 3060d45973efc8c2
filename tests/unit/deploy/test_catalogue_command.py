"""`checks`: the catalogue on the terminal."""

import json
import subprocess
import sys

import pytest

from deploy.local.cli import ROOT, main
from shared.checks import catalogue
from shared.checks.not_offered import NOT_OFFERED


def test_json_holds_every_check_and_what_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in told["items"]] == list(catalogue())
    assert told["total"] == len(catalogue())
    assert {one["id"] for one in told["not_offered"]} == set(NOT_OFFERED)
    by_id = {one["id"]: one for one in told["items"]}
    assert by_id["title.pixel_width"]["thresholds"].keys() == {"title.pixel_width.min", "title.pixel_width.max"}
    assert "complete_crawl" in by_id["link.orphan"]["needs"]


def test_one_line_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "title"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == [name for name in catalogue() if name.startswith("title.")]
    assert next(line for line in shown if line.startswith("title.missing")).split()[1:4] == ["high", "page", "on_page"]


def test_one_check_or_a_group_that_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "title.missing"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["checks", "js"]) == 0
    assert "js.title_changed" in capsys.readouterr().out
    assert main(["checks", "nonsense"]) == 2


def test_the_catalogue_does_without_numpy() -> None:
    """It takes longer to load than all else that the short commands need."""
    code = "import sys; from shared.checks import catalogue; catalogue(); sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
