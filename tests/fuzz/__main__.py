"""Fuzzing with coverage: `python -m tests.fuzz --seconds N [--target NAME]`.

It needs atheris, which is no dependency of the project: `.venv/bin/python -m venv DIR`, `DIR/bin/pip install atheris`, and
`PYTHONPATH=.venv/lib/python3.11/site-packages DIR/bin/python -m tests.fuzz …`. What crashes, hangs for 10 s or takes more than 2 GB is kept in
`tests/fuzz/kept/<target>/`, and tried by the tests from then on.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("kept")
TIMEOUT = 10
MEGABYTES = 2_048


def _fuzz(name: str, seconds: int) -> int:
    """In a process of its own, since libFuzzer ends the process that it runs in."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["shared", "workers"]):
        from tests.fuzz.targets import SEEDS, TARGETS
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            Path(corpus, str(number)).write_bytes(seed)
        words = [
            *(sys.argv[0], corpus, str(kept)),
            *(f"-max_total_time={seconds}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEGABYTES}"),
            *(f"-artifact_prefix={kept}/", "-print_final_stats=1", "-verbosity=0"),
        ]
        atheris.Setup(words, TARGETS[name])
        atheris.Fuzz()
    return 0


def main() -> int:
    """The status is 1 if anything was found, 2 without atheris."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--target", action="append", help="robots, sitemap, url or page (default: all)")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return _fuzz(asked.here, asked.seconds)
    if subprocess.run([sys.executable, "-c", "import atheris"], capture_output=True, check=False).returncode:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    found = [
        name
        for name in asked.target or ("robots", "sitemap", "url", "page")
        if subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--here", name, "--seconds", str(asked.seconds)], check=False
        ).returncode
    ]
    sys.stdout.write(f"found something in: {', '.join(found)}\n" if found else "nothing found\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
