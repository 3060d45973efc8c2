"""`audit --jsonl`: a page a line."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from deploy.local.audit import lines
from deploy.local.audit.child import LineAnswer, LineJob, answer_line
from deploy.local.audit.lines import Numbered, Splitter
from deploy.local.audit.pool import GaveUpError, InOrder, Pool
from deploy.local.audit.terms import Terms
from deploy.local.cli import ROOT
from shared.checks.sample import NOW, sample

URL = "https://example.com/guides/sharpening-kitchen-knives"
CLEAN = sample().fetched.body.decode()
COMMAND = [sys.executable, "-m", "deploy.local", "audit", "--jsonl", "--jobs", "2"]


def line(**members: object) -> bytes:
    return msgspec.json.encode({"url": URL, **members})


def test_answers_come_in_order_and_what_is_no_page_does_not_end_the_run() -> None:
    given = [line(id=n, html=CLEAN, headers=[["Content-Type", "text/html"]]) for n in range(20)]
    given[7:7] = [b"nonsense", b"", b'{"id": "x"}']
    done = subprocess.run(COMMAND, input=b"\n".join(given), capture_output=True, cwd=ROOT, timeout=100, check=False)
    assert done.returncode == 2, done.stderr
    answers = [json.loads(one) for one in done.stdout.splitlines()]
    assert [one["id"] for one in answers] == [*range(7), None, "x", *range(7, 20)]
    assert [list(one) for one in answers[6:9]] == [
        ["id", "findings", "not_decided", "score"], ["id", "error"], ["id", "error"],
    ]  # fmt: skip
    assert "line 8" in answers[7]["error"]
    assert "line 10" in answers[8]["error"]
    assert all(list(found) == ["check", "severity", "evidence", "position"] for found in answers[0]["findings"])
    assert len({json.dumps(one["findings"]) for one in answers if "findings" in one}) == 1


def test_each_answer_comes_before_the_next_line_is_written() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for n in range(3):
            process.stdin.write(line(id=n, html="<p>x") + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == n
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_bar_is_held_against_every_page(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_bytes(line(id=1, html=CLEAN) + b"\n" + line(id=2, status=500) + b"\n")
    for words, expected in ((["--fail-on", "critical"], 1), (["--fail-under", "50"], 1), ([], 0)):
        done = subprocess.run([*COMMAND, str(path), *words], capture_output=True, cwd=ROOT, timeout=60, check=False)
        assert done.returncode == expected
        assert len(done.stdout.splitlines()) == 2


def test_a_reader_that_goes_away_ends_the_run_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_bytes((line(id=1, html=CLEAN) + b"\n") * 400)
    with subprocess.Popen([*COMMAND, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_lines_are_cut_wherever_the_chunks_end(size: int) -> None:
    text = b"one\n\ntwo\r\n" + b"x" * 11 + b"\n   \nthree"
    splitter = Splitter(10)
    found = [one for at in range(0, len(text), size) for one in splitter.feed(text[at : at + size])]
    found += splitter.close()
    assert found == [Numbered(1, b"one"), Numbered(3, b"two\r"), Numbered(4, None), Numbered(6, b"three")]


class DyingPool:
    """Gives up on every document, or on everything."""

    def __init__(self, *, deadly: bool) -> None:
        self.deadly = deadly

    async def run(self, payload: bytes) -> bytes:
        job = msgspec.msgpack.decode(payload, type=LineJob)
        if self.deadly or not job.unread:
            raise GaveUpError("this page could not be read (time)")
        return msgspec.msgpack.encode(answer_line(job))


async def answer(*, deadly: bool, given: bytes | None) -> LineAnswer:
    pool: Pool = DyingPool(deadly=deadly)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    return await lines.answer_to(pool, Terms(), NOW, Numbered(5, given))


async def test_a_page_that_ends_its_parser_is_answered_without_its_document() -> None:
    found = await answer(deadly=False, given=line(id="a", html="x"))
    told = msgspec.json.decode(found.output)
    assert not found.faulty
    assert [(one["check"], one["evidence"]) for one in told["findings"]] == [
        ("http.not_read", "this page could not be read (time)")
    ]


async def test_a_line_that_ends_every_parser_is_an_error_of_its_own() -> None:
    for given, shown in ((line(id="a", html="x"), "a"), (None, None)):
        found = await answer(deadly=True, given=given)
        assert found.faulty
        assert msgspec.json.decode(found.output)["id"] == shown


async def test_no_more_is_under_way_than_the_window_allows() -> None:
    running, most, finished = 0, 0, list[int]()

    async def work(n: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(n % 5):
            await asyncio.sleep(0)
        running -= 1
        finished.append(n)
        return n

    async def source() -> AsyncIterator[int]:
        for n in range(50):
            yield n

    order = InOrder(work, window=4, size_of=lambda _: 1)
    assert [n async for n in order.answers(source())] == list(range(50))
    assert finished != sorted(finished)
    assert most == 4


async def test_what_the_source_raises_ends_the_run() -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        raise OSError("gone")

    async def work(n: int) -> int:
        return n

    order = InOrder(work, window=4, size_of=lambda _: 1)
    with pytest.raises(OSError, match="gone"):
        _ = [n async for n in order.answers(source())]


def test_ids_are_given_back_as_they_were() -> None:
    for raw in (b'{"a": [1, 2]}', b"12345678901234567890123", b'"\\u00e4"', b"true"):
        told = answer_line(LineJob(Terms(), NOW, 1, b'{"id": ' + raw + b', "url": "https://a/"}'))
        assert told.output.startswith(b'{"id":' + raw)
