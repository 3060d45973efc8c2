import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from shared import logs

SECRET = "swordfish-1234"
ADDRESS = f"https://ann:{SECRET}@example.com/?token={SECRET}&page=2"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def fail(key: str) -> None:
    raise ValueError(f"can't fetch {ADDRESS}")


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.usefixtures("restored")
def test_a_traceback_tells_no_secrets(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by the values of local variables nor by the exception's own text."""
    logs.configure("test", log_format=log_format)
    try:
        fail(SECRET)
    except ValueError as error:
        logs.get_logger().error("page.failed", exc_info=error)
        logging.getLogger("somebody").exception("failed")
    told = capsys.readouterr().err
    assert told.count("ValueError: can't fetch https://…@example.com/?token=…&page=…") == 2
    assert told.count("in fail") == 2
    assert SECRET not in told


@pytest.mark.usefixtures("restored")
def test_a_url_in_a_field_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("test", log_format="json")
    logs.get_logger().info("page.fetched", url=ADDRESS, api_key=SECRET, note="two\nlines")
    line = json.loads(capsys.readouterr().err)
    assert (line["url"], line["api_key"], line["note"]) == (
        "https://…@example.com/?token=…&page=…",
        "…",
        "two lines",
    )


@pytest.mark.usefixtures("restored")
def test_every_thread_names_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("worker", log_format="json")
    for log in (logs.get_logger().info, logging.getLogger("somebody").warning):
        thread = threading.Thread(target=log, args=("chunk.done",))
        thread.start()
        thread.join(10)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["service"], line["event"]) for line in lines] == [("worker", "chunk.done")] * 2
