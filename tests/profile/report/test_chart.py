from __future__ import annotations

import re

import pytest

from tests.profile.profiles import figure, profile
from tools.profile.report.chart import NARROW, WIDE, draw
from tools.profile.result import Stage


def sample(at_ms: float, rss_mib: float | None, working_set_mib: float | None = None):
    return {"at_ms": at_ms, "rss_mib": rss_mib, "working_set_mib": working_set_mib}


def stages(**at_ms: float) -> tuple[Stage, ...]:
    return tuple(Stage(name, {"at_ms": figure(at)}) for name, at in at_ms.items())


def drawn(samples, size=WIDE, **changed):
    chart = draw(profile(timeline=tuple(samples), **{"stages": (), **changed}), size)
    assert chart
    return chart


def test_a_line_from_the_corner_to_the_peak():
    chart = drawn([sample(0, 0.0), sample(1000, 512.0)])
    (line,) = chart.lines
    assert (line.label, line.peak_mib) == ("RSS", 512.0)
    assert line.path == f"M44.0,310.0L948.0,{chart.limit_y:.1f}"
    assert chart.limit == "limit 512 MiB"


def test_the_limit_is_above_what_stays_below_it():
    chart = drawn([sample(0, 0.0), sample(1000, 100.0)])
    lowest = min(float(y) for y in re.findall(r",([\d.]+)", chart.lines[0].path))
    assert chart.top < chart.limit_y < lowest < chart.base


def test_what_was_not_measured_is_a_gap():
    samples = [sample(0, 1.0), sample(10, None), sample(20, 1.0), sample(30, 1.0)]
    path = drawn(samples).lines[0].path
    assert re.sub(r"[\d.,]+", "", path) == "MML"


def test_both_figures_where_both_were_measured():
    chart = drawn([sample(0, 9.0, 5.0), sample(1000, 100.0, 60.0)])
    assert [(line.label, line.peak_mib) for line in chart.lines] == [
        ("RSS", 100.0),
        ("working set", 60.0),
    ]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_name_of_a_stage_lies_on_another(size):
    together = stages(interpreter=30, imports=900, model=910, store=920, ready=930, load=995)
    chart = drawn([sample(0, 1.0), sample(1000, 100.0)], size, stages=together)
    boxes = []
    for label in chart.stages:
        width = len(label.text) * 6.6
        left = label.text_x - (width if label.anchor == "end" else 0)
        boxes.append((label.text_y, left, left + width))
        assert left >= 0
        assert left + width <= size.width
    for n, (y, left, right) in enumerate(boxes):
        others = [box for box in boxes[:n] if box[0] == y]
        assert all(right < other[1] or other[2] < left for other in others)


def test_no_samples_no_drawing():
    assert draw(profile(timeline=()), WIDE) is None


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [(11.4, ["0 s", "2.5 s", "5 s", "7.5 s", "10 s"]), (0.3, ["0 s", "0.1 s", "0.2 s", "0.3 s"])],
)  # fmt: skip
def test_ticks_are_round(seconds, ticks):
    chart = drawn([sample(0, 1.0), sample(seconds * 1000, 100.0)])
    assert [text for _, text in chart.x_ticks] == ticks
