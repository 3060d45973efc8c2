import argparse
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.peers.roster import peers, wanted


@pytest.mark.parametrize("name", peers())
def test_a_peer_has_a_program_and_exact_versions(name: str) -> None:
    assert importlib.util.find_spec(f"tests.bench.peers.{name.replace('-', '_')}")
    pins = f"{peers()[name].install} {peers()[name].versions}".split()
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+(\[\w+\])?==\d+(\.\d+)*", pin)] == []


def test_peers_are_named_in_their_order() -> None:
    assert list(wanted("crawlee, scrapy")) == ["scrapy", "crawlee"]
    assert list(wanted("all")) == list(peers())


def test_a_python_that_has_one_can_be_named() -> None:
    assert wanted(f"scrapy={sys.executable}") == {"scrapy": Path(sys.executable)}
    assert wanted(f"scrapy={sys.executable},all")["scrapy"] == Path(sys.executable)
    assert wanted(f"all,scrapy={sys.executable}")["scrapy"] == Path(sys.executable)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scrapi", "unknown: scrapi; there are scrapy, crawlee"),
        ("scrapy,", "unknown: a name that is empty"),
        ("all=/usr/bin/python3", "all: name the peer that /usr/bin/python3 has"),
        ("scrapy=/nowhere/python", "scrapy: /nowhere/python is no program that can be started"),
        ("scrapy=", "scrapy: nothing is no program"),
    ],
)
def test_what_cannot_be_measured_is_told_at_once(text: str, said: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(said)):
        wanted(text)


def test_the_command_line_names_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "scan", "--peers", "nobody"])
    assert ended.value.code == 2
    assert "--peers: unknown: nobody" in capsys.readouterr().err
