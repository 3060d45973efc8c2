import pytest

from shared.reading import hrefs
from shared.reading.addresses import SEPARATOR


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("http:example.com", "no // after the scheme"),
        ("https:/example.com/a", "no // after the scheme"),
        ("http//example.com", "no colon after the scheme"),
        ("http://http://example.de", "two schemes"),
        ("https://https//example.de", "two schemes"),
        ("//https://example.de", "two schemes"),
        ("www.example.de/bar", "no scheme before the host name"),
        ("other.org:8080/x", "no scheme before the host name"),
        ("own.de/x", "no scheme before the host name"),
        ("a\\b", "a backslash"),
        ("http:///x", "no host name"),
        ("https://a..b/", "an invalid host name"),
        ("http://exa mple.com", "an invalid host name"),
        ("http://x.de:99999999", "an invalid host name"),
        ("hhtps://x.de", "an unknown scheme hhtps:"),
        ("post@example.de", "an e-mail address without mailto:"),
        ("/a<5", "an unescaped < or >"),
        ("https://own.de/50%-off", "a % that is no escape"),
        ("{{ page.url }}", "an unfilled placeholder of a template"),
        ("%7B%7Burl%7D%7D", "an unfilled placeholder of a template"),
    ],
)
def test_faults(href: str, expected: str) -> None:
    assert hrefs.fault(href, "https://own.de/resolved", "own.de") == expected
    assert not hrefs.all_ordinary(f"{SEPARATOR}{href}{SEPARATOR}") or href.startswith("own.de")


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#",
        "#top",
        "/a/b.html?c=d#e",
        "../a",
        "page.php?x=www.foo.com",
        "index.html",
        "http/intro.html",
        "httpsbook.html",
        "?page=2",
        "//cdn.example.de/a",
        "https://medium.com/@ida",
        "https://user:pw@example.de:8443/",
        "https://münchen.de/stadt",
        "https://x.de/a?b=http://c",
        "/wiki/File:X.jpg",
        "/search?q=a b#c d",
        " /padded ",
        "/path%7Bx",
        "mailto:a@b.de?body=50% off",
        "/%E4%B8%AD",
        "tel:+1",
        "javascript:void({a: {b: 1}})",
        "ssh://host",
        "whatsapp://send?text=x",
        "C:\\x.pdf",
        "file:///x",
        "http://localhost:3000/",
    ],
)
def test_without_fault(href: str) -> None:
    assert hrefs.fault(href, "https://own.de/resolved", "own.de") == ""


def test_an_address_that_resolves_to_nothing_has_a_fault() -> None:
    assert hrefs.fault("https://%s/", None, "own.de")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost", True),
        ("https://api.localhost:3000/x", True),
        ("//127.0.0.1/", True),
        ("http://10.1.2.3:80/", True),
        ("http://172.31.0.1/", True),
        ("http://172.32.0.1/", False),
        ("http://192.168.0.1?x", True),
        ("http://[::1]/", True),
        ("http://[fd00::1]/", True),
        ("http://[2001:db8::1]/", False),
        ("https://[::ffff:127.0.0.1]/", True),
        ("https://[::ffff:7f00:1]/", True),
        ("https://[::ffff:8.8.8.8]/", False),
        ("https://[::ffff:1:2:3:4:5:6:7]/", False),
        ("https://localhost.example/", False),
        ("https://127.0.0.1.example.com/", False),
        ("/localhost/", False),
        ("localhost:8080", True),
    ],
)
def test_local_addresses(address: str, local: bool) -> None:
    assert hrefs.is_local(address) is local
    assert hrefs.any_local(address) or not local


@pytest.mark.parametrize(
    ("href", "url", "local"),
    [
        ("https://127.1/", "https://127.0.0.1/", True),
        ("https://2130706433", "https://127.0.0.1/", True),
        ("//0X7F.1/a", "https://127.0.0.1/a", True),
        ("https://ida@0177.1:8080/", "https://ida@127.0.0.1:8080/", True),
        ("https://134744072/", "https://8.8.8.8/", False),
        ("https://127.1/", None, False),
        ("/a", "http://127.0.0.1/a", False),
    ],
)
def test_numbers_that_are_local_once_parsed(href: str, url: str | None, local: bool) -> None:
    assert hrefs.leads_local(href, url) is local


@pytest.mark.parametrize(
    ("href", "is_file"), [("file:///a", True), (" FILE:a", True), ("c:/a", True), ("files/a", False)]
)
def test_files(href: str, is_file: bool) -> None:
    assert hrefs.is_file(href) is is_file
