"""``fleet.json``: how other commands find the fleet that runs on a data directory."""

from pathlib import Path

import msgspec

from deploy.local.embedded import is_in_use, launcher_of, write_private

FILE_NAME = "fleet.json"


class FleetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A running fleet as its launcher describes it. Holds addresses of servers, so the file is private."""

    pid: int
    address: str
    database_url: str
    redis_url: str
    pids: dict[str, int]
    metrics_ports: dict[str, int]
    allow_networks: list[str]

    def __repr__(self) -> str:
        """Without the servers' addresses, which may hold passwords."""
        return f"FleetRecord(pid={self.pid}, address={self.address!r})"


def write_record(data_dir: Path, record: FleetRecord) -> None:
    """Publish ``record``, whole or not at all."""
    write_private(data_dir / FILE_NAME, msgspec.json.encode(record).decode() + "\n")


def remove_record(data_dir: Path) -> None:
    """Take it back."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)


def running_fleet(data_dir: Path) -> FleetRecord | None:
    """The fleet that runs on ``data_dir`` now, ready for requests; None when there is none.

    The lock decides: the process id of a killed launcher may belong to anybody by now.
    """
    if not is_in_use(data_dir):
        return None
    try:
        record = msgspec.json.decode((data_dir / FILE_NAME).read_bytes(), type=FleetRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return record if record.pid == launcher_of(data_dir) else None
