from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.profile.slope import Slope, slope

X = [float(n) for n in range(30)]


def test_a_straight_line_is_certain():
    found = slope(X, [5 + 2 * x for x in X])
    assert (found.per_unit, found.low, found.high) == pytest.approx((2, 2, 2))
    assert found.grows


def test_nothing_does_not_grow():
    assert slope(X, [7.0] * 30) == Slope(0.0, 0.0, 0.0)
    assert not slope(X, [7.0] * 30).grows


def test_the_interval_holds_the_slope_in_nearly_all_of_many_noisy_lines():
    noise = random.Random(1)
    lines = [slope(X, [3 * x + noise.gauss(0, 10) for x in X]) for _ in range(400)]
    held = sum(line.low <= 3 <= line.high for line in lines)
    assert 0.85 < held / 400 <= 1


def test_a_walk_at_random_is_less_sure_than_independent_noise():
    noise = random.Random(2)
    steps = [noise.gauss(0, 1) for _ in X]
    walk = [sum(steps[: n + 1]) for n in range(len(X))]
    shuffled = sorted(walk, key=lambda _: noise.random())
    assert wide(slope(X, walk)) / deviation(walk) > wide(slope(X, shuffled)) / deviation(shuffled)


def wide(found: Slope) -> float:
    return found.high - found.low


def deviation(values: list[float]) -> float:
    line = slope(X, values)
    middle = sum(values) / len(values) - line.per_unit * sum(X) / len(X)
    return sum((y - middle - line.per_unit * x) ** 2 for x, y in zip(X, values, strict=True)) ** 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=40))
def test_the_slope_lies_inside_its_interval(values):
    found = slope([float(n) for n in range(len(values))], values)
    assert found.low <= found.per_unit <= found.high


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="needs 5 points or more, not 4"):
        slope(X[:4], X[:4])
