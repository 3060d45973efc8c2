"""Decoding as browsers do."""

import pytest

from workers.extract.charset import charset_of, decode, decode_as, meta_charset
from workers.extract.labels import LABELS, MULTI_BYTE, SINGLE_BYTE, encoding_for


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "text"),
    [
        ("é".encode(), None, "UTF-8", "é"),
        (b"\xe9", None, "windows-1252", "é"),
        (b"\xe9", "text/html; charset=ISO-8859-1", "windows-1252", "é"),
        (b"\x80", 'text/html; charset="latin1"', "windows-1252", "€"),
        (b"\xd0", "text/html;charset=windows-1251", "windows-1251", "Р"),
        (b"\xef\xbb\xbf\xc3\xa9", "text/html; charset=windows-1251", "UTF-8", "é"),
        (b"\xff\xfea\x00", None, "UTF-16LE", "a"),
        (b"\x82\xa0", "text/html; charset=x-sjis", "Shift_JIS", "あ"),
        (b"\xc4\xe3", "text/html; charset=gb2312", "GBK", "你"),
        (b"\xb0\xa1", "text/html; charset=ks_c_5601-1987", "EUC-KR", "가"),
        (b"\xa7A", "text/html; charset=big5", "Big5", "你"),
        (b"a\x80", "text/html; charset=x-user-defined", "x-user-defined", "a\uf780"),
        (b"abc", "text/html; charset=iso-2022-kr", "replacement", "\ufffd"),
        (b"\xc3", "text/html; charset=utf-8", "UTF-8", "\ufffd"),
        (b"a\x00b", None, "UTF-8", "a\ufffdb"),
        (b"egg+-", "text/html; charset=punycode", "UTF-8", "egg+-"),
        (b"+AGE-", "text/html; charset=utf-7", "UTF-8", "+AGE-"),
        (b"\xff", "text/html; charset=idna", "windows-1252", "ÿ"),
        ("<p>é".encode("utf-16-le"), None, "UTF-16LE", "<p>é"),
        ("<p>é".encode("utf-16-be"), "text/html", "UTF-16BE", "<p>é"),
        ("<p>é".encode("utf-16-le"), "text/html; charset=utf-16", "UTF-16LE", "<p>é"),
    ],
)
def test_which_encoding(body: bytes, content_type: str | None, encoding: str, text: str) -> None:
    found = decode(body, content_type)
    assert (found.encoding, found.source) == (encoding, text)
    assert found.utf8.decode() == text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (b"<meta charset=koi8-r>", "koi8-r"),
        (b"<META CHARSET = 'X' >", "X"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=big5">', "big5"),
        (b'<meta content="text/html; charset=big5">', None),
        (b"<!-- <meta charset=a> --><meta charset=b>", "b"),
        (b"<script>'<meta charset=a>'</script><meta charset=b>", "b"),
        (b"<metal charset=a>", None),
        (b"<body><meta charset=a>", None),
    ],
)
def test_meta(html: bytes, expected: str | None) -> None:
    found = meta_charset(html)
    assert (found[0] if found else None) == expected


def test_a_late_meta_is_reported_but_not_obeyed() -> None:
    body = b"<title>\xe9</title>" + b" " * 1_100 + b"<meta charset=koi8-r>"
    found = decode(body, None)
    assert (found.charset_meta, found.encoding) == ("koi8-r", "windows-1252")
    assert found.charset_meta_offset == body.index(b"<meta")


def test_a_cut_body_may_end_inside_a_character() -> None:
    assert decode(b"a\xc3", None, truncated=True).encoding == "UTF-8"
    assert decode(b"a\xc3", None).encoding == "windows-1252"


def test_every_label_leads_to_a_decoder_that_takes_anything() -> None:
    anything = bytes(range(256)) * 4
    for label, name in LABELS.items():
        assert encoding_for(f" {label.upper()}\n") == name
    for name in {*LABELS.values()}:
        assert decode_as(anything, name)
    assert {*MULTI_BYTE, *SINGLE_BYTE, "replacement", "x-user-defined"} == {*LABELS.values()}


def test_header_parameter() -> None:
    assert charset_of('text/html; Charset = "utf-8"') == "utf-8"
    assert charset_of("text/html") is None
