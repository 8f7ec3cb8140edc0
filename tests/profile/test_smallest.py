from __future__ import annotations

import pytest

from tools.limits import Reading
from tools.profile.client import Load
from tools.profile.marks import Mark
from tools.profile.measure import Run
from tools.profile.ready import Ended
from tools.profile.smallest import Baseline, Trial, death

BASELINE = Baseline(ready_ms=1000.0, p95_ms=20.0, load_s=1.0, peak_mib=100.0)


def run(ready_ms=1000.0, times_ms=(20.0,) * 30, asked=30, ended=None) -> Run:
    return Run(
        stages={"ready": Mark(ready_ms, Reading())},
        peak=Reading(),
        timeline=(),
        load=None if ended else Load(asked=asked, times_ms=list(times_ms), seconds=1.0),
        sources=frozenset(),
        enforcement="cgroup v2",
        warning=None,
        missed=None,
        kept_mib=None,
        ended=ended,
        output="",
    )


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param(run(), None, id="as without a limit"),
        pytest.param(run(ready_ms=3000.0), None, id="ready three times as late"),
        pytest.param(run(times_ms=(100.0,) * 30), None, id="p95 five times as long"),
        pytest.param(
            run(ready_ms=3100.0), "ready: after 3100 ms, 3.1 times as late", id="ready later"
        ),
        pytest.param(
            run(times_ms=(110.0,) * 30), "load: p95 110 ms, 5.5 times as slow", id="slower"
        ),
        pytest.param(run(asked=31), "load: 30 of 31 requests were answered in time", id="unasked"),
        pytest.param(
            run(ended=Ended("model", "killed for memory", killed=True)),
            "model: killed for memory",
            id="killed",
        ),
    ],
)
def test_death(measured, expected):
    assert death(measured, BASELINE) == expected


@pytest.mark.parametrize(
    ("deaths", "survived"),
    [
        pytest.param((None, None), True, id="two lives"),
        pytest.param(("killed", None, None), True, id="one death of three"),
        pytest.param(("killed", None, "killed"), False, id="two of three"),
        pytest.param(("killed", "killed"), False, id="two of two"),
    ],
)
def test_two_deaths_are_needed(deaths, survived):
    assert Trial(100.0, deaths).survived is survived
