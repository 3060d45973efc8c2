"""`audit`: one page."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.local.audit.child import LineJob, answer_line
from deploy.local.audit.given import MAX_BODY, Given, NotAPageError, material, octets, read_line
from deploy.local.audit.judging import Auditor
from deploy.local.audit.terms import Terms
from deploy.local.cli import ROOT, main
from shared.checks.sample import NOW, sample

URL = "https://example.com/guides/sharpening-kitchen-knives"
CLEAN = sample().fetched.body
HEADERS = [word for name, value in sample().fetched.headers or () for word in ("--header", f"{name}: {value}")]


def page(tmp_path: Path, body: bytes = CLEAN, name: str = "page.html") -> str:
    path = tmp_path / name
    path.write_bytes(body)
    return str(path)


def audit(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["audit", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def ids(answer: dict[str, Any]) -> set[str]:
    return {found["check"] for found in answer["findings"]}


def test_the_clean_page_has_no_finding_and_the_shape_of_the_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, answer = audit(capsys, page(tmp_path), "--url", URL, *HEADERS)
    assert status == 0
    assert list(answer) == ["url", "score", "grade", "findings", "not_decided"]
    assert (answer["url"], answer["score"], answer["grade"], answer["findings"]) == (URL, 100.0, "A", [])


def test_a_defect_is_found_with_evidence_and_position(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = sample(title="<title> </title>").fetched.body
    _, answer = audit(capsys, page(tmp_path, body), "--url", URL, *HEADERS)
    assert ids(answer) == {"title.missing"}
    finding = answer["findings"][0]
    assert list(finding) == ["check", "severity", "evidence", "position", "count"]
    assert finding["severity"] == "high"
    assert finding["evidence"]
    assert answer["score"] < 100


def test_what_is_not_given_is_not_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, bare = audit(capsys, page(tmp_path), "--url", URL)
    assert bare["findings"] == []
    assert {"security.hsts_missing", "redirect.chain", "perf.ttfb_slow", "http.no_http2"} <= set(bare["not_decided"])
    _, headed = audit(capsys, page(tmp_path), "--url", URL, "--header", "Content-Type: text/html; charset=utf-8")
    assert "security.hsts_missing" in ids(headed)


def test_a_file_is_html_by_its_givers_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, answer = audit(capsys, page(tmp_path, b"Just words, <b>no</b> tags in front."), "--url", URL)
    assert "title.missing" in ids(answer)
    assert "html.doctype_missing" in ids(answer)


def test_status_and_thresholds_and_disabled_checks_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, gone = audit(capsys, page(tmp_path), "--url", URL, "--status", "404")
    assert ids(gone) == {"status.4xx"}
    _, strict = audit(capsys, page(tmp_path), "--url", URL, "--threshold", "title.too_long=20")
    assert "title.too_long" in ids(strict)
    _, without = audit(
        capsys, page(tmp_path), "--url", URL, "--threshold", "title.too_long=20", "--disable", "title.too_long"
    )
    assert "title.too_long" not in ids(without) | set(without["not_decided"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 0),
        (["--fail-under", "50"], 0),
        (["--fail-under", "100"], 1),
        (["--fail-on", "critical"], 0),
        (["--fail-on", "high"], 1),
        (["--fail-on", "low"], 1),
    ],
)
def test_exit_statuses(tmp_path: Path, words: list[str], expected: int) -> None:
    body = sample(title="").fetched.body
    assert main(["audit", page(tmp_path, body), "--url", URL, *words]) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["nowhere.html", "--url", URL],
        ["page.html"],
        ["page.html", "--url", URL, "--threshold", "title.too_long"],
        ["page.html", "--url", URL, "--threshold", "title.nope=3"],
        ["page.html", "--url", URL, "--threshold", "title.too_long=nan"],
        ["page.html", "--url", URL, "--disable", "title.nope"],
        ["page.html", "--url", URL, "--profile", "nope"],
    ],
)
def test_what_makes_no_sense_ends_with_2(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page(tmp_path)
    assert main(["audit", *words]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [["--header", "nonsense"], ["--status", "99"], ["--url", "ftp://a/"]])
def test_wrong_options_end_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "page.html", *words])
    assert ended.value.code == 2


def test_people_see_severity_id_evidence_position_and_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = sample(title="", head='<meta name="x" content="\x1b[31m">').fetched.body
    main(["audit", page(tmp_path, body), "--url", URL])
    shown = capsys.readouterr().out
    for part in ("/100", URL, "high", "title.missing", "@ (//head)[1]", "Fix: "):
        assert part in shown
    assert "\x1b" not in shown


def test_standard_input_and_nothing_of_network_or_processes_is_loaded() -> None:
    code = (
        "import sys; from deploy.local.cli import main; status = main(sys.argv[1:]); "
        "bad = {'aiohttp', 'asyncio', 'psycopg', 'redis', 'dramatiq', 'subprocess', 'ssl'} & sys.modules.keys(); "
        "sys.exit(f'loaded: {bad}' if bad else status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "audit", "-", "--url", URL, "--json"],
        input=CLEAN, capture_output=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []


def given(**members: Any) -> Given:
    return read_line(msgspec.json.encode({"url": URL, **members}))


def test_text_is_turned_into_the_octets_that_it_declares() -> None:
    for html, content_type in (
        ("<title>Süß</title>", None),
        ('<meta charset="iso-8859-1"><title>Süß ж</title>', None),
        ("<title>Süß</title>", "text/html; charset=utf-16le"),
        ("<title>日本</title>", "text/html; charset=shift_jis"),
        ("\ufeff<title>Süß</title>", "text/html; charset=latin1"),
    ):
        headers = None if content_type is None else [["Content-Type", content_type]]
        judged = Auditor(Terms()).judge(given(html=html, headers=headers), NOW)
        wanted = html.partition("<title>")[2].partition("</title>")[0]
        assert judged.page.title == wanted
    assert octets("plain", "text/html; charset=koi8-r") == b"plain"


def test_a_document_that_is_not_given_is_not_an_empty_one() -> None:
    auditor = Auditor(Terms())
    none = auditor.judge(given(), NOW).report
    assert none.findings == ()
    assert {"http.empty_body", "title.missing", "canonical.missing"} <= set(none.not_decided)
    empty = auditor.judge(given(html=""), NOW).report
    assert [found.check for found in empty.findings] == ["http.empty_body"]
    assert auditor.judge(given(status=404), NOW).report.findings[0].check == "status.4xx"


def test_a_canonical_that_may_stand_in_the_header_is_not_missed() -> None:
    auditor = Auditor(Terms())
    html = sample(canonical="").fetched.body.decode()
    unknown = auditor.judge(given(html=html), NOW).report
    assert [found.check for found in unknown.findings] == []
    assert "canonical.missing" in unknown.not_decided
    known = auditor.judge(given(html=html, headers=dict(sample().fetched.headers or ())), NOW).report
    assert [found.check for found in known.findings] == ["canonical.missing"]


def test_a_file_without_a_canonical_lacks_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, answer = audit(capsys, page(tmp_path, sample(canonical="").fetched.body), "--url", URL)
    assert ids(answer) == {"canonical.missing"}


def test_all_that_can_be_given_is_used() -> None:
    one = given(
        html=CLEAN.decode(),
        headers={"Content-Type": "text/html; charset=utf-8", "Set-Cookie": ["a=1", "b=2"]},
        redirects=[
            {"url": URL, "status": 301, "location": "https://example.com/b"},
            {"url": "https://example.com/b", "status": 302, "location": "https://example.com/c"},
        ],
        timings_ms={"ttfb": 9_000, "total": 9_500},
        http_version="HTTP/1.1",
        tls={"version": "TLSv1"},
        in_sitemap=True,
        depth=3,
        robots={"*": True, "Googlebot": False},
    )
    report = Auditor(Terms()).judge(one, NOW).report
    found = {finding.check for finding in report.findings}
    assert {"redirect.chain", "perf.ttfb_slow", "http.no_http2", "security.tls_old", "security.cookie_flags"} <= found
    assert material(one, NOW).fetched.final_url == "https://example.com/c"
    assert report.url == URL


def test_the_home_page_is_known_by_its_address() -> None:
    assert material(read_line(b'{"url": "https://EXAMPLE.com"}'), NOW).context.is_home
    assert not material(given(), NOW).context.is_home
    assert material(given(is_home=True), NOW).context.is_home


def test_errors_are_judged_as_in_a_scan() -> None:
    auditor = Auditor(Terms())
    for kind, check in (("dns", "status.dns"), ("timeout", "status.timeout")):
        for error in (kind, {"kind": kind, "message": "why"}):
            assert auditor.judge(given(error=error), NOW).report.findings[0].check == check
    large = auditor.judge(given(html="x" * (MAX_BODY + 1)), NOW).report
    assert [found.check for found in large.findings] == ["http.html_over_2mb"]
    deep = auditor.judge(given(html="<div>" * 5_000), NOW).report
    assert [found.check for found in deep.findings] == ["http.not_read"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"", b"null"),
        (b"{", b"null"),
        (b"[]", b"null"),
        (b'{"id": 3}', b"3"),
        (b'{"id": {"a": 1}, "url": "mailto:x"}', b'{"a": 1}'),
        (b'{"id": "x", "url": "https://a/", "status": 9999}', b'"x"'),
        (b'{"id": "x", "url": "https://a/", "error": "nope"}', b'"x"'),
        (b'{"id": "x", "url": "https://a/", "body_base64": "%"}', b'"x"'),
        (b'{"id": 1, "url": "https://a/\xff"}', b"1"),
        (b'{"id": 1, "x": ' + b"[" * 50_000, b"null"),
    ],
)
def test_a_line_that_is_no_page_says_why(line: bytes, shown: bytes) -> None:
    answer = answer_line(LineJob(Terms(), NOW, 7, line))
    assert answer.faulty
    assert answer.output.startswith(b'{"id":' + shown + b',"error":"line 7: ')


def test_half_a_surrogate_pair_is_no_reason_to_refuse_a_page() -> None:
    whole = read_line(b'{"id": "\\ud800", "url": "https://a/", "html": "\\ud83d\\ude00 \\udc00 \\\\ud800"}')
    assert whole.html == "\U0001f600 \ufffd \\ud800"
    with pytest.raises(NotAPageError):
        read_line(b'{"url": "https://a/", "html": "\\u12"}')
