"""The table of docs/chaos.md."""

from pathlib import Path
from typing import NamedTuple

PATH = Path(__file__).resolve().parents[2] / "docs" / "chaos.md"
BEGIN, END = "<!-- begin: written by the chaos suite -->", "<!-- end -->"
HEAD = (
    "| fault | scans accepted / ended | last one ended after the fault | later ones took | taken over after "
    "| fetched twice | webhook sent twice | notes | seed |\n|---|---|---|---|---|---|---|---|---|"
)
HEAD_CELLS = HEAD.partition("\n")[0].count("|")


class Row(NamedTuple):
    """What one storm came to. Seconds.

    `after`: until the last of the scans accepted by the end of the fault had ended; `later`: what a scan accepted
    afterwards took at most; `in_flight`: pages that were under way at the fault and fetched once more.
    """

    name: str
    seed: int
    accepted: int
    ended: int
    after: float
    later: float
    taken_over: float | None
    in_flight: int
    webhooks_twice: int
    notes: str

    def line(self) -> str:
        over = "" if self.taken_over is None else f"{self.taken_over:.1f} s"
        notes = self.notes.strip("; ").replace("|", "/")
        return (
            f"| {self.name} | {self.accepted} / {self.ended} | {self.after:.1f} s | {self.later:.1f} s | {over} | {self.in_flight} "
            f"| {self.webhooks_twice} | {notes} | {self.seed} |"
        )


class Other(NamedTuple):
    """A figure of another kind, or a fault that could not be tried here."""

    name: str
    notes: str

    def line(self) -> str:
        return f"| {self.name} | | | | | | | {self.notes} | |"


def write(rows: list[Row | Other], text: str) -> str:
    """`text` with these rows in its table; those of other faults stay."""
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    # A row of another shape is an older suite's.
    old = [line for line in table.strip().splitlines()[2:] if line.startswith("|") and line.count("|") == HEAD_CELLS]
    lines = {line.split("|")[1].strip(): line for line in old}
    lines |= {row.name: row.line() for row in rows}
    return f"{before}{BEGIN}\n{HEAD}\n" + "\n".join(lines.values()) + f"\n{END}{after}"
