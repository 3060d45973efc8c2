"""``python -m deploy.docs``: write docs/checks anew; with ``--check`` only say whether it is up to date."""

import sys
from pathlib import Path

from deploy.docs.checks import pages

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write what differs and remove what is no page any more; 1 if ``--check`` found a difference."""
    folder = root / "docs" / "checks"
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/checks/{name} is out of date; run python -m deploy.docs\n")
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    sys.stdout.write(f"{len(wanted)} pages, {len(stale)} changed\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
