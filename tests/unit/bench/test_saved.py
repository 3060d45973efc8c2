from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.saved import load


def test_a_folder_without_pages_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("no page")
    with pytest.raises(FileNotFoundError, match=r"holds no \.html file") as raised:
        load(tmp_path, 5)
    assert str(tmp_path) in str(raised.value)
    with pytest.raises(SystemExit) as ended:
        main(["--only", "engine", "--folder", str(tmp_path)])
    assert ended.value.code == 2
    assert f"--folder: {tmp_path} holds no .html file" in capsys.readouterr().err


def test_pages_are_spread_over_the_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for number in range(7):
        (tmp_path / "deep" / f"{number}.html").write_text(str(number))
    assert load(tmp_path, 3) == {"/deep/0.html": b"0", "/deep/3.html": b"3", "/deep/6.html": b"6"}
    assert len(load(tmp_path, 100)) == 7
