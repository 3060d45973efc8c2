"""The checks of a host: each defect raises its id and what follows from it, clean hosts raise nothing."""

import msgspec
import pytest
from msgspec.structs import replace

from shared.checks import catalogue
from shared.checks.base import Level
from shared.checks.site import SiteInputs
from shared.host_probes import HostProbes
from shared.scans import Work
from tests.unit.workers.host_cases import BAD, CLEAN, GOOD, MORE_BAD, OPTIONS, host, seen
from tests.unit.workers.site_builder import clean, judge, site_inputs
from workers.probes.inputs import with_probes
from workers.probes.of_host import variants


def ids(inputs: SiteInputs) -> set[str]:
    found, judging = judge(clean(), inputs)
    assert [one.raised for one in judging.outcomes.values() if one.raised] == []
    assert all(one.evidence and one.url for one in found)
    return {one.check for one in found}


@pytest.mark.parametrize("check", BAD)
def test_the_defect_raises_its_id_and_nothing_unrelated(check: str) -> None:
    found = ids(BAD[check]())
    assert check in found
    assert found - {check} <= set(catalogue()[check].implies)


@pytest.mark.parametrize("name", MORE_BAD)
def test_an_error_page_is_recognised(name: str) -> None:
    assert ids(MORE_BAD[name]) == {"http.error_page_200"}


@pytest.mark.parametrize("name", GOOD)
def test_clean_hosts_are_clean(name: str) -> None:
    assert ids(GOOD[name]) == set()


def work(**options: object) -> Work:
    return msgspec.convert(
        {
            "id": "01920000-0000-7000-8000-000000000000", "owner": "x", "tier": "pro", "test": False,
            "url": "https://example.com/", "host": "example.com", "mode": "crawl", "options": options, "sealed": None,
            "profile": "p", "request_id": "r", "max_pages": 1, "status": "running", "phase": "fetching",
            "chunks_total": 1, "found": 1, "stop_requested_at": None, "incomplete": None, "skips": {},
            "created_at": "2026-11-20T00:00:00Z", "started_at": None, "ends_at": "2026-11-21T00:00:00Z",
        },
        Work,
    )  # fmt: skip


def undecided(scan: Work, probes: HostProbes) -> set[str]:
    _, judging = judge(clean(), with_probes(site_inputs(), scan, probes))
    needing = {c.id for c in catalogue().values() if c.level is Level.SITE and c.network is not None}
    return {one.check for one in judging.outcomes.values() if not one.decided and one.check in needing}


def test_what_was_not_asked_for_or_not_had_is_not_decided() -> None:
    everything = {*BAD, "perf.broken_asset"}
    assert undecided(work(), CLEAN) == everything
    assert undecided(work(checks_network=list(OPTIONS)), CLEAN) == set()
    assert undecided(work(checks_network=list(OPTIONS)), HostProbes()) == everything - {"perf.broken_asset"}
    assert undecided(work(checks_network=["random_404"]), CLEAN) == everything - {"http.error_page_200"}
    stranger = replace(CLEAN, search=(seen("https://example.com/", refused="forbidden (403)"),) * 2)
    assert undecided(work(checks_network=list(OPTIONS)), stranger) == {"integrity.cloaking"}
    assert "integrity.cloaking" in undecided(work(checks_network=list(OPTIONS)), replace(CLEAN, search=None))
    test_scan = replace(work(checks_network=list(OPTIONS)), test=True)
    assert undecided(test_scan, CLEAN) == everything


def test_probes_survive_storing() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(CLEAN)))
    assert msgspec.convert(stored, HostProbes) == CLEAN
    assert ids(host()) == set()


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://example.com/shop", ["example.com", "www.example.com"]),
        ("http://www.example.co.uk/", ["example.co.uk", "www.example.co.uk"]),
        ("https://blog.example.com/", ["blog.example.com"]),
        ("https://www.blog.example.com/", ["www.blog.example.com"]),
        ("https://example.com:8443/", []),
        ("https://192.0.2.1/", []),
        ("https://[2001:db8::1]/", []),
        ("https://localhost/", []),
    ],
)
def test_variants_of_a_host(url: str, hosts: list[str]) -> None:
    assert variants(url) == [f"{scheme}://{one}/" for scheme in ("http", "https") for one in hosts]
