from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.plan import PLANS
from loadtests.thresholds import METRICS, Threshold, parse, read_thresholds
from vectorstore.commandline import CommandError

OURS = Path(__file__).parents[2] / "loadtests/thresholds.toml"


def written(tmp_path, text):
    file = tmp_path / "thresholds.toml"
    file.write_text(text)
    return file


def test_the_table_of_the_shape_wins(tmp_path):
    file = written(
        tmp_path,
        '[steady]\np95 = "< 400 ms"\n[spike]\np50 = "< 1 ms"\n[all]\np95 = "< 900 ms"\noom_kills = "== 0"\n',
    )

    assert read_thresholds(file, "steady") == [
        Threshold("p95", "<", 400.0),
        Threshold("oom_kills", "==", 0.0),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            '[all]\np96 = "< 1 ms"',
            "there is no metric 'p96'. Choose peak_memory",
            id="unknown metric",
        ),
        pytest.param(
            '[spike]\np96 = "< 1 ms"', "there is no metric 'p96'", id="unknown, in another shape"
        ),
        pytest.param('[all]\np95 = "< 1"', 'is not of the form "<= 5 ms"', id="no unit"),
        pytest.param('[all]\np95 = "< 1 s"', 'is not of the form "<= 5 ms"', id="another unit"),
        pytest.param(
            '[all]\nrestarts = "== 0 %"', 'is not of the form "<= 5"', id="a unit too many"
        ),
        pytest.param("[all]\np95 = 400", 'is not of the form "<= 5 ms"', id="a number"),
        pytest.param('[all]\np95 = "400 ms"', "is not of the form", id="no sign"),
        pytest.param('p95 = "< 1 ms"', "p95 stands in no table", id="no table"),
        pytest.param(
            '[spike]\np95 = "< 1 ms"', "has no threshold for steady", id="nothing to judge"
        ),
        pytest.param("[all", "Expected", id="no TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, text, says):
    with pytest.raises(CommandError, match=says) as caught:
        read_thresholds(written(tmp_path, text), "steady")
    assert "thresholds.toml" in str(caught.value)


@pytest.mark.parametrize("shape", PLANS)
def test_ours_judge_memory_and_errors_of_every_shape(shape):
    judged = {one.metric for one in read_thresholds(OURS, shape)}

    assert {"peak_memory", "oom_kills", "restarts", "error_rate"} <= judged
    assert (judged & {"p50", "p95", "p99", "first_token_p95"} == set()) == (
        shape in ("smoke", "sessions")
    )


@pytest.mark.parametrize(
    ("sign", "value", "holds"),
    [
        ("<", 4.9, True),
        ("<", 5.0, False),
        ("<=", 5.0, True),
        ("<=", 5.1, False),
        ("==", 5.0, True),
        ("==", 0.0, False),
        (">=", 5.0, True),
        (">=", 4.9, False),
        (">", 5.0, False),
        ("<", None, None),
        (">=", None, None),
    ],
)
def test_holds(sign, value, holds):
    assert Threshold("p95", sign, 5.0).holds(value) is holds


def test_texts_have_units():
    threshold = Threshold("p95", "<", 400.0)

    assert (threshold.text, threshold.in_unit(312.0), threshold.in_unit(31.25)) == (
        "p95 < 400 ms",
        "312 ms",
        "31.2 ms",
    )


@given(
    st.sampled_from(list(METRICS)),
    st.sampled_from(["<", "<=", "==", ">=", ">"]),
    st.integers(min_value=0, max_value=10**6),
)
def test_what_is_written_is_read(metric, sign, number):
    unit = METRICS[metric][0]

    assert parse(metric, f"{sign} {number} {unit}".strip(), "") == Threshold(metric, sign, number)
