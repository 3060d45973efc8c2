"""`sitemap`: what a file holds and what is wrong with it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.cli import main

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
GOOD = f"<urlset {NAMESPACE}>\n<url><loc>https://e.com/</loc></url>\n<url><loc>https://e.com/b</loc></url></urlset>"
BAD = f"<urlset {NAMESPACE}>\n<url><loc>https://e.com/</loc>\n<lastmod>soon</lastmod></url>\n<url><loc>https://o.com/</loc></url></urlset>"


def report(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["sitemap", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def saved(tmp_path: Path, body: str | bytes) -> str:
    path = tmp_path / "sitemap.xml"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return str(path)


def test_a_good_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for body in (GOOD, gzip.compress(GOOD.encode())):
        status, told = report(capsys, saved(tmp_path, body), "--url", "https://e.com/sitemap.xml", "--entries", "1")
        assert status == 0
        (file,) = told["sitemaps"]
        assert (file["kind"], file["entries"], file["problems"]) == ("urlset", 2, [])
        assert [entry["loc"] for entry in told["entries"]] == ["https://e.com/"]


def test_faults_have_kind_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = report(capsys, saved(tmp_path, BAD), "--url", "https://e.com/sitemap.xml")
    assert status == 1
    assert [(one["kind"], one["line"], one["text"]) for one in told["sitemaps"][0]["problems"]] == [
        ("sitemap.lastmod_invalid", 2, "soon"), ("sitemap.url_out_of_scope", 4, "https://o.com/"),
    ]  # fmt: skip


def test_scope_is_not_decided_without_an_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, told = report(capsys, saved(tmp_path, BAD))
    assert told["sitemaps"][0]["problem_counts"] == {"sitemap.lastmod_invalid": 1}
    assert report(capsys, saved(tmp_path, GOOD))[0] == 0


def test_people_see_kind_figures_faults_and_entries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sitemap", saved(tmp_path, BAD)]) == 1
    shown = capsys.readouterr().out
    for part in ("urlset, 2 entries", "sitemap.lastmod_invalid  line 2: soon", "https://o.com/"):
        assert part in shown
    assert main(["sitemap", saved(tmp_path, "<!doctype html><title>404</title>")]) == 1
    assert "no sitemap" in capsys.readouterr().out


def test_private_addresses_are_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["http://127.0.0.1:9/s.xml"], ["http://127.0.0.1:9/s.xml", "--follow"]):
        status, told = report(capsys, *words)
        assert status == 1
        assert "not a public one" in told["sitemaps"][0]["error"]


def test_what_makes_no_sense_ends_with_2(tmp_path: Path) -> None:
    assert main(["sitemap", str(tmp_path / "none.xml")]) == 2
    assert main(["sitemap", saved(tmp_path, GOOD), "--follow"]) == 2
