"""Growth, percentiles, steps of a ramp and samples of /metrics: the arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests import prometheus
from loadtests.asked import Asked, percentile
from loadtests.growth import second_half, slope
from loadtests.step import broken_by, figures_between
from loadtests.thresholds import Threshold

METRICS = """
# HELP fit512_rss_bytes Resident set of this process.
# TYPE fit512_rss_bytes gauge
fit512_rss_bytes 1.048576e+07
process_resident_memory_bytes 5
fit512_requests_total{method="GET",route="/a b}",status="200"} 3.0
fit512_requests_total{method="POST",route="/chat",status="200"} 4.0 1700000000
"""


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        pytest.param({}, 0.95, None, id="nothing"),
        pytest.param({100: 1}, 0.5, 100.0, id="one"),
        pytest.param({100: 95, 900: 5}, 0.95, 100.0, id="the 95th of 100"),
        pytest.param({100: 94, 900: 6}, 0.95, 900.0, id="one more"),
        pytest.param({900: 1, 100: 99}, 0.99, 100.0, id="in any order"),
    ],
)
def test_percentile(times, share, expected):
    assert percentile(times, share) == expected


@given(st.floats(-100, 100), st.floats(-1000, 1000), st.integers(3, 40))
@settings(deadline=None)
def test_the_slope_of_a_line_is_its_own(rise, start, count):
    points = [(float(n), start + rise * n) for n in range(count)]

    assert slope(points) == pytest.approx(rise, abs=1e-6)


def test_a_step_is_no_slope():
    assert slope([(float(n), 100.0 if n < 50 else 108.0) for n in range(60)]) == 0.0


@pytest.mark.parametrize("points", [[], [(0.0, 1.0)], [(0.0, 1.0), (1.0, 2.0)]])
def test_two_points_are_no_slope(points):
    assert slope(points) is None


def test_the_second_half_is_by_time():
    points = [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (10.0, 1.0)]

    assert second_half(points) == [(10.0, 1.0)]


def test_figures_of_a_step_are_of_what_was_answered_in_it():
    before = Asked(100, 1, {100: 99})
    now = Asked(300, 11, {100: 189, 2000: 100})

    assert figures_between(before, now, 10.0) == {
        "request_rate": 20.0,
        "error_rate": 5.0,
        "p50": 2000.0,
        "p95": 2000.0,
        "p99": 2000.0,
    }


def test_what_broke_is_said_with_its_threshold():
    figures = {"request_rate": 18.0, "p95": 2000.0, "error_rate": None}
    thresholds = [Threshold("p95", "<", 1500.0), Threshold("error_rate", "<=", 1.0)]

    assert broken_by(thresholds, figures, 20.0, seconds=12.0) == [
        "p95 2,000 ms (should be < 1,500 ms)",
        "18.0 questions/s answered of 20",
    ]
    assert (
        broken_by(thresholds, {**figures, "request_rate": 19.0, "p95": 1.0}, 20.0, seconds=12.0)
        == []
    )


@pytest.mark.parametrize(("answered", "broken"), [(10, False), (9, True)])
def test_two_questions_more_or_less_are_no_queue(answered, broken):
    figures = {"request_rate": answered / 12}

    assert bool(broken_by([], figures, 1.0, seconds=12.0)) is broken


def test_samples_of_a_service():
    samples = prometheus.parse(METRICS)

    assert samples["fit512_requests_total"] == 7.0
    assert prometheus.memory(samples) == {"rss_mib": 10.0}
    assert prometheus.kept_mib(samples) is None


def test_what_a_service_keeps_is_what_it_counts():
    kept = "fit512_sessions_bytes 1048576\nfit512_sessions 9\nfit512_cache_bytes 524288\n"

    assert prometheus.kept_mib(prometheus.parse(kept)) == 1.5


def test_a_page_is_no_metrics():
    assert prometheus.parse("<!doctype html>\n<p>Hello") == {}


@pytest.mark.parametrize(
    ("before", "now", "restarted"),
    [
        pytest.param({}, {"fit512_requests_total": 5.0}, False, id="first look"),
        pytest.param(
            {"fit512_requests_total": 5.0}, {"fit512_requests_total": 9.0}, False, id="more"
        ),
        pytest.param(
            {"fit512_requests_total": 5.0}, {"fit512_requests_total": 1.0}, True, id="fewer"
        ),
        pytest.param(
            {"process_start_time_seconds": 5.0},
            {"process_start_time_seconds": 5.0},
            False,
            id="same start",
        ),
        pytest.param(
            {"process_start_time_seconds": 5.0},
            {"process_start_time_seconds": 50.0},
            True,
            id="later start",
        ),
    ],
)
def test_a_restart_is_seen(before, now, restarted):
    assert prometheus.restarted(before, now) is restarted
