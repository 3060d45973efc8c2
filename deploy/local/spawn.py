"""Become another program that dies with its parent: ``spawn.py PARENT SIGNAL IDENTITY PROGRAM [ARG...]``.

A script of its own (run as ``python -I -S spawn.py``, 12 ms) rather than ``preexec_fn``: forking a threaded
interpreter and then running Python in the child can deadlock, and ``unshare`` demands a process with one thread.

PARENT is the process id that must be alive, SIGNAL what the kernel sends when it dies (prctl(2), PR_SET_PDEATHSIG).
IDENTITY is ``self``, ``namespace:UID:GID`` (a user namespace in which the caller appears as UID) or ``user:UID:GID``.
With ``--access`` as PROGRAM nothing is started: the exit status says whether every ARG may be written and entered.
Standard library only.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
EXIT_FORBIDDEN = 77


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs 10 ms
        file.write(text)


def enter_namespace(uid: int, gid: int) -> None:
    """Enter a user namespace in which this process's user is called ``uid`` (user_namespaces(7))."""
    own_uid, own_gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    # Without this an unprivileged process may not write gid_map.
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {own_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {own_gid} 1")


def become_user(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def take_identity(identity: str) -> None:
    """Switch to ``identity`` as described at the top; raises OSError where that is forbidden."""
    kind, _, rest = identity.partition(":")
    if kind == "self":
        return
    uid, _, gid = rest.partition(":")
    if kind == "namespace":
        enter_namespace(int(uid), int(gid))
    else:
        become_user(int(uid), int(gid))


def die_with(parent: int, signal_number: int) -> None:
    """Ask the kernel to end this process with its parent. After the identity: a change of user forgets the request."""
    if not sys.platform.startswith("linux"):
        return
    _call("prctl", PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(EXIT_FORBIDDEN)


def main(arguments: list[str]) -> int:
    """Do what the command line says; returns only when no program was started."""
    parent, signal_number, identity, program, *rest = arguments
    try:
        take_identity(identity)
        die_with(int(parent), int(signal_number))
    except OSError as error:
        sys.stderr.write(f"spawn: {identity}: {error}\n")
        return EXIT_FORBIDDEN
    if program == "--access":
        return 0 if all(os.access(path, os.W_OK | os.X_OK) for path in rest) else 1
    try:
        os.execv(program, [program, *rest])  # noqa: S606 - no shell
    except OSError as error:
        sys.stderr.write(f"spawn: {program}: {error}\n")
        return EXIT_FORBIDDEN


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
