"""The generated documentation is up to date, and complete."""

from pathlib import Path

import pytest

from deploy.docs.__main__ import ROOT, main
from deploy.docs.checks import pages
from deploy.docs.examples import example_of
from shared.checks import catalogue
from shared.checks.not_offered import NOT_OFFERED


def test_the_committed_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_every_check_has_its_section_and_its_place_in_the_index() -> None:
    made = pages()
    for check in catalogue().values():
        page = made[f"{check.group}.md"]
        assert f"## {check.id}\n" in page
        assert check.source in page
        assert f"[`{check.id}`]({check.group}.md#" in made["README.md"]
    assert all(name in made["README.md"] for name in NOT_OFFERED)


def test_thresholds_stand_with_their_unit() -> None:
    assert "- Threshold: `title.pixel_width.max` = 600 (pixels" in pages()["title.md"]
    assert "- Threshold: `security.cert_expiring.urgent` = 7 (days)" in pages()["security.md"]


def test_examples_are_short_and_whole() -> None:
    assert example_of(catalogue()["title.boilerplate"]) == "<title>Home</title>"
    shown = [text for text in map(example_of, catalogue().values()) if text]
    assert len(shown) > 100
    assert all(len(text) <= 320 for text in shown)


def test_writing_adds_changes_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "docs/checks/README.md is out of date" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    folder = tmp_path / "docs" / "checks"
    (folder / "gone.md").write_text("x")
    (folder / "title.md").write_text("x")
    assert main([], tmp_path) == 0
    assert not (folder / "gone.md").exists()
    assert (folder / "title.md").read_text() == (ROOT / "docs" / "checks" / "title.md").read_text()
    assert main(["--check"], tmp_path) == 0


def test_nothing_is_both_offered_and_not() -> None:
    assert not NOT_OFFERED.keys() & catalogue().keys()
    assert all(why and why[-1] != "." for why in NOT_OFFERED.values())
