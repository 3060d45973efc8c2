import pytest

from shared.reading.hiding import Hidden
from shared.reading.hiding import hidden_stretches as stretches_in

TEXT = "Cheap knives, best knives, discount knives, knife shop, knife sale, buy knives online today."


def hidden_stretches(source: str) -> list[Hidden]:
    return list(stretches_in(source, source.encode()))


@pytest.mark.parametrize(
    ("style", "trick"),
    [
        ("display:none", "not displayed"),
        ("visibility : hidden", "not displayed"),
        ("position:absolute;left:-9999px", "off-screen"),
        ("text-indent:-9999px", "indented out of sight"),
        ("color:red;font-size:0px", "font size 0"),
        ("color:#FFF;background-color:white", "in the colour of its background"),
    ],
)
def test_tricks(style: str, trick: str) -> None:
    (found,) = hidden_stretches(f"<p style='{style}'>{TEXT}</p>")
    assert (found.trick, found.text) == (trick, TEXT)


@pytest.mark.parametrize(
    "source",
    [
        f'<div class="modal" style="display:none">{TEXT}</div>',
        f'<div style="display:none" id="more">{TEXT}</div><a href="#more">Terms</a>',
        f'<div role="tabpanel" style="display:none">{TEXT}</div>',
        f'<form style="display:none">{TEXT}<input></form>',
        f'<div style="display:none">{TEXT}<button>Close</button></div>',
        f'<span style="position:absolute;left:-9999px;clip:rect(0,0,0,0)">{TEXT}</span>',
        f'<p style="font-size:0.9em;color:#333;background:#fff">{TEXT}</p>',
        f'<p style="margin-left:-9999px">{TEXT}</p>',
        f"<style>p {{ display: none }}</style><p>{TEXT}</p>",
        '<img style="display:none" src="/pixel.gif">',
    ],
)
def test_what_a_page_opens_on_demand_is_fine(source: str) -> None:
    assert list(hidden_stretches(source)) == []


def test_links_out_of_sight() -> None:
    (found,) = hidden_stretches(
        '<div style="position:absolute;top:-5000px"><a href="https://pills.example/">Pills</a></div>'
    )
    assert found.links
    (skip,) = hidden_stretches('<p style="position:absolute;top:-5000px"><a href="#main">To the text</a></p>')
    assert not skip.links


def test_nested_elements_of_the_same_name() -> None:
    (found,) = hidden_stretches('<div style="display:none"><div>one</div> two</div> three')
    assert found.text == "one two"


def test_hostile_sources_end() -> None:
    assert list(hidden_stretches("<p style=" * 100_000)) == []
    assert len(list(hidden_stretches('<p style="display:none">x' * 10_000))) <= 50
    hostile = '<p style="display:none">' + "<script " * 3_000 + "<a " * 5_000
    assert len(list(hidden_stretches(hostile * 20))) <= 50


def test_a_script_may_show_what_has_a_class() -> None:
    hidden = f'<p class="note" style="display:none">{TEXT}</p>'
    assert list(hidden_stretches(hidden))
    assert list(hidden_stretches('<script type="application/ld+json">{}</script>' + hidden))
    assert not list(hidden_stretches('<script src="/app.js"></script>' + hidden))


def test_code_inside_is_not_text() -> None:
    (found,) = hidden_stretches('<div style="display:none">one<script>if (a < b) {}</script> two</div>')
    assert found.text == "one two"
