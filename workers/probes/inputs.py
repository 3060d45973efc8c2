"""What the site-level checks hear of a scan's probes."""

from msgspec.structs import replace

from shared.checks.site import SiteInputs
from shared.db.pool import Connection
from shared.host_probes import HostProbes
from shared.scans import Work
from workers.probes.manner import asked_for
from workers.probes.missing import load_missing
from workers.probes.of_host import load_answers, load_tls


async def load_probes(conn: Connection, scan: Work) -> HostProbes:
    """Everything that was asked of the scan's host."""
    answers, nowhere = await load_answers(conn, scan), await load_missing(conn, scan)
    return replace(answers, random=nowhere.random, tls=await load_tls(conn, scan))


def with_probes(inputs: SiteInputs, scan: Work, probes: HostProbes) -> SiteInputs:
    """`inputs` with what the host was asked, and which options of `checks_network` came to something."""
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
