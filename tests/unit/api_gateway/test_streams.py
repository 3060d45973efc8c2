"""What a watcher gets of a hub, whoever fills it."""

from typing import Any
from uuid import UUID

from api_gateway.streams import FINDINGS_AT_ONCE, Hub

ID = UUID("01890000-0000-7000-8000-000000000000")


def hub() -> Hub:
    nothing: Any = None
    return Hub(nothing, ID, lambda: False)


def kinds(data: bytes) -> list[str]:
    return [line[7:].decode() for line in data.split(b"\n") if line.startswith(b"event: ")]


async def test_a_slow_watcher_gets_the_latest_progress_and_every_finding() -> None:
    one = hub()
    following = one.follow(0)
    assert await anext(following) == b""
    for n in range(FINDINGS_AT_ONCE + 5):
        one.progress = b'{"done":%d}' % n
        one.findings.append(b'{"n":%d}' % n)
    one.changed.set()
    first = await anext(following)
    assert kinds(first) == ["progress"] + ["finding"] * FINDINGS_AT_ONCE
    assert b'{"done":%d}' % (FINDINGS_AT_ONCE + 4) in first
    assert kinds(await anext(following)) == ["finding"] * 5


async def test_the_end_comes_last_and_once() -> None:
    one = hub()
    one.progress, one.end, one.closed = b"{}", b'{"status":"complete"}', True
    one.findings = [b"{}"] * (FINDINGS_AT_ONCE + 1)
    pieces = [data async for data in one.follow(0)]
    told = [name for data in pieces for name in kinds(data)]
    assert told == ["progress"] + ["finding"] * (FINDINGS_AT_ONCE + 1) + ["end"]
    assert b"id: end\n" in pieces[-1]


async def test_a_hub_that_closes_without_an_end_sends_none() -> None:
    one = hub()
    one.progress, one.closed = b"{}", True
    assert [kinds(data) async for data in one.follow(0)] == [["progress"]]


def test_positions() -> None:
    one = hub()
    one.findings = [b"{}"] * 3
    assert one.position(f"{one.name}.2") == 2
    assert one.position(f"{one.name}.99") == 3
    for foreign in (
        "",
        "end",
        "2",
        "ffffffff.2",
        f"{one.name}.-1",
        f"{one.name}.²",
        f"{one.name}.1e9",
        f"{one.name}.9999999",
    ):
        assert one.position(foreign) == 0
