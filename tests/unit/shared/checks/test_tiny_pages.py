"""Hundreds of small pages, each the clean one with one thing written as other people write it.

`tiny_pages.json` holds their slots (`shared.checks.sample`) and the checks that have to fire, taken from the checks'
triggers and from what Google, RFCs and the HTML standard say, before any page was judged. Nothing else may fire but
what these imply.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from shared.checks import catalogue
from shared.checks.limits import load_profile
from shared.checks.sample import sample
from workers.extract import extract
from workers.judge import Judge


class TinyPage(Struct, frozen=True):
    page: str
    found: frozenset[str]
    slots: dict[str, Any]


PAGES = msgspec.json.decode(Path(__file__).with_name("tiny_pages.json").read_bytes(), type=list[TinyPage])


@lru_cache(maxsize=1)
def judge() -> Judge:
    return Judge(load_profile().limits())


def listed(value: Any) -> Any:
    """Repeated headers, which JSON knows as a list."""
    if not isinstance(value, dict):
        return value
    return {name: tuple(one) if isinstance(one, list) else one for name, one in value.items()}


@pytest.mark.parametrize("tiny", PAGES, ids=lambda tiny: tiny.page)
def test_what_should_fire_does_and_nothing_else(tiny: TinyPage) -> None:
    example = sample(**{slot: listed(value) for slot, value in tiny.slots.items()})
    fired = {found.check for found in judge()(extract(example.fetched, example.context)).findings}
    implied = {check for one in tiny.found for check in catalogue()[one].implies}
    assert tiny.found <= fired
    assert fired <= tiny.found | implied


def test_there_are_many() -> None:
    assert len(PAGES) > 400
    assert len({tiny.page for tiny in PAGES}) == len(PAGES)
