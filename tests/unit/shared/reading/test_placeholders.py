import pytest

from shared.checks.sample import sample
from shared.reading.placeholders import placeholder
from workers.extract import extract


def found(body: str, title: str = "<title>Sharpening knives</title>") -> str | None:
    example = sample(title=title, body=body)
    return placeholder(extract(example.fetched, example.context))


@pytest.mark.parametrize(
    "body",
    [
        "<p>LOREM IPSUM dolor sit amet</p>",
        "<p>Duis aute irure dolor in reprehenderit</p>",
        "<p>“Lorem ipsum dolor sit amet, consectetur adipiscing elit.” Jane, customer</p>",
        "<h3>Lorem ipsum</h3>",
    ],
)
def test_filler(body: str) -> None:
    assert found(body)


@pytest.mark.parametrize(
    "body",
    [
        "<p>Replace lorem ipsum with words.</p>",
        "<p>It begins “Lorem ipsum dolor sit amet”.</p>",
        "<p><code>Lorem ipsum dolor sit amet</code></p>",
        "<h3>Where lorem ipsum comes from</h3>",
    ],
)
def test_talk_about_filler(body: str) -> None:
    assert found(body) is None


def test_the_page_s_subject() -> None:
    filler = "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>"
    assert found(filler, "<title>What lorem ipsum means</title>") is None
    assert found(filler, "<title>Lorem ipsum dolor</title>")
