"""The address table and the judgement of a URL's text."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.network import BadUrl, check_url, forbidden_address, forbidden_endpoint, other_scheme
from tests.unit.shared.attack_urls import ATTACKS, GOOD

LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

FORBIDDEN = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 "
    "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 ::ffff:0:0/96 ::/96 64:ff9b::/96 "
    "64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 "
    "fe80::/10 fec0::/10 ff00::/8"
).split()


@pytest.mark.parametrize("network", FORBIDDEN)
def test_both_ends_of_every_range_are_forbidden(network: str) -> None:
    net = ip_network(network)
    assert forbidden_address(net.network_address)
    assert forbidden_address(str(net.broadcast_address))


@pytest.mark.parametrize(
    "ip",
    "1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 "
    "168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 "
    "192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2000:: 2001:200:: 2001:4860:4860::8888 "
    "2001:db7:ffff::1 2001:db9::1 2003::1 2606:4700:4700::1111 2620:4f:7fff:: 2620:4f:8001:: 3ffe::1 "
    "3fff:1000::1".split(),
)
def test_neighbours_of_the_ranges_are_allowed(ip: str) -> None:
    assert forbidden_address(ip) is None


@given(st.integers(0, 2**32 - 1))
def test_the_table_agrees_with_asking_each_network(number: int) -> None:
    ip = IPv4Address(number)
    listed = any(ip in net for net in map(ip_network, FORBIDDEN) if isinstance(net, IPv4Network))
    assert (forbidden_address(ip) is not None) == listed


@given(st.integers(0, 2**128 - 1))
def test_an_ipv6_address_outside_global_unicast_is_never_allowed(number: int) -> None:
    ip = IPv6Address(number)
    if number >> 125 != 1:
        assert forbidden_address(ip)


def test_what_is_no_address_is_forbidden() -> None:
    assert [forbidden_address(text) for text in ("", "localhost", "1.2.3", "0x7f.1")] == ["unreadable"] * 4


def test_a_zone_does_not_hide_an_address() -> None:
    assert forbidden_address("fe80::1%eth0") == "link_local"


def test_allowed_networks_lift_the_ban_inside_them_only() -> None:
    assert forbidden_address("127.0.0.9", LOOPBACK) is None
    assert forbidden_address("::ffff:127.0.0.9", LOOPBACK) is None
    assert forbidden_address("::1", LOOPBACK) is None
    assert forbidden_address("10.0.0.1", LOOPBACK) == "private"
    assert forbidden_address("::ffff:10.0.0.1", LOOPBACK) == "mapped"


def test_ports() -> None:
    assert forbidden_endpoint("8.8.8.8", 443) is None
    assert forbidden_endpoint("8.8.8.8", 22) == "port"
    assert forbidden_endpoint("8.8.8.8", 22, LOOPBACK) == "port"
    assert forbidden_endpoint("127.0.0.1", 22, LOOPBACK) is None
    assert forbidden_endpoint("127.0.0.1", 80) == "loopback"


def test_there_are_enough_attacks() -> None:
    assert len(set(ATTACKS)) >= 300


@pytest.mark.parametrize("url", ATTACKS)
def test_attacks_are_refused(url: str) -> None:
    with pytest.raises(BadUrl) as caught:
        check_url(url)
    assert str(caught.value)
    assert len(caught.value.reason) < 20


@pytest.mark.parametrize(("url", "shown"), GOOD)
def test_good_urls_pass_in_one_spelling(url: str, shown: str) -> None:
    assert check_url(url) == shown
    assert check_url(shown) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost:8731/a", "http://localhost:8731/a"),
        ("http://LOCALHOST", "http://localhost/"),
        ("http://127.1:9/", "http://127.0.0.1:9/"),
        ("http://[::1]:9/", "http://[::1]:9/"),
        ("http://[::ffff:127.0.0.1]:9/", "http://[::ffff:7f00:1]:9/"),
        ("http://shop.internal:9000/", "http://shop.internal:9000/"),
    ],
)
def test_allowed_networks(url: str, shown: str) -> None:
    assert check_url(url, allow_networks=LOOPBACK) == shown


def test_allowed_networks_do_not_open_the_rest() -> None:
    for url in ("http://10.0.0.1/", "http://8.8.8.8:22/", "ftp://127.0.0.1/", "http://u@127.0.0.1/"):
        with pytest.raises(BadUrl):
            check_url(url, allow_networks=LOOPBACK)
    with pytest.raises(BadUrl):
        check_url("http://localhost/", allow_networks=(IPv4Network("10.0.0.0/8"),))


@given(st.text(max_size=60))
def test_any_text_is_judged_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://a.example/{text}", f"https://{text}/x"):
        try:
            shown = check_url(url)
        except BadUrl:
            continue
        assert shown.isascii()
        assert not set(shown) & set(' "<>\x7f')
        assert check_url(shown) == shown


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://a.example/x?y=//z", "http://a.example/x?y=//z"),
        ("http://a.example/", "https://a.example/"),
        ("http://a.example:8080/", None),
        ("https://[2606:4700::1]/", "http://[2606:4700::1]/"),
        ("https://[2606:4700::1]:8443/", None),
        ("ftp://a.example/", None),
    ],
)
def test_other_scheme(url: str, other: str | None) -> None:
    assert other_scheme(url) == other
