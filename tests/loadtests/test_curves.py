"""The drawings: one time axis, gaps where nothing is known, nothing that a page could execute."""

from __future__ import annotations

import re

import pytest

from loadtests.report.curves import Curve, panel


def paths(drawing):
    return re.findall(r'<path class="\w+" d="([^"]*)"', drawing)


def test_a_curve_goes_from_the_left_edge_to_the_right_and_ends_at_its_value():
    drawing = panel("Memory", "MiB", [0.0, 30.0, 60.0], [Curve("RSS", "first", [0.0, 50.0, 100.0])])

    assert paths(drawing) == ["M46.0 128.0L377.0 69.0L708.0 10.0"]
    assert "60 s</text>" in drawing


def test_two_panels_of_a_run_share_their_time_axis():
    at_s = [0.0, 10.0, 20.0]
    memory = panel("Memory", "MiB", at_s, [Curve("RSS", "first", [7.0, 7.0, 7.0])])
    rate = panel("Rate", "per second", at_s, [Curve("answered", "first", [30.0, 20.0, 10.0])])

    places = [
        [step.split(" ")[0] for step in re.split("[ML]", path)[1:]] for path in paths(memory + rate)
    ]
    assert places[0] == places[1] == ["46.0", "377.0", "708.0"]


def test_the_limit_is_drawn_and_fits():
    drawing = panel("Memory", "MiB", [0.0, 1.0], [Curve("RSS", "first", [90.0, 90.0])], mark=512.0)

    assert 'class="mark"' in drawing
    assert ">600</text>" in drawing


@pytest.mark.parametrize(
    ("at_s", "values"),
    [
        pytest.param([0.0, 1.0], [None, None], id="nothing known"),
        pytest.param([0.0], [1.0], id="one moment"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_nothing_to_draw(at_s, values):
    assert panel("Memory", "MiB", at_s, [Curve("RSS", "first", values)]) == ""


def test_what_is_not_known_is_left_out():
    drawing = panel("p95", "ms", [0.0, 1.0, 2.0], [Curve("p95", "first", [None, 10.0, 10.0])])

    assert paths(drawing) == ["M377.0 10.0L708.0 10.0"]


def test_zeros_can_be_drawn():
    assert paths(panel("Failed", "per second", [0.0, 1.0], [Curve("f", "bad", [0.0, 0.0])])) == [
        "M46.0 128.0L708.0 128.0"
    ]


def test_names_are_escaped():
    assert "<b>" not in panel("<b>", "<b>", [0.0, 1.0], [Curve("<b>", "first", [1.0, 1.0])])
