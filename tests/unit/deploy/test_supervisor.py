"""Restarts, back-off, crash loops and the order of a drain, on runners and a clock that do as they are told."""

import signal
from pathlib import Path

import pytest

from deploy.local.supervisor import SERVER_STAGE, CrashLoopError, Supervisor, describe_status


class FakeRunner:
    """A process that ends when it is told to."""

    def __init__(self, name: str, events: list[str], log_path: Path, *, stubborn: bool = False) -> None:
        self.name = name
        self.log_path = log_path
        self.status: int | None = None
        self.launches = 0
        self._events = events
        self._stubborn = stubborn

    @property
    def pid(self) -> int | None:
        return 100 + self.launches if self.launches and self.status is None else None

    def launch(self) -> None:
        self.launches += 1
        self.status = None

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self._events.append(f"terminate {self.name}")
        if not self._stubborn:
            self.status = 0

    def kill(self) -> None:
        self._events.append(f"kill {self.name}")
        self.status = -9


class Stage:
    """A supervisor with a clock of its own."""

    def __init__(self, log_dir: Path) -> None:
        self.now = 1000.0
        self.said: list[str] = []
        self.events: list[str] = []
        self.supervisor = Supervisor(self.said.append, self.tick)
        self._log_dir = log_dir

    def tick(self) -> float:
        self.now += 0.001
        return self.now

    def keep(self, name: str, stage: int = 0, *, stubborn: bool = False) -> FakeRunner:
        runner = FakeRunner(name, self.events, self._log_dir / f"{name}.log", stubborn=stubborn)
        self.supervisor.keep(runner, stage)
        return runner


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_what_runs_is_left_alone(stage: Stage) -> None:
    runner = stage.keep("gateway")
    stage.supervisor.check_all()
    assert runner.launches == 1
    assert stage.supervisor.pids == {"gateway": 101}


def test_a_death_is_followed_by_a_start_after_a_growing_pause(stage: Stage) -> None:
    runner = stage.keep("gateway")
    for pause in (0.1, 0.2, 0.4, 0.8):
        launches = runner.launches
        runner.status = -9
        stage.supervisor.check_all()
        stage.now += pause - 0.05
        stage.supervisor.check_all()
        assert runner.launches == launches
        stage.now += 0.06
        stage.supervisor.check_all()
        assert runner.launches == launches + 1
    assert stage.said[0] == "gateway ended by SIGKILL; starting it again in 0.1 s"


def test_five_deaths_in_a_row_are_a_failure_that_shows_the_log(stage: Stage, tmp_path: Path) -> None:
    runner = stage.keep("worker-1")
    (tmp_path / "worker-1.log").write_text("no such frobnicator\n", encoding="utf-8")
    for _ in range(4):
        runner.status = 7
        stage.supervisor.check_all()
        stage.now += 1
        stage.supervisor.check_all()
    runner.status = 7
    with pytest.raises(CrashLoopError, match=r"(?s)worker-1 ended 5 times .* status 7\..*no such frobnicator"):
        stage.supervisor.check_all()


def test_deaths_that_lie_apart_are_forgiven(stage: Stage) -> None:
    runner = stage.keep("gateway")
    for _ in range(20):
        runner.status = 1
        stage.supervisor.check_all()
        stage.now += 31
        stage.supervisor.check_all()
    assert runner.launches == 21
    assert all(line.endswith("in 0.1 s") for line in stage.said)


async def test_a_drain_goes_stage_by_stage_and_ends_the_servers_last(stage: Stage) -> None:
    stage.keep("postgres", SERVER_STAGE)
    stage.keep("worker-1", 2)
    stage.keep("gateway", 0)
    stage.keep("worker-2", 2)
    stage.keep("scheduler", 1)
    await stage.supervisor.drain()
    names = ["gateway", "scheduler", "worker-1", "worker-2", "postgres"]
    assert stage.events == [f"terminate {name}" for name in names]


async def test_what_does_not_end_is_killed_before_the_servers_are_asked(stage: Stage) -> None:
    stage.keep("postgres", SERVER_STAGE)
    stage.keep("worker-1", 2, stubborn=True)
    await stage.supervisor.drain(0.05)
    assert stage.events == ["terminate worker-1", "kill worker-1", "terminate postgres"]
    assert stage.said == ["worker-1 did not end in time; killing it"]


async def test_after_kill_all_a_drain_does_not_wait(stage: Stage) -> None:
    stage.keep("worker-1", 2, stubborn=True)
    stage.supervisor.kill_all()
    await stage.supervisor.drain()
    assert stage.events == ["kill worker-1", "terminate worker-1"]
    assert stage.supervisor.pids == {}


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "with status 0"), (3, "with status 3"), (-signal.SIGTERM, "by SIGTERM"), (-99, "by signal 99")],
)
def test_statuses_in_words(status: int, words: str) -> None:
    assert describe_status(status) == words
