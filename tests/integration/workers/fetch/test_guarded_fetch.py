"""No connection to a forbidden address, whatever URL, name or redirect say: connecting itself is watched."""

import asyncio
import socket
from ipaddress import IPv4Network

import pytest

from shared.network import forbidden_endpoint
from tests.integration.workers.fetch.conftest import QUICK
from tests.integration.workers.fetch.servers import answer, redirect, serving
from tests.unit.shared.attack_urls import ATTACKS
from tests.unit.workers.fetch.test_guard import PUBLIC, FakeResolver
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.options import FetchOptions


@pytest.fixture
async def connects(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every address that the loop was asked to connect to; none of them but loopback is reached."""
    seen: list[tuple[str, int]] = []
    loop = asyncio.get_running_loop()
    really = loop.sock_connect

    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        seen.append(address[:2])
        if not address[0].startswith("127."):
            raise ConnectionRefusedError
        await really(sock, address)

    monkeypatch.setattr(loop, "sock_connect", connect)
    return seen


@pytest.mark.parametrize("answers", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["fe80::1"]])
async def test_attack_urls_and_names_never_connect(
    answers: list[str], connects: list[tuple[str, int]], options: FetchOptions
) -> None:
    async with Fetcher(Guard(), caps=QUICK, resolver=FakeResolver(answers)) as fetcher:
        for url in ATTACKS:
            fetched = await fetcher.get(url, options)
            assert fetched.error is not None, url
            assert fetched.error.kind in {"forbidden_address", "bad_url"}, url
        named = await fetcher.get("http://innocent.example/", options)
    assert named.error is not None
    assert named.error.kind == "forbidden_address"
    assert connects == []


async def test_attack_urls_in_redirects_never_connect(connects: list[tuple[str, int]], options: FetchOptions) -> None:
    paths = {
        f"/{n}": redirect(url.replace("\r", "").replace("\n", "")) for n, url in enumerate(ATTACKS) if _sendable(url)
    }
    allow = (IPv4Network("127.0.0.99/32"),)
    async with serving({**paths, "/ok": answer(b"ok")}) as server:
        hostname = f"http://start.example:{server.port}"
        guard = Guard((*allow, IPv4Network("127.0.0.1/32")))
        async with Fetcher(guard, caps=QUICK, resolver=FakeResolver(["127.0.0.1"])) as fetcher:
            assert (await fetcher.get(f"{hostname}/ok", options)).body == b"ok"
            for path in paths:
                await fetcher.get(hostname + path, options)
    assert len(paths) > 250
    assert {address for address in connects if forbidden_endpoint(*address, guard.allow)} == set()


def _sendable(url: str) -> bool:
    return url.isascii() and 0 < len(url) < 8_000 and "\x00" not in url


async def test_a_name_that_turns_bad_is_refused_at_its_next_look_up(
    connects: list[tuple[str, int]], options: FetchOptions
) -> None:
    async with serving({"/": redirect("http://second.example/"), "/x": answer(b"x")}) as server:
        guard = Guard((IPv4Network("127.0.0.1/32"),))
        resolver = FakeResolver(["127.0.0.1"], ["10.0.0.1"])
        async with Fetcher(guard, caps=QUICK, resolver=resolver) as fetcher:
            fetched = await fetcher.get(f"http://first.example:{server.port}/", options)
    assert fetched.error is not None
    assert fetched.error.kind == "forbidden_address"
    assert [hop.location for hop in fetched.redirects or ()] == ["http://second.example/"]
    assert connects == [("127.0.0.1", server.port)]


async def test_good_names_are_connected_to(connects: list[tuple[str, int]], options: FetchOptions) -> None:
    answers = ["2606:4700:4700::1111", PUBLIC]
    async with Fetcher(Guard(), caps=QUICK, resolver=FakeResolver(answers)) as fetcher:
        fetched = await fetcher.get("http://good.example:8080/", options)
        literal = await fetcher.get("http://0x08080808/", options)
    assert fetched.error is not None
    assert fetched.error.kind == "connection"
    assert literal.error is not None
    assert literal.error.kind == "connection"
    assert set(connects) == {(ip, 8080) for ip in answers} | {("8.8.8.8", 80)}
