import pytest

from shared.reading.quoting import shown_as_code


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("<code>cafe</code>", True),
        ('<pre><span class="s">cafe</span></pre>', True),
        ("<code>tea</code> cafe", False),
        ("<p>cafe</p> <code>tea</code>", False),
        ("<p>tea</p>", False),
        ("", False),
    ],
)
def test_only_inside_elements_for_code(source: str, answer: bool) -> None:
    assert shown_as_code("cafe", source) is answer
