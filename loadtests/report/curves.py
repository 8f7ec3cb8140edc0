"""The curves as inline SVG: memory above, rate and failures below, latency under it, one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 10.0, 22.0


@dataclass(frozen=True)
class Curve:
    """Values over the time axis, None where there is none; `kind` is the class that colours it."""

    name: str
    kind: str
    values: Sequence[float | None]


def panel(
    title: str, unit: str, at_s: Sequence[float], curves: Sequence[Curve], mark: float | None = None
) -> Markup:
    """One drawing; `mark` is a horizontal line, such as the limit. "" where there is nothing to draw."""
    known = [value for curve in curves for value in curve.values if value is not None]
    if not known or len(at_s) < 2:
        return Markup("")
    top = _round_up(max([*known, mark or 0.0]) or 1.0)
    parts = [_grid(top, at_s[-1]), *(_line(curve, at_s, top) for curve in curves)]
    if mark is not None:
        y = _y(mark, top)
        parts.append(f'<line class="mark" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
    legend = " ".join(f'<span class="key {c.kind}">{escape(c.name)}</span>' for c in curves)
    drawing = f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    return Markup(
        f"<figure><figcaption>{escape(title)}, {escape(unit)} {legend}</figcaption>{drawing}</figure>"
    )


def _line(curve: Curve, at_s: Sequence[float], top: float) -> str:
    """A path that is interrupted where nothing is known."""
    path, pen_up = [], True
    for second, value in zip(at_s, curve.values, strict=True):
        if value is None:
            continue
        path.append(f"{'M' if pen_up else 'L'}{_x(second, at_s[-1])} {_y(value, top)}")
        pen_up = False
    return f'<path class="{curve.kind}" d="{"".join(path)}"/>'


def _grid(top: float, seconds: float) -> str:
    parts = []
    for value in (0.0, top / 2, top):
        y = _y(value, top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    step = _round_up(seconds / 6)
    for number in range(floor(seconds / step) + 1):
        x = _x(number * step, seconds)
        parts.append(
            f'<text x="{x}" y="{HEIGHT - 5}" text-anchor="{_anchor(x)}">{_clock(number * step)}</text>'
        )
    return "".join(parts)


def _anchor(x: float) -> str:
    """The last label ends at the edge, which would cut it."""
    return "end" if x > WIDTH - RIGHT - 20 else "middle"


def _clock(seconds: float) -> str:
    minutes = seconds >= 100 and seconds % 30 == 0
    return f"{seconds / 60:g} min" if minutes else f"{seconds:.0f} s"


def _x(second: float, last: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * second / last, 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value, top) / top, 1)


def _round_up(value: float) -> float:
    """The next of 1, 2, 3, 6 or 10 times a power of ten: 3 and 6 are halves of round minutes."""
    power = 10.0 ** floor(log10(value))
    return next(power * n for n in (1, 2, 3, 6, 10) if value <= power * n * (1 + 1e-9)) or ceil(
        value
    )
