"""What the site-level checks hear of a scan's probes."""

from msgspec.structs import replace

from shared.checks.site import SiteInputs
from shared.host_probes import HostProbes
from shared.scans import Work
from workers.probes.manner import asked_for


def with_probes(inputs: SiteInputs, scan: Work, probes: HostProbes | None) -> SiteInputs:
    """`inputs` with what the host was asked, and which options of `checks_network` came to something."""
    probes = probes or HostProbes()
    known = {
        "assets": True,
        "external": True,
        "tls": probes.tls is not None,
        "host_variants": probes.variants is not None,
        "random_404": probes.random is not None,
        "ai_agents": probes.agents is not None,
    }
    wanted = asked_for(scan)
    return replace(
        inputs,
        network=tuple(name for name, is_known in known.items() if is_known and name in wanted),
        probes=probes,
        unknown=() if comparable(probes) else ("integrity.cloaking",),
    )


def comparable(probes: HostProbes) -> bool:
    """Whether both we and Googlebot were shown a page whose text can be compared."""
    pages = (*probes.home, *(probes.search or ()))
    return len(pages) == 4 and all(one.ok and one.is_html and one.sketch for one in pages)  # noqa: PLR2004
