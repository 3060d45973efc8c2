"""A measured figure beside what was promised of it, and the options of a run."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from deploy.local.screen import Screen


class Row(Struct, frozen=True):
    """One line of the table. `met` is None where nothing was promised."""

    part: str
    what: str
    figure: str
    target: str = ""
    met: bool | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What a run was told: `long` takes every size, however long it takes."""

    screen: Screen
    folder: Path | None = None
    pages: int = 2_500
    rounds: int = 9
    peers: Mapping[str, Path | None] = {}
    long: bool = False
    plots: Path | None = None


def row(part: str, what: str, value: float, unit: str, *, least: float | None = None, most: float | None = None) -> Row:
    """A figure with at most one bound: `least` or `most` is the target, in the same unit."""
    if least is not None:
        return Row(part, what, told(value, unit), f"≥ {told(least, unit)}", value >= least)
    if most is not None:
        return Row(part, what, told(value, unit), f"≤ {told(most, unit)}", value <= most)
    return Row(part, what, told(value, unit))


def told(value: float, unit: str) -> str:
    """Three digits and the unit."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def median(values: Sequence[float]) -> float:
    """The middle value; 0 of none."""
    return statistics.median(values) if values else 0.0
