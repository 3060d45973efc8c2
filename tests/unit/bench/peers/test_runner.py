import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bench.figures import Row
from tests.bench.peers import environment, runner
from tests.bench.peers.environment import NotInstalledError
from tests.bench.peers.runner import BARE, Measured, Program, Told, Turns, programs
from tests.bench.scan import lines

SITEMAP = "http://127.0.0.1:1/sitemap.xml"
GOOD = """
import json, pathlib, sys
sitemap, concurrency, most = sys.argv[1:]
runs = pathlib.Path(CALLS)
runs.write_text(runs.read_text() + sitemap + "\\n")
cpu = [0.1, 0.4, 0.2][len(runs.read_text().splitlines()) - 1]
pathlib.Path("pages.jsonl").write_text("{}")
print("some news of its own")
print(json.dumps({"version": "1.2", "asked": 20, "pages": 20, "cpu": cpu, "links": 60, "words": 400}))
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls"
    path.write_text("")
    return path


def stand_in(tmp_path: Path, name: str, text: str) -> Program:
    path = tmp_path / f"{name}.py"
    path.write_text(text.replace("CALLS", repr(str(tmp_path / "calls"))))
    return Program(name, f"{name}, as shipped", (sys.executable, str(path)), ("16", "20"))


async def rounds(those: Sequence[Program], count: int) -> list[Measured]:
    turns = Turns(those)
    for _ in range(count - 1):
        await turns(SITEMAP)
    return await turns(SITEMAP)


async def test_the_median_of_the_rounds_is_kept(tmp_path: Path, calls: Path) -> None:
    [found] = await rounds([stand_in(tmp_path, "peer", GOOD)], 3)
    assert calls.read_text() == f"{SITEMAP}\n" * 3
    assert found == Measured("peer", "peer 1.2, as shipped", 100.0, 3, 20, 3.0, 20.0)
    assert not (tmp_path / "pages.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise SystemExit('no such option\\n')", "ended with status 1: no such option"),
        ("print('done')", "its last line tells no figures (.*): it said nothing"),
        ("", "its last line tells no figures (.*): it said nothing"),
        (
            'import json; print(json.dumps({"asked": 9, "pages": 7, "cpu": 1.0, "links": 0, "words": 0}))',
            "7 of 9 pages in 1.0 s of CPU: it said nothing",
        ),
    ],
)
async def test_a_peer_that_fails_leaves_a_line_and_the_rest_goes_on(
    tmp_path: Path, calls: Path, text: str, why: str
) -> None:
    counted = "open(CALLS, 'a').write('failing\\n');" + text
    bad, good = await rounds([stand_in(tmp_path, "bad", counted), stand_in(tmp_path, "good", GOOD)], 2)
    assert good.rounds == 2
    assert calls.read_text().count("failing") == 1
    assert bad.rate == 0.0
    [row] = lines(50.0, bad)
    assert (row.what, row.met) == ("bad, as shipped", None)
    pattern, _, rest = why.partition("(.*)")
    assert row.figure.startswith(f"not measured: {pattern}")
    assert row.figure.endswith(rest or pattern)


async def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    [found] = await rounds([Program("gone", "gone", (str(tmp_path / "python"), "-c", ""))], 1)
    assert "No such file" in found.why


async def test_one_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    end = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    child = "[sys.executable, '-c', 'import signal; signal.pause()']"
    text = f"import subprocess, sys; subprocess.run({child}, stdin=open({str(held)!r}, 'w'))"
    monkeypatch.setattr(runner, "RUN_SECONDS", 2.0)
    [found] = await rounds([stand_in(tmp_path, "slow", text)], 3)
    assert found.why == "took longer than 2 s"
    os.set_blocking(end, True)
    assert os.read(end, 1) == b""  # comes back only when nobody holds the other end any more
    os.close(end)


async def test_a_slow_peer_gets_fewer_rounds_than_a_quick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"quick": 1.0, "slow": 100.0, "slowest": 200.0}
    ran: list[str] = []

    async def run(one: Program, _: str) -> Told:
        ran.append(one.name)
        return Told(10, 1.0, 0, 0)

    clock = SimpleNamespace(monotonic=lambda: sum(seconds[name] for name in ran))
    monkeypatch.setattr(runner, "time", clock)
    monkeypatch.setattr(runner, "_run", run)
    monkeypatch.setattr(runner, "ALL_SECONDS", 450.0)
    found = await rounds([Program(name, name) for name in seconds], 4)
    assert [one.rounds for one in found] == [4, 2, 1]
    assert ran == ["quick", "slow", "slowest", "quick", "slow", "quick", "quick"]


async def test_a_peer_that_cannot_be_installed_is_told_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Path:
        message = "no network"
        raise NotInstalledError(message)

    monkeypatch.setattr(runner, "python_of", refuse)
    bare, scrapy = programs({"scrapy": None}, print)
    assert (bare.name, bare.why) == (BARE, "")
    [found] = await rounds([scrapy], 2)
    assert found.why == "no network"


def test_a_python_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_made", pytest.fail)
    _, analyzer = programs({"python-seo-analyzer": Path("/opt/python")}, print)
    assert analyzer.command == ("/opt/python", "-m", "tests.bench.peers.python_seo_analyzer")
    assert analyzer.told == ("16", "60")


def test_a_peers_rows_compare_ours_with_it() -> None:
    rate, multiple = lines(60.0, Measured("scrapy", "scrapy 2.1, as shipped", 10.0, 5, 1_000, 91.6, 1_426.0))
    assert rate == Row(
        "peers", "scrapy 2.1, as shipped (5 × 1,000 pages of 92 links and 1,426 words)", "10 pages/CPU-s"
    )
    assert multiple == Row("peers", "ours as a multiple of it", "6 ×", "≥ 5 ×", True)


def test_only_what_was_promised_has_a_target() -> None:
    _, share = lines(60.0, Measured(BARE, BARE, 240.0, 5, 1_000, 92.0, 426.0))
    assert (share.what, share.figure, share.met) == ("ours as a share of it", "25 %", False)
    _, multiple = lines(60.0, Measured("crawlee", "crawlee", 20.0, 5, 1_000, 92.0, 426.0))
    assert (multiple.figure, multiple.target, multiple.met) == ("3 ×", "", None)
