"""Traces of break-ins."""

import pytest

from shared.checks.sample import sample
from shared.page import Page
from shared.reading.spam import hidden_spam, obfuscated_scripts
from workers.extract import extract


def page(head: str = "", body: str = "") -> Page:
    example = sample(head=head, body=body)
    return extract(example.fetched, example.context)


def hidden(text: str) -> str:
    return f'<div style="display:none">{text}</div>'


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (hidden('<a href="https://example.net/x">cheap Viagra</a>'), 1),
        (hidden('<a href="https://online-casino.example.net/">click</a>'), 1),
        (hidden("casino and poker online"), 1),
        (hidden("our casino review"), 0),
        (hidden('<a href="/casino">casino</a>'), 0),
        ("<p>A casino</p>" + hidden('<a href="https://example.net/">casino</a>'), 0),
        (hidden('<a href="https://example.net/">specialist</a>'), 0),
        ('<p><a href="https://example.net/">casino</a></p>', 0),
    ],
)
def test_hidden_spam(body: str, count: int) -> None:
    assert len(list(hidden_spam(page(body=body)))) == count


@pytest.mark.parametrize(
    ("code", "fires"),
    [
        ('eval(atob("YWxlcnQoZG9jdW1lbnQpOw=="))', True),
        ("eval ( unescape ('%61%6c%65%72%74%28%31%29') )", True),
        ('new Function(atob("YWxlcnQoZG9jdW1lbnQpOw=="))()', True),
        ("document.write(unescape('%3C%73%63%72%69%70%74%3E'))", True),
        (r'var a = ["\x68\x74\x74\x70\x3a\x2f\x2f"];', True),
        ("document.write(unescape('%3Cscript src=ga.js%3E%3C/script%3E'))", False),
        ('var a = atob("YWxlcnQoZG9jdW1lbnQpOw==")', False),
        ("eval('1 + 1')", False),
        ("String.fromCharCode(118, 97, 114, 32, 118, 97, 114, 32, 118, 97, 114)", False),
        ("medieval(atob('YWxlcnQoZG9jdW1lbnQpOw=='))", False),
    ],
)
def test_obfuscated_scripts(code: str, fires: bool) -> None:
    assert bool(list(obfuscated_scripts(page(head=f"<script>{code}</script>")))) == fires
