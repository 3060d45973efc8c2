"""What the site-level checks hear of a scan's probes."""

from shared.host_probes import HostProbes
from shared.scans import Work
from workers.probes.manner import asked_for


def network_of(scan: Work, probes: HostProbes | None) -> tuple[str, ...]:
    """The options of `checks_network` that were asked for and whose probes came to something."""
    wanted = asked_for(scan)
    known = {
        "assets": True,
        "external": True,
        "tls": probes is not None and probes.tls is not None,
        "host_variants": probes is not None and probes.variants is not None,
        "random_404": probes is not None and probes.random is not None,
        "ai_agents": probes is not None and probes.agents is not None,
    }
    return tuple(name for name, is_known in known.items() if is_known and name in wanted)
