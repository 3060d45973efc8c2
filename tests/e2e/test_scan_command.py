"""`./scanfleet scan` as a CI job uses it: formats, verdicts, baselines, another server."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.conftest import ROOT, Fleet


async def scan(fleet: Fleet, *words: str, local: bool = True, **environment: str) -> "subprocess.CompletedProcess[str]":
    where = ["--data", str(fleet.data)] if local else []
    command = [sys.executable, "-m", "deploy.local", "scan", *words, *where]
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.timeout(400)
async def test_formats_and_baselines(fleet: Fleet, sample_site: str, tmp_path: Path) -> None:
    page, baseline = f"{sample_site}/offers/old-stock", tmp_path / "baseline.json"
    first = await scan(fleet, page, "--format", "sarif", "--write-baseline", str(baseline), "--fail-on", "high")
    assert first.returncode == 1, first.stderr
    assert "title.missing" in first.stderr
    run = json.loads(first.stdout)["runs"][0]
    assert "title.missing" in {result["ruleId"] for result in run["results"]}

    again = await scan(fleet, page, "--format", "junit", "--baseline", str(baseline))
    assert again.returncode == 0, again.stderr
    assert not ET.fromstring(again.stdout).findall(".//failure")

    other = await scan(fleet, f"{sample_site}/offers/autumn-sale", "--format", "markdown", "--baseline", str(baseline))
    assert other.returncode == 1
    assert "### New" in other.stdout

    report = tmp_path / "report.html"
    told = await scan(fleet, page, "--format", "html", "--output", str(report), "--threshold", "content.thin=1")
    assert told.returncode == 0, told.stderr
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "1 page; issues: " in told.stdout
    assert "What to do first" not in told.stdout, "beside a report in a file there is a summary"
    assert "\x1b[" not in told.stdout + told.stderr

    sheet = await scan(fleet, page, "--format", "csv")
    assert sheet.stdout.splitlines()[0].count(",") > 3


@pytest.mark.timeout(300)
async def test_another_server_and_what_is_wrong_with_the_question(
    fleet: Fleet, sample_site: str, tmp_path: Path
) -> None:
    remote = await scan(
        fleet, f"{sample_site}/", "--server", fleet.address, "--json", local=False, SCANFLEET_KEY=fleet.key
    )
    assert remote.returncode == 0, remote.stderr
    assert json.loads(remote.stdout)["status"] == "complete"
    keyless = await scan(fleet, f"{sample_site}/", "--server", fleet.address, local=False, SCANFLEET_KEY="")
    assert (keyless.returncode, "SCANFLEET_KEY" in keyless.stderr) == (2, True)
    missing = await scan(fleet, f"{sample_site}/", "--baseline", str(tmp_path / "none.json"))
    assert (missing.returncode, "--write-baseline" in missing.stderr) == (2, True)
    nowhere = await scan(fleet, f"{sample_site}/", "--output", str(tmp_path / "no" / "file"))
    assert (nowhere.returncode, "--output" in nowhere.stderr) == (2, True)
    unknown = await scan(fleet, f"{sample_site}/", "--disable", "no.such")
    assert (unknown.returncode, "no.such" in unknown.stderr) == (2, True)
    forbidden = await scan(fleet, f"{sample_site}/", "--ignore-robots")
    assert (forbidden.returncode, "ignore_robots" in forbidden.stderr) == (2, True)
