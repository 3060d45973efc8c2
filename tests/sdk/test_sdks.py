"""Each SDK's own tests, its tests against a fleet, and its quick start as it stands in the README."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Fleet
from tests.sdk.conftest import SDK, Caller, program, run

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(400)]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def node_tests(folder: str) -> list[str]:
    return [program("node"), "--test", *(str(path) for path in sorted((SDK / "js" / folder).glob("*.test.js")))]


def count(text: str, pattern: str) -> int:
    """How many tests passed, so that an empty run isn't taken for a good one."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found is not None, text
    return int(found.group(1))


async def test_python_by_itself() -> None:
    assert count(await run([*PYTEST, "tests"], SDK / "python"), r"^(\d+) passed") > 150


async def test_python_is_typed() -> None:
    said = await run([sys.executable, "-m", "mypy", "--no-incremental"], SDK / "python")
    assert "no issues found" in said


async def test_python_is_clean() -> None:
    await run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], SDK / "python")
    await run([sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."], SDK / "python")


async def test_javascript_by_itself() -> None:
    assert count(await run(node_tests("test"), SDK / "js"), r"^# pass (\d+)") > 150


async def test_javascript_as_a_package(tmp_path: Path) -> None:
    """What `npm pack` would put in holds all that its entries, and their types, refer to."""
    package = json.loads((SDK / "js/package.json").read_text(encoding="utf-8"))
    installed = tmp_path / "node_modules" / package["name"]
    installed.mkdir(parents=True)
    shutil.copy(SDK / "js/package.json", installed)
    for name in package["files"]:
        copy = shutil.copytree if (SDK / "js" / name).is_dir() else shutil.copy
        copy(SDK / "js" / name, installed / name)
    for entry in package["exports"].values():
        types = installed / entry["types"]
        inner = re.findall(r'from "(\./[^"]+)"', types.read_text(encoding="utf-8"))
        assert all(types.with_name(one.replace(".js", ".d.ts")).is_file() for one in inner)
    code = 'import { Client } from "scanfleet-client"; import { exportFile } from "scanfleet-client/node"; console.log(typeof Client, typeof exportFile)'
    said = await run([program("node"), "--input-type=module", "-e", code], tmp_path)
    assert said.strip() == "function function"


async def test_go_by_itself() -> None:
    go = program("go")
    assert await run([str(Path(go).parent / "gofmt"), "-l", "."], SDK / "go") == ""
    await run([go, "vet", "-tags", "live", "./..."], SDK / "go")
    said = await run([go, "test", "-count=1", "-v", "./..."], SDK / "go")
    assert len(re.findall(r"^ *--- PASS", said, re.MULTILINE)) > 150


async def test_python_against_a_fleet(fleet: Fleet, sample_site: str) -> None:
    environment = Caller(fleet, "python-live").environment(sample_site)
    assert count(await run([*PYTEST, "live"], SDK / "python", environment), r"^(\d+) passed") > 10


async def test_javascript_against_a_fleet(fleet: Fleet, sample_site: str) -> None:
    environment = Caller(fleet, "js-live").environment(sample_site)
    assert count(await run(node_tests("live"), SDK / "js", environment), r"^# pass (\d+)") > 10


async def test_go_against_a_fleet(fleet: Fleet, sample_site: str) -> None:
    environment = Caller(fleet, "go-live").environment(sample_site)
    command = [program("go"), "test", "-count=1", "-v", "-tags", "live", "-run", "^TestLive", "./..."]
    assert len(re.findall(r"^--- PASS", await run(command, SDK / "go", environment), re.MULTILINE)) > 10


def blocks(language: str, marker: str) -> list[str]:
    """The code in an SDK's README."""
    text = (SDK / language / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{marker}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) >= 3
    return found


async def test_the_readme_of_python(fleet: Fleet, tmp_path: Path) -> None:
    """With a test key: its scans are of the bundled site, whatever address the README names."""
    environment = Caller(fleet, "python-readme", mode="test").environment() | {"PYTHONPATH": str(SDK / "python/src")}
    said: list[str] = []
    for number, code in enumerate(blocks("python", "python")):
        (tmp_path / f"block_{number}.py").write_text(code, encoding="utf-8")
        said.append(await run([sys.executable, "-W", "error", f"block_{number}.py"], tmp_path, environment))
    assert "pages" in said[0]
    assert (tmp_path / "pages.csv").read_bytes().count(b"\r\n") > 6
    assert "complete" in said[1]


async def test_the_readme_of_javascript(fleet: Fleet, tmp_path: Path) -> None:
    """`npm install` of a folder makes the link that is made here."""
    environment = Caller(fleet, "js-readme", mode="test").environment()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/scanfleet-client").symlink_to(SDK / "js")
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    said: list[str] = []
    for number, code in enumerate(blocks("js", "js")):
        (tmp_path / f"block_{number}.js").write_text(code, encoding="utf-8")
        said.append(await run([program("node"), f"block_{number}.js"], tmp_path, environment))
    assert "pages" in said[0]
    assert (tmp_path / "pages.csv").read_bytes().count(b"\r\n") > 6
    assert "complete" in said[1]


async def test_the_readme_of_go(fleet: Fleet, tmp_path: Path) -> None:
    environment = Caller(fleet, "go-readme", mode="test").environment() | {"CHECKOUT": str(SDK.parent)}
    text = (SDK / "go/README.md").read_text(encoding="utf-8")
    setup = re.findall(r"^    (go mod .*?)(?:  +#.*)?$", text, re.MULTILINE)
    assert len(setup) == 2
    said: list[str] = []
    for number, code in enumerate(blocks("go", "go")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "main.go").write_text(code, encoding="utf-8")
        await run(["sh", "-ec", "\n".join(setup)], folder, environment)
        said.append(await run([program("go"), "run", "."], folder, environment))
    assert "pages" in said[0]
    assert (tmp_path / "0/pages.csv").read_bytes().count(b"\r\n") > 6
