"""Where elements stand: the quick ways agree with the slow ones on any tree."""

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from workers.extract.clean import select
from workers.extract.marks import Marks, find_marks
from workers.extract.walk import Walk, innermost

_TAGS = (
    "<div hidden>|<p lang=de>|<b hidden>|<nav>|<a href=x>|text|<!-- note -->|<br>|</div>|</p>|</b>|</nav>|</a>|<ul><li>"
    '|</ul>|<i style="display:none">|</i>|<img>'
).split("|")
_PIECES = st.lists(st.sampled_from(_TAGS), max_size=30).map("".join)


def walked(html: str) -> tuple[LexborHTMLParser, Walk]:
    parser = LexborHTMLParser(f"<html lang=en><body>{html}")
    root = parser.root
    assert root is not None
    return parser, Walk(root.traverse(), select(root, "[id]"), find_marks(root, html.encode()), 512)


@given(_PIECES, st.data())
def test_elements_are_found_where_they_are_listed(html: str, data: st.DataObject) -> None:
    parser, walk = walked(html)
    wanted = sorted(data.draw(st.sets(st.integers(0, len(walk.nodes) - 1))))
    assert list(walk.at(walk.nodes[index] for index in wanted)) == wanted
    assert parser.root is not None


@given(_PIECES)
def test_depths_ends_and_children(html: str) -> None:
    parser, walk = walked(html)
    for index, node in enumerate(walk.nodes):
        above, inner = _above(node), sum(1 for _ in node.traverse())
        assert walk.depths[index] == above
        assert walk.end(index) == index + inner
        assert walk.is_leaf(index) == (inner == 1)
    assert walk.most_children[0] == max(sum(1 for _ in node.iter()) for node in walk.nodes)
    assert parser.root is not None


def _above(node: LexborNode) -> int:
    found = 0
    while (parent := node.parent) is not None:
        found, node = found + 1, parent
    return found


def test_what_is_beyond_the_limit_is_not_found() -> None:
    parser = LexborHTMLParser("<body><p></p><div><b></b></div><i></i>")
    root = parser.root
    assert root is not None
    listed = list(root.traverse())
    walk = Walk(listed[:4], [], Marks([], []), 512)
    assert list(walk.at(listed)) == [0, 1, 2, 3]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.text("abc", max_size=1))),
    st.lists(st.integers(0, 40), unique=True).map(sorted),
)
def test_the_innermost_range_counts(made: list[tuple[int, int, str]], indices: list[int]) -> None:
    ranges = sorted(((start, start + length, name) for start, length, name in made), key=lambda one: (one[0], -one[1]))
    nested = [one for n, one in enumerate(ranges) if all(one[0] >= end or one[1] <= end for _, end, _ in ranges[:n])]
    expected = [next((name for start, end, name in reversed(nested) if start <= at < end), "") for at in indices]
    assert innermost(nested, indices, "") == expected


def test_a_style_without_a_near_end_is_left_to_the_tree() -> None:
    long = f'<p style="background:url({"a" * 3_000});display:none">x</p>'
    parser = LexborHTMLParser(long)
    root = parser.root
    assert root is not None
    assert [(node.tag, name) for node, name in find_marks(root, long.encode()).nodes] == [("p", "hidden")]
