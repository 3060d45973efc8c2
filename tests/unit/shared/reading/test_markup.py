import pytest

from shared.reading.markup import hidden_spans, start_tag_of, tag_errors, tags_with, text_between


def test_tags_with_an_attribute_outside_of_comments_and_scripts() -> None:
    source = (
        "<!-- <a onclick='x'> --><script>'<a onclick=1>'</script><p>onclick</p><A HREF='#' OnClick=\"go('a')\">"
        "<textarea><b onclick=1></textarea><b onclick = run()>"
    )
    assert [(tag.name, tag.attributes["onclick"]) for tag in tags_with(source, "onclick")] == [
        ("a", "go('a')"),
        ("b", "run()"),
    ]


def test_an_unclosed_comment_hides_the_rest() -> None:
    source = "<p>a<!-- b <script>c"
    assert hidden_spans(source) == ([4], [len(source)])
    assert text_between(source, 0, len(source)) == "a"


def test_text_between_leaves_out_tags_and_scripts() -> None:
    source = "<body><p>One <b>two</b><script>if (a < b) three()</script></p> four"
    assert text_between(source, 0, len(source)) == "One two four"


def test_letters_that_grow_in_lower_case_do_not_shift_offsets() -> None:
    source = "İ" * 20 + "<!-- a --><p onclick=x>"
    assert source[hidden_spans(source)[0][0] :].startswith("<!--")


def test_order_of_start_tags() -> None:
    assert list(start_tag_of("<!-- <html> --><BODY class=a><html><header>", ("html", "body"))) == ["body", "html"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<div><p>a</div>", []),
        ("<ul><li>a<li>b</ul><br><img src=a alt='>'>", []),
        ("<div>", ["1 <div> without an end tag"]),
        ("<b>a</b></b></B>", ["2 stray </b>"]),
        ("<a href=x HREF=y>z</a>", ["1 <a> with href twice"]),
        ("<i>a</i><p title='b>", ["1 tags that never end"]),
        ("<script>'<div>'</script><!-- <div> --><style>a>b{}</style>", []),
        ("a < b and 3 <4", []),
    ],
)
def test_errors_of_tags(source: str, expected: list[str]) -> None:
    assert tag_errors(source) == expected
