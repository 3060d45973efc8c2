"""``without_namespaces.py PROGRAM [ARG...]``: run a program as root where no user namespace may be made.

As in many containers. Done with a user namespace that maps every user to itself and forbids further ones, so only
root can start it.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
ALL_USERS = "0 0 65536"


def main() -> None:
    """Become the program in the first process, while the second one maps its users from outside."""
    ready_in, ready_out = os.pipe()
    done_in, done_out = os.pipe()
    target = os.getpid()
    if os.fork() == 0:
        os.read(ready_in, 1)
        Path(f"/proc/{target}/uid_map").write_text(ALL_USERS, encoding="ascii")
        Path(f"/proc/{target}/gid_map").write_text(ALL_USERS, encoding="ascii")
        os.write(done_out, b"x")
        os._exit(0)
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0:
        sys.exit("no user namespace to begin with")
    os.write(ready_out, b"x")
    os.read(done_in, 1)
    os.wait()
    Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


main()
