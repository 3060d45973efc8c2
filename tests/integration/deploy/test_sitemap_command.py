"""`sitemap URL`: over HTTP, within the network rules, with the sitemaps that an index lists."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deploy.local.cli import main

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    base = f"http://127.0.0.1:{server.server_port}"
    listed = "".join(f"<sitemap><loc>{base}/{name}.xml</loc></sitemap>" for name in ("pages", "gone"))
    (tmp_path / "index.xml").write_text(f"<sitemapindex {NAMESPACE}>{listed}</sitemapindex>")
    pages = "".join(f"<url><loc>{base}/{n}</loc></url>" for n in range(30))
    (tmp_path / "pages.xml").write_text(f"<urlset {NAMESPACE}>{pages}</urlset>")
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield base
    server.shutdown()
    server.server_close()
    thread.join()


def report(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["sitemap", *words, "--json", "--allow-network", "127.0.0.0/8"])
    return status, json.loads(capsys.readouterr().out)


def test_one_file_is_read(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = report(capsys, f"{site}/pages.xml", "--entries", "3")
    assert status == 0
    (file,) = told["sitemaps"]
    assert (file["kind"], file["entries"], file["status"]) == ("urlset", 30, 200)
    assert [entry["loc"] for entry in told["entries"]] == [f"{site}/{n}" for n in range(3)]


def test_an_index_is_followed_only_when_asked(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = report(capsys, f"{site}/index.xml")
    assert status == 0
    assert [entry["loc"] for entry in told["entries"]] == [f"{site}/pages.xml", f"{site}/gone.xml"]
    status, told = report(capsys, f"{site}/index.xml", "--follow")
    assert status == 1
    assert [(one["url"], one["kind"], one["entries"], one["status"]) for one in told["sitemaps"]] == [
        (f"{site}/index.xml", "index", 2, 200),
        (f"{site}/pages.xml", "urlset", 30, 200),
        (f"{site}/gone.xml", "unknown", 0, 404),
    ]
    assert len(told["entries"]) == 10


def test_what_is_not_there(site: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = report(capsys, f"{site}/nothing.xml")
    assert status == 1
    assert told["sitemaps"][0]["status"] == 404
