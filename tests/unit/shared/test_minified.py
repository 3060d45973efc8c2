"""The guess whether code was minified."""

import pytest

from shared.minified import minified

SOURCE = (
    """
/**
 * Adds two numbers, and remembers the sum.
 */
function add(first, second) {
    // The cache is small.
    const sum = first + second;
    if (cache.size < 100) {
        cache.set(`${first}+${second}`, sum);
    }

    return sum;
}
"""
    * 20
)
PACKED = "function add(a,b){const c=a+b;return d.size<100&&d.set(`${a}+${b}`,c),c}" * 60
STYLE = (
    """
.menu {
    display: flex;
    color: #333333;
}

/* The open one. */
.menu--open {
    display: block;
}
"""
    * 30
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SOURCE, False),
        (SOURCE.replace("\n", "\r\n"), False),
        (STYLE, False),
        (PACKED, True),
        ("/*! Library 1.2, MIT\n" + " * a long licence text\n" * 60 + " */\n" + PACKED, True),
        ("\n".join([PACKED] * 3), True),
        (SOURCE[:1_000], None),
        ("", None),
        # Short lines without indents: written so, or cut by a tool; not certain.
        ("a=1;b=2;\n" * 400, None),
    ],
)
def test_guess(text: str, expected: bool | None) -> None:
    assert minified(text) is expected


def test_linear_on_hostile_text() -> None:
    for text in (
        "/*" * 200_000,
        "/" * 400_000,
        " " * 400_000 + "x",
        "/***" * 100_000,
        "\n" * 400_000,
        "/* " + "*" * 400_000,
        "/* x" * 100_000,
        "/*!" * 100_000 + "*/",
        "/*!x*/" * 60_000,
        "  a\n" * 100_000,
    ):
        assert minified(text) in {None, True, False}
