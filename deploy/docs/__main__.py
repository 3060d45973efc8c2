"""``python -m deploy.docs``: write docs/checks and docs/metrics.md; with ``--check`` only say what is out of date."""

import sys
from pathlib import Path

from deploy.docs import metrics
from deploy.docs.checks import pages

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write what differs and remove what is no page any more; 1 if ``--check`` found a difference."""
    docs = root / "docs"
    wanted = {docs / "checks" / name: text for name, text in pages().items()} | {docs / "metrics.md": metrics.page()}
    known = [*sorted((docs / "checks").glob("*.md")), docs / "metrics.md"]
    there = {path: path.read_text(encoding="utf-8") for path in known if path.exists()}
    stale = sorted(path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(root)} is out of date; run python -m deploy.docs\n")
        return 1 if stale else 0
    (docs / "checks").mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    sys.stdout.write(f"{len(wanted)} pages, {len(stale)} changed\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
