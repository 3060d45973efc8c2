"""What the stamp in ``.venv`` proves, and which lock file a command needs."""

from pathlib import Path

import pytest

from deploy.local.bootstrap import lock_for
from deploy.local.checkout import DEV_LOCK, RUN_LOCK, Checkout, SetupError

RUN = "aiohttp==3.1 \\\n    --hash=sha256:aa\nnumpy==2.4 ; python_full_version < '3.12' \\\n    --hash=sha256:bb\n"
DEV = RUN + "ruff==0.1 \\\n    --hash=sha256:cc\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / RUN_LOCK).write_text(RUN, encoding="utf-8")
    (tmp_path / DEV_LOCK).write_text(DEV, encoding="utf-8")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!", encoding="utf-8")
    python.chmod(0o755)
    return Checkout(tmp_path)


def test_nothing_is_installed_at_first(checkout: Checkout) -> None:
    assert not checkout.satisfies(RUN_LOCK)
    assert checkout.read_stamp() == {}


def test_the_run_lock_does_not_hold_the_tools(checkout: Checkout) -> None:
    checkout.write_stamp(RUN_LOCK)
    assert checkout.satisfies(RUN_LOCK)
    assert not checkout.satisfies(DEV_LOCK)


def test_the_dev_lock_holds_the_run_lock_that_is_part_of_it(checkout: Checkout) -> None:
    checkout.write_stamp(DEV_LOCK)
    assert checkout.satisfies(DEV_LOCK)
    assert checkout.satisfies(RUN_LOCK)


@pytest.mark.parametrize("changed", [RUN.replace("3.1", "3.2"), RUN.replace("'3.12'", "'3.13'"), RUN + "redis==8 \\\n"])
def test_the_dev_lock_does_not_hold_a_run_lock_that_differs(checkout: Checkout, changed: str) -> None:
    (checkout.root / RUN_LOCK).write_text(changed, encoding="utf-8")
    checkout.write_stamp(DEV_LOCK)
    assert checkout.satisfies(DEV_LOCK)
    assert not checkout.satisfies(RUN_LOCK)


def test_a_changed_lock_file_is_noticed_even_in_its_hashes(checkout: Checkout) -> None:
    checkout.write_stamp(DEV_LOCK)
    (checkout.root / RUN_LOCK).write_text(RUN.replace("aa", "ab"), encoding="utf-8")
    assert checkout.satisfies(DEV_LOCK)
    assert not checkout.satisfies(RUN_LOCK)


def test_an_interrupted_installation_proves_nothing(checkout: Checkout) -> None:
    checkout.write_stamp(DEV_LOCK)
    checkout.installing.touch()
    assert not checkout.satisfies(DEV_LOCK)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"python": ""}'])
def test_a_damaged_stamp_proves_nothing(checkout: Checkout, text: str) -> None:
    (checkout.venv / ".scanfleet-stamp").write_text(text, encoding="utf-8")
    assert not checkout.satisfies(RUN_LOCK)


def test_another_python_under_the_environment_is_noticed(checkout: Checkout) -> None:
    checkout.write_stamp(RUN_LOCK)
    checkout.python.write_text("#! another one", encoding="utf-8")
    assert not checkout.satisfies(RUN_LOCK)
    checkout.python.unlink()
    assert not checkout.satisfies(RUN_LOCK)


def test_a_missing_lock_file_is_explained(checkout: Checkout) -> None:
    (checkout.root / RUN_LOCK).unlink()
    with pytest.raises(SetupError, match="Clone it again"):
        checkout.satisfies(RUN_LOCK)


@pytest.mark.parametrize(
    ("words", "lock"),
    [
        ([], RUN_LOCK),
        (["demo"], RUN_LOCK),
        (["--help"], RUN_LOCK),
        (["test", "--long"], DEV_LOCK),
        (["bench"], DEV_LOCK),
    ],
)
def test_only_tests_and_benchmarks_need_the_tools(checkout: Checkout, words: list[str], lock: str) -> None:
    assert lock_for(words, checkout) == lock


def test_an_environment_with_tools_keeps_them_when_the_run_lock_changes(checkout: Checkout) -> None:
    checkout.write_stamp(DEV_LOCK)
    for name, text in ((RUN_LOCK, RUN), (DEV_LOCK, DEV)):
        (checkout.root / name).write_text(text.replace("3.1", "3.2"), encoding="utf-8")
    assert lock_for(["up"], checkout) == DEV_LOCK


def test_tools_that_a_developer_installed_are_not_taken_away(checkout: Checkout) -> None:
    (checkout.venv / "bin" / "pytest").touch()
    assert lock_for(["up"], checkout) == DEV_LOCK
    (checkout.root / DEV_LOCK).unlink()
    assert lock_for(["up"], checkout) == RUN_LOCK
