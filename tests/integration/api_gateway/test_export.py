"""Downloads: JSON and CSV streamed whole, a PDF that a client could be given."""

import csv
import io
import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientPayloadError
from psycopg.types.json import Jsonb

from api_gateway.export import batches
from shared import users
from shared.html_report import MAX_PLACES
from tests.integration.api_gateway.conftest import Client, MakeKey
from tests.integration.api_gateway.rows import Database, add_issue, add_page, add_scan, finding

FORMATS = ("json", "csv", "pdf", "html")
TYPES = {"json": "application/json", "csv": "text/csv", "pdf": "application/pdf", "html": "text/html"}


async def download(client: Client, scan_id: UUID, kind: str) -> bytes:
    headers = {"Authorization": f"Bearer {client.key}"}
    url = f"{client.base}/api/v1/scans/{scan_id}/export/{kind}"
    async with client.session.get(url, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == TYPES[kind]
        assert response.headers["Content-Disposition"].startswith('attachment; filename="scanfleet-example.com-')
        assert response.headers["Content-Disposition"].endswith(f'.{kind}"')
        assert response.headers["X-Request-Id"]
        assert response.headers["RateLimit-Limit"] == "600"
        return await response.read()


def rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def inflated(pdf: bytes) -> bytes:
    """The document with its compressed streams laid open."""
    found = [pdf]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return b"\n".join(found)


async def test_json_is_what_the_api_shows(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    await add_page(connection, scan_id, 0, findings=[finding("title.missing", evidence='a "quote"\n')], words=12)
    await add_page(
        connection, scan_id, 7, url="https://example.com/ü?a=%C3%BC", status=None, error="timeout", title=None
    )
    await connection.execute(
        "INSERT INTO site_findings (scan_id, n, check_id, severity, seq, evidence) VALUES (%s, 0, 'title.duplicate', 'low', 7, 'x')",
        (scan_id,),
    )
    await add_issue(connection, scan_id, "title.missing")
    exported = json.loads(await download(client, scan_id, "json"))
    assert exported["pages"] == (await client("GET", f"/scans/{scan_id}/pages"))[1]["items"]
    assert exported["issues"] == (await client("GET", f"/scans/{scan_id}/issues"))[1]["items"]
    _, scan, _ = await client("GET", f"/scans/{scan_id}")
    same = ("scan_id", "url", "status", "result", "progress", "options")
    assert {name: exported["scan"][name] for name in same} == {name: scan[name] for name in same}


AS_OBJECTS = """
SELECT json_build_object('url', url, 'final_url', final_url, 'status', status, 'error', error,
  'redirects', COALESCE(facts -> 'redirects', '[]'), 'score', score, 'title', title, 'depth', depth, 'bytes', bytes,
  'duration_ms', duration_ms, 'facts', facts - 'redirects', 'findings', findings)::text AS page
FROM pages WHERE scan_id = %s ORDER BY seq
"""


async def test_json_is_to_the_octet_what_json_build_object_writes(
    client: Client, connection: Database, user: users.User
) -> None:
    """The export puts objects together by itself, 64 numbers of pages at a time."""
    scan_id = await add_scan(connection, user)
    await connection.execute("INSERT INTO pages (scan_id, seq, url) VALUES (%s, 0, 'https://example.com/')", (scan_id,))
    hop = {"url": "https://example.com/a", "status": 301, "location": '/"redirects": [], '}
    odd = 'a "quote", \\, \n, \t, \u2028, \x7f, ü, \U0001f600'
    for seq in (1, 62, 63, 64, 65, 127, 130, 500):
        found = [finding("title.missing", evidence=odd), finding("h1.missing")] * (seq % 3)
        hops = [hop] * (seq % 2)
        await add_page(connection, scan_id, seq, title=odd, url=f"/{odd}", findings=found, redirects=hops, words=seq)
    for seq, score in ((600, 0), (601, 100), (602, 33.333333), (603, 1e-7)):
        await add_page(connection, scan_id, seq, error="timeout", final_url='"')
        await connection.execute("UPDATE pages SET score = %s WHERE scan_id = %s AND seq = %s", (score, scan_id, seq))
    wanted = [row["page"] for row in await (await connection.execute(AS_OBJECTS, (scan_id,))).fetchall()]
    assert len(wanted) == 13
    text = (await download(client, scan_id, "json")).decode()
    assert text.partition('"pages":[\n')[2] == ",\n".join(wanted) + "\n]}\n"


async def test_many_batches_join_without_a_seam(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "FIRST", 3)
    monkeypatch.setattr(batches, "MOST", 7)
    scan_id = await add_scan(connection, user)
    for seq in range(0, 100, 2):
        await add_page(connection, scan_id, seq)
    exported = json.loads(await download(client, scan_id, "json"))
    wanted = [f"https://example.com/{seq}" for seq in range(0, 100, 2)]
    assert [page["url"] for page in exported["pages"]] == wanted
    assert [row["url"] for row in rows(await download(client, scan_id, "csv"))] == wanted


async def test_a_scan_without_pages(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="stopped")
    exported = json.loads(await download(client, scan_id, "json"))
    assert (exported["pages"], exported["issues"], exported["scan"]["status"]) == ([], [], "stopped")
    assert rows(await download(client, scan_id, "csv")) == []
    assert (await download(client, scan_id, "pdf")).startswith(b"%PDF-")


async def test_csv_opens_safely(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    titles = ["=1+1", "\u3000＝cmd|' /C calc'!A0", '"quoted", with comma', "a\nb", "plain ü", "x;=1+1"]
    for seq, title in enumerate(titles):
        await add_page(connection, scan_id, seq, title=title, description="@SUM(A1)", indexable=seq % 2 == 0, words=5)
    found = [finding("title.missing"), finding("title.missing"), finding("h1.missing", "medium")]
    await add_page(connection, scan_id, 99, findings=found, title=None)
    table = rows(await download(client, scan_id, "csv"))
    assert [row["title"] for row in table[:6]] == [
        "'=1+1",
        "'\u3000＝cmd|' /C calc'!A0",
        '"quoted", with comma',
        "a b",
        "plain ü",
        "x;'=1+1",
    ]
    assert {row["description"] for row in table[:6]} == {"'@SUM(A1)"}
    assert [row["indexable"] for row in table] == ["yes", "no"] * 3 + [""]
    last = table[-1]
    assert (last["high"], last["medium"], last["low"], last["title"], last["score"]) == ("1", "1", "0", "", "88.5")
    assert last["checks"] == "h1.missing title.missing"


async def test_a_report(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    await add_page(
        connection, scan_id, 0, title='\u202e#eval("1") $x$ שלום 日本語 \x01 *b*', findings=[finding("title.missing")]
    )
    await add_page(connection, scan_id, 1, status=404)
    await add_issue(connection, scan_id, "title.missing", pages=12_345, back=4.25)
    await add_issue(connection, scan_id, "h1.missing", "medium", pages=3)
    await connection.execute(
        "UPDATE issues SET examples = %s WHERE check_id = 'h1.missing'",
        (
            Jsonb(
                [
                    {"url": "javascript:alert(1)", "evidence": "#panic()"},
                    {"url": "https://example.com/a", "evidence": "é"},
                ]
            ),
        ),
    )
    pdf = await download(client, scan_id, "pdf")
    document = inflated(pdf)
    assert b"/StructTreeRoot" in document
    assert b"/Marked true" in document
    assert b"https://example.com/a" in document
    assert b"javascript:" not in document


async def test_a_stopped_scan_s_report_says_what_was_found(
    client: Client, connection: Database, user: users.User
) -> None:
    scan_id = await add_scan(connection, user, status="stopped", score=None)
    await add_page(connection, scan_id, 0, findings=[finding("title.missing"), finding("no.such_check")])
    pdf = await download(client, scan_id, "pdf")
    assert b"/StructTreeRoot" in inflated(pdf)


async def test_an_html_report_shows_where_and_runs_nothing(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "FIRST", 3)
    monkeypatch.setattr(batches, "MOST", 7)
    scan_id = await add_scan(connection, user, url="https://example.com/<script>")
    for seq in range(MAX_PLACES + 5):
        await add_page(connection, scan_id, seq, findings=[finding("title.missing", evidence=f"<b onclick=x>{seq}")])
    await add_page(connection, scan_id, 500, url="https://example.com/late", findings=[finding("h1.missing", "medium")])
    await connection.execute(
        "INSERT INTO site_findings (scan_id, n, check_id, severity, seq, evidence) VALUES (%s, 0, 'title.duplicate', 'low', 3, 'twice')",
        (scan_id,),
    )
    await add_issue(connection, scan_id, "title.missing", pages=MAX_PLACES + 5, back=4.25)
    await add_issue(connection, scan_id, "h1.missing", "medium", pages=1, back=0.04)
    await add_issue(connection, scan_id, "title.duplicate", "low", pages=1)
    await add_issue(connection, scan_id, "robots.missing", "low", pages=0)
    text = (await download(client, scan_id, "html")).decode()
    assert "<script" not in text
    assert "<b onclick" not in text
    assert text.count("&lt;b onclick=x&gt;") == MAX_PLACES
    assert "and 5 more" in text
    assert "https://example.com/late" in text
    assert "twice" in text
    assert "+4.2 points" in text
    assert "+0.0 points" not in text


async def test_an_html_report_of_a_stopped_scan(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="stopped", score=None)
    await add_page(connection, scan_id, 0, findings=[finding("title.missing"), finding("no.such_check")])
    text = (await download(client, scan_id, "html")).decode()
    assert "ended as stopped" in text
    assert "title.missing" in text
    assert "no.such_check" not in text


async def test_an_html_report_of_a_scan_deleted_meanwhile(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id = await add_scan(connection, user)
    await add_page(connection, scan_id, 0)
    await add_issue(connection, scan_id, "title.missing")

    async def one_too_many(reader: batches.Reader) -> int:
        reader.total = 2
        return 2

    monkeypatch.setattr(batches.Reader, "count", one_too_many)
    assert (await client("GET", f"/scans/{scan_id}/export/html"))[1]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("status", ["running", "error"])
async def test_nothing_to_export_yet(client: Client, connection: Database, user: users.User, status: str) -> None:
    scan_id = await add_scan(connection, user, status=status)
    for kind in FORMATS:
        assert (await client("GET", f"/scans/{scan_id}/export/{kind}"))[1]["code"] == "CONFLICT"


async def test_who_may_export(
    caller: Callable[[str | None], Client], make_key: MakeKey, connection: Database, user: users.User, client: Client
) -> None:
    bob = await users.create(connection, email="bob@example.com", password="correct horse", tier="free")
    scan_id = await add_scan(connection, user)
    others, tester = caller(await make_key(owner=bob)), caller(await make_key(mode="test"))
    reader = caller(await make_key("read", "scan"))
    for kind in FORMATS:
        path = f"/scans/{scan_id}/export/{kind}"
        assert (await others("GET", path))[1]["code"] == "FORBIDDEN"
        assert (await tester("GET", path))[1]["code"] == "NOT_FOUND"
        assert (await reader("GET", path))[1]["code"] == "INSUFFICIENT_SCOPE"
        assert (await caller(None)("GET", path))[1]["code"] == "MISSING_AUTH"
        assert (await client("GET", f"/scans/nonsense/export/{kind}"))[1]["code"] == "NOT_FOUND"
    assert (await client("GET", f"/scans/{scan_id}/export/exe"))[1]["code"] == "NOT_FOUND"
    assert (await client("GET", f"/scans/{scan_id}/export/json?x=1"))[1]["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("kind", ["json", "csv"])
async def test_a_scan_deleted_under_way_breaks_the_download_off(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    scan_id = await add_scan(connection, user)
    for seq in range(5):
        await add_page(connection, scan_id, seq)
    count = batches.Reader.count

    async def and_delete(reader: batches.Reader) -> int:
        total = await count(reader)
        await connection.execute("DELETE FROM scans WHERE id = %s", (scan_id,))
        return total

    monkeypatch.setattr(batches.Reader, "count", and_delete)
    with pytest.raises(ClientPayloadError):
        await download(client, scan_id, kind)


async def test_unavailable_when_too_many(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api_gateway.routes.export.AT_ONCE", 0)
    scan_id = await add_scan(connection, user)
    status, error, headers = await client("GET", f"/scans/{scan_id}/export/json")
    assert (status, error["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "5")


def test_row_size_bounds_batches() -> None:
    assert batches.next_limit(100, 200_000) == 1_000
    assert batches.next_limit(100, 100_000_000) == 2
    assert batches.next_limit(1, 500_000_000) == 1


async def test_memory_stays_flat(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces are bounded whatever the number of pages: no batch is larger than twice the aim."""
    scan_id = await add_scan(connection, user)
    await connection.execute(
        "INSERT INTO pages (scan_id, seq, url, findings) SELECT %s, n, 'https://example.com/' || n,"
        " jsonb_build_array(jsonb_build_object('check', 'a.b', 'severity', 'low', 'evidence', repeat('x', 8000)))"
        " FROM generate_series(0, 1999) n",
        (scan_id,),
    )
    sizes: list[int] = []
    passed = batches.Reader.passed

    def noted(reader: batches.Reader, last: int | None, pages: int, size: int) -> None:
        sizes.append(size)
        passed(reader, last, pages, size)

    monkeypatch.setattr(batches.Reader, "passed", noted)
    data = await download(client, scan_id, "json")
    assert len(json.loads(data)["pages"]) == 2_000
    assert len(data) > 16_000_000
    assert max(sizes) < 2 * batches.BYTES


async def test_names_are_safe(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, host='a"\r\n../ü:8080')
    headers = {"Authorization": f"Bearer {client.key}"}
    url = f"{client.base}/api/v1/scans/{scan_id}/export/json"
    async with client.session.get(url, headers=headers) as response:
        name: Any = response.headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="scanfleet-a-\.\.-8080-\d{4}-\d\d-\d\d\.json"', name)
