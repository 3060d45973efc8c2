"""What an embedded Postgres costs."""

from pathlib import Path

from tests.bench.processes import cpu_of


def cpu_of_server(postmaster: int) -> float:
    """CPU seconds of a Postgres and all its backends, those that have ended as well."""
    total = cpu_of(postmaster)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == postmaster:
                total += cpu_of(int(stat.parent.name))
        except OSError:
            continue  # it ended meanwhile
    return total
