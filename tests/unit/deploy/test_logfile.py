"""Log files stay small, private and readable."""

import os
from pathlib import Path

from deploy.local.logfile import MAX_LINE, LogFile, pump, tail


def test_a_log_keeps_at_most_two_files_of_its_size(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", max_bytes=1000)
    for number in range(500):
        log.write(b"%05d\n" % number)
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"a.log", "a.log.1"}
    assert max(sizes.values()) <= 1000
    assert tail(tmp_path / "a.log", lines=1) == "00499"


def test_a_log_is_private_and_appended_to(tmp_path: Path) -> None:
    for word in (b"one\n", b"two\n"):
        log = LogFile(tmp_path / "a.log")
        log.write(word)
        log.close()
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600
    assert tail(tmp_path / "a.log") == "one\ntwo"


def test_a_write_after_the_end_is_dropped(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log")
    log.close()
    log.write(b"late\n")
    assert tail(tmp_path / "a.log") == ""


def test_a_full_disk_costs_lines_not_the_process() -> None:
    log = LogFile(Path("/dev/full"))
    log.write(b"lost\n")
    log.close()
    assert log.lost_lines == 1


def test_the_tail_of_a_large_or_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "large.log"
    path.write_text("".join(f"line {number}\n" for number in range(100_000)), encoding="utf-8")
    assert tail(path, lines=2) == "line 99998\nline 99999"
    assert tail(tmp_path / "none.log") == ""


def test_output_is_pumped_line_by_line_and_endless_lines_are_cut(tmp_path: Path) -> None:
    heard: list[bytes] = []
    read, write = os.pipe()
    log = LogFile(tmp_path / "a.log")
    thread = pump(os.fdopen(read, "rb"), log, heard.append)
    with os.fdopen(write, "wb") as source:
        source.write(b"one\n" + b"x" * (MAX_LINE + 10) + b"\nlast")
    thread.join(10)
    log.close()
    assert [len(line) for line in heard] == [4, MAX_LINE, 11, 4]
    assert tail(log.path, lines=1) == "last"
