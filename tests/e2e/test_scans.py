"""Real scans through the real fleet."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

from shared.samplesite import PLANTED, paths
from tests.e2e.conftest import ROOT, Api, Fleet


async def test_single(api: Api, sample_site: str) -> None:
    scan = await api.scan(sample_site + "/")
    assert scan["status"] == "complete"
    assert scan["progress"] | {"pages_per_second": 0} == {
        "phase": "ended", "found": 1, "done": 1, "failed": 0, "skipped": 0, "pages_per_second": 0, "eta_seconds": None,
    }  # fmt: skip
    assert 0 < scan["result"]["score"] < 100
    assert {"https.page_http", "http.no_compression"} <= {one["check"] for one in scan["result"]["top_issues"]}


async def test_sitemap_finds_every_planted_defect(api: Api, sample_site: str) -> None:
    scan = await api.scan(sample_site + "/", "sitemap")
    assert scan["status"] == "complete"
    assert scan["progress"]["found"] == scan["progress"]["done"] == len(paths())
    pages = await api.pages(scan["scan_id"])
    assert sorted(page["url"] for page in pages) == sorted(sample_site + path for path in paths())
    found = {(page["url"].removeprefix(sample_site), one["check"]) for page in pages for one in page["findings"]}
    missing = [one for one in PLANTED if one.path is not None and (one.path, one.check) not in found]
    assert missing == []
    issues = await api("GET", f"/scans/{scan['scan_id']}/issues?limit=500")
    listed = Counter(one["check"] for one in issues["items"])
    assert {one.check for one in PLANTED} <= set(listed)
    counts = Counter(check for _, check in found)
    for one in issues["items"]:
        assert one["pages"] <= counts[one["check"]] or one["pages"] <= 1
    assert sum(scan["result"]["totals"]["issues"].values()) == len(issues["items"])


async def test_a_refused_connection_is_an_error_that_costs_nothing(api: Api, fleet: Fleet) -> None:
    before = fleet.sql("SELECT count(*) AS n FROM quota_uses")
    scan = await api.scan("http://127.0.0.1:9/")
    assert (scan["status"], scan["reason_code"]) == ("error", "connection")
    assert "server listens" in scan["reason"]
    assert fleet.sql("SELECT count(*) AS n FROM quota_uses") == before


async def test_pages_are_spread_over_both_workers(api: Api, fleet: Fleet, numbered_site: Any) -> None:
    site = await numbered_site(400, 0.02)
    scan = await api.scan(site.address + "/", "sitemap")
    assert (scan["status"], scan["progress"]["done"], scan["progress"]["failed"]) == ("complete", 400, 8)
    workers = fleet.sql("SELECT DISTINCT worker FROM chunks WHERE scan_id = %s AND kind = 'fetch'", scan["scan_id"])
    assert len(workers) == 2
    issues = (await api("GET", f"/scans/{scan['scan_id']}/issues?limit=500"))["items"]
    counts = {one["check"]: one["pages"] for one in issues}
    assert counts["status.5xx"] == 8
    assert counts["title.missing"] == 40


def test_the_command_line_scans_for_ci(fleet: Fleet) -> None:
    command = [sys.executable, "-m", "deploy.local", "scan", "http://127.0.0.1:9/", "--json", "--data", str(fleet.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["status"] == "error"
