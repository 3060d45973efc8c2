"""`audit DIRECTORY`: addresses, what lies beside the pages, and the site-level verdict."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.audit.folder import Folder
from deploy.local.audit.inputs import read_surroundings
from deploy.local.cli import main
from deploy.local.errors import UsageError

BASE = "https://example.com/"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body><main>'
NOW = 1_795_000_000.0


def html(title: str, *links: str, head: str = "", text: str = "") -> str:
    anchors = " ".join(f'<a href="{link}">go to {link}</a>' for link in links)
    return HEAD.format(title=title, head=head) + f"<h1>{title}</h1><p>{text or title}</p>{anchors}</main></body></html>"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def audit(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["audit", str(root), "--url", BASE, "--json", "--jobs", "1", *words]) in {0, 1}
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def places(answer: dict[str, Any], check: str) -> set[str]:
    return {found["url"] for found in answer["site"]["findings"] if found["check"] == check}


def test_files_have_addresses(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(
        ["index.html", "a.htm", "b c/ä.html", "docs/index.html", "docs/index.htm", "404.html", ".git/x.html",
         "style.css", ".well-known/x.html", "docs/404.html"], ""
    ))  # fmt: skip
    folder = Folder(tmp_path, "https://EXAMPLE.com")
    assert {page.url.removeprefix(BASE) for page in folder.pages} == {
        "", "a.htm", "b%20c/%C3%A4.html", "docs/", ".well-known/x.html", "docs/404.html",
    }  # fmt: skip
    assert folder.kind(f"{BASE}docs") == folder.kind(f"{BASE}docs/index.html?x") == folder.kind(f"{BASE}a") == "page"
    assert folder.page_url(f"{BASE}b%20c/%C3%A4?q=1") == f"{BASE}b%20c/%C3%A4.html"
    assert folder.kind(f"{BASE}style.css") == folder.kind(f"{BASE}b%20c/") == folder.kind(f"{BASE}404.html") == "other"
    assert folder.kind(f"{BASE}nope") == "missing"
    assert folder.kind("https://other.example/") == "outside"


def test_clean_addresses_leave_the_suffix_out(tmp_path: Path) -> None:
    folder = Folder(write(tmp_path, {"about.html": "", "index.html": ""}), f"{BASE}sub", clean=True)
    assert [page.url for page in folder.pages] == [f"{BASE}sub/about", f"{BASE}sub/"]
    assert folder.page_url(f"{BASE}sub/about.html") == f"{BASE}sub/about"


def test_a_directory_needs_an_address_without_a_query(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Folder(tmp_path, "https://example.com/?a=")


SITE = {
    "index.html": html("Home", "/docs/", "/about", "/missing.html", "/docs/deep.html#nope", "/file.pdf"),
    "about.html": html("About", "/"),
    "docs/index.html": html("Docs", "deep.html?x=1", "/"),
    "docs/deep.html": html("Deep", "../index.html", head='<link rel="canonical" href="/docs/gone.html">'),
    "orphan.html": html("Orphan", "/"),
    "404.html": html("Not here", "/"),
    "file.pdf": "%PDF-",
    "robots.txt": "User-agent: *\nDisallow: /orphan\nSitemap: https://example.com/sitemap.xml\n"
    "Sitemap: https://example.com/nosuch.xml\n",
    "sitemap.xml": '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://example.com/</loc></url>'
    "<url><loc>https://example.com/orphan.html</loc></url><url><loc>https://example.com/notthere</loc></url></urlset>",
}


def test_a_site_is_judged_with_its_links_robots_and_sitemaps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = audit(write(tmp_path, SITE), capsys)
    assert [page["url"].removeprefix(BASE) for page in answer["pages"]] == [
        "about.html", "", "orphan.html", "docs/deep.html", "docs/",
    ]  # fmt: skip
    assert list(answer["pages"][0]) == ["url", "score", "grade", "findings", "not_decided"]
    assert list(answer["site"]["findings"][0])[:5] == ["check", "severity", "evidence", "position", "url"]
    expected = {
        "link.broken_internal": {BASE},
        "link.broken_fragment": {BASE},
        "link.orphan": {f"{BASE}orphan.html"},
        "canonical.to_broken": {f"{BASE}docs/deep.html"},
        "sitemap.broken_url": {f"{BASE}notthere"},
        "sitemap.blocked_url": {f"{BASE}orphan.html"},
        "sitemap.orphan_url": {f"{BASE}orphan.html"},
        "sitemap.unreachable": {f"{BASE}nosuch.xml"},
        "sitemap.coverage": {f"{BASE}about.html", f"{BASE}docs/"},
    }
    assert {check: places(answer, check) for check in expected} == expected
    assert 0 < answer["score"] < 100
    assert "robots.missing" not in answer["site"]["not_decided"]


def test_a_site_without_faults_has_none_at_site_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = {"one": "knives stones water edges", "two": "bread flour salt ovens", "three": "boats sails ropes winds"}
    texts = {name: " ".join(f"{word} {n}" for n, word in enumerate(text.split() * 30)) for name, text in words.items()}
    files = {
        f"{name}.html": html(name.title(), "/", "contact.html", *(f"{other}.html" for other in words), text=text)
        for name, text in texts.items()
    }
    files |= {name: html(name, "/", *files) for name in ("index.html", "contact.html")}
    answer = audit(write(tmp_path, files), capsys)
    assert {found["check"] for found in answer["site"]["findings"]} <= {"link.single_inlink"}
    assert {"robots.missing", "sitemap.missing", "sitemap.coverage"} <= set(answer["site"]["not_decided"])


def test_duplicates_are_found_over_the_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(f"word{n}" for n in range(200))
    files = {"index.html": html("Home", "a.html", "b.html"), "a.html": html("Same", "/", text=text)}
    answer = audit(write(tmp_path, {**files, "b.html": html("Same", "/", text=text)}), capsys)
    assert places(answer, "title.duplicate") == {f"{BASE}a.html", f"{BASE}b.html"}
    assert places(answer, "duplicate.exact") == {f"{BASE}a.html", f"{BASE}b.html"}


def test_indexes_lead_to_their_sitemaps(tmp_path: Path) -> None:
    namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    index = "".join(f"<sitemap><loc>{BASE}{name}</loc></sitemap>" for name in ("posts.xml", "gone.xml"))
    write(
        tmp_path,
        {
            "index.html": html("Home"),
            "sitemap-index.xml": f"<sitemapindex {namespace}>{index}</sitemapindex>",
            "posts.xml": f"<urlset {namespace}><url><loc>{BASE}</loc><lastmod>2026-11-01</lastmod></url></urlset>",
            "llms.txt": "# Example",
        },
    )
    around = read_surroundings(Folder(tmp_path, BASE), NOW, ())
    files = {
        file.url.removeprefix(BASE): (file.status, file.kind, file.declared) for file in around.inputs.sitemaps or ()
    }
    assert files == {
        "sitemap-index.xml": (200, "index", False),
        "posts.xml": (200, "urlset", True),
        "gone.xml": (404, "unknown", True),
    }
    assert around.listed is not None
    assert (around.listed[BASE].files, around.listed[BASE].lastmod) == (1, "2026-11-01")
    assert around.inputs.robots is None
    assert around.inputs.llms_txt is not None


def test_names_that_are_no_text_are_read_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\udcff.html").write_text(html("Odd", "/"))
    answer = audit(write(tmp_path, {"index.html": html("Home", "/a%FF.html", "/b%FF.html")}), capsys)
    assert [page["url"] for page in answer["pages"]] == [f"{BASE}a%FF.html", BASE]
    assert [found["evidence"] for found in answer["site"]["findings"] if found["check"] == "link.broken_internal"] == [
        f"links to {BASE}b%FF.html, which is broken"
    ]


def test_people_see_places_and_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path, SITE)
    assert main(["audit", str(root), "--url", BASE, "--fail-on", "high", "--jobs", "1"]) == 1
    shown = capsys.readouterr().out
    for part in ("5 pages", "link.orphan", "/orphan.html", "points if fixed", "Fix: "):
        assert part in shown


def test_directories_that_cannot_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path), "--url", BASE]) == 2
    write(tmp_path, {"index.html": html("Home")})
    assert main(["audit", str(tmp_path), "--url", BASE, "--status", "404"]) == 2
    assert main(["audit", str(tmp_path)]) == 2
    assert capsys.readouterr().out == ""
