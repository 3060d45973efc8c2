"""What fuzzing found once is tried for ever."""

from pathlib import Path

import pytest

from tests.fuzz.targets import SEEDS, TARGETS

KEPT = sorted(one for one in Path(__file__).with_name("kept").glob("*/*") if one.is_file())


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name[:20]}")
@pytest.mark.timeout(30)
def test_what_was_found_is_mended(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_seeds_are_taken(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
    TARGETS[name](b"")
