"""Sentences of the report that follow from figures."""

import pytest

from api_gateway.export.report import LIMITED, limited
from shared.ledger import GATES


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        ([], ""),
        (["from a later version"], ""),
        (["home_not_indexable"], "30 of 100, because search engines may not index the start page"),
        (
            ["broken", "not_indexable"],
            "30 of 100, because search engines may not index most of the pages and most of the pages don't work",
        ),
    ],
)
def test_why_the_score_cannot_be_higher(gates: list[str], told: str) -> None:
    assert limited(gates) == told


def test_every_gate_has_its_words() -> None:
    assert LIMITED.keys() == GATES.keys()
