"""The connections that scripts run over: their replies, their faults, and what a client closes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.redis.client import connect
from shared.redis.lines import MOST, Line, lines_of, pack
from shared.redis.scripts import Script
from shared.settings import Settings

ECHO = Script("return {KEYS[1], ARGV[1], 3}")


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings.redis_url, timeout=0.3)
    yield client
    await client.aclose()


async def taken(redis: Redis) -> Line:
    line = await lines_of(redis).take()
    assert line is not None
    return line


async def test_a_script_that_the_server_has_forgotten_is_sent_whole(redis: Redis) -> None:
    forget: Any = redis.script_flush()
    await forget
    for _ in range(2):
        assert await ECHO(redis, keys=["k"], args=[b"\x00\r\n"]) == [b"k", b"\x00\r\n", 3]


async def test_more_at_once_than_there_are_lines_are_all_answered(redis: Redis) -> None:
    many = range(MOST * 4)
    replies = await asyncio.gather(*(ECHO(redis, keys=["k"], args=[number]) for number in many))
    assert [reply[1] for reply in replies] == [b"%d" % number for number in many]


async def test_a_fault_of_the_script_leaves_the_line_as_it_was(redis: Redis) -> None:
    with pytest.raises(ResponseError):
        await Script("return redis.call('GET')")(redis, keys=[], args=[])
    assert await ECHO(redis, keys=["k"], args=[1]) == [b"k", b"1", 3]


async def test_a_late_reply_ends_in_time_and_is_never_taken_for_the_next(redis: Redis) -> None:
    line = await taken(redis)
    with pytest.raises(RedisTimeoutError):
        await line.ask(pack(("BLPOP", "nothing", 1)))
    assert await line.ask(pack(("ECHO", "next"))) == b"next"


async def test_a_cancelled_command_is_never_taken_for_the_next(redis: Redis) -> None:
    line = await taken(redis)
    asking = asyncio.ensure_future(line.ask(pack(("BLPOP", "nothing", 1))))
    await asyncio.wait({asking}, timeout=0.05)
    asking.cancel()
    await asyncio.wait({asking})
    assert await line.ask(pack(("ECHO", "next"))) == b"next"


async def test_a_connection_that_the_server_has_closed_is_made_anew(redis: Redis) -> None:
    line = await taken(redis)
    number = await line.ask(pack(("CLIENT", "ID")))
    client: Any = redis
    assert await client.client_kill_filter(_id=str(number)) == 1
    for _ in range(20):  # until our side of the connection has heard of it
        await asyncio.sleep(0)
        await client.ping()
    assert await line.ask(pack(("CLIENT", "ID"))) != number


async def test_lines_leave_the_client_as_many_connections_as_it_asked_for(settings: Settings) -> None:
    client: Any = connect(settings.redis_url, connections=2)
    assert all([await lines_of(client).take() for _ in range(MOST)])
    assert await asyncio.gather(client.ping(), client.ping()) == [True, True]
    await client.aclose()


async def test_closing_the_client_closes_its_lines(redis: Redis, settings: Settings) -> None:
    other = connect(settings.redis_url)
    line = await taken(other)
    number = await line.ask(pack(("CLIENT", "ID")))
    await other.aclose()
    client: Any = redis
    assert await client.client_list(client_id=[str(number)]) == []
