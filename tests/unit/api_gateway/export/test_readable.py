"""What a report shows of strangers' text."""

import shutil
import subprocess

import pytest

from api_gateway.export.readable import FONTS, breakable, pieces, readable


def test_any_script_stays() -> None:
    text = "Ünï Ελλ Кир שלום مرحبا नमस्ते สวัสดี 日本語 中文 한국어 বাংলা தமிழ் ქართ Հայ አማ ລາວ ខ្មែរ မြန်"
    assert readable(text) == text


def test_what_disturbs_is_dropped() -> None:
    assert readable("\u202eevil\x00\x1b[31m\u200b\ufeff \ud800 x\u2066") == "evil[31m \ufffd x"


def test_signs_without_a_font_become_one_mark() -> None:
    assert readable("a 😀😀 b 👨\u200d👩 c") == "a \ufffd b \ufffd c"


def test_length_and_lines() -> None:
    assert readable("a\n b\u2028c\t d") == "a b c d"
    assert readable("x" * 500, 10) == "x" * 9 + "…"
    assert readable(None) == ""


def test_long_runs_get_places_to_break() -> None:
    assert breakable("a" * 50).split("\u200b") == ["a" * 24, "a" * 24, "aa"]
    assert breakable("ä" * 130).split("\u200b") == ["ä" * 60, "ä" * 60, "ä" * 10]
    assert breakable("short words only") == "short words only"


def test_no_break_before_a_combining_sign() -> None:
    text = "न" * 60 + "\u094d" + "त"
    assert breakable(text) == text


def test_code_between_backticks() -> None:
    assert pieces("keep one `<link>`.") == [
        {"code": False, "text": "Keep one "},
        {"code": True, "text": "<link>"},
        {"code": False, "text": "."},
    ]
    assert pieces("an odd ` one") == [{"code": False, "text": "An odd ` one"}]
    assert pieces("`a` first") == [{"code": True, "text": "a"}, {"code": False, "text": " first"}]


@pytest.mark.skipif(shutil.which("fc-query") is None, reason="needs fontconfig")
def test_the_coverage_is_that_of_the_fonts() -> None:
    fonts = sorted(str(path) for path in FONTS.glob("*.ttf"))
    told = subprocess.run(["fc-query", "--format", "%{charset}\n", *fonts], capture_output=True, text=True, check=True)
    assert _points(told.stdout) == _points((FONTS / "coverage.txt").read_text())


def _points(text: str) -> set[int]:
    spans = (one.partition("-") for one in text.split())
    return {n for a, _, b in spans for n in range(int(a, 16), int(b or a, 16) + 1) if n >= 0x20}
