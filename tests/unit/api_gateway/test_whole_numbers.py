"""JSON knows one kind of number: `3.0` is the integer 3."""

import asyncio
from typing import Any
from unittest import mock

import pytest
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from api_gateway.bodies import read_body
from shared.errors import InvalidRequestError
from shared.requests import ScanRequest


async def read(body: str) -> ScanRequest:
    protocol: Any = mock.Mock(_reading_paused=False)
    payload = StreamReader(protocol, 2**16, loop=asyncio.get_running_loop())
    payload.feed_data(body.encode())
    payload.feed_eof()
    request = make_mocked_request("POST", "/", headers={"Content-Type": "application/json"}, payload=payload)
    return await read_body(request, ScanRequest)


async def test_a_whole_float_is_an_integer() -> None:
    asked = await read('{"url": "https://example.com/", "options": {"max_depth": 3.0, "thresholds": {"a.b": 2.0}}}')
    assert asked.options.max_depth == 3
    assert asked.options.thresholds == {"a.b": 2.0}


@pytest.mark.parametrize("value", ["3.5", '"3"', "true", "1e400", "[" * 900 + "]" * 900])
async def test_anything_else_is_not(value: str) -> None:
    with pytest.raises(InvalidRequestError):
        await read(f'{{"url": "https://example.com/", "options": {{"max_depth": {value}}}}}')
