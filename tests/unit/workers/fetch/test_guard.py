"""Names and sockets, judged without a network: resolvers are fakes and no socket is connected."""

import socket
from ipaddress import IPv4Network

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from workers.fetch.guard import MAX_ANSWERS, ForbiddenAddress, Guard, GuardedResolver

PUBLIC = "93.184.216.34"


class FakeResolver(AbstractResolver):
    """Answers each look-up with the next set of addresses, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        """One set a look-up."""
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next set."""
        ips = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for ip in ips
        ]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (["127.0.0.1"], "loopback"),
        ([PUBLIC, "10.0.0.1"], "mixed"),
        (["169.254.169.254", PUBLIC], "mixed"),
        (["::ffff:127.0.0.1"], "mapped"),
        (["2606:4700::1111", "fe80::1%eth0"], "mixed"),
        (["64:ff9b::7f00:1"], "reserved"),
        (["not an address"], "unreadable"),
        ([PUBLIC] * 40 + ["192.168.0.1"], "mixed"),
    ],
)
async def test_a_name_is_refused_for_any_bad_answer(answers: list[str], reason: str) -> None:
    told: list[str] = []
    guarded = GuardedResolver(Guard(on_refused=told.append), FakeResolver(answers))
    with pytest.raises(ForbiddenAddress) as caught:
        await guarded.resolve("rebind.example", 80)
    assert caught.value.reason == reason
    assert told == [reason]
    assert not any(ip in str(caught.value) for ip in answers)


async def test_good_names_pass_and_are_bounded() -> None:
    guarded = GuardedResolver(Guard(), FakeResolver([PUBLIC, "2606:4700::1111"]))
    assert [one["host"] for one in await guarded.resolve("good.example", 80)] == [PUBLIC, "2606:4700::1111"]
    many = GuardedResolver(Guard(), FakeResolver([PUBLIC] * 100))
    assert len(await many.resolve("many.example", 80)) == MAX_ANSWERS


async def test_a_name_without_addresses_is_an_error() -> None:
    with pytest.raises(socket.gaierror):
        await GuardedResolver(Guard(), FakeResolver([])).resolve("nothing.example")


@pytest.mark.parametrize(
    ("ip", "port", "reason"),
    [("127.0.0.1", 80, "loopback"), ("8.8.8.8", 22, "port"), ("::1", 443, "loopback"), ("0x7f.1", 80, "unreadable")],
)
def test_no_socket_is_made_for_a_bad_address(ip: str, port: int, reason: str) -> None:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with pytest.raises(ForbiddenAddress) as caught:
        Guard().socket((family, socket.SOCK_STREAM, 6, "", (ip, port)))
    assert caught.value.reason == reason


def test_good_addresses_get_a_socket() -> None:
    for guard, ip, port in ((Guard(), "8.8.8.8", 443), (Guard([IPv4Network("127.0.0.0/8")]), "127.0.0.1", 9)):
        guard.socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))).close()
