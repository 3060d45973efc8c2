"""The script at the root, run for real in a small copy of the checkout."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.checkout import RUN_LOCK, Checkout
from tests.integration.deploy.processes import ROOT

PARTS = ("__init__.py", "bootstrap.py", "checkout.py", "installer.py", "installer.lock")
STUB = f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps([sys.argv[1:], os.environ['PYTHONPATH']]))\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    (root / "deploy" / "local").mkdir(parents=True)
    shutil.copy(ROOT / "scanfleet", root / "scanfleet")
    shutil.copy(ROOT / "deploy" / "__init__.py", root / "deploy" / "__init__.py")
    for name in PARTS:
        shutil.copy(ROOT / "deploy" / "local" / name, root / "deploy" / "local" / name)
    (root / RUN_LOCK).write_text("rich==15.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    return Checkout(root)


def install_stub(checkout: Checkout) -> None:
    """An environment that looks installed, whose Python says how it was called."""
    checkout.python.parent.mkdir(parents=True)
    checkout.python.write_text(STUB, encoding="utf-8")
    checkout.python.chmod(0o755)
    checkout.write_stamp(RUN_LOCK)


def run(script: Path, *words: str, cwd: str = "/", **env: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UV_"))}
    return subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        timeout=100,
        env=environment | env,
    )


def test_an_installed_checkout_is_started_from_anywhere_and_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    install_stub(checkout)
    link = tmp_path / "link"
    link.symlink_to("checkout/scanfleet")
    expected = [["-P", "-m", "deploy.local", "up", "--port", "1"], str(checkout.root)]
    for script, cwd in ((link, "/"), (Path("../checkout/scanfleet"), str(checkout.root))):
        done = run(script, "up", "--port", "1", cwd=cwd, PYTHONPATH="/somewhere/else")
        assert json.loads(done.stdout) == expected
        assert done.stderr == ""


def test_two_first_starts_do_not_collide(checkout: Checkout) -> None:
    install_stub(checkout)
    stamp = (checkout.venv / ".scanfleet-stamp").read_text(encoding="utf-8")
    (checkout.venv / ".scanfleet-stamp").unlink()
    held = os.open(checkout.root, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    waiting = subprocess.Popen(
        [sys.executable, str(checkout.root / "scanfleet"), "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    assert "waiting for it" in waiting.stderr.readline()
    # The other one has finished.
    (checkout.venv / ".scanfleet-stamp").write_text(stamp, encoding="utf-8")
    os.close(held)
    output, _ = waiting.communicate(timeout=60)
    assert json.loads(output)[0][-1] == "up"


def test_an_index_that_cannot_be_reached_is_explained(checkout: Checkout) -> None:
    done = run(checkout.root / "scanfleet", "up", PIP_INDEX_URL="http://127.0.0.1:1/simple", PIP_NO_CACHE_DIR="1")
    assert done.returncode == 3
    assert "index could not be reached" in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert not checkout.satisfies(RUN_LOCK)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_checkout_is_explained(checkout: Checkout) -> None:
    checkout.root.chmod(0o555)
    done = run(checkout.root / "scanfleet", "up")
    checkout.root.chmod(0o755)
    assert done.returncode == 3
    assert "can't be written to" in " ".join(done.stderr.split())


def test_a_python_without_venv_is_explained(checkout: Checkout) -> None:
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'ensurepip' else find(name, *rest)\n"
        f"sys.argv = ['scanfleet', 'up']; __file__ = {str(checkout.root / 'scanfleet')!r}\n"
        "exec(compile(open(__file__).read(), __file__, 'exec'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.returncode == 3
    assert f"apt install python{version}-venv" in " ".join(done.stderr.split())


def test_a_python_that_is_too_old_is_explained(checkout: Checkout) -> None:
    code = (
        "import sys; sys.version_info = (3, 6, 9)\n"
        f"sys.argv = ['./scanfleet', 'up']; __file__ = {str(checkout.root / 'scanfleet')!r}\n"
        "exec(compile(open(__file__).read(), __file__, 'exec'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/nonexistent"},
    )
    assert done.returncode == 3
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is Python 3.6" in done.stderr
