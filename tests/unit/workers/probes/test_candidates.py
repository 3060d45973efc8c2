"""What a page would have us ask."""

from shared.checks.sample import HOST, Sample, sample
from shared.page import Page
from workers.extract import extract
from workers.probes.candidates import MAX_ASSETS, MAX_EXTERNAL, Wanted, look_at


def page(one: Sample) -> Page:
    return extract(one.fetched, one.context)


def wanted(one: Sample) -> dict[str, Wanted]:
    return {asset.url: asset for asset in look_at(page(one)).assets}


def test_everything_that_a_page_loads() -> None:
    head = (
        '<link rel="STYLESHEET" href="/a.css"><link rel="alternate stylesheet" href="/other.css">'
        '<link rel="preload" as="font" href="/f.woff2" crossorigin><script src="//cdn.example/a.js"></script>'
        '<script>var inline</script><link rel="preload" as="image" href="/hero.jpg">'
    )
    body = '<img src="/x.png" alt=""><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt=""><img src="/x.png#a" alt="">'
    found = wanted(sample(head=head, body=body))
    kinds = {url.removeprefix(HOST): (one.kind, one.internal) for url, one in found.items()}
    assert kinds == {
        "/a.css": ("style", True),
        "https://cdn.example/a.js": ("script", False),
        "/media/whetstone.jpg": ("image", True),
        "/favicon.svg": ("icon", True),
        "/f.woff2": ("font", True),
        "/x.png": ("image", True),
    }
    assert [one.kind for one in found.values()] == ["style", "script", "image", "icon", "font", "image"]


def test_a_preview_image_weighs_on_the_page_only_where_it_is_shown() -> None:
    preview = f"{HOST}/media/whetstone.jpg"
    assert not wanted(sample())[preview].shown
    assert wanted(sample(body='<img src="/media/whetstone.jpg" alt="">'))[preview].shown


def test_browsers_ask_for_an_icon_that_nobody_named() -> None:
    assert not wanted(sample(icon=""))[f"{HOST}/favicon.ico"].named
    assert f"{HOST}/favicon.ico" not in wanted(sample())


def test_external_links_once_each_in_order() -> None:
    body = (
        '<a href="https://b.example/">B</a><a href="https://a.example/x#1">A</a><a href="https://a.example/x#2">A</a>'
        '<a href="mailto:a@b.example">M</a><a href="/own">O</a><a href="https://www.example.com/own">O</a>'
    )
    assert look_at(page(sample(body=body))).external == ("https://b.example/", "https://a.example/x")


def test_bounds() -> None:
    images = "".join(f'<img src="/{n}.png" alt="">' for n in range(200))
    links = "".join(f'<a href="https://{n}.example/">x</a>' for n in range(500))
    long = f'<a href="https://a.example/{"x" * 3_000}">x</a>'
    look = look_at(page(sample(head='<link rel="stylesheet" href="/a.css">', body=long + images + links)))
    assert (len(look.assets), len(look.external)) == (MAX_ASSETS, MAX_EXTERNAL)
    assert look.assets[0].kind == "style"


def test_the_text_at_a_glance() -> None:
    look = look_at(page(sample()))
    assert look.title.startswith("How to sharpen")
    assert look.words > 300
    assert look.sketch
    assert look_at(page(sample(headers={"Content-Type": "application/pdf"}, html=b"%PDF-1.7 "))) == type(look)()
