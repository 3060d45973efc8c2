import fcntl
import os
import subprocess
import zipfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.bench.peers import environment
from tests.bench.peers.environment import NotInstalledError, cache_folder, python_of
from tests.bench.peers.roster import Peer


def wheel(folder: Path, version: str) -> None:
    info = f"standin-{version}.dist-info"
    with zipfile.ZipFile(folder / f"standin-{version}-py3-none-any.whl", "w") as made:
        made.writestr("standin.py", f"VERSION = '{version}'\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: standin\nVersion: {version}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.timeout(600)  # two environments, each 4 s of CPU: a machine at work may take ten times as long
def test_what_pip_cannot_find_is_told_and_tried_again(packages: Path, tmp_path: Path) -> None:
    peer = Peer("standin==1.0", "", "other==7")
    with pytest.raises(NotInstalledError, match=r"^ERROR: .*standin==1\.0") as raised:
        python_of("standin", peer, tmp_path, print)
    home = tmp_path / "scanfleet" / "peers" / "standin"
    assert str(home / "install.log") in str(raised.value)
    assert "\n" not in str(raised.value)
    wheel(packages, "1.0")
    python = python_of("standin", peer, tmp_path, print)
    assert python.is_relative_to(home)
    command = [str(python), "-c", "import standin; print(standin.VERSION)"]
    assert subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout == "1.0\n"


def test_it_is_installed_once_and_anew_when_its_pins_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(command: Sequence[str], log: Path) -> None:
        ran.append(command[-1])
        if command[2] == "venv":
            (Path(command[-1]) / "bin").mkdir(parents=True, exist_ok=True)
            (Path(command[-1]) / "bin" / "python").touch()
        elif command[-1] == "gone==1":
            message = "gone"
            raise NotInstalledError(message)

    monkeypatch.setattr(environment, "_run", run)
    venv = str(tmp_path / "scanfleet" / "peers" / "standin" / "venv")
    for install, versions, commands in (
        ("standin==1", "a==1", [venv, "standin==1"]),
        ("standin==1", "a==1", []),
        ("standin==1", "a==2", [venv, "standin==1"]),
        ("gone==1", "a==2", [venv, "gone==1"]),
        ("standin==1", "a==2", [venv, "standin==1"]),  # what failed has taken the place of it
    ):
        ran.clear()
        with pytest.raises(NotInstalledError) if install == "gone==1" else nullcontext():
            python_of("standin", Peer(install, "", versions), tmp_path, print)
        assert ran == commands
    assert (Path(venv).parent / "pins.txt").read_text() == "a==2\n"


def test_two_do_not_install_into_the_same_place(tmp_path: Path) -> None:
    home = tmp_path / "scanfleet" / "peers" / "standin"
    home.mkdir(parents=True)
    descriptor = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(NotInstalledError, match="another bench is installing"):
            python_of("standin", Peer("standin", "", ""), tmp_path, print)
    finally:
        os.close(descriptor)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "scanfleet").write_text("a file")
    with pytest.raises(NotInstalledError, match=r"scanfleet/peers/standin can't be written: .*XDG_CACHE_HOME"):
        python_of("standin", Peer("standin", "", ""), tmp_path, print)


def test_the_cache_is_the_users() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/var/cache/me"}) == Path("/var/cache/me")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache"
    assert cache_folder({}) == Path.home() / ".cache"
