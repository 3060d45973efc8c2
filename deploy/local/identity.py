"""As whom Postgres runs: it refuses to be root, and wants a user that the system knows."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.process import spawn_command

PROBE_SECONDS = 10.0


class Kind(Enum):
    """The three ways to a user that Postgres accepts."""

    SELF = "self"
    NAMESPACE = "namespace"
    """A user namespace in which we appear as another user; files stay ours."""
    USER = "user"
    """Another user for good; files must be theirs, and their directories reachable for them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A way to run a server, and the owner that its files must have on disk."""

    kind: Kind
    uid: int
    gid: int

    @property
    def spec(self) -> str:
        """As spawn.py takes it."""
        return "self" if self.kind is Kind.SELF else f"{self.kind.value}:{self.uid}:{self.gid}"

    @property
    def owner(self) -> tuple[int, int]:
        """User and group id that the server's files have, seen from this process."""
        if self.kind is Kind.USER:
            return self.uid, self.gid
        return os.geteuid(), os.getegid()

    def can_use(self, programs: Sequence[Path], directories: Sequence[Path]) -> bool:
        """Whether the server could run ``programs`` and write to ``directories``. Starts short probes to find out."""
        commands = [[str(program), "--version"] for program in programs]
        if directories:
            commands.append(["--access", *map(str, directories)])
        return all(_succeeds(spawn_command(command, identity=self.spec)) for command in commands)


def namespace_identity() -> Identity:
    """A user namespace; whether the kernel allows it is for ``can_use`` to find out."""
    user = _known_user((1000, 1, 2))
    return Identity(Kind.NAMESPACE, user.pw_uid, user.pw_gid)


def unprivileged_identity() -> Identity:
    """The user ``nobody``. Only root can become it."""
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        user = _known_user((65534, 1, 2))
    return Identity(Kind.USER, user.pw_uid, user.pw_gid)


def choose_identity(programs: Sequence[Path], directories: Sequence[Path]) -> Identity:
    """The least intrusive identity that works here. Raises LaunchError when none does.

    As a plain user that is ourselves. As root (or as a user without an entry in the password database, which initdb
    refuses) it is a user namespace, and where those are forbidden or can't reach the files, ``nobody``.
    """
    if os.geteuid() != 0 and _is_known(os.geteuid()):
        return Identity(Kind.SELF, os.geteuid(), os.getegid())
    namespace = namespace_identity()
    if namespace.can_use(programs, directories):
        return namespace
    other = unprivileged_identity()
    if os.geteuid() == 0 and _may_become(other):
        return other
    message = (
        f"Postgres can't run here: it refuses to run as user {os.geteuid()}, and this system allows neither a user "
        "namespace nor a change of user. Start scanfleet as an ordinary user, or set DATABASE_URL and REDIS_URL "
        "to servers of your own."
    )
    raise LaunchError(message)


def _may_become(identity: Identity) -> bool:
    # "/" can be entered by everybody but written by nobody, so 1 ("no") shows that the switch itself worked.
    command = spawn_command(["--access", "/"], identity=identity.spec)
    return _status(command) in {0, 1}


def _succeeds(command: list[str]) -> bool:
    return _status(command) == 0


def _status(command: list[str]) -> int:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=PROBE_SECONDS).returncode
    except subprocess.TimeoutExpired:
        return -1


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _known_user(candidates: Sequence[int]) -> pwd.struct_passwd:
    for uid in candidates:
        if _is_known(uid):
            return pwd.getpwuid(uid)
    message = f"This system has none of the users {candidates}; set DATABASE_URL and REDIS_URL instead."
    raise LaunchError(message)
