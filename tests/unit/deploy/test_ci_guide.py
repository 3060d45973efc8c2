"""The command lines of docs/ci.md are ones that the program takes, and its YAML is YAML."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.cli import make_parser
from deploy.local.commands.scan import FORMATS

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def commands(node: Any) -> list[str]:
    """Every text in a YAML tree that runs a scan."""
    if isinstance(node, str):
        return [node] if "scanfleet scan " in node else []
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [command for value in values for command in commands(value)]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_are_taken(block: str) -> None:
    found = commands(yaml.safe_load(block))
    assert len(found) == 1
    words = shlex.split(found[0].partition(" >> ")[0])
    given = words[words.index("scan") :]
    assert make_parser(given).parse_args(given).format in FORMATS


def test_every_format_and_option_is_described() -> None:
    assert len(BLOCKS) == 3
    for name in FORMATS:
        assert f"`{name}`" in GUIDE
    for option in ("--fail-under", "--fail-on", "--baseline", "--write-baseline", "--server", "--output"):
        assert option in GUIDE
