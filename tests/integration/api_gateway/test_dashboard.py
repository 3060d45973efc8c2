"""The dashboard's files as they are served: compressed, cached, under a strict policy, complete."""

import gzip
import hashlib
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestServer

from api_gateway.routes.dashboard import FOLDER, VIEWS, encoding_of, load

OWN = [path for path in FOLDER.rglob("*.js") if "vendor" not in path.parts]
SEGMENT = re.compile(r"/\{rest:\.\+\}$")


@pytest.fixture
async def raw(server: TestServer) -> AsyncIterator[ClientSession]:
    async with ClientSession(str(server.make_url("/")), auto_decompress=False) as session:
        yield session


async def get(raw: ClientSession, path: str, **headers: str) -> tuple[ClientResponse, bytes]:
    async with raw.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as response:
        return response, await response.read()


async def test_every_view_answers_with_the_page(raw: ClientSession) -> None:
    for view in VIEWS:
        response, body = await get(raw, SEGMENT.sub("/one/two", view), Accept_Encoding="identity")
        assert (response.status, response.content_type) == (200, "text/html"), view
        assert body == load().page.bodies[""]
        assert response.headers["Cache-Control"] == "no-cache"


async def test_other_paths_are_not_found_in_the_envelope(raw: ClientSession) -> None:
    for path in ("/nothing", "/scans", "/assets/x/nothing.js", "/assets/x/../../app.py", "/assets/x/vendor/README.md"):
        response, body = await get(raw, path)
        assert response.status == 404, path
        assert b'"NOT_FOUND"' in body


async def test_a_browser_gets_the_page_for_a_path_that_leads_nowhere(raw: ClientSession) -> None:
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    response, body = await get(raw, "/nope/x", Accept=accept, Accept_Encoding="identity")
    assert (response.status, response.content_type) == (404, "text/html")
    assert body == load().page.bodies[""]
    again, _ = await get(
        raw, "/nope/x", Accept=accept, Accept_Encoding="identity", If_None_Match=response.headers["ETag"]
    )
    assert (again.status, again.headers["Cache-Control"]) == (404, "no-store")
    for path, accepted in (("/api/v1/nope", accept), ("/nope/x", "*/*"), ("/nope/x", "application/json")):
        response, body = await get(raw, path, Accept=accepted)
        assert (response.status, response.content_type) == (404, "application/json"), path
        assert b'"NOT_FOUND"' in body


async def test_the_policy_lets_nothing_else_in(raw: ClientSession) -> None:
    for path in ("/", f"/assets/{load().version}/app.js"):
        response, _ = await get(raw, path)
        policy = dict(one.split(" ", 1) for one in response.headers["Content-Security-Policy"].split("; "))
        assert policy.pop("img-src") == "'self' data:"
        assert {policy.pop(name) for name in ("default-src", "base-uri", "frame-ancestors", "trusted-types")} == {
            "'none'"
        }
        assert policy.pop("require-trusted-types-for") == "'script'"
        assert set(policy) == {"script-src", "style-src", "font-src", "connect-src", "form-action"}
        assert set(policy.values()) == {"'self'"}
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_files_are_compressed_as_the_caller_takes_them(raw: ClientSession) -> None:
    path = f"/assets/{load().version}/app.js"
    text = (FOLDER / "app.js").read_bytes()
    tags: set[str] = set()
    for accepted, encoding, unpack in (
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip;q=0.8, br;q=0", "gzip", gzip.decompress),
        ("identity", None, bytes),
    ):
        response, body = await get(raw, path, Accept_Encoding=accepted)
        assert response.headers.get("Content-Encoding") == encoding
        assert unpack(body) == text
        assert response.headers["Vary"] == "Accept-Encoding"
        tags.add(response.headers["ETag"])
    assert len(tags) == 3


async def test_what_a_browser_has_is_not_sent_again(raw: ClientSession) -> None:
    response, _ = await get(raw, "/", Accept_Encoding="br")
    for known in (response.headers["ETag"], f'"other", W/{response.headers["ETag"]}'):
        again, body = await get(raw, "/", Accept_Encoding="br", If_None_Match=known)
        assert (again.status, body) == (304, b"")
        assert again.headers["ETag"] == response.headers["ETag"]
    other, _ = await get(raw, "/", Accept_Encoding="gzip", If_None_Match=response.headers["ETag"])
    assert other.status == 200


async def test_files_are_kept_for_ever_under_their_version_only(raw: ClientSession) -> None:
    response, _ = await get(raw, f"/assets/{load().version}/style.css")
    assert "immutable" in response.headers["Cache-Control"]
    assert (await get(raw, "/assets/of-an-older-release/style.css"))[0].headers["Cache-Control"] == "no-store"


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<script src={{assets}}/a.js></script>")
    (tmp_path / "a.js").write_text("1")
    before = load(tmp_path)
    assert before.page.bodies[""] == f"<script src=/assets/{before.version}/a.js></script>".encode()
    (tmp_path / "a.js").write_text("2")
    load.cache_clear()
    assert load(tmp_path).version != before.version


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("", ""), ("br", "br"), ("GZIP", "gzip"), ("br;q=0, gzip", "gzip"), ("br; q=0.000", ""), ("gzip;q=0.5,br", "br")],
)
def test_encodings(accepted: str, expected: str) -> None:
    assert encoding_of(accepted, {"br": b"", "gzip": b"", "": b""}) == expected


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.inline = ""
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style"
            if name in {"src", "href"}:
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"}:
            self.inline += data.strip()


def test_the_page_holds_no_code_and_names_only_what_is_there() -> None:
    reader = Reader()
    reader.feed((FOLDER / "index.html").read_text())
    assert reader.inline == ""
    for link in reader.links:
        if link != "/api/v1/docs":
            assert (FOLDER / link.removeprefix("{{assets}}/")).is_file(), link


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module(path: Path) -> None:
    """What it imports is there, and nothing in it could turn text into markup or code."""
    text = path.read_text()
    for name in re.findall(r"""(?:from|import)\s*\(?\s*"(\.[^"]+)\"""", text):
        assert (path.parent / name).resolve().is_file(), name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"https?://(?!html\.spec)[a-z]", text.replace("https://example.com/", "")), (
        "nothing from elsewhere"
    )


def test_the_router_and_the_server_know_the_same_paths() -> None:
    routes = re.findall(r'^  \["(/[^"]*)", \(\) => import', (FOLDER / "app.js").read_text(), re.MULTILINE)
    served = {SEGMENT.sub("", view) or "/" for view in VIEWS}
    assert {re.sub(r"/:.*", "", route) or "/" for route in routes} == served


def test_libraries_of_others_are_as_they_came() -> None:
    vendor = FOLDER / "vendor"
    rows = re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (vendor / "README.md").read_text(), re.MULTILINE)
    assert {name for name, _ in rows} == {
        path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.suffix in {".js", ".css"}
    }
    for name, digest in rows:
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
        assert list((vendor / name).parent.glob("LICENSE*")), name
