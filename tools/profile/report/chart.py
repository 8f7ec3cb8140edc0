"""RAM over time as an SVG's coordinates: the lines, the limit, and the stages drawn in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tools.profile.result import Profile

_LETTER = 6.6  # px of a letter in a label, at 11 px
_GAP = 8.0
SERIES = {"rss_mib": "RSS", "working_set_mib": "working set"}


@dataclass(frozen=True)
class Size:
    """The drawing in px; the plot lies inside the margins."""

    width: float
    height: float
    left: float = 44.0
    right: float = 12.0
    bottom: float = 30.0


WIDE, NARROW = Size(960, 340), Size(358, 320)


@dataclass(frozen=True)
class Line:
    """One series; `path` is an SVG path with a gap wherever nothing was measured."""

    name: str
    label: str
    path: str
    peak_mib: float


@dataclass(frozen=True)
class Label:
    """A stage's end: a line at `x`, its name at (`text_x`, `text_y`)."""

    x: float
    text_x: float
    text_y: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Chart:
    """All coordinates in px, from the top left."""

    size: Size
    top: float
    base: float
    lines: tuple[Line, ...]
    stages: tuple[Label, ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    limit_y: float | None
    limit: str


def draw(profile: Profile, size: Size) -> Chart | None:
    """None when the profile has no samples."""
    samples = profile.timeline
    if len(samples) < 2:
        return None
    end_ms = max(sample["at_ms"] or 0.0 for sample in samples)
    highest = max(v for s in samples for name in SERIES if (v := s.get(name)) is not None)
    ceiling = max(highest, profile.limit_mib or 0.0) * 1.06
    rows = list(_rows(profile, end_ms, size))
    top = 16.0 + 15.0 * (1 + max((row for *_, row in rows), default=0))
    base = size.height - size.bottom

    def x(ms: float) -> float:
        return size.left + (size.width - size.left - size.right) * ms / end_ms

    def y(mib: float) -> float:
        return base - (base - top) * mib / ceiling

    return Chart(
        size=size,
        top=top,
        base=base,
        lines=tuple(
            Line(name, label, _path([(x(s["at_ms"] or 0.0), _on(y, s.get(name))) for s in samples]), peak)
            for name, label in SERIES.items()
            if (peak := max((v for s in samples if (v := s.get(name)) is not None), default=None)) is not None
        ),
        stages=tuple(Label(at, tx, 12.0 + 15.0 * row, name, anchor) for name, at, tx, anchor, row in rows),
        y_ticks=tuple((y(v), f"{v:.0f}") for v in _ticks(ceiling, 4)),
        x_ticks=tuple((x(v * 1000), f"{v:g} s") for v in _ticks(end_ms / 1000, 5 if size.width > 500 else 3)),
        limit_y=None if profile.limit_mib is None else y(profile.limit_mib),
        limit="" if profile.limit_mib is None else f"limit {profile.limit_mib:.0f} MiB",
    )  # fmt: skip


def _on(scale: Callable[[float], float], value: float | None) -> float | None:
    return None if value is None else scale(value)


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    words, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        words.append(f"{pen}{x:.1f},{y:.1f}")
        pen = "L"
    return "".join(words)


def _rows(
    profile: Profile, end_ms: float, size: Size
) -> Iterator[tuple[str, float, float, str, int]]:
    """Each stage's name, line, text, anchor, and the first row in which its text overlaps no other."""
    ends: list[float] = []
    inner = size.width - size.left - size.right
    for stage in profile.stages:
        at_ms = stage.figures.get("at_ms")
        if at_ms is None or at_ms.median > end_ms * 1.02:
            continue
        name = stage.name.replace("_", " ")
        x = size.left + inner * min(at_ms.median / end_ms, 1.0)
        width = len(name) * _LETTER
        at_right = x + width > size.width
        begin = x - width if at_right else x
        row = next((n for n, end in enumerate(ends) if end + _GAP <= begin), len(ends))
        ends[row : row + 1] = [begin + width]
        yield name, x, x, "end" if at_right else "start", row


def _ticks(highest: float, about: int) -> Iterator[float]:
    """Round steps from 0 up."""
    step = 10 ** math.floor(math.log10(highest / about))
    step *= next(m for m in (1, 2, 2.5, 5, 10) if highest / (step * m) <= about + 0.5)
    count = int(highest / step + 1e-9)
    yield from (n * step for n in range(count + 1))
