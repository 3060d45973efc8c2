"""Line charts as SVG, for the documents: axes, points, lines, a legend; nothing else."""

from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path
from xml.sax.saxutils import escape

from msgspec import Struct

WIDTH, HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 40, 48, 84
_COLOURS = ("#0b62a8", "#b3420a", "#2f7d32", "#7a3e9d")
"""Each 4.5 : 1 and more against white."""
_MARKS = 6


class Line(Struct, frozen=True):
    """One series of points."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(title: str, x_name: str, y_name: str, lines: Sequence[Line], *, log_x: bool = False) -> str:
    """The chart; the y axis begins at 0, so that what is linear looks it."""
    xs = [x for line in lines for x, _ in line.points]
    top = _ceiling(max(y for line in lines for _, y in line.points))
    low, high = (log10(min(xs)), log10(max(xs))) if log_x else (0.0, _ceiling(max(xs)))
    wide, tall = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        along = (log10(x) if log_x else x) - low
        return _LEFT + wide * along / ((high - low) or 1), _TOP + tall * (1 - y / top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for n in range(_MARKS):
        value = top * n / (_MARKS - 1)
        y = at(xs[0], value)[1]
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#444">{_label(value)}</text>')
    marks = sorted(set(xs)) if log_x else [high * n / (_MARKS - 1) for n in range(_MARKS)]
    for value in marks:
        x = at(value, 0)[0]
        parts.append(f'<path d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}" stroke="#eee"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle" fill="#444">{_label(value)}</text>'
        )
    parts.append(
        f'<text x="{_LEFT + wide / 2}" y="{HEIGHT - _BOTTOM + 38}" text-anchor="middle">{escape(x_name)}</text>'
    )
    parts.append(
        f'<text transform="translate(16 {_TOP + tall / 2}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>'
    )
    for number, line in enumerate(lines):
        parts += _line(line.name, [at(*point) for point in line.points], number, len(lines))
    return "\n".join((*parts, "</svg>", ""))


def _line(name: str, points: list[tuple[float, float]], number: int, of: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = (
        [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points] if len(points) <= 20 else []
    )
    x = _LEFT + number * (WIDTH - _LEFT - _RIGHT) / of
    return [
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *dots,
        f'<rect x="{x:.1f}" y="{HEIGHT - 26}" width="12" height="12" fill="{colour}"/>',
        f'<text x="{x + 18:.1f}" y="{HEIGHT - 16}">{escape(name)}</text>',
    ]


def _ceiling(value: float) -> float:
    """The next round figure."""
    if value <= 0:
        return 1.0
    step = 10.0 ** floor(log10(value))
    return next(n * step for n in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if n * step >= value)


def _label(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g} M"
    if value >= 10_000:
        return f"{value / 1_000:g} k"
    return f"{value:,.0f}" if value == ceil(value) else f"{value:.2g}"


def write(folder: Path, name: str, svg: str) -> None:
    """Keep a chart."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
