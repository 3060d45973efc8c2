"""Who reaches whom by the network policies, as a network plugin reads them: a way is open where both ends let it be.

No cluster enforces them here, so this is a model (https://kubernetes.io/docs/concepts/services-networking/network-policies/):
a pod that a policy chooses may only do what some policy that chooses it allows; others may do everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.manifests.estate import KUBERNETES, documents

OURS = "scanfleet"
POLICIES = [
    one["spec"] for path in sorted(KUBERNETES.rglob("*.yaml")) for one in documents(path)
    if one["kind"] == "NetworkPolicy"
]  # fmt: skip
"""Of both overlays together: neither has one that shuts what the other opens."""
PORTS = {"http": 8080}


@dataclass(frozen=True)
class End:
    """A pod with labels in a namespace, or an address outside the cluster."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str = ""


def service(component: str) -> End:
    return End(OURS, {"app.kubernetes.io/name": "scanfleet", "app.kubernetes.io/component": component})


def server(name: str) -> End:
    return End(OURS, {"app.kubernetes.io/name": name})


NAMES = End("kube-system", {"k8s-app": "kube-dns"})
MONITORING, INGRESS, OTHERS = End("monitoring"), End("ingress-nginx"), End("somebody")
PUBLIC, PUBLIC6 = End(address="93.184.216.34"), End(address="2606:4700::1111")
OWN_SERVERS = End(address="10.20.30.4")
PRIVATE = [End(address=ip) for ip in ("10.1.2.3", "192.168.1.1", "172.20.0.10", "169.254.169.254", "fd00::1")]
SERVICES = ("gateway", "scheduler", "worker", "migrate")


def chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_peer(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        if not end.address:
            return False
        address, block = ip_address(end.address), peer["ipBlock"]
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(part) for part in block.get("except", ())
        )
    names = peer.get("namespaceSelector")
    inside = end.namespace == OURS if names is None else chosen(names, {"kubernetes.io/metadata.name": end.namespace})
    return bool(end.namespace) and inside and chosen(peer.get("podSelector", {}), end.labels)


def lets(kind: str, pod: End, other: End, port: int) -> bool:
    if pod.namespace != OURS:
        return True
    side = "to" if kind == "Egress" else "from"
    mine = [one for one in POLICIES if kind in one["policyTypes"] and chosen(one["podSelector"], pod.labels)]
    return not mine or any(
        any(PORTS.get(str(one["port"]), one["port"]) == port for one in rule["ports"])
        and any(is_peer(peer, other) for peer in rule[side])
        for policy in mine
        for rule in policy.get(kind.lower(), ())
    )


def way(start: End, end: End, port: int) -> bool:
    return lets("Egress", start, end, port) and lets("Ingress", end, start, port)


def wanted() -> Iterator[tuple[End, End, int]]:
    for name in SERVICES:
        yield service(name), NAMES, 53
        yield service(name), server("postgres"), 5432
        yield service(name), OWN_SERVERS, 5432
        yield service(name), OWN_SERVERS, 6379
        yield service(name), MONITORING, 4318
    for name in SERVICES[:3]:
        yield service(name), server("valkey"), 6379
        yield MONITORING, service(name), 9100
    yield INGRESS, service("gateway"), 8080
    for end in (PUBLIC, PUBLIC6):
        yield from ((service("worker"), end, port) for port in (80, 443, 8080))
        yield from ((service("scheduler"), end, port) for port in (443, 465, 587))


def unwanted() -> Iterator[tuple[End, End, int]]:
    for name in SERVICES:
        yield from ((service(name), end, port) for end in PRIVATE for port in (80, 443))
        yield from ((service(name), PUBLIC, port) for port in (22, 25, 5432, 6379))
        yield from ((other, service(name), 9100) for other in (OTHERS, INGRESS, PUBLIC))
    yield from ((service(name), PUBLIC, 443) for name in ("gateway", "migrate"))
    yield from ((server(name), PUBLIC, 443) for name in ("postgres", "valkey"))
    yield from ((OTHERS, server(name), port) for name, port in (("postgres", 5432), ("valkey", 6379)))
    yield from ((OTHERS, service(name), 8080) for name in SERVICES)
    yield INGRESS, service("worker"), 8080
    yield server("valkey"), server("postgres"), 5432
    yield service("worker"), PUBLIC, 587


def told(one: tuple[End, End, int]) -> str:
    start, end, port = one
    names = ["/".join(filter(None, (e.address or e.namespace, *e.labels.values()))) for e in (start, end)]
    return f"{names[0]} to {names[1]}:{port}"


@pytest.mark.parametrize("one", list(wanted()), ids=told)
def test_what_is_needed_is_open(one: tuple[End, End, int]) -> None:
    assert way(*one)


@pytest.mark.parametrize("one", list(unwanted()), ids=told)
def test_the_rest_is_shut(one: tuple[End, End, int]) -> None:
    assert not way(*one)
