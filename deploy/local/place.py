"""Where a server's files go: paths short enough for sockets, and reachable for the user that the server runs as."""

import hashlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

from deploy.local.binaries import PostgresPrograms
from deploy.local.errors import LaunchError
from deploy.local.identity import Identity

MAX_SOCKET_PATH = 107
"""Bytes of a socket's path, without the final zero (unix(7): sun_path has 108)."""

LONGEST_SOCKET_NAME = "/.s.PGSQL.5432.lock"
RELOCATED_ROOTS = (Path("/var/lib/scanfleet"), Path("/var/tmp/scanfleet"))  # noqa: S108 - ours alone, checked


def private_dir(path: Path, owner: tuple[int, int] | None = None) -> Path:
    """Make ``path`` a directory with mode 0700 that belongs to ``owner``. Raises LaunchError if that fails."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        if owner is not None and (path.stat().st_uid, path.stat().st_gid) != owner:
            os.chown(path, *owner)
    except OSError as error:
        message = f"Can't use the directory {path}: {error.strerror}. Choose another one with --data DIR."
        raise LaunchError(message) from error
    return path


class SocketDir:
    """A private directory for sockets: the wanted one if it will do, else a link there to one in /tmp."""

    def __init__(self, wanted: Path, identity: Identity) -> None:
        """Prepare it; a directory left behind by a killed run is used again."""
        self._link = wanted
        self._identity = identity
        self.path = wanted if self._usable_in_place() else self._linked()

    def _usable_in_place(self) -> bool:
        if self._link.is_symlink() or not _short_enough(self._link):
            return False
        private_dir(self._link, self._identity.owner)
        return _takes_sockets(self._link) and self._identity.can_use((), (self._link,))

    def _linked(self) -> Path:
        if self._link.is_symlink():
            target = self._link.readlink()
            if _is_private(target, self._identity.owner[0]):
                return target
            self._link.unlink()
        elif self._link.is_dir():
            self._link.rmdir()
        target = Path(tempfile.mkdtemp(prefix="scanfleet-", dir=_short_temporary_root()))
        private_dir(target, self._identity.owner)
        self._link.symlink_to(target)
        return target

    def remove(self) -> None:
        """Remove the directory in /tmp and the link to it; a directory in place stays."""
        if self._link.is_symlink():
            shutil.rmtree(self.path, ignore_errors=True)
            self._link.unlink()


def _short_enough(directory: Path) -> bool:
    return len(os.fsencode(directory)) + len(LONGEST_SOCKET_NAME) <= MAX_SOCKET_PATH


def _short_temporary_root() -> Path:
    for root in (Path("/tmp"), Path(tempfile.gettempdir())):  # noqa: S108 - mkdtemp makes a private one in it
        if os.access(root, os.W_OK | os.X_OK) and _short_enough(root / "scanfleet-12345678"):
            return root
    message = "No temporary directory with a path short enough for a socket; set TMPDIR=/tmp."
    raise LaunchError(message)


def _takes_sockets(directory: Path) -> bool:
    """Some shared and network file systems don't."""
    path = directory / f".probe-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True


def _is_private(path: Path, uid: int) -> bool:
    """Whether ``path`` is a real directory of ``uid`` that nobody else may enter: in /tmp anyone can make a name."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return path.is_dir() and not path.is_symlink() and status.st_uid == uid and status.st_mode & 0o077 == 0


class PostgresPlace:
    """Data directory and programs where ``identity`` can reach them.

    In the state directory if possible. Else data and a copy of the programs go to a directory outside, and
    ``<state>/postgres`` is a link to it.
    """

    def __init__(self, state: Path, programs: PostgresPrograms, identity: Identity, *, temporary: bool) -> None:
        """Settle the place. ``temporary`` data are thrown away by ``remove`` when they had to go outside."""
        self._link = state / "postgres"
        self._temporary = temporary
        self._base: Path | None = None
        self.programs = programs
        if self._link.is_symlink():
            self._base = self._link.readlink().parent
        elif not identity.can_use((programs.postgres,), (state,)) and not self._opened(state, programs, identity):
            self._base = _relocated_base(state, temporary=temporary)
        if self._base is None:
            self.data_dir = self._link
        else:
            self.data_dir = self._base / "postgres"
            self.programs = _copied(programs, self._base)
            if not self._link.is_symlink():
                self._move_out(self._base)

    def _opened(self, state: Path, programs: PostgresPrograms, identity: Identity) -> bool:
        """Let other users pass through the state directory; enough if the directories above it do too."""
        if identity.owner[0] == os.geteuid():
            return False
        before = state.stat().st_mode & 0o777
        state.chmod(before | 0o011)
        probe = private_dir(state / ".probe", identity.owner)
        usable = identity.can_use((programs.postgres,), (probe,))
        probe.rmdir()
        if not usable:
            state.chmod(before)
        return usable

    def _move_out(self, base: Path) -> None:
        if self._link.is_dir():
            shutil.copytree(self._link, base / "postgres", symlinks=True)
            shutil.rmtree(self._link)
        self._link.symlink_to(base / "postgres")

    def remove(self) -> None:
        """Throw away temporary data that live outside the state directory."""
        if self._temporary and self._base is not None:
            shutil.rmtree(self._base, ignore_errors=True)
            self._link.unlink(missing_ok=True)


def _relocated_base(state: Path, *, temporary: bool) -> Path:
    if temporary:
        base = Path(tempfile.mkdtemp(prefix="scanfleet-", dir=_short_temporary_root()))
        base.chmod(0o711)
        return base
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    problems: list[str] = []
    for root in RELOCATED_ROOTS:
        try:
            root.mkdir(mode=0o711, exist_ok=True)
            if not _is_ours(root):
                problems.append(f"{root} belongs to somebody else")
                continue
            (root / name).mkdir(mode=0o711, exist_ok=True)
        except OSError as error:
            problems.append(f"{root}: {error.strerror}")
        else:
            return root / name
    message = (
        f"Postgres can't reach {state} as an ordinary user, and there is no other place for its data "
        f"({'; '.join(problems)}). Choose a directory that everybody may enter with --data DIR."
    )
    raise LaunchError(message)


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return path.is_dir() and not path.is_symlink() and status.st_uid == os.geteuid() and status.st_mode & 0o022 == 0


def _copied(programs: PostgresPrograms, base: Path) -> PostgresPrograms:
    """A copy of the installation under ``base``: 41 MB, made once (0.2 s) and renamed into place when complete."""
    installation = programs.bin_dir.parent
    package = installation.parent
    copy = base / f"programs-{programs.version}"
    if not copy.exists():
        partial = base / f"programs-{programs.version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(installation, partial / package.name / installation.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            # The programs look for these next to their package.
            shutil.copytree(libraries, partial / libraries.name)
        partial.rename(copy)
    return PostgresPrograms(copy / package.name / installation.name / programs.bin_dir.name, programs.version)
