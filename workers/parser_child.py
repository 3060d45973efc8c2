"""The other side of `workers.parser`: a template process that imports the job once, and its forks that run it.

    python -m workers.parser_child MODULE:FUNCTION CONTROL_FD MEMORY_BYTES

The template reads commands from a sequenced-packet socket: `S` with a descriptor forks a child that serves it;
`K` and a pid kills one. It answers `P` and the new pid, `X`, pid and wait status when one ended. It reads no
stranger's page and has no thread, so forking it is safe and takes milliseconds. Everybody dies with the process above
(PR_SET_PDEATHSIG).
"""

import ctypes
import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Final

from workers.parser_frames import ANSWER, ANSWERED, MEMORY_EXIT, RAISED, REQUEST, pack_exit, pack_pid, unpack_pid

Job = Callable[[bytes], bytes]

MAX_MESSAGE: Final = 500
COLLECT_EVERY: Final = 256
"""Jobs between two collections of circles."""
_PR_SET_PDEATHSIG: Final = 1


def load(name: str) -> Job:
    """The function named `module:function`.

    If the module has a `warm_up`, it is called once, so that no child pays for what the first page loads (0.3 s).
    """
    place, _, function = name.partition(":")
    module = importlib.import_module(place)
    job: Job = getattr(module, function)
    warm_up: Callable[[], object] | None = getattr(module, "warm_up", None)
    if warm_up is not None:
        warm_up()
    return job


def _die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went away before we asked to be told
        os._exit(0)


def _receive(sock: socket.socket, size: int) -> bytearray | None:
    """Exactly `size` bytes, None when the other side closed."""
    data = bytearray(size)
    view = memoryview(data)
    position = 0
    while position < size:
        count = sock.recv_into(view[position:])
        if not count:
            return None
        position += count
    return data


def serve(sock: socket.socket, job: Job) -> None:
    """Answer frames until the other side closes. A lack of memory ends the process: what is left can't be trusted."""
    for done in count(1):
        head = _receive(sock, REQUEST.size)
        if head is None:
            return
        number, size = REQUEST.unpack(head)
        payload = _receive(sock, size)
        if payload is None:
            return
        try:
            outcome, answer = ANSWERED, job(bytes(payload))
        except MemoryError:
            os._exit(MEMORY_EXIT)
        except Exception as error:  # noqa: BLE001 - it is reported to the caller, who knows what the job was
            outcome, answer = RAISED, f"{type(error).__name__}: {error}"[:MAX_MESSAGE].encode("utf-8", "replace")
        del payload
        sock.sendall(ANSWER.pack(number, len(answer), outcome))
        sock.sendall(answer)
        if done % COLLECT_EVERY == 0:
            gc.collect()


def _child(sock: socket.socket, job: Job, memory: int, template: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _die_with(template)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # a page makes thousands of objects and no circles: collections cost 5 % and found nothing
    serve(sock, job)


def _wake(_number: int, _frame: object) -> None:
    """Having a handler at all makes the signal write to the wake-up socket."""


class Template:
    """Forks children on command and tells how they ended."""

    def __init__(self, control: socket.socket, job: Job, memory: int) -> None:
        """`memory` limits each child's address space, bytes."""
        self._control = control
        self._job = job
        self._memory = memory
        self._children: set[int] = set()

    def run(self) -> None:
        """Obey until the control socket closes; then end all children."""
        wake, waker = socket.socketpair()
        waker.setblocking(False)  # noqa: FBT003
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)
        while True:
            ready, _, _ = select.select([self._control, wake], [], [])
            if wake in ready:
                wake.recv(4096)
                self._reap()
            if self._control in ready and not self._obey():
                break
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)

    def _reap(self) -> None:
        for pid in tuple(self._children):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self._children.discard(pid)
                with suppress(OSError):  # nobody listens any more: the loop ends with the next read
                    self._control.send(pack_exit(pid, status))

    def _obey(self) -> bool:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 64, 1)
        except ConnectionResetError:  # closed with a word of ours unread
            return False
        if not message:
            return False
        if message[:1] == b"K":
            pid = unpack_pid(message)
            if pid in self._children:
                os.kill(pid, signal.SIGKILL)
        elif descriptors:
            self._fork(socket.socket(fileno=descriptors[0]))
        return True

    def _fork(self, sock: socket.socket) -> None:
        template = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._control.close()
                _child(sock, self._job, self._memory, template)
                code = 0
            except (BrokenPipeError, ConnectionResetError):
                code = 0  # the worker went away
            except MemoryError:
                code = MEMORY_EXIT
            finally:
                os._exit(code)
        sock.close()
        self._children.add(pid)
        with suppress(OSError):  # nobody listens any more: the loop ends with the next read
            self._control.send(pack_pid(b"P", pid))


def main(arguments: list[str]) -> None:
    """Entry point of the template process."""
    name, descriptor, memory = arguments
    _die_with(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the worker's to handle
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    control = socket.socket(fileno=int(descriptor))
    job = load(name)
    gc.collect()
    gc.freeze()
    Template(control, job, int(memory)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
