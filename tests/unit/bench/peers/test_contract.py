import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.peers.contract import Count, cpu, spread, task, tell
from tests.bench.peers.runner import Told


def test_pages_are_spread_over_the_list() -> None:
    assert spread("abcdef", 3) == ["a", "c", "e"]
    assert spread("abc", 100) == ["a", "b", "c"]
    assert spread("", 3) == []


def test_a_program_is_told_its_pages_by_the_sitemap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sitemap = tmp_path / "sitemap.xml"
    sitemap.write_text("<urlset><url><loc>http://a/1</loc></url><url><loc>http://a/2</loc></url></urlset>")
    monkeypatch.setattr(sys, "argv", ["program", sitemap.as_uri(), "16", "1"])
    assert task() == (["http://a/1"], 16)


def test_the_last_line_is_what_the_bench_reads(capsys: pytest.CaptureFixture[str]) -> None:
    count = Count()
    count.add({"links": ["http://a/1", "http://a/2"], "words": 7})
    tell("msgspec", 3, count, 1.5)
    told = json.loads(capsys.readouterr().out)
    version = told.pop("version")
    assert version.split(".")[0].isdigit()
    assert Told(**told, version=version) == Told(1, 1.5, 2, 7, 3, version)


def test_cpu_of_processes_that_it_waited_for_counts() -> None:
    began = cpu()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True, timeout=60)
    assert cpu() - began >= 0.3
