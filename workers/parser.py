"""Runs a job on untrusted pages in a child process that can be killed, used from asyncio.

A page may freeze or blow up the parser (59 KB: 12.8 s and 2.9 GB). So the job runs in a child with an address-space
limit and a wall limit per page; the page that costs the child its life gets `ParserKilled`, the pages queued behind it
go to the next child. Children are forked from a template process that has imported the job already, so that a new one
is there within milliseconds; the worker itself, full of sockets and threads, is never forked.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Self

from workers.parser_frames import ANSWER, ANSWERED, MEMORY_EXIT, REQUEST, pack_pid, unpack_exit, unpack_pid

DEFAULT_MEMORY: Final = 1 << 30
DEFAULT_SECONDS: Final = 5.0
MAX_QUEUED: Final = 1_000
"""Pages waiting or running; more are refused."""
PIPELINED: Final = 8
"""Pages handed to the child ahead of its answers: it never waits for the loop, and little must be sent again."""
REST_SECONDS: Final = 0.025
"""At most so long answers are left in the socket while the child has more to do: a loop that wakes for several pages at
once also asks for several slots, sends several requests and hands several pages over at once."""
LEAST_REST: Final = 0.003
SPARE: Final = 2
"""Pages that the child should still have before it when the loop wakes."""
SLOW_SECONDS: Final = 0.25
"""A page that takes longer keeps its child for itself; the pages behind it go to another. 99 % of real pages take less
than a tenth of that."""
PATIENCE: Final = 3.0
"""How many times its limit a page may take by the clock, unless told otherwise, while it got less than half in CPU."""
MAX_ASIDE: Final = 2
"""Children that are left alone with a slow page at once; each may use all of its memory limit."""
ASIDE_NICENESS: Final = 10
PAGES_PER_CHILD: Final = 20_000
"""Then a fresh child takes over, so that nothing that grows grows for ever."""
SEND_BYTES: Final = 1 << 18
READ_BYTES: Final = 1 << 18
MAX_ANSWER: Final = 1 << 26
CLOSE_SECONDS: Final = 5.0
MAX_FAILURES: Final = 3
"""Templates in a row that may end before their first child."""

_TICKS: Final = os.sysconf("SC_CLK_TCK")

Reason = Literal["time", "memory", "crash"]


class ParserKilled(Exception):  # noqa: N818 - what happened, in the words of the outcome
    """The page cost the child its life: it took too long, too much memory, or crashed the parser."""

    def __init__(self, reason: Reason) -> None:
        """`reason` is "time", "memory" or "crash"."""
        super().__init__(f"the parser was ended by this page ({reason})")
        self.reason: Final[Reason] = reason


class JobFailed(Exception):  # noqa: N818 - the job's failure, not the parser's
    """The job raised; the message names the exception. The child lives on."""


class ParserClosed(Exception):  # noqa: N818 - a state
    """The parser was closed, or takes no more pages."""


class _Page:
    __slots__ = ("answer", "head", "number", "payload", "sent")

    def __init__(self, number: int, payload: bytes, answer: "asyncio.Future[bytes]") -> None:
        self.number = number
        self.payload = payload
        self.head = REQUEST.pack(number, len(payload))
        self.answer = answer
        self.sent = 0


class _Child:
    """One child as the parent sees it: its socket, the pages it was given, and what has been read so far."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pid = 0
        self.given: deque[_Page] = deque()
        self.unsent: deque[_Page] = deque()
        self.buffer = bytearray()
        self.taken = 0
        self.reason: Reason | None = None
        self.writing = False
        self.since = 0.0
        self.used: float | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.resting: asyncio.TimerHandle | None = None
        self.read_at = 0.0
        self.each = 0.0


class ParserProcess:
    """One killable child. `await run(payload, deadline=…)`; `start()` first, `close()` in the end; or `async with`."""

    def __init__(
        self,
        function: str,
        *,
        memory: int = DEFAULT_MEMORY,
        seconds: float = DEFAULT_SECONDS,
        patience: float = PATIENCE,
    ) -> None:
        """`function` names a `bytes -> bytes` as `module:name`; `memory`: bytes of address space; `seconds` a page.

        `patience` is how many times its seconds a page may take that the machine gives hardly a CPU.
        """
        self._function = function
        self._memory = memory
        self._seconds = seconds
        self._patience = patience
        self._queue: deque[_Page] = deque()
        self._numbers = 0
        self._child: _Child | None = None
        self._aside: set[_Child] = set()
        self._template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False
        self._failures = 0
        self._room = bytearray(READ_BYTES)
        self.respawns = 0
        """Children lost to a page or to an outside kill."""

    @property
    def closed(self) -> bool:
        """Whether it takes pages no more: it was closed, or its template can't be brought up again."""
        return self._closed

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the template and the first child; returns at once, pages wait until the imports are done."""
        self._loop = asyncio.get_running_loop()
        self._start_template()
        self._spawn()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    def _start_template(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-m",
            "workers.parser_child",
            self._function,
            str(theirs.fileno()),
            str(self._memory),
        ]
        root = Path(__file__).resolve().parents[1]
        with theirs:
            self._template = subprocess.Popen(command, pass_fds=(theirs.fileno(),), cwd=root, stdin=subprocess.DEVNULL)  # noqa: S603
        ours.setblocking(False)  # noqa: FBT003
        self._control = ours
        self._loop.add_reader(ours, self._on_control)

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        if self._control is None:
            return
        with theirs:
            socket.send_fds(self._control, [b"S"], [theirs.fileno()])
        self._child = _Child(ours)
        self._loop.add_reader(ours, self._on_readable, self._child)
        self._feed()

    async def close(self) -> None:
        """End the child and the template; pages still waiting get `ParserClosed`."""
        self._closed = True
        child, control, template = self._child, self._control, self._template
        self._child = self._control = self._template = None
        for one in (*self._aside, *((child,) if child is not None else ())):
            self._release(one)
            self._queue.extendleft(reversed(one.given))
        self._aside.clear()
        for page in self._queue:
            if not page.answer.done():
                page.answer.set_exception(ParserClosed("the parser was closed"))
        self._queue.clear()
        if control is not None:
            self._loop.remove_reader(control)
            control.close()
        if template is not None:
            await asyncio.to_thread(_end, template)

    def _release(self, child: _Child) -> None:
        for timer in (child.timer, child.resting):
            if timer is not None:
                timer.cancel()
        child.timer = child.resting = None
        self._loop.remove_reader(child.sock)
        if child.writing:
            self._loop.remove_writer(child.sock)
        child.sock.close()

    # -- pages ---------------------------------------------------------------------------------------------------

    async def run(self, payload: bytes, *, deadline: float) -> bytes:
        """The job's answer for `payload`. `deadline` in seconds from now, waiting included.

        Raises `ParserKilled` when this page ended the child, `JobFailed` when the job raised, `TimeoutError` at the
        deadline (a page that waits is then dropped), `ParserClosed`.
        """
        if self._closed or self._template is None:
            raise ParserClosed("the parser is closed")
        if len(self._queue) >= MAX_QUEUED:
            raise ParserClosed("the parser's queue is full")
        self._numbers += 1
        page = _Page(self._numbers, payload, self._loop.create_future())
        self._queue.append(page)
        self._feed()
        async with asyncio.timeout(deadline):
            return await page.answer

    def _feed(self) -> None:
        """Hand waiting pages to the child, as many as may be on the way."""
        child = self._child
        if child is None:
            return
        if child.taken >= PAGES_PER_CHILD:
            if not child.given:
                self._retire(child)
            return
        while self._queue and len(child.given) < PIPELINED:
            page = self._queue.popleft()
            if page.answer.done():
                continue
            page.sent = 0
            child.given.append(page)
            child.unsent.append(page)
            child.taken += 1
            if len(child.given) == 1:
                self._watch(child)
        self._write(child)

    def _retire(self, child: _Child) -> None:
        """A child that has served long enough ends by itself when its socket closes."""
        self._release(child)
        self._child = None
        self._spawn()

    def _write(self, child: _Child) -> None:
        """Send what fits into the socket's buffer; the rest when it is writable again."""
        while child.unsent:
            page = child.unsent[0]
            skip = max(0, page.sent - len(page.head))
            pieces = [memoryview(page.payload)[skip : skip + SEND_BYTES]]
            if page.sent < len(page.head):
                pieces.insert(0, memoryview(page.head)[page.sent :])
            try:
                page.sent += child.sock.sendmsg(pieces)
            except BlockingIOError:
                break
            except OSError:  # the child has ended; its exit message says how
                child.unsent.clear()
                break
            if page.sent == len(page.head) + len(page.payload):
                child.unsent.popleft()
            elif skip + SEND_BYTES < len(page.payload):
                break  # one piece a turn of the loop
        if bool(child.unsent) != child.writing:
            child.writing = bool(child.unsent)
            if child.writing:
                self._loop.add_writer(child.sock, self._write, child)
            else:
                self._loop.remove_writer(child.sock)

    def _on_readable(self, child: _Child) -> None:
        answered = self._on_answer(child)
        if self._child is child and answered:
            self._rest(child, answered)

    def _rest(self, child: _Child, answered: int) -> None:
        """Leave the next answers unread for as long as the child is sure to be busy, by what its pages took so far."""
        now = self._loop.time()
        if child.read_at:
            child.each = (3 * child.each + (now - child.read_at) / answered) / 4
        child.read_at = now if child.given else 0.0
        rest = min(REST_SECONDS, child.each * (len(child.given) - SPARE))
        if rest >= LEAST_REST:
            self._loop.remove_reader(child.sock)
            child.resting = self._loop.call_later(rest, self._rested, child)

    def _rested(self, child: _Child) -> None:
        child.resting = None
        self._loop.add_reader(child.sock, self._on_readable, child)

    def _on_answer(self, child: _Child) -> int:
        """Read what there is; the number of pages answered."""
        try:
            size = child.sock.recv_into(self._room)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            size = 0
        if not size:
            self._loop.remove_reader(child.sock)  # the exit message follows
            return 0
        child.buffer += memoryview(self._room)[:size]
        answered = 0
        while len(child.buffer) >= ANSWER.size:
            number, size, outcome = ANSWER.unpack_from(child.buffer)
            if size > MAX_ANSWER:
                self._kill(child, "memory")
                break
            end = ANSWER.size + size
            if len(child.buffer) < end:
                break
            answer = bytes(memoryview(child.buffer)[ANSWER.size : end])
            del child.buffer[:end]
            self._answered(child, number, outcome, answer)
            answered += 1
        return answered

    def _answered(self, child: _Child, number: int, outcome: int, answer: bytes) -> None:
        page = child.given.popleft()
        if page.number != number:
            message = f"answer {number} to page {page.number}"
            raise RuntimeError(message)
        if not page.answer.done():
            if outcome == ANSWERED:
                page.answer.set_result(answer)
            else:
                page.answer.set_exception(JobFailed(answer.decode("utf-8", "replace")))
        page.payload = b""
        if child.given:
            self._watch(child)
        elif child.timer is not None:
            child.timer.cancel()
            child.timer = None
        if self._child is child:
            self._feed()
        elif child in self._aside:
            self._dismiss(child)

    # -- limits and ends -----------------------------------------------------------------------------------------

    def _watch(self, child: _Child) -> None:
        """The first page given has the wall limit from now on. One timer serves many: it looks again when it fires."""
        child.since = self._loop.time()
        child.used = None
        if child.timer is None:
            child.timer = self._loop.call_later(min(SLOW_SECONDS, self._seconds), self._on_timer, child)

    def _on_timer(self, child: _Child) -> None:
        child.timer = None
        if not child.given or (child is not self._child and child not in self._aside):
            return
        if not child.pid:
            child.since = self._loop.time()  # still importing: the page hasn't begun
        if child.used is None:
            child.used = _cpu_seconds(child.pid)
        left = child.since + self._seconds - self._loop.time()
        if left <= 0 and self._is_starved(child):
            left = SLOW_SECONDS
        elif left <= 0:
            before = child.given[0]
            self._on_answer(child)  # the loop itself may have been late
            if child.given and child.given[0] is before:
                self._kill(child, "time")
                return
            left = self._seconds
        elif left <= self._seconds - SLOW_SECONDS and child is self._child and child.pid:
            self._set_aside(child)
        if child.given and child.timer is None:
            pause = left if child in self._aside else min(left, SLOW_SECONDS)
            child.timer = self._loop.call_later(max(pause, 0.01), self._on_timer, child)

    def _is_starved(self, child: _Child) -> bool:
        """Whether a page whose time is over hardly had a CPU in it: a busy machine isn't its fault."""
        if child.used is None or self._loop.time() - child.since >= self._patience * self._seconds:
            return False
        used = _cpu_seconds(child.pid)
        return used is not None and used - child.used < self._seconds / 2

    def _set_aside(self, child: _Child) -> None:
        """Leave a child alone with its slow page if others wait for it: they go to a new one, in their order."""
        if len(self._aside) >= MAX_ASIDE or not (len(child.given) > 1 or self._queue):
            return
        slow = child.given.popleft()
        self._queue.extendleft(reversed(child.given))
        child.given = deque([slow])
        child.unsent = deque([slow] if slow in child.unsent else [])
        self._aside.add(child)
        with suppress(OSError):  # it may have ended
            os.setpriority(os.PRIO_PROCESS, child.pid, ASIDE_NICENESS)
        self._child = None
        self._spawn()

    def _dismiss(self, child: _Child) -> None:
        """End a child that was left alone: pages that others have now may be in its socket."""
        self._aside.discard(child)
        self._release(child)
        child.buffer.clear()
        if self._control is not None:
            self._control.send(pack_pid(b"K", child.pid))

    def _kill(self, child: _Child, reason: Reason) -> None:
        if child.reason is None and self._control is not None:
            child.reason = reason
            self._control.send(pack_pid(b"K", child.pid))

    def _on_control(self) -> None:
        if self._control is None:
            return
        try:
            message = self._control.recv(64)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            message = b""
        if not message:
            self._template_lost()
        elif message[:1] == b"P":
            self._failures = 0
            if self._child is not None and not self._child.pid:
                self._child.pid = unpack_pid(message)
                self._child.since = self._loop.time()
        else:
            pid, status = unpack_exit(message)
            for child in (self._child, *self._aside):
                if child is not None and child.pid == pid:
                    self._lost(child, status)
                    break

    def _lost(self, child: _Child, status: int) -> None:
        """Blame the page in work, give the others to a new child."""
        aside = child in self._aside
        self._aside.discard(child)
        while child.given and child.sock.fileno() >= 0:
            before = len(child.given)
            if not aside:
                self._child = None  # answers that were written before the end still count, but nothing new is given
            self._on_answer(child)
            if len(child.given) == before:
                break
        self._release(child)
        self.respawns += 1
        if child.given and child.given[0].sent >= len(child.given[0].head):
            culprit = child.given.popleft()
            if not culprit.answer.done():
                culprit.answer.set_exception(ParserKilled(child.reason or _reason(status)))
        self._queue.extendleft(reversed(child.given))
        if not aside:
            self._child = None
            self._spawn()
        elif self._child is not None:
            self._feed()

    def _template_lost(self) -> None:
        """Somebody ended the template, and with it the child: begin again, nobody is to blame."""
        control, template, child = self._control, self._template, self._child
        self._control = self._template = self._child = None
        if control is not None:
            self._loop.remove_reader(control)
            control.close()
        for one in (*self._aside, *((child,) if child is not None else ())):
            self._release(one)
            self._queue.extendleft(reversed(one.given))
        self._aside.clear()
        if self._closed or template is None:
            return
        template.kill()
        self._failures += 1
        if template.wait() > 0 or self._failures >= MAX_FAILURES:  # the job can't be imported, and won't be next time
            self._closed = True
            for page in self._queue:
                if not page.answer.done():
                    page.answer.set_exception(ParserClosed("the job could not be loaded"))
            self._queue.clear()
            return
        self.respawns += 1
        self._start_template()
        self._spawn()


def _reason(status: int) -> Reason:
    """Why a child ended that we didn't kill: SIGKILL from outside is the kernel's answer to a lack of memory."""
    if os.WIFEXITED(status):
        return "memory" if os.WEXITSTATUS(status) == MEMORY_EXIT else "crash"
    return "memory" if os.WTERMSIG(status) == signal.SIGKILL else "crash"


def _cpu_seconds(pid: int) -> float | None:
    """CPU time that a process has used; None when that can't be told (it ended, or the system has no /proc)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS  # utime and stime, proc(5)


def _end(template: "subprocess.Popen[bytes]") -> None:
    try:
        template.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        template.kill()
        template.wait()
