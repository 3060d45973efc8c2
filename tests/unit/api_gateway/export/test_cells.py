"""Cells that no spreadsheet runs."""

import pytest

from api_gateway.export.cells import cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\u00a0=1",
        "\u3000=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "﹦1",
        "⁼1",
    ],
)
def test_formulas_are_led_in_by_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "\x00=1", "\x0b=1"])
def test_control_characters_become_blanks_and_hide_nothing(text: str) -> None:
    assert cell(text) == "' =1"


@pytest.mark.parametrize(
    "text", ["plain", "a=b", "1-2", "https://example.com/?a=1&b=-2", "3 + 4", "ü", "", "a;b", "x; y", "'=1", "(=1)"]
)
def test_other_text_stays(text: str) -> None:
    assert cell(text) == text


def test_a_formula_behind_a_semicolon() -> None:
    assert cell("a;=1;b; +2;＝3") == "a;'=1;b;' +2;'＝3"


def test_lines_are_joined() -> None:
    assert cell("a\r\nb\tc\u2028d") == "a b c d"


def test_numbers_and_nothing() -> None:
    assert [cell(value) for value in (1, -1, 1.5, None)] == [1, -1, 1.5, ""]
